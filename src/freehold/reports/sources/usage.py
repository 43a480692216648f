"""Rows of usage: the sums of each day, and single requests, whether they are in the database or in the archive."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, and_, case, func, literal, select, tuple_, type_coerce

from freehold.kit import clock
from freehold.reports.records import UTC_NAME, Place, Row
from freehold.reports.sources.wanted import BATCH, Gone, Wanted
from freehold.store.schema import usage_events, usage_names, usage_rollups
from freehold.usage.costs import corrected

_DAY: Final = timedelta(days=1)
# An archived stretch is held in memory while it is written: an hour at the most.
_STRETCH: Final = timedelta(hours=1)
_IDS_AT_ONCE: Final = 500
_E, _R = usage_events.c, usage_rollups.c
_REQUEST: Final = (
    "id", "at", "project_id", "key_id", "secret", "endpoint", "method", "path", "outcome", "via", "status", "latency_us", "cost",
    "address", "user_agent",
)  # fmt: skip


def summary(wanted: Wanted) -> Iterator[list[Row]]:
    """A row for each day, project, key, endpoint, outcome and class of status, of sums that are kept.

    Days of UTC have their own sums. Those of another time zone are made of their hours, always: minutes are kept for two
    days only, and the bytes must not change once they are gone. Where such a day begins within an hour, the hour counts
    to the day in which it begins. Gone where hours of the period are not kept any more.
    """
    for day, start, end in wanted.days:
        yield from _batches(_sums_of(wanted, day, start, end))
    if wanted.time_zone != UTC_NAME:
        hours = hours_kept(wanted)
        if not hours.complete:
            raise Gone(
                f"Days of {wanted.time_zone} are made of sums by the hour, and those of the whole period are not kept any more "
                "(FREEHOLD_HOURS_DAYS): days of UTC are."
            )


@dataclass(frozen=True, slots=True)
class HoursKept:
    """The sums by the hour of a period, and whether all of its hours are still kept."""

    requests: int
    cost: int
    complete: bool


def hours_kept(wanted: Wanted) -> HoursKept:
    """The hours that begin in the period, added up; held against the days of UTC that they are part of (primary key)."""
    start, end = wanted.period
    first, after_last = _floor_day(start), _floor_day(end + _DAY - timedelta(milliseconds=1))
    mine = and_(_R.bucket_at >= start, _R.bucket_at < end)
    of_projects = (_R.project_id.in_(wanted.project_ids), _R.bucket_at >= first, _R.bucket_at < after_last)
    hours = select(
        func.sum(_R.requests), func.sum(_R.cost), func.sum(case((mine, _R.requests), else_=0)),
        func.sum(case((mine, _R.cost), else_=0)),
    ).where(_R.grain == "hour", *of_projects)  # fmt: skip
    days = select(func.sum(_R.requests), func.sum(_R.cost)).where(_R.grain == "day", *of_projects)
    with wanted.store.read() as tx:
        requests, cost, inside, cost_inside = (int(each or 0) for each in tx.execute(hours).one())
        whole = tuple(int(each or 0) for each in tx.execute(days).one())
    return HoursKept(inside, cost_inside, (requests, cost) == whole)


def detail(wanted: Wanted) -> Iterator[list[Row]]:
    """Every single request, oldest first; of equal instants, by id."""
    at, end = wanted.period
    after, passed = wanted.after, 0
    if after:
        # What was read last: the stretch that it is in, and of that the projects from its own on.
        at += (clock.from_ms(int(after[0])) - at) // _STRETCH * _STRETCH
        passed = wanted.project_ids.index(str(after[2]))
    busy, looked_to = frozenset[str](), at
    while at < end:
        until = min(at + _STRETCH, end)
        if at >= looked_to:
            looked_to = at + _DAY
            busy = _busy(wanted, at, looked_to)
        for project_id in wanted.project_ids[passed:]:
            if project_id in busy:
                yield from _requests_of(
                    wanted, project_id, at, until, (int(after[0]), str(after[1])) if after else None
                )
            after = None
        at, passed = until, 0


def place(row: Row) -> Place:
    """A request's place: by the hour, in it by project, of each the oldest first, of equal instants by id."""
    return clock.to_ms(row[1]), row[0], row[2]


