"""`freehold organizations export`: everything that an organization may take along, as files in a folder.

Each file is whole or not there, and what is there and whole is kept: begun again, it goes on.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from freehold.cli import output, profile
from freehold.cli import reports as report_commands
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import json_option, organization_id
from freehold.production.shape.file_text import text_of

_ABOUT: Final = "organization.json"
_PRICED: Final = "cost_statement"
_LOG: Final = "audit_log"
# The instance keeps its own copy no longer than it takes to look at what was saved here.
_KEEP_DAYS: Final = 7
# So many reports wait at once: fewer than an organization may have, for others ask for some as well.
_AT_ONCE: Final = 5


class _Wanted(NamedTuple):
    """A report to be saved: of whom, what, and what tells its file from others of its kind."""

    owner: str
    kind: str
    format: str
    of: str
    more: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.of}.{self.format}"

    @property
    def body(self) -> dict[str, Any]:
        return {"kind": self.kind, "format": self.format, "keep_days": _KEEP_DAYS, **self.more}


@click.command("export")
@click.argument("organization")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder; made where it is absent."
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True,
    help="Of the reports.",
)  # fmt: skip
@json_option
def export(organization: str, folder: Path, form: str, as_json: bool) -> None:
    """Save all that an organization may take along in a folder, by its id, slug or name: before it is deleted, or to keep.

    Reports of every kind, each with its manifest: of all days since the organization was made that are over in UTC, a year
    in a file, of keys and access as they stand, and of each decision about production. What each project declares, as a file
    that can be applied elsewhere. The newest seal of the audit log. Broken off, it goes on where it was; on another day, it
    adds files of the days since.

    \b
    Example:
      freehold organizations export acme --to acme-2026
    """
    report_commands.require_reader(form)
    api = Api.current()
    known = api.get(f"/v1/organizations/{segment(organization_id(api, organization))}")
    path, today = f"/v1/organizations/{segment(known['id'])}", _today()
    say: Callable[[str], None] = (lambda _: None) if as_json else (lambda line: click.echo(line, err=True))
    _begin(folder, known)
    there = api.get(f"{path}/export", {"format": form})
    withheld, decisions = there["withheld"], [each for each in there["parts"] if each["access_request"]]
    wanted = [
        each
        for each in _wanted(api, path, known, decisions, folder / "reports", form, today)
        if each.kind not in withheld
    ]
    files = _save_reports(api, folder / "reports", wanted, say)
    projects = [_save_project(api, folder / "projects", each, say) for each in api.all(f"{path}/projects")]
    seal = None if _LOG in withheld else api.get(f"{path}/audit/proof")["last_seal"]
    if seal is not None:
        _write(folder / "audit_seal.json", json.dumps(seal, indent=1) + "\n")
    found = {
        "organization": known["id"],
        "folder": str(folder),
        "reports": files,
        "projects": projects,
        "sealed": seal is not None,
        "withheld": withheld,
    }
    if as_json:
        output.print_json(found)
        return
    kept = sum(each["kept"] for each in files)
    output.print_facts({
        "Saved in": str(folder), "Reports": f"{len(files)}, of which {kept} were there", "Projects": len(projects),
        "Costs": "as statements" if any(each.kind == _PRICED for each in wanted) else "no price list held on any of the days",
        "Audit log": "its newest seal is audit_seal.json" if seal else "not for your role" if _LOG in withheld else "no seal yet: seals are made each hour",
        **({"Not for your role": ", ".join(each.replace("_", " ") for each in withheld)} if withheld else {}),
        "Not in it": f"what happened on {today} in UTC, a day that is not over",
    })  # fmt: skip


def _begin(folder: Path, organization: dict[str, Any]) -> None:
    """Make the folder say whose it is; Failure where it is another one's, or anything else."""
    about = folder / _ABOUT
    if about.exists():
        try:
            whose = json.loads(about.read_text())["id"]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise Failure(f"{about} cannot be read: {problem}") from problem
        if whose != organization["id"]:
            raise Failure(f"{folder} holds the export of another organization, {output.printable(str(whose))}.")
    elif folder.exists() and any(folder.iterdir()):
        raise Failure(f"{folder} is not empty, and no export of an organization.")
    try:
        for each in (folder / "reports", folder / "projects"):
            each.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Failure(f"{folder} cannot be made: {problem.strerror}.") from problem
    _write(about, json.dumps(organization, indent=1) + "\n")


