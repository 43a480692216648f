"""Deleting rollup rows and totals that are no longer kept: minutes by whole hours, hours by whole days, a piece at a time. SQL only.

On PostgreSQL minutes go as partitions before (`partitions`); what is left for here is what came late.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select

from freehold.kit import clock
from freehold.store.engine import Store, Transaction
from freehold.store.schema import projects, usage_names, usage_rollups, usage_totals
from freehold.usage.records import Grain
from freehold.usage.rollups import DAY_MS, HOUR_MS
from freehold.usage.totals import DIVISIONS

# As many as take a SQLite writer no longer than a batch of the collector.
PIECE: Final = 2000
_STRETCHES: Final = 50


def delete_old(store: Store, minutes_ms: int, hours_ms: int) -> bool:
    """A piece of the minutes and hours that are before these instants; whether there was any."""
    with store.read() as tx:
        found = list(islice(_old_rows(tx, minutes_ms, hours_ms), _STRETCHES))
    with store.write() as tx:
        left = PIECE
        for stretch in found:
            left -= _delete_oldest(tx, stretch)
            if left <= 0:
                break
    return bool(found)


class _Tree(NamedTuple):
    """Rows that are in the order of project, grain and time: of the rollups, or of one division of their totals."""

    table: Table
    division: tuple[ColumnElement[bool], ...] = ()


_TREES: Final = (
    _Tree(usage_rollups),
    *(_Tree(usage_totals, (usage_totals.c.division == division,)) for division in DIVISIONS),
)


class _Stretch(NamedTuple):
    """Rows of a project that are no longer kept: of one grain, from the oldest one to an instant."""

    tree: _Tree
    project_id: str
    grain: Grain
    oldest_ms: int
    before_ms: int
    # They go by so much at least: by whole hours of minutes, by whole days of hours.
    width_ms: int


def _old_rows(tx: Transaction, minutes_ms: int, hours_ms: int) -> Iterator[_Stretch]:
    """What rows are no longer kept (primary keys, for each project)."""
    known = or_(usage_names.c.name == "", exists().where(projects.c.id == usage_names.c.name))
    owners = select(usage_names.c.number, usage_names.c.name.label("id")).where(known).subquery()
    grains: tuple[tuple[Grain, int, int], ...] = (
        ("minute", minutes_ms, HOUR_MS), ("hour", hours_ms, DAY_MS),
    )  # fmt: skip
    for tree in _TREES:
        of = tree.table.c
        for grain, before_ms, width_ms in grains:
            oldest = select(func.min(of.bucket_at)).where(
                of.project_id == owners.c.number, of.grain == grain, *tree.division
            )
            # One statement looks at all projects: asking for each took longer than the deleting.
            for project_id, oldest_at in tx.execute(select(owners.c.id, oldest.scalar_subquery())):
                if oldest_at is not None and clock.to_ms(oldest_at) < before_ms:
                    yield _Stretch(tree, project_id, grain, clock.to_ms(oldest_at), before_ms, width_ms)


def _delete_oldest(tx: Transaction, stretch: _Stretch) -> int:
    """Delete about a piece of a stretch, from its beginning; how many rows."""
    table, division = stretch.tree
    of = table.c
    old = (of.project_id == stretch.project_id, of.grain == stretch.grain, *division)
    before = clock.from_ms(stretch.before_ms)
    query = select(of.bucket_at).where(*old, of.bucket_at < before).order_by(of.bucket_at).offset(PIECE).limit(1)
    if (beyond := tx.execute(query).scalar()) is not None:
        whole_ms = clock.to_ms(beyond) // stretch.width_ms * stretch.width_ms
        first_ms = stretch.oldest_ms // stretch.width_ms * stretch.width_ms
        before = clock.from_ms(max(whole_ms, first_ms + stretch.width_ms))
    return tx.execute(delete(table).where(*old, of.bucket_at < before)).rowcount
