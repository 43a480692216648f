"""SQL of usage: single requests, sums over time, and how far they are complete."""

from datetime import datetime

from sqlalchemy import delete, select

from freehold.store.engine import Transaction
from freehold.store.schema import journals, usage_events


def delete_events(tx: Transaction, before: datetime, count: int) -> int:
    """Delete up to so many single requests from before an instant; how many there were (ix_usage_events_at)."""
    old = select(usage_events.c.id).where(usage_events.c.at < before).order_by(usage_events.c.at).limit(count)
    return tx.execute(delete(usage_events).where(usage_events.c.id.in_(old))).rowcount


def delete_ended_journals(tx: Transaction, before: datetime) -> None:
    """Forget journals that ended before an instant: their events are gone too."""
    tx.execute(delete(journals).where(journals.c.ended_at < before))
