"""Rows of usage: the sums of each day, and single requests, whether they are in the database or in the archive."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from typing import Any, Final

from sqlalchemy import and_, func, or_, select

from freehold.kit import clock
from freehold.reports.records import Row
from freehold.reports.sources.wanted import BATCH, Wanted
from freehold.store.schema import usage_events, usage_rollups

_DAY: Final = timedelta(days=1)
# An archived stretch is held in memory while it is written: an hour at the most.
_STRETCH: Final = timedelta(hours=1)
_E, _R = usage_events.c, usage_rollups.c
_REQUEST: Final = (
    "id", "at", "project_id", "key_id", "secret", "endpoint", "method", "path", "outcome", "via", "status", "latency_us", "cost",
    "address", "user_agent",
)  # fmt: skip


def summary(wanted: Wanted) -> Iterator[list[Row]]:
    """A row for each day, project, key, endpoint, outcome and class of status: of the days' own sums."""
    day, end = wanted.period
    while day < end:
        yield from _batches(_sums_of(wanted, day))
        day += _DAY


def detail(wanted: Wanted) -> Iterator[list[Row]]:
    """Every single request, oldest first; of equal instants, by id."""
    at, end = wanted.period
    while at < end:
        until = min(at + _STRETCH, end)
        for project_id in wanted.project_ids:
            yield from _batches(_requests_of(wanted, project_id, at, until))
        at = until


def _sums_of(wanted: Wanted, day: datetime) -> list[Row]:
    keys = (_R.project_id, _R.key_id, _R.endpoint, _R.outcome, _R.status_class)
    sums = [func.sum(column) for column in (_R.requests, _R.cost, _R.latency_us_sum, _R.latency_count)]
    query = (
        select(*keys, *sums)
        .where(_R.grain == "day", _R.bucket_at == day, _R.project_id.in_(wanted.project_ids))
        .group_by(*keys)
    )
    with wanted.store.read() as tx:
        rows = [(f"{day:%Y-%m-%d}", *row[:5], *map(int, row[5:])) for row in tx.execute(query)]
    # By Python: databases disagree about the order of texts.
    return sorted(rows)


def _requests_of(wanted: Wanted, project_id: str, start: datetime, end: datetime) -> Iterator[Row]:
    live = ((row[1], row[0], row) for row in _live(wanted, project_id, start, end))
    archived: Iterable[tuple[int, str, Row]] = ()
    if wanted.archive is not None:
        found = wanted.archive.requests_of(project_id, start, end)
        archived = ((row[1], row[0], row) for row in (tuple(each[name] for name in _REQUEST) for each in found))
    last = ""
    for at_ms, request_id, row in merge(live, archived, key=lambda each: each[:2]):
        # One that is being archived is in both.
        if request_id != last:
            last = request_id
            yield (row[0], clock.from_ms(at_ms), *row[2:])


def _live(wanted: Wanted, project_id: str, start: datetime, end: datetime) -> Iterator[Row]:
    """Requests that the database has, with their instants in Unix milliseconds (ix_usage_events_project_at)."""
    columns = [_E[name] for name in _REQUEST]
    place: tuple[datetime, str] | None = None
    while True:
        query = select(*columns).where(_E.project_id == project_id, _E.at >= start, _E.at < end)
        if place:
            query = query.where(or_(_E.at > place[0], and_(_E.at == place[0], _E.id > place[1])))
        with wanted.store.read() as tx:
            rows = tx.execute(query.order_by(_E.at, _E.id).limit(BATCH)).all()
        for row in rows:
            yield (row[0], clock.to_ms(row[1]), *row[2:])
        if len(rows) < BATCH:
            return
        place = (rows[-1][1], rows[-1][0])


def _batches(rows: Iterable[Any]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(tuple(row))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
