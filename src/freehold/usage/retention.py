"""How long usage is kept: single requests, minutes, hours; and the archive that requests go to.

On PostgreSQL a day goes as a partition. SQLite has one writer and no partitions: there a day goes in
pieces, each as small as a batch of the collector and written between two of them, so that nobody waits
for longer than for a batch (docs/decisions). Nothing is deleted that should be in the archive and is not
in its file. Each step may be cut off anywhere: the next one begins where it stopped.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.store import retentions
from freehold.store.engine import Store, Transaction
from freehold.store.schema import cost_reports, projects, usage_archives, usage_events
from freehold.store.types import Instant, JsonText
from freehold.usage import partitions, queries
from freehold.usage.archive import Archive, Written, is_available
from freehold.usage.rollup_keeping import PIECE, delete_old
from freehold.usage.rollups import DAY_MS

_READ_AT_ONCE: Final = 5000
# Instants and JSON as they are in the database, not as queries see them.
_COLUMNS: Final = [
    type_coerce(column, column.type.impl) if isinstance(column.type, (Instant, JsonText)) else column for column in usage_events.c
]  # fmt: skip

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept: from the first millisecond of a UTC day on, each."""

    requests_ms: int
    minutes_ms: int
    hours_ms: int


def bounds(settings: Settings, now: datetime) -> Bounds:
    """What is kept at a moment: whole UTC days, and as many as are set before the present one."""

    def day(days: int) -> int:
        at_ms = clock.to_ms(now - timedelta(days=days))
        return at_ms - at_ms % DAY_MS

    return Bounds(day(settings.usage_days), day(settings.minutes_days), day(settings.hours_days))


class Retention:
    """Keeps the bounds, one small step at a time. For one thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._archive = Archive(Path(settings.archive)) if settings.archive else None
        self._warned = False
        if self._archive is not None:
            self._archive.sweep()

    def step(self) -> bool:
        """Do a little; whether there may be more to do."""
        kept = bounds(retentions.in_force(self._store, self._settings), clock.now())
        if not self._store.is_sqlite and self._partition(kept):
            return True
        if self._put_requests_away(kept.requests_ms) or delete_old(self._store, kept.minutes_ms, kept.hours_ms):
            return True
        with self._store.write() as tx:
            # A journal's cursor is what keeps its events from counting again: it outlives them by far.
            queries.delete_ended_journals(tx, clock.from_ms(kept.hours_ms))
        return False

    # --- single requests --------------------------------------------------------------------------

    def _put_requests_away(self, before_ms: int) -> bool:
        """A piece of the oldest day that is no longer kept."""
        with self._store.read() as tx:
            oldest = tx.execute(select(func.min(usage_events.c.id))).scalar()
            if oldest is None or oldest >= ids.first_id("req", before_ms):
                return False
            some = _oldest(tx, before_ms)
        if self._archive is not None:
            if not self._may_archive():
                return False
            archived = self._archive.known(list(some))
            if archived != some:
                self._archive_day(_day_of(next(iter(some))))
                archived = self._archive.known(list(some))
            some = archived
        with self._store.write() as tx:
            return _delete_unchanged(tx, some) > 0

    def _may_archive(self) -> bool:
        if is_available():
            return True
        if not self._warned:
            _log.error("FREEHOLD_ARCHIVE is set and DuckDB is not installed: old requests stay in the database")
            self._warned = True
        return False

    def _archive_day(self, day_ms: int) -> int:
        """Write a day of every project that has requests of it; how many requests were read for it."""
        if self._archive is None:
            raise ValueError("there is no archive")
        within = (
            usage_events.c.id >= ids.first_id("req", day_ms),
            usage_events.c.id < ids.first_id("req", day_ms + DAY_MS),
        )
        with self._store.read() as tx:
            of_day = select(usage_events.c.project_id).where(*within).distinct().subquery()
            owners = tx.execute(select(of_day.c.project_id)).scalars().all()
        read = count()
        for project_id in owners:
            with self._store.read() as tx:
                rows = (row for row, _ in zip(_rows(tx, within, project_id), read, strict=False))
                written = self._archive.add(day_ms, project_id or "", rows)
            with self._store.write() as tx:
                _note(tx, day_ms, project_id or "", written)
        return next(read)

    # --- partitions of PostgreSQL -----------------------------------------------------------------

    def _partition(self, kept: Bounds) -> bool:
        """Make the partitions of the days to come, and drop one that is no longer kept; whether it did the latter."""
        tables = (
            (partitions.EVENTS, kept.requests_ms), (partitions.MINUTES, kept.minutes_ms), (partitions.TOTALS, kept.minutes_ms),
        )  # fmt: skip
        for parted, before_ms in tables:
            try:
                with self._store.write() as tx:
                    crowded = [day for day in partitions.crowded_days(tx, parted) if day >= before_ms]
                    partitions.make_days(tx, parted, [*partitions.ahead(clock.now_ms()), *crowded])
                    old = [day for day in partitions.days_of(tx, parted) if day < before_ms]
                if old and self._drop(parted, old[0]):
                    return True
            except DBAPIError as error:
                if not any(words in str(error.orig) for words in ("lock timeout", "deadlock")):
                    raise
                _log.info("%s is busy; its partitions wait", parted.table)
        return False

    def _drop(self, parted: partitions.Parted, day_ms: int) -> bool:
        if parted is not partitions.EVENTS or self._archive is None:
            with self._store.write() as tx:
                return partitions.drop_day(tx, parted, day_ms)
        if not self._may_archive():
            return False
        with self._store.read() as tx:
            reported = _costs_counted(tx, day_ms)
        held = self._archive_day(day_ms)
        with self._store.write() as tx:
            partitions.hold_day(tx, parted, day_ms)
            # A cost that was counted since the archive was read is not in the file: the next step writes it anew.
            return _costs_counted(tx, day_ms) == reported and partitions.drop_day(tx, parted, day_ms, held)


def _costs_counted(tx: Transaction, day_ms: int) -> int:
    """How many reported costs have been counted of a day's requests; each changes its request once (primary key)."""
    of = cost_reports.c
    within = (of.request_id >= ids.first_id("req", day_ms), of.request_id < ids.first_id("req", day_ms + DAY_MS))
    query = select(func.count()).select_from(cost_reports).where(*within, of.counted_at.is_not(None))
    return int(tx.execute(query).scalar_one())


