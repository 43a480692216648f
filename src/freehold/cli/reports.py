"""`freehold reports`: files of what happened, that can be made again to the same bytes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import (
    Command,
    json_option,
    organization_id,
    organization_option,
    page_options,
    project_id,
    show_page,
)
from freehold.cli.report_schedules import command as schedules

_POLL_S: Final = 0.5
_FIRST_S: Final = 0.05
_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "id": lambda each: each["id"],
    "kind": lambda each: each["kind"],
    "format": lambda each: each["format"],
    "period": lambda each: _period(each, "as it stands"),
    "state": lambda each: each["state"],
    "rows": lambda each: each["rows"],
    "by": lambda each: each["asked_by"],
    "at": lambda each: each["created_at"],
}


@click.group("reports", short_help="Files of usage, keys, deliveries, alerts, access and changes.")
def command() -> None:
    """Reports: what happened, as files that can be made again to the same bytes and proved without Freehold."""


command.add_command(schedules)


def _of_option(command: Command) -> Command:
    """Add `--project`; without it, the whole organization is meant."""
    return click.option(
        "--project", "-p", metavar="PROJECT", envvar="FREEHOLD_PROJECT",
        help="Of this project; of the whole organization without it.  [FREEHOLD_PROJECT]",
    )(command)  # fmt: skip


@command.command("create")
@click.argument("kind")
@_of_option
@organization_option
@click.option(
    "--format", type=click.Choice(["csv", "jsonl", "parquet", "html", "pdf"]), default="csv", show_default=True
)
@click.option("--from", metavar="DAY", help="The first day: 2026-10-01.")
@click.option("--to", metavar="DAY", help="The first day after the period: 2026-11-01.")
@click.option("--time-zone", metavar="ZONE", help="Whose days they are: Europe/Berlin. UTC unless given.")
@click.option("--access-request", metavar="REQUEST", help="Of readiness_evidence: the decided access request.")
@click.option(
    "--keep-days", type=int, metavar="DAYS", help="How long the file is kept; as the instance does unless given."
)
@click.option(
    "--output",
    "-o",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the file here too, with its manifest beside it.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait until it is made.")
@click.option("--email", is_flag=True, help="Mail me when it has ended.")
@json_option
def create(
    kind: str, project: str | None, organization: str | None, target: Path | None, no_wait: bool, email: bool, as_json: bool,
    **wanted: Any,
) -> None:  # fmt: skip
    """Make a report of KIND, and wait with its progress.

    Kinds: usage_summary, usage_detail, key_inventory, webhook_deliveries, alert_firings, access_review, audit_log,
    cost_statement (by the operator's price lists), readiness_evidence (of the decision of an access request).

    \b
    Examples:
      freehold reports create usage_summary -p parcel-lookup --from 2026-10-01 --to 2026-11-01 -o october.csv
      freehold reports create usage_summary -p parcel-lookup --from 2026-10-01 --to 2026-11-01 --format pdf -o october.pdf
      freehold reports create audit_log --format parquet --from 2026-01-01 --to 2026-04-01
      freehold reports create usage_detail -p parcel-lookup --from 2026-11-01 --to 2026-11-02 --time-zone Europe/Berlin
      freehold reports create access_review
      freehold reports create cost_statement --from 2026-10-01 --to 2026-11-01 -o october.csv
      freehold reports create readiness_evidence -p parcel-lookup --access-request acr_…
    """
    if target is not None and no_wait:
        raise Failure("There is no file to save before the report is made: leave --no-wait away.")
    if target is not None:
        _require_free(target)
    api = Api.current()
    body: dict[str, Any] = {"kind": kind, **{name: value for name, value in wanted.items() if value not in (None, "")}}
    body |= {"email": True} if email else {}
    report = api.post(f"{_owner(api, project, organization)}/reports", body)
    if not no_wait:
        report = wait(api, report, quiet=as_json)
    if target is not None:
        save(api, report, target)
    if as_json:
        output.print_json(report)
    else:
        _show(report)


@command.command("list")
@_of_option
@organization_option
@click.option("--kind", metavar="KIND", help="Only those of this kind.")
@click.option(
    "--state", type=click.Choice(["queued", "running", "ready", "failed", "expired"]), help="Only those in this state."
)
@click.option(
    "--asker", type=click.Choice(["person", "schedule"]), help="Only those that people, or schedules, asked for."
)
@page_options
@json_option
def list_reports(project: str | None, organization: str | None, as_json: bool, **question: Any) -> None:
    """List the reports of a project, or of the organization, newest first.

    \b
    Example:
      freehold reports list -p parcel-lookup
      freehold reports list -p parcel-lookup --kind usage_summary --state ready
    """
    api = Api.current()
    found = api.get(f"{_owner(api, project, organization)}/reports", question)
    show_page(found, as_json, _COLUMNS, "No reports yet.")


@command.command("show")
@click.argument("report")
@json_option
def show(report: str, as_json: bool) -> None:
    """Show one report, with how far it is.

    \b
    Example:
      freehold reports show rep_…
    """
    found = Api.current().get(f"/v1/reports/{segment(report)}")
    if as_json:
        output.print_json(found)
    else:
        _show(found)


@command.command("download")
@click.argument("report")
@click.option(
    "--output", "-o", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where to save it."
)
def download(report: str, target: Path) -> None:
    """Save a report's file, with its manifest beside it as FILE.manifest.json.

    \b
    Example:
      freehold reports download rep_… -o october.csv
    """
    api = Api.current()
    save(api, api.get(f"/v1/reports/{segment(report)}"), target)
    click.echo(f"Saved as {target}, its manifest as {manifest_path(target)}.")


@command.command("cancel")
@click.argument("report")
@json_option
def cancel(report: str, as_json: bool) -> None:
    """End a report that is not made yet.

    \b
    Example:
      freehold reports cancel rep_…
    """
    ended = Api.current().post(f"/v1/reports/{segment(report)}/cancel")
    if as_json:
        output.print_json(ended)
    else:
        click.echo("It is canceled." if ended["state"] == "failed" else "It ends within a second or two.")


@command.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Its manifest; FILE.manifest.json unless given.",
)
def verify(file: Path, manifest: Path | None) -> None:
    """Hold a FILE against its manifest, without a server; exit status 1 where they do not agree.

    \b
    Example:
      freehold reports verify october.csv
    """
    from freehold.reports.manifests import faults_of

    place = manifest or manifest_path(file)
    try:
        said = json.loads(place.read_text())
        require_reader(said["format"])
        faults = faults_of(file, said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Failure(f"{place} cannot be read as a manifest: {problem}") from problem
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise Failure(f"{file} is not the file that the manifest is of.")
    click.echo(f"{file} is whole: {said['rows']:,} rows, SHA-256 {said['sha256']}.")


def _period(report: dict[str, Any], without: str) -> str:
    if not report["from"]:
        return without
    zone = "" if report["time_zone"] == "UTC" else f", {report['time_zone']}"
    return f"{report['from']} to {report['to']}{zone}"


def _owner(api: Api, project: str | None, organization: str | None) -> str:
    if project:
        return f"/v1/projects/{segment(project_id(api, project))}"
    return f"/v1/organizations/{segment(organization_id(api, organization))}"


def wait(api: Api, report: dict[str, Any], quiet: bool) -> dict[str, Any]:
    """The report once it is ready, with its progress where somebody looks on; Failure with its reason where it failed."""
    told, pause_s = 0, _FIRST_S
    while report["state"] in ("queued", "running"):
        time.sleep(pause_s)
        # A short one is waited for shortly.
        pause_s = min(2 * pause_s, _POLL_S)
        report = api.get(f"/v1/reports/{segment(report['id'])}")
        if not quiet and sys.stderr.isatty() and report["done"] != told:
            told = report["done"]
            click.echo(f"\r{told:,} rows", nl=False, err=True)
    if told:
        click.echo("", err=True)
    if report["state"] == "failed":
        raise Failure(f"The report failed: {report['reason']}")
    return report


def save(api: Api, report: dict[str, Any], target: Path) -> None:
    """Save a report's file, whole or not at all, with its manifest beside it; Failure where it cannot be written, or is there."""
    _require_free(target)
    path = f"/v1/reports/{segment(report['id'])}"
    manifest = json.dumps(api.get(f"{path}/manifest"), indent=1) + "\n"
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for piece in api.pieces(f"{path}/file"):
                file.write(piece)
        manifest_path(target).write_text(manifest)
        part.replace(target)
    except OSError as problem:
        raise Failure(f"{target} cannot be written: {problem.strerror or problem}.") from problem
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def require_reader(form: str) -> None:
    """Failure where files of a format cannot be read here, to hold them against their manifests."""
    if form == "parquet" and find_spec("duckdb") is None:
        raise Failure("Parquet is read with DuckDB, which is not installed here: pip install 'freehold[archive]'.")


def _require_free(target: Path) -> None:
    if target.exists():
        raise Failure(f"{target} is there already: remove it, or choose another name.")


def manifest_path(file: Path) -> Path:
    """Where the manifest of a saved report lies."""
    return file.with_name(f"{file.name}.manifest.json")


def _show(report: dict[str, Any]) -> None:
    facts = {
        "Report": f"{report['kind']} as {report['format']} ({report['id']})",
        "Period": _period(report, "as it stood"),
        **({"Of": report["access_request"]} if report["access_request"] else {}),
        "Asked by": report["asked_by"] + (f", for {report['scheduled_for']}" if report["scheduled_for"] else ""),
        "State": report["state"] + (f": {report['reason']}" if report["reason"] else ""),
    }
    if report["state"] == "ready":
        facts |= {
            "Holds": f"{report['rows']:,} rows, {report['bytes']:,} bytes", "SHA-256": report["sha256"],
            "Restates": report["restates"] or "nothing", "Kept until": report["expires_at"] + (", encrypted" if report["encrypted"] else ""),
        }  # fmt: skip
    output.print_facts(facts)