def _wanted(
    api: Api, path: str, known: dict[str, Any], decisions: Iterable[dict[str, Any]], folder: Path, form: str, today: date
) -> Iterator[_Wanted]:  # fmt: skip
    # Here, since help needs none of it.
    from freehold.reports.export import rules
    from freehold.reports.export.records import Price

    prices = [
        Price(date.fromisoformat(each["takes_effect_on"]), each["currency"])
        for each in api.all(f"{path}/price_lists")
        if each["withdrawn_at"] is None
    ]
    first = datetime.fromisoformat(known["created_at"]).astimezone(UTC).date()
    for kind, days in rules.days_of(first, today, prices).items():
        # What is in the folder goes before what the instance has: its files stay as they are.
        for since, until in rules.there_first(days, partial(_saved_ends, folder, kind, form)):
            more = {"from": str(since), "to": str(until)}
            yield _Wanted(path, kind, form, f"{since}_{until}", more)
    yield from (_Wanted(path, kind, form, str(today), {}) for kind in rules.AS_IT_STANDS)
    for each in decisions:
        owner, request = f"/v1/projects/{segment(each['project'])}", each["access_request"]
        yield _Wanted(owner, each["kind"], form, request, {"access_request": request})


def _saved_ends(folder: Path, kind: str, form: str, since: date) -> list[date]:
    return [end for each in folder.glob(f"{kind}_{since}_*.{form}") if (end := _day(each.stem[-10:]))]


def _today() -> date:
    return datetime.now(UTC).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _save_reports(api: Api, folder: Path, wanted: list[_Wanted], say: Callable[[str], None]) -> list[dict[str, Any]]:
    kept = {each.name for each in wanted if _is_whole(folder / each.name)}
    for each in wanted:
        if each.name in kept:
            say(f"{each.name} is there")
    new, asked = [each for each in wanted if each.name not in kept], deque[dict[str, Any]]()
    for place, each in enumerate(new):
        # Ahead of the one that is waited for, so that the instance has something to make while it is saved.
        for ahead in new[place + len(asked) : place + _AT_ONCE]:
            asked.append(api.post(f"{ahead.owner}/reports", ahead.body))
        say(each.name)
        _save_report(api, folder / each.name, asked.popleft())
    return [_said(folder / each.name, kept=each.name in kept) for each in wanted]


def _save_report(api: Api, target: Path, report: dict[str, Any]) -> None:
    # Of one that was damaged, nothing is left in the new one's way.
    target.unlink(missing_ok=True)
    report_commands.save(api, report_commands.wait(api, report, quiet=False), target)
    if not _is_whole(target):
        raise Failure(f"{target} did not come whole. Begin again: what is whole stays.")


def _said(target: Path, *, kept: bool) -> dict[str, Any]:
    said = json.loads(report_commands.manifest_path(target).read_text())
    return {"file": f"reports/{target.name}", "rows": said["rows"], "sha256": said["sha256"], "kept": kept}


def _is_whole(target: Path) -> bool:
    from freehold.reports.manifests import faults_of

    try:
        return not faults_of(target, json.loads(report_commands.manifest_path(target).read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _save_project(api: Api, folder: Path, project: dict[str, Any], say: Callable[[str], None]) -> str:
    target = folder / f"{project['slug']}-{project['environment']}.toml"
    say(target.name)
    seen = api.get(f"/v1/projects/{segment(project['id'])}/shape")
    _write(target, text_of(seen, profile.current().url))
    return f"projects/{target.name}"


def _write(target: Path, text: str) -> None:
    new = target.with_name(f"{target.name}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(target)
    except OSError as problem:
        raise Failure(f"{target} cannot be written: {problem.strerror}.") from problem
