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
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, TypeDecorator, delete, func, literal, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import projects, usage_archives, usage_events, usage_rollups
from freehold.usage import partitions, queries
from freehold.usage.archive import Archive, Written, is_available
from freehold.usage.records import Grain
from freehold.usage.rollups import DAY_MS, HOUR_MS

# As many as take a SQLite writer no longer than a batch of the collector.
PIECE: Final = 2000
_READ_AT_ONCE: Final = 5000
_STRETCHES: Final = 50

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
        kept = bounds(self._settings, clock.now())
        if not self._store.is_sqlite and self._partition(kept):
            return True
        if self._put_requests_away(kept.requests_ms) or self._delete_rollups(kept):
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
            some = _oldest_ids(tx, before_ms)
        if self._archive is not None:
            if not self._may_archive():
                return False
            archived = self._archive.known(some)
            if len(archived) < len(some):
                self._archive_day(_day_of(some[0]))
                archived = self._archive.known(some)
            some = sorted(archived)
        with self._store.write() as tx:
            deleted = tx.execute(delete(usage_events).where(usage_events.c.id.in_(some))).rowcount
        return deleted > 0

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
            owners = tx.execute(select(usage_events.c.project_id).where(*within).distinct()).scalars().all()
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
        for parted, before_ms in ((partitions.EVENTS, kept.requests_ms), (partitions.MINUTES, kept.minutes_ms)):
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
        held = None
        if parted is partitions.EVENTS and self._archive is not None:
            if not self._may_archive():
                return False
            held = self._archive_day(day_ms)
        with self._store.write() as tx:
            return partitions.drop_day(tx, parted, day_ms, held)

    # --- rollups ----------------------------------------------------------------------------------

    def _delete_rollups(self, kept: Bounds) -> bool:
        """A piece of the minutes, or of the hours, that are no longer kept."""
        with self._store.read() as tx:
            found = list(islice(_old_rollups(tx, kept), _STRETCHES))
        with self._store.write() as tx:
            left = PIECE
            for stretch in found:
                left -= _delete_oldest(tx, stretch)
                if left <= 0:
                    break
        return bool(found)


class _Stretch(NamedTuple):
    """Rollup rows of a project that are no longer kept: of one grain, from the oldest one to an instant."""

    project_id: str
    grain: Grain
    oldest_ms: int
    before_ms: int
    # They go by so much at least: by whole hours of minutes, by whole days of hours.
    width_ms: int


def _old_rollups(tx: Transaction, kept: Bounds) -> Iterator[_Stretch]:
    """What rollup rows are no longer kept (primary key, for each project)."""
    of = usage_rollups.c
    owners = select(projects.c.id).union_all(select(literal(""))).subquery()
    grains: tuple[tuple[Grain, int, int], ...] = (
        ("minute", kept.minutes_ms, HOUR_MS), ("hour", kept.hours_ms, DAY_MS),
    )  # fmt: skip
    for grain, before_ms, width_ms in grains:
        oldest = select(func.min(of.bucket_at)).where(of.project_id == owners.c.id, of.grain == grain)
        # One statement looks at all projects: asking for each took longer than the deleting.
        for project_id, oldest_at in tx.execute(select(owners.c.id, oldest.scalar_subquery())):
            if oldest_at is not None and clock.to_ms(oldest_at) < before_ms:
                yield _Stretch(project_id, grain, clock.to_ms(oldest_at), before_ms, width_ms)


def _delete_oldest(tx: Transaction, stretch: _Stretch) -> int:
    """Delete about a piece of a stretch, from its beginning; how many rows."""
    of = usage_rollups.c
    old = (of.project_id == stretch.project_id, of.grain == stretch.grain)
    before = clock.from_ms(stretch.before_ms)
    query = select(of.bucket_at).where(*old, of.bucket_at < before).order_by(of.bucket_at).offset(PIECE).limit(1)
    if (beyond := tx.execute(query).scalar()) is not None:
        whole_ms = clock.to_ms(beyond) // stretch.width_ms * stretch.width_ms
        first_ms = stretch.oldest_ms // stretch.width_ms * stretch.width_ms
        before = clock.from_ms(max(whole_ms, first_ms + stretch.width_ms))
    return tx.execute(delete(usage_rollups).where(*old, of.bucket_at < before)).rowcount


def _oldest_ids(tx: Transaction, before_ms: int) -> list[str]:
    """The oldest requests of the oldest day that is no longer kept, up to a piece (primary key)."""
    query = select(usage_events.c.id).where(usage_events.c.id < ids.first_id("req", before_ms))
    some = list(tx.execute(query.order_by(usage_events.c.id).limit(PIECE)).scalars())
    return [each for each in some if _day_of(each) == _day_of(some[0])]


def _rows(tx: Transaction, within: tuple[ColumnElement[bool], ...], project_id: str | None) -> Iterator[dict[str, Any]]:
    """A project's requests of a day, in the order of their ids, a page at a time (primary key)."""
    of_project = usage_events.c.project_id.is_(None) if project_id is None else usage_events.c.project_id == project_id
    # As they are in the database, not as queries see them.
    columns = [type_coerce(column, column.type.impl) if isinstance(column.type, TypeDecorator) else column for column in usage_events.c]  # fmt: skip
    after = ""
    while True:
        query = select(*columns).where(*within, of_project, usage_events.c.id > after)
        page = tx.execute(query.order_by(usage_events.c.id).limit(_READ_AT_ONCE)).all()
        yield from (dict(zip(usage_events.c.keys(), row, strict=True)) for row in page)
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
