"""`freehold organizations export`: everything that an organization may take along, as files in a folder.

Each file is whole or not there, and what is there and whole is kept: begun again, it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from freehold.cli import output, profile, project_files
from freehold.cli import reports as report_commands
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import json_option, organization_id

_ABOUT: Final = "organization.json"
_OF_DAYS: Final = ("usage_summary", "usage_detail", "webhook_deliveries", "alert_firings", "audit_log")
_PRICED: Final = "cost_statement"
_AS_IT_STANDS: Final = ("key_inventory", "access_review")
# The instance keeps its own copy no longer than it takes to look at what was saved here.
_KEEP_DAYS: Final = 7


class _Wanted(NamedTuple):
    """A report to be saved. `since` and `until`: its days; None where it is of how things stand today."""

    kind: str
    since: date | None
    until: date | None
    format: str
    today: date

    @property
    def name(self) -> str:
        days = f"{self.since}_{self.until}" if self.since else str(self.today)
        return f"{self.kind}_{days}.{self.format}"

    @property
    def body(self) -> dict[str, Any]:
        days = {"from": str(self.since), "to": str(self.until)} if self.since else {}
        return {"kind": self.kind, "format": self.format, "keep_days": _KEEP_DAYS, **days}


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
    in a file, and of keys and access as they stand. What each project declares, as a file that can be applied elsewhere. The
    newest seal of the audit log. Broken off, it goes on where it was; on another day, it adds files of the days since.

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
    first = datetime.fromisoformat(known["created_at"]).astimezone(UTC).date()
    days = {kind: list(years(first, today)) for kind in _OF_DAYS}
    days[_PRICED] = list(priced_years(api.all(f"{path}/price_lists"), first, today))
    wanted = [
        *(
            _Wanted(kind, *each, form, today)
            for kind in days
            for each in saved_first(folder / "reports", kind, form, days[kind])
        ),
        *(_Wanted(kind, None, None, form, today) for kind in _AS_IT_STANDS),
    ]
    files = [_save_report(api, path, folder / "reports", each, say) for each in wanted]
    projects = [_save_project(api, folder / "projects", each, say) for each in api.all(f"{path}/projects")]
    seal = api.get(f"{path}/audit/proof")["last_seal"]
    if seal is not None:
        _write(folder / "audit_seal.json", json.dumps(seal, indent=1) + "\n")
    found = {
        "organization": known["id"],
        "folder": str(folder),
        "reports": files,
        "projects": projects,
        "sealed": seal is not None,
    }
    if as_json:
        output.print_json(found)
        return
    kept = sum(each["kept"] for each in files)
    output.print_facts({
        "Saved in": str(folder), "Reports": f"{len(files)}, of which {kept} were there", "Projects": len(projects),
        "Costs": "as statements" if any(each.kind == _PRICED for each in wanted) else "no price list held on any of the days",
        "Audit log": "its newest seal is audit_seal.json" if seal else "no seal yet: seals are made each hour",
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


def _today() -> date:
    return datetime.now(UTC).date()


def years(first: date, until: date) -> Iterator[tuple[date, date]]:
    """The days from one on and before another, year by year: each stretch with the first day after it."""
    while first < until:
        after = min(date(first.year + 1, 1, 1), until)
        yield first, after
        first = after


def priced_years(price_lists: Iterable[dict[str, Any]], first: date, until: date) -> Iterator[tuple[date, date]]:
    """The same of those days on which a price list held. A statement is of one currency: where there are several, one ends with each list."""
    held = [each for each in price_lists if each["withdrawn_at"] is None]
    begins = sorted({date.fromisoformat(each["takes_effect_on"]) for each in held})
    if len({each["currency"] for each in held}) == 1:
        begins = begins[:1]
    for since, after in pairwise([*begins, date.max]):
        yield from years(max(since, first), min(after, until))


def saved_first(folder: Path, kind: str, form: str, days: Iterable[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """The same days, in the files that a folder has of them and then what is not in one yet.

    So no row is in two files, and what was saved stays when the instance does not keep it any more.
    """
    for first, until in days:
        since = first
        while since < until:
            ends = [end for each in folder.glob(f"{kind}_{since}_*.{form}") if (end := _day(each.stem[-10:]))]
            after = max((end for end in ends if since < end <= until), default=until)
            yield since, after
            since = after


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _save_report(api: Api, owner: str, folder: Path, wanted: _Wanted, say: Callable[[str], None]) -> dict[str, Any]:
    target = folder / wanted.name
    manifest = report_commands.manifest_path(target)
    if kept := _is_whole(target, manifest):
        say(f"{target.name} is there")
    else:
        # Of one that was damaged, nothing is left in the new one's way.
        target.unlink(missing_ok=True)
        say(target.name)
        report_commands.save(
            api, report_commands.wait(api, api.post(f"{owner}/reports", wanted.body), quiet=False), target
        )
        if not _is_whole(target, manifest):
            raise Failure(f"{target} did not come whole. Begin again: what is whole stays.")
    said = json.loads(manifest.read_text())
    return {"file": f"reports/{target.name}", "rows": said["rows"], "sha256": said["sha256"], "kept": kept}


def _is_whole(target: Path, manifest: Path) -> bool:
    from freehold.reports.manifests import faults_of

    try:
        return not faults_of(target, json.loads(manifest.read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _save_project(api: Api, folder: Path, project: dict[str, Any], say: Callable[[str], None]) -> str:
    target = folder / f"{project['slug']}-{project['environment']}.toml"
    say(target.name)
    seen = api.get(f"/v1/projects/{segment(project['id'])}/shape")
    _write(target, project_files.text_of(seen, profile.current().url))
    return f"projects/{target.name}"


def _write(target: Path, text: str) -> None:
    new = target.with_name(f"{target.name}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(target)
    except OSError as problem:
        raise Failure(f"{target} cannot be written: {problem.strerror}.") from problem
