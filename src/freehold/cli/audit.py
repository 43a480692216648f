"""`freehold audit`: what was changed, by whom; and the proof that the record of it is whole."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.forwardings import forwardings
from freehold.cli.instance_options import data_option, settings_of
from freehold.cli.options import (
    json_option,
    organization_id,
    organization_option,
    page_options,
    show_page,
    time_options,
)

_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "at": lambda each: each["at"],
    "actor": lambda each: each["actor"]["name"],
    "action": lambda each: each["action"],
    "subject": lambda each: each["subject"]["name"],
    "address": lambda each: each["address"],
    "entry": lambda each: each["position"],
}


_instance_option: Final = click.option(
    "--instance",
    is_flag=True,
    help="Of the instance's own log, and what is left of deleted organizations: operators only.",
)


@click.group("audit", short_help="Who changed what, and the proof that the record is whole.")
def command() -> None:
    """The audit log: every change, append-only, chained by hashes, sealed each hour by the instance's signature."""


command.add_command(forwardings)


@command.command("list")
@organization_option
@click.option("--actor", help="Only changes by this actor, by id or name.")
@click.option("--action", help="Only this action, like key.revoked.")
@click.option("--subject", help="Only changes of what has this id or name.")
@click.option("--subject-kind", help="Only changes of this kind of thing, like webhook_endpoint.")
@click.option("--project", help="Only changes in this project, by its id.")
@click.option("--request", "request_id", help="Only what this request changed, by its X-Request-Id.")
@click.option("--instance", is_flag=True, help="Of all organizations and the instance itself: operators only.")
@time_options
@page_options
@json_option
def list_entries(organization: str | None, instance: bool, as_json: bool, **question: Any) -> None:
    """List an organization's changes, newest first; or, for operators, those of the whole instance.

    \b
    Examples:
      freehold audit list
      freehold audit list --action key.revoked --from 2026-11-01T00:00:00Z
      freehold audit list --instance --request req_…
    """
    api = Api.current()
    path = "/v1/audit" if instance else f"/v1/organizations/{segment(organization_id(api, organization))}/audit"
    if instance and organization:
        question |= {"organization": organization if organization == "instance" else organization_id(api, organization)}
    show_page(api.get(path, question), as_json, _COLUMNS, "No change matches.")


@command.command("verify")
@organization_option
@click.option(
    "--kept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with a seal that `freehold audit seal` printed earlier: the log has to agree with it.",
)
@_instance_option
@json_option
def verify(organization: str | None, kept: Path | None, instance: bool, as_json: bool) -> None:
    """Prove that nothing of an organization's log was altered, removed or inserted; exit status 1 where something was.

    \b
    Examples:
      freehold audit verify
      freehold audit verify --kept seal-2026-11.json
      freehold audit verify --instance --kept seal-of-instance.json
    """  # fmt: skip
    api = Api.current()
    path = _proof_path(api, organization, instance)
    proof = api.post(path, {"seals": [_read_seal(kept)]}) if kept else api.get(path)
    _show(proof, as_json)
    if not proof["verified"]:
        raise Failure(f"The log is not whole: {proof['fault']}.")


@command.command("seal")
@organization_option
@_instance_option
def print_seal(organization: str | None, instance: bool) -> None:
    """Print the newest seal of an organization's log as JSON, to be kept where the operator cannot write.

    \b
    Examples:
      freehold audit seal > seal-2026-11.json
      freehold audit seal --instance > seal-of-instance.json
    """
    api = Api.current()
    proof = api.get(_proof_path(api, organization, instance))
    if proof["last_seal"] is None:
        raise Failure("The log has no seal yet. Seals are made each hour.")
    output.print_json(proof["last_seal"])


def _proof_path(api: Api, organization: str | None, instance: bool) -> str:
    if instance and organization:
        raise Failure("--instance is of the instance's own log, which is no organization's.")
    if instance:
        return "/v1/audit/proof"
    return f"/v1/organizations/{segment(organization_id(api, organization))}/audit/proof"


@command.command("verify-all")
@data_option
def verify_all(data: Path | None) -> None:
    """Prove every chain of this instance, on its own database, with progress; exit status 1 where one is not whole.

    \b
    Example:
      freehold audit verify-all --data ./data
    """
    from freehold.organizations import audit
    from freehold.organizations.audit_proof import prove
    from freehold.organizations.audit_seals import public_key
    from freehold.store import instance_secret
    from freehold.store.engine import open_store

    settings = settings_of(data=data)
    if settings.embedded and not (settings.data / "freehold.db").exists():
        raise CannotTry(f"There is no instance in {settings.data}.")
    store, public, faults = open_store(settings), public_key(instance_secret.load(settings)), 0
    try:
        with store.read() as tx:
            for chain in audit.chains(tx):
                with click.progressbar(length=audit.length_of(tx, chain), label=chain) as bar:
                    proof = prove(tx, chain, public, told=partial(_advance, bar))
                click.echo(f"{chain}: {proof.fault or _whole(proof)}")
                faults += proof.fault is not None
    finally:
        store.close()
    if faults:
        raise Failure(f"{faults} of the chains {'is' if faults == 1 else 'are'} not whole.")


def _whole(proof: Any) -> str:
    held = f"; {_counted(proof.tombstones, 'deleted organization')} as it says" if proof.tombstones else ""
    return f"{_counted(proof.entries, 'entry', 'entries')}, whole; {_counted(proof.seals, 'seal')}{held}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _advance(bar: Any, _read: int) -> None:
    bar.update(1)


def _read_seal(path: Path) -> dict[str, Any]:
    try:
        seal = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise Failure(f"{path} cannot be read as a seal: {problem}") from problem
    if not isinstance(seal, dict):
        raise Failure(f"{path} holds no seal: `freehold audit seal` prints one.")
    return seal


def _show(proof: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(proof)
        return
    seal = proof["last_seal"]
    output.print_facts(
        {
            "Log": "whole" if proof["verified"] else proof["fault"],
            "Entries": f"{proof['entries']:,}, {proof['unsealed']:,} of them after the last seal",
            "Names taken out": f"of {proof['erased']:,} entries, signed by the instance" if proof["erased"] else "none",
            **({"Deleted organizations": f"{proof['tombstones']:,}, as the log says"} if proof["tombstones"] else {}),
            "Last seal": f"entry {seal['position']:,} at {seal['sealed_at']}"
            if seal
            else "none yet: seals are made each hour",
            "Signed by": f"{proof['key_id']} (ed25519 {proof['public_key']})",
        }
    )
