"""Deleting webhook messages and alert firings that are no longer kept, a piece at a time. Usage and mails see to themselves."""

from datetime import datetime, timedelta

from freehold.keeping import retention_queries
from freehold.kit import clock
from freehold.store import retentions
from freehold.store.engine import Store


def step(store: Store) -> bool:
    """Delete a piece of what is no longer kept; whether there was any."""
    with store.read() as tx:
        given = retentions.days_set(tx)
        bounds = {kind: bound(given[kind], clock.now()) for kind in ("messages", "firings") if kind in given}
        old = {
            "messages": retention_queries.old_messages(tx, bounds["messages"]) if "messages" in bounds else [],
            "firings": retention_queries.old_firings(tx, bounds["firings"]) if "firings" in bounds else [],
        }
    gone = 0
    if old["messages"]:
        with store.write() as tx:
            gone += retention_queries.delete_messages(tx, old["messages"], bounds["messages"])
    if old["firings"]:
        with store.write() as tx:
            gone += retention_queries.delete_firings(tx, old["firings"])
    return gone > 0


def bound(days: int, now: datetime) -> datetime:
    """What is kept of so many days: from the beginning of a UTC day on, and the present one besides."""
    return (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
