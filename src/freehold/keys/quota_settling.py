"""Settling the leases of gate processes that are gone: what they had not spent goes back to the quota.

A gate that was killed can no longer say what it spent, but its journal can: every answer it gave is in
there. So a lease is settled once the journal was read to its end, and until then all of it counts as
spent. Where the journal cannot tell (bytes of it were lost, its disk was full, or its events are too old to be kept),
nothing goes back: a quota may end too early, and is never overshot.

The journal's id is the gate process's. Must never settle the lease of a gate that lives.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, select, update

from freehold.keys.quota_leases import lowered
from freehold.kit import clock, ids
from freehold.store.engine import Store, Transaction
from freehold.store.schema import journals, quota_counters, quota_leases, usage_events, usage_gaps


@dataclass(frozen=True, slots=True)
class EndedLease:
    """A lease whose gate process is gone and whose journal was read to its end."""

    verifier_id: str
    owner_id: str
    project_id: str
    period_at: datetime
    granted: int


def settle(store: Store, now: datetime, kept: timedelta, at_once: int) -> int:
    """Settle up to so many leases, each in a transaction of its own; how many. `kept`: how long usage events are."""
    kept_from = now - kept
    with store.read() as tx:
        leases = ended_leases(tx, at_once)
        whole = {each: is_whole(tx, each, kept_from) for each in {lease.verifier_id for lease in leases}}
        found = [(each, spent_of(tx, each, kept_from) if whole[each.verifier_id] else None) for each in leases]
    for lease, spent in found:
        with store.write() as tx:
            end_lease(tx, lease.verifier_id, lease.owner_id, lease.period_at, spent)
    return len(found)


def ended_leases(tx: Transaction, at_once: int) -> list[EndedLease]:
    """Leases that can be settled, up to so many (primary keys)."""
    has_leases = exists().where(quota_leases.c.verifier_id == journals.c.id)
    ended = select(journals.c.id).where(journals.c.ended_at.is_not(None), has_leases)
    rows = tx.execute(
        select(
            quota_leases.c.verifier_id, quota_leases.c.owner_id, quota_counters.c.project_id, quota_leases.c.period_at,
            quota_leases.c.granted,
        )
        .join(
            quota_counters,
            and_(
                quota_counters.c.owner_id == quota_leases.c.owner_id,
                quota_counters.c.period_at == quota_leases.c.period_at,
            ),
        )
        .where(quota_leases.c.verifier_id.in_(ended))
        .order_by(quota_leases.c.verifier_id, quota_leases.c.owner_id, quota_leases.c.period_at)
        .limit(at_once)
    )  # fmt: skip
    return [EndedLease(*row) for row in rows]


def is_whole(tx: Transaction, journal_id: str, kept_from: datetime) -> bool:
    """Whether none of a journal's events is missing between those that are there, or was never written down.

    By uq journal_id, position, and by usage_gaps' primary key.
    """
    if tx.execute(select(usage_gaps.c.slot).where(usage_gaps.c.journal_id == journal_id).limit(1)).first():
        return False
    first, last, count = tx.execute(
        select(func.min(usage_events.c.position), func.max(usage_events.c.position), func.count()).where(
            usage_events.c.journal_id == journal_id
        )
    ).one()
    if not count:
        return True
    # Of a journal that is older than what is kept, the beginning is gone by rights.
    begins_at = first if clock.from_ms(ids.instant_ms(journal_id)) < kept_from else 0
    return bool(count == last + 1 - begins_at)


def spent_of(tx: Transaction, lease: EndedLease, kept_from: datetime) -> int | None:
    """What was spent of a lease, by its journal's events; None where some of them are too old to be there.

    Nothing of that journal is written any more, so the answer stays right (ix_usage_events_key_at,
    ix_usage_events_project_at).
    """
    if max(lease.period_at, clock.from_ms(ids.instant_ms(lease.verifier_id))) < kept_from:
        return None
    is_project = lease.owner_id == lease.project_id
    owner = usage_events.c.project_id if is_project else usage_events.c.key_id
    return int(
        tx.execute(
            select(func.coalesce(func.sum(usage_events.c.cost), 0)).where(
                owner == lease.owner_id,
                usage_events.c.at >= lease.period_at,
                usage_events.c.journal_id == lease.verifier_id,
                usage_events.c.outcome == "allowed",
            )
        ).scalar_one()
    )


def end_lease(tx: Transaction, verifier_id: str, owner_id: str, period_at: datetime, spent: int | None) -> bool:
    """Take a lease away and give back what was not spent of it; False where another one was first.

    `spent` None: nobody can tell, and nothing goes back.
    """
    granted = tx.execute(
        delete(quota_leases)
        .where(
            quota_leases.c.verifier_id == verifier_id,
            quota_leases.c.owner_id == owner_id,
            quota_leases.c.period_at == period_at,
        )
        .returning(quota_leases.c.granted)
    ).scalar()
    if granted is None:
        return False
    if spent is not None and spent < granted:
        tx.execute(
            update(quota_counters)
            .where(quota_counters.c.owner_id == owner_id, quota_counters.c.period_at == period_at)
            .values(granted=lowered(granted - spent))
        )
    return True
