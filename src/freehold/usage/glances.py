"""Usage as other pages show it: the last 24 hours of a project or key, its latest requests, as view models.

Presents only: the sums come from the rollups and the requests from the events, by the same queries
that the usage page uses, so that no two pages disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series
from freehold.dashboard.views.requests import RequestRow as RequestRowView
from freehold.kit.clock import to_text
from freehold.store.engine import Transaction
from freehold.usage import queries, rules, sum_queries
from freehold.usage.records import Counts, Filter, GroupBy, Piece, Range, RequestRow

_HOUR: Final = timedelta(hours=1)
_HOURS: Final = 24
OUTCOME_SERIES: Final = (
    Series("served", "Served"), Series("throttled", "Throttled"), Series("denied", "Denied"), Series("failed", "Failed")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 whole hours and the one that runs: one sum an hour, oldest first."""

    hours: tuple[tuple[datetime, Counts], ...]

    @property
    def total(self) -> Counts:
        """All hours together."""
        return rules.total(counts for _, counts in self.hours)

    @property
    def hourly(self) -> tuple[int, ...]:
        """The requests of each hour, for a sparkline."""
        return tuple(counts.requests for _, counts in self.hours)


def days_of_projects(tx: Transaction, project_ids: Sequence[str], now: datetime) -> dict[str, Day]:
    """The last 24 hours of many projects, in one query."""
    starts = _starts(now)
    hours = sum_queries.requests_by_hour(tx, project_ids, starts[0], starts[-1] + _HOUR)
    return {project_id: _day(starts, hours[project_id]) for project_id in project_ids}


def days_of_keys(tx: Transaction, project_id: str, now: datetime) -> dict[str, Day]:
    """The last 24 hours of each key of a project that was used in them, in one query."""
    starts = _starts(now)
    piece = Piece("hour", starts[0], starts[-1] + _HOUR)
    group_by: GroupBy = "key"
    by_key: dict[str, dict[datetime, Counts]] = {}
    for each in sum_queries.sums_of_project(tx, project_id, [piece], Filter(), group_by):
        if each.at is not None and each.group:
            by_key.setdefault(each.group, {})[each.at] = each.counts
    return {key_id: _day(starts, hours) for key_id, hours in by_key.items()}


def day_of_key(tx: Transaction, project_id: str, key_id: str, now: datetime) -> Day:
    """The last 24 hours of one key."""
    return days_of_keys(tx, project_id, now).get(key_id) or empty_day(now)


def empty_day(now: datetime) -> Day:
    """24 hours in which nothing happened."""
    return _day(_starts(now), {})


def day_range(day: Day) -> Range:
    """From the first hour of a day to the end of its last."""
    return Range(day.hours[0][0], day.hours[-1][0] + _HOUR)


def day_chart(day: Day, project_id: str, also: str = "") -> BarChart:
    """24 hours as bars; each opens the requests behind it. `also`: more of their query, such as `key=…`."""
    return BarChart(
        title="Requests by outcome", unit="Hourly, UTC", series=OUTCOME_SERIES,
        buckets=tuple(
            Bucket(f"{at.day} {at:%b, %H:%M}", by_outcome(counts), requests_href(project_id, at, at + _HOUR, also))
            for at, counts in day.hours
        ),
        axis=tuple(AxisLabel(index + 0.5, f"{at:%H:%M}") for index, (at, _) in enumerate(day.hours) if index % 4 == 1),
    )  # fmt: skip


def requests_href(project_id: str, start: datetime, end: datetime, also: str = "") -> str:
    """The page of the requests in a stretch of time."""
    span = f"from={quote(to_text(start))}&to={quote(to_text(end))}"
    return f"/projects/{project_id}/requests?{span}{'&' + also if also else ''}"


def latest_requests(
    tx: Transaction, project_id: str, count: int, key_id: str | None = None
) -> tuple[RequestRowView, ...]:
    """A project's or key's newest requests."""
    rows = queries.requests_of(tx, project_id, Filter(keys=(key_id,) if key_id else ()), None, None, count)
    return tuple(request_row(row) for row in rows)


def request_row(row: RequestRow) -> RequestRowView:
    """One request as a list shows it."""
    return RequestRowView(
        id=row.id, at=row.at, method=row.method or "", path=row.path or "", key_name=row.key_name or "",
        key_href=f"/projects/{row.project_id}/keys/{row.key_id}" if row.project_id and row.key_id else "",
        outcome=row.outcome, kind=rules.kind_of(row.outcome, row.status), status=row.status, latency_us=row.latency_us,
    )  # fmt: skip


def by_outcome(counts: Counts) -> tuple[int, ...]:
    """Sums as a bar's layers, in the order of `OUTCOME_SERIES`."""
    return (counts.served, counts.throttled, counts.denied, counts.failed)


def _starts(now: datetime) -> list[datetime]:
    this = now.replace(minute=0, second=0, microsecond=0)
    return [this - _HOUR * back for back in range(_HOURS - 1, -1, -1)]


def _day(starts: Sequence[datetime], hours: Mapping[datetime, Counts]) -> Day:
    return Day(tuple((start, hours.get(start, Counts())) for start in starts))