def _oldest(tx: Transaction, before_ms: int) -> dict[str, int]:
    """The oldest requests of the oldest day that is no longer kept, up to a piece, and what they cost (primary key)."""
    query = select(usage_events.c.id, usage_events.c.cost).where(usage_events.c.id < ids.first_id("req", before_ms))
    some = list(tx.execute(query.order_by(usage_events.c.id).limit(PIECE)))
    return {row.id: row.cost for row in some if _day_of(row.id) == _day_of(some[0].id)}


def _delete_unchanged(tx: Transaction, some: dict[str, int]) -> int:
    """Delete requests that still cost what they did: one whose cost was reported meanwhile goes to the archive again."""
    query = select(usage_events.c.id, usage_events.c.cost).where(usage_events.c.id.in_(list(some)))
    same = [row.id for row in tx.execute(query) if some[row.id] == row.cost]
    return tx.execute(delete(usage_events).where(usage_events.c.id.in_(same))).rowcount


def _rows(tx: Transaction, within: tuple[ColumnElement[bool], ...], project_id: str | None) -> Iterator[dict[str, Any]]:
    """A project's requests of a day, in the order of their ids, a page at a time (primary key)."""
    of_project = usage_events.c.project_id.is_(None) if project_id is None else usage_events.c.project_id == project_id
    own = select(projects.c.organization_id, projects.c.environment, projects.c.api_id).where(
        projects.c.id == project_id
    )
    # A file says of each request what the database says of its project.
    of_all = row._asdict() if (row := tx.execute(own).first()) else dict.fromkeys(own.selected_columns.keys())
    after = ""
    while True:
        query = select(*_COLUMNS).where(*within, of_project, usage_events.c.id > after)
        page = tx.execute(query.order_by(usage_events.c.id).limit(_READ_AT_ONCE)).all()
        yield from ({**dict(zip(usage_events.c.keys(), row, strict=True)), **of_all} for row in page)
        if len(page) < _READ_AT_ONCE:
            return
        after = page[-1][0]


def _note(tx: Transaction, day_ms: int, project_id: str, written: Written) -> None:
    """Keep what a file of the archive holds; a later writing of it says more."""
    new = sqlite.insert(usage_archives) if tx.dialect.name == "sqlite" else postgresql.insert(usage_archives)
    values = {
        "requests": written.requests, "cost": written.cost, "bytes": written.bytes, "sha256": written.sha256,
        "written_at": clock.now(),
    }  # fmt: skip
    tx.execute(
        new.values(day_at=clock.from_ms(day_ms), project_id=project_id, **values).on_conflict_do_update(
            index_elements=["day_at", "project_id"], set_=values
        )
    )


def _day_of(request_id: str) -> int:
    at_ms = ids.instant_ms(request_id)
    return at_ms - at_ms % DAY_MS
