"""Entries claimed for a forwarding, and what came of them written down: each one transaction, nothing sent within.

Whoever dies in between leaves a lease that runs out, and a cursor where it was: the batch is sent again.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from freehold.forwarding import queries, rules
from freehold.forwarding.records import Batch, Forwarding, Sent
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction

# Longer than a batch may take: `sending` begins no further request after half of it, and one takes 25 s at most.
LEASE: Final = timedelta(seconds=90)
AT_ONCE: Final = 200
_CHAINS_AT_ONCE: Final = 20


def claim(tx: Transaction, forwarding_id: str, lease: str, now: datetime) -> Batch | None:
    """Take a forwarding under a lease, with what comes next in its chains; None where there is nothing, or it is another's."""
    if not queries.lease(tx, forwarding_id, lease, now, now + LEASE):
        return None
    forwarding = queries.find_forwarding(tx, forwarding_id)
    if forwarding is None:
        return None
    return Batch(forwarding, lease, tuple(_next_entries(tx, forwarding_id)))


def _next_entries(tx: Transaction, forwarding_id: str) -> list[AuditEntry]:
    """At most so many: a chain's share grows with how few chains wait, so that no long one holds the others up."""
    chains = queries.waiting_chains(tx, forwarding_id, _CHAINS_AT_ONCE)
    share = AT_ONCE // max(1, len(chains))
    return [entry for chain, position in chains for entry in queries.entries_after(tx, chain, position, share)]


def record(tx: Transaction, batch: Batch, sent: Sent, now: datetime, jitter: float) -> bool:
    """Move the cursors past what was taken, and say how the receiver fares; False where the lease was taken away meanwhile."""
    fares = _fares(batch.forwarding, sent, now, jitter)
    if not queries.settle(tx, batch.forwarding.id, batch.lease, fares, sent.taken, sent.refused):
        return False
    last = {entry.chain: entry.position for entry in batch.entries[: sent.taken]}
    for chain, position in last.items():
        queries.set_cursor(tx, batch.forwarding, chain, position, now)
    return True


def _fares(forwarding: Forwarding, sent: Sent, now: datetime, jitter: float) -> dict[str, Any]:
    values: dict[str, Any] = {"last_sent_at": now} if sent.taken else {}
    if sent.error is None:
        return values | {"state": "active", "error": None, "failures": 0, "failing_since_at": None, "due_at": now}
    # Whoever takes some of a batch was there a moment ago: its failures are counted anew.
    failures = 1 if sent.taken else forwarding.failures + 1
    since = None if sent.taken else forwarding.failing_since_at
    due_at = rules.next_try_at(failures, now, sent.wait_until, jitter)
    return values | {
        "state": "failing", "error": sent.error, "failures": failures, "failing_since_at": since or now, "due_at": due_at,
    }  # fmt: skip
