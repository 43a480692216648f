"""Leases of quota: what the store has granted to gates, and what came back. SQL only.

`quota_counters.granted` says what of a quota is spoken for in one period: spent already, or in some
gate's hands. It is raised only while it stays within the limit, so the quota is never overshot,
whoever asks how often. `quota_leases.granted` says what of it one gate process was granted and has
not given back; a gate never spends more than that. What it has spent, only the gate knows while it
lives, and its journal when it is gone.

Locks are taken in one order (leases of one's own, then counters by owner and period), so no two
transactions wait for each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.keys.quota_rules import grant
from freehold.projects.limits import Period
from freehold.store.engine import Transaction
from freehold.store.schema import quota_counters, quota_leases, usage_rollups

# A counter that another period's has followed is kept for so long: clocks may differ, and be set back.
_KEPT_AFTER: Final = timedelta(days=1)
# No period is longer than 31 days.
_KEPT_ALONE: Final = timedelta(days=33)


@dataclass(frozen=True, slots=True)
class Order:
    """What one gate process wants done with its lease of one owner's quota in one period.

    `give_back`: units that it was granted, has not spent, and will not. `need` and `wish`: see
    `quota_rules.grant`; a need of 0 asks for nothing. `limit` and `period`: the quota as the gate
    knows it.
    """

    owner_id: str
    project_id: str
    period: Period
    period_at: datetime
    limit: int
    give_back: int = 0
    need: int = 0
    wish: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease after an order: what the gate holds in all, what of it is new, and what of the quota nobody holds."""

    granted: int
    added: int
    ungranted: int


def used_of(tx: Transaction, order: Order) -> int:
    """What is counted of an owner's use in a period: all that was let through, under a quota or before there was one.

    Only ever too little, since it follows the journals, so it is asked for outside the transaction that
    grants (primary key by project and key; ix_usage_rollups_project).
    """
    of_key = () if order.owner_id == order.project_id else (usage_rollups.c.key_id == order.owner_id,)
    return int(
        tx.execute(
            select(func.coalesce(func.sum(usage_rollups.c.cost), 0)).where(
                usage_rollups.c.grain == order.period,
                usage_rollups.c.bucket_at == order.period_at,
                usage_rollups.c.project_id == order.project_id,
                usage_rollups.c.outcome == "allowed",
                *of_key,
            )
        ).scalar_one()
    )


def carry_out(tx: Transaction, verifier_id: str, order: Order, used: int, now: datetime) -> Lease:
    """Give back, and grant what there is: the lease as it stands then. `used`: what `used_of` said."""
    if order.give_back:
        _give_back(tx, verifier_id, order)
    held = _lock_lease(tx, verifier_id, order)
    if not order.need:
        spoken_for = tx.execute(select(quota_counters.c.granted).where(_counter(order))).scalar()
        return Lease(held or 0, 0, max(0, order.limit - max(spoken_for or 0, used)))
    spoken_for = _lock_counter(tx, order, used)
    ungranted = max(0, order.limit - spoken_for)
    added = grant(order.need, order.wish, ungranted)
    if added:
        tx.execute(update(quota_counters).where(_counter(order)).values(granted=spoken_for + added))
        _add_to_lease(tx, verifier_id, order, added, now, is_new=held is None)
    return Lease((held or 0) + added, added, ungranted - added)


def forget_leases(tx: Transaction, verifier_id: str) -> None:
    """A gate process that has given everything back leaves: what it was granted is what it spent."""
    tx.execute(delete(quota_leases).where(quota_leases.c.verifier_id == verifier_id))


def lowered(count: int) -> ColumnElement[int]:
    """A counter's units with so many fewer, and never fewer than none."""
    left = quota_counters.c.granted - count
    return case((left < 0, 0), else_=left)


def forget_old(tx: Transaction, now: datetime, at_once: int) -> int:
    """Delete counters of periods that are long over, with their leases, up to so many; how many (ix_quota_counters_period_at)."""
    later = quota_counters.alias()
    followed = exists().where(
        later.c.owner_id == quota_counters.c.owner_id,
        later.c.period_at > quota_counters.c.period_at,
        later.c.period_at <= now - _KEPT_AFTER,
    )
    old = tx.execute(
        select(quota_counters.c.owner_id, quota_counters.c.period_at)
        .where(quota_counters.c.period_at <= now - _KEPT_AFTER)
        .where(followed | (quota_counters.c.period_at <= now - _KEPT_ALONE))
        .order_by(quota_counters.c.owner_id, quota_counters.c.period_at)
        .limit(at_once)
    ).all()
    for table in (quota_leases, quota_counters):
        for owner_id, period_at in old:
            tx.execute(delete(table).where(table.c.owner_id == owner_id, table.c.period_at == period_at))
    return len(old)


def _give_back(tx: Transaction, verifier_id: str, order: Order) -> None:
    """Return unspent units. A lease that is not there any more was settled, and its units are back already."""
    returned = tx.execute(
        update(quota_leases)
        .where(_lease(verifier_id, order), quota_leases.c.granted >= order.give_back)
        .values(granted=quota_leases.c.granted - order.give_back)
    )
    if returned.rowcount:
        tx.execute(update(quota_counters).where(_counter(order)).values(granted=lowered(order.give_back)))


def _lock_lease(tx: Transaction, verifier_id: str, order: Order) -> int | None:
    """What a gate holds, or None where it never held any. Waits for a transaction of its own that is still under way."""
    granted: int | None = tx.execute(
        select(quota_leases.c.granted).where(_lease(verifier_id, order)).with_for_update()
    ).scalar()
    return granted


def _lock_counter(tx: Transaction, order: Order, used: int) -> int:
    """What is spoken for, made at least what is counted: use from before the quota was set counts too.

    The counter is the caller's until its transaction ends.
    """
    new = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(quota_counters)
    values = {"owner_id": order.owner_id, "period_at": order.period_at, "project_id": order.project_id, "granted": 0}
    tx.execute(new.values(values).on_conflict_do_nothing())
    granted: int = tx.execute(select(quota_counters.c.granted).where(_counter(order)).with_for_update()).scalar_one()
    return max(granted, used)


def _add_to_lease(tx: Transaction, verifier_id: str, order: Order, added: int, now: datetime, *, is_new: bool) -> None:
    if is_new:
        values = {"owner_id": order.owner_id, "period_at": order.period_at, "granted": added, "granted_at": now}
        tx.execute(insert(quota_leases).values(verifier_id=verifier_id, **values))
    else:
        changed = {"granted": quota_leases.c.granted + added, "granted_at": now}
        tx.execute(update(quota_leases).where(_lease(verifier_id, order)).values(changed))


def _counter(order: Order) -> ColumnElement[bool]:
    return and_(quota_counters.c.owner_id == order.owner_id, quota_counters.c.period_at == order.period_at)


def _lease(verifier_id: str, order: Order) -> ColumnElement[bool]:
    return and_(
        quota_leases.c.verifier_id == verifier_id,
        quota_leases.c.owner_id == order.owner_id,
        quota_leases.c.period_at == order.period_at,
    )
