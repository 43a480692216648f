"""SQL of what an instance's metrics say of webhooks: how much waits, what was tried, how endpoints are. Reads only.

What is counted over time is found by the ids, which sort by when they were made: each question reads as
many rows as were made since, never a whole table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, case, func, literal_column, select

from freehold.kit import clock, ids
from freehold.store.engine import Transaction
from freehold.store.schema import announcements, attempts, deliveries, replays, webhook_endpoints

_D = deliveries.c
# Written out, not bound: only so does either database see that its partial index holds the answer.
_PENDING: Final[ColumnElement[bool]] = literal_column("deliveries.state = 'pending'")
_UNFINISHED: Final[ColumnElement[bool]] = literal_column("replays.state IN ('queued', 'running')")


@dataclass(frozen=True, slots=True)
class Queue:
    """What is pending: `due` now, `retrying` later, `parked` until its endpoint is resumed, and when the oldest fell due."""

    due: int
    retrying: int
    parked: int
    oldest_due_at: datetime | None


def queue_of(tx: Transaction, now: datetime) -> Queue:
    """All that is pending (ix_deliveries_due and ix_deliveries_waiting: as many rows as are pending)."""

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        count(_D.due_at <= now), count(_D.due_at > now), count(_D.due_at.is_(None)),
        func.min(case((_D.due_at <= now, _D.due_at))),
    ).where(_PENDING)  # fmt: skip
    due, retrying, parked, oldest = tx.execute(query).one()
    return Queue(int(due), int(retrying), int(parked), oldest)


def attempts_between(tx: Transaction, start: datetime, end: datetime) -> dict[str, int]:
    """The attempts that were recorded from an instant on, before another, by outcome (primary key)."""
    return _counted(tx, attempts, attempts.c.outcome, "att", start, end)


def deliveries_between(tx: Transaction, start: datetime, end: datetime) -> dict[str, int]:
    """The deliveries that were made from an instant on, before another, by their state now (primary key)."""
    return _counted(tx, deliveries, _D.state, "dlv", start, end)


def _counted(
    tx: Transaction, table: Table, by: ColumnElement[Any], prefix: ids.Prefix, start: datetime, end: datetime
) -> dict[str, int]:
    made = (table.c.id >= _first_id(prefix, start), table.c.id < _first_id(prefix, end))
    return {row[0]: int(row[1]) for row in tx.execute(select(by, func.count()).where(*made).group_by(by))}


def _first_id(prefix: ids.Prefix, at: datetime) -> str:
    """What sorts before every id that was made at an instant or later."""
    return f"{prefix}_{ids.encode(clock.to_ms(at) << 80)}"


def endpoints_by_state(tx: Transaction) -> Mapping[str, int]:
    """How many webhook endpoints there are in each state."""
    column = webhook_endpoints.c
    query = select(column.state, func.count()).where(column.deleted_at.is_(None)).group_by(column.state)
    return {row[0]: int(row[1]) for row in tx.execute(query)}


def replays_under_way(tx: Transaction) -> Mapping[str, int]:
    """How many replays are under way, by state (uq_replays_unfinished)."""
    query = select(replays.c.state, func.count()).where(_UNFINISHED).group_by(replays.c.state)
    return {row[0]: int(row[1]) for row in tx.execute(query)}


def announcements_waiting(tx: Transaction) -> int:
    """How many events of Freehold's own wait to become messages."""
    return int(tx.execute(select(func.count()).select_from(announcements)).scalar_one())
