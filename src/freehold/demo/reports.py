"""The demonstration's reports: some that are ready, and one whose file has gone while its record stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from freehold.demo.people import MadeProject, Place, at
from freehold.organizations.records import Actor
from freehold.reports import actions, tasks
from freehold.reports.records import Parameters, ReportFormat, ReportKind
from freehold.usage.archive import is_available


@dataclass(frozen=True, slots=True)
class _Asked:
    """A report: who asked for it, how long ago, and of how many days before that."""

    who: str
    kind: ReportKind
    format: ReportFormat
    hours_ago: int
    days: int = 0
    whole: bool = False
    keep_days: int | None = None


_ASKED: Final = (
    # Asked for before anything of the last week was there; its file has gone meanwhile.
    _Asked("billing", "usage_summary", "csv", 9 * 24, 7, keep_days=7),
    _Asked("billing", "usage_summary", "csv", 26, 14),
    _Asked("audit", "audit_log", "jsonl", 25, 14, whole=True),
    _Asked("ops", "usage_detail", "parquet", 20, 7, whole=True),
    _Asked("dev", "key_inventory", "csv", 3),
    _Asked("audit", "access_review", "csv", 2, whole=True),
)


def make_reports(place: Place, projects: Sequence[MadeProject], people: Mapping[str, Actor]) -> None:
    """Ask for reports of the first project and of its organization, and let them be made, as they were at the time."""
    project = projects[0].project
    for asked in _ASKED:
        with at(place.now - timedelta(hours=asked.hours_ago)):
            wanted = _parameters(place, asked)
            with place.store.write() as tx:
                of = None if asked.whole else project.id
                actions.request_report(
                    tx, people[asked.who], project.organization_id, of, wanted, keep_days=asked.keep_days
                )
            while tasks.turn(place.store, place.settings):
                pass
    # What has expired since goes, as it would have by itself.
    while tasks.turn(place.store, place.settings):
        pass


def _parameters(place: Place, asked: _Asked) -> Parameters:
    # An instance without DuckDB has no Parquet.
    form: ReportFormat = "jsonl" if asked.format == "parquet" and not is_available() else asked.format
    if not asked.days:
        return Parameters(asked.kind, form)
    until = (place.now - timedelta(hours=asked.hours_ago)).date()
    return Parameters(asked.kind, form, until - timedelta(days=asked.days), until)
