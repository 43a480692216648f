"""Deleting rollup rows that are no longer kept: minutes by whole hours, hours by whole days, a piece at a time. SQL only.

On PostgreSQL minutes go as partitions before (`partitions`); what is left for here is what came late.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import delete, func, literal, select

from freehold.kit import clock
from freehold.store.engine import Store, Transaction
from freehold.store.schema import projects, usage_rollups
from freehold.usage.records import Grain
from freehold.usage.rollups import DAY_MS, HOUR_MS

# As many as take a SQLite writer no longer than a batch of the collector.
PIECE: Final = 2000
_STRETCHES: Final = 50


def delete_old(store: Store, minutes_ms: int, hours_ms: int) -> bool:
    """A piece of the minutes and hours that are before these instants; whether there was any."""
    with store.read() as tx:
        found = list(islice(_old_rollups(tx, minutes_ms, hours_ms), _STRETCHES))
    with store.write() as tx:
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


def _old_rollups(tx: Transaction, minutes_ms: int, hours_ms: int) -> Iterator[_Stretch]:
    """What rollup rows are no longer kept (primary key, for each project)."""
    of = usage_rollups.c
    owners = select(projects.c.id).union_all(select(literal(""))).subquery()
    grains: tuple[tuple[Grain, int, int], ...] = (
        ("minute", minutes_ms, HOUR_MS), ("hour", hours_ms, DAY_MS),
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