def mark(wanted: Wanted) -> list[int]:
    """The sums of the days that the period touches: late usage, of whatever project and instant, is added to them."""
    start, end = wanted.period
    sums = select(func.sum(_R.requests), func.sum(_R.cost)).where(
        _R.grain == "day", _R.project_id.in_(wanted.project_ids), _R.bucket_at >= _floor_day(start), _R.bucket_at < end
    )
    with wanted.store.read() as tx:
        return [int(each or 0) for each in tx.execute(sums).one()]


def _sums_of(wanted: Wanted, day: date, start: datetime, end: datetime) -> list[Row]:
    keys = (_R.project_id, _R.key_id, _R.endpoint, _R.outcome, _R.status_class)
    sums = [func.sum(column) for column in (_R.requests, _R.cost, _R.latency_us_sum, _R.latency_count)]
    query = (
        select(*keys, *sums)
        .where(_R.grain == ("day" if wanted.time_zone == UTC_NAME else "hour"), _R.project_id.in_(wanted.project_ids))
        .where(_R.bucket_at >= start, _R.bucket_at < end)
        .group_by(*keys)
    )
    with wanted.store.read() as tx:
        rows = [(day.isoformat(), *row[:5], *map(int, row[5:])) for row in tx.execute(query)]
    # By Python: databases disagree about the order of texts.
    return sorted(rows)


def _floor_day(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def _busy(wanted: Wanted, start: datetime, end: datetime) -> frozenset[str]:
    """The projects that have a request in a range: a year of hours of a thousand projects is mostly empty."""
    of_project = type_coerce(_E.project_id, Integer) == usage_names.c.number
    # With a limit it is looked up project by project (ix_usage_events_project_at); as EXISTS, PostgreSQL may read all there is.
    one = select(literal(1)).where(of_project, _E.at >= start, _E.at < end).limit(1).scalar_subquery()
    found = set[str]()
    with wanted.store.read() as tx:
        for place in range(0, len(wanted.project_ids), _IDS_AT_ONCE):
            ids = wanted.project_ids[place : place + _IDS_AT_ONCE]
            query = select(usage_names.c.name).where(usage_names.c.name.in_(ids), one.is_not(None))
            found |= set(tx.execute(query).scalars())
    # After the database: what goes to the archive meanwhile is in its file before it is deleted here.
    if wanted.archive is not None:
        start_ms, end_ms = clock.to_ms(start), clock.to_ms(end)
        found |= {each for each in wanted.project_ids if wanted.archive.files_of(each, start_ms, end_ms)}
    return frozenset(found)


def _requests_of(
    wanted: Wanted, project_id: str, start: datetime, end: datetime, after: tuple[int, str] | None
) -> Iterator[list[Row]]:
    archived: list[Row] = []
    if wanted.archive is not None:
        found = list(wanted.archive.requests_of(project_id, start, end))
        with wanted.store.read() as tx:
            archived = [tuple(each[name] for name in _REQUEST) for each in corrected(tx, found)]
        if after:
            archived = [row for row in archived if _place(row) > after]
    live = _live(wanted, project_id, start, end, after)
    if archived:
        # One that is being archived is in both.
        both = merge((row for batch in live for row in batch), archived, key=_place)
        live = _batches(next(same) for _, same in groupby(both, key=_place))
    for batch in live:
        yield [(row[0], clock.from_ms(row[1]), *row[2:]) for row in batch]


def _place(row: Row) -> tuple[int, str]:
    return row[1], row[0]


def _live(
    wanted: Wanted, project_id: str, start: datetime, end: datetime, last: tuple[int, str] | None
) -> Iterator[list[Row]]:
    """Requests that the database has, with their instants in Unix milliseconds (ix_usage_events_project_at)."""
    at = type_coerce(_E.at, BigInteger)
    columns = [at if name == "at" else _E[name] for name in _REQUEST]
    while True:
        query = select(*columns).where(_E.project_id == project_id, _E.at >= start, _E.at < end)
        if last:
            query = query.where(tuple_(at, _E.id) > tuple_(*last))
        with wanted.store.read() as tx:
            rows = tx.execute(query.order_by(_E.at, _E.id).limit(BATCH)).all()
        if rows:
            yield rows  # type: ignore[misc]  # rows of SQLAlchemy are tuples
        if len(rows) < BATCH:
            return
        last = _place(rows[-1])


def _batches(rows: Iterable[Any]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(tuple(row))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
