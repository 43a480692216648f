"""Entries claimed for a forwarding, and what came of them written down: each one transaction, nothing sent within.

Whoever dies in between leaves a lease that runs out, and a cursor where it was: the batch is sent again.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.forwarding import outages, queries, rules
from freehold.forwarding.records import Batch, Forwarding, Sent
from freehold.organizations import audit
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


def record(tx: Transaction, batch: Batch, sent: Sent, now: datetime, jitter: float, pages_url: str) -> bool:
    """Move the cursors past what was taken, and say how the receiver fares; False where the lease was taken away meanwhile.

    People are told of an outage that lasts, and of its end; `pages_url` is where the dashboard is, for their letters.
    """
    fares = _fares(batch.forwarding, sent, now, jitter)
    after = replace(batch.forwarding, **fares)
    outage = rules.outage_turn(batch.forwarding, after, now)
    if outage:
        # Its log before its row, as whoever changes it takes them.
        audit.hold(tx, after.scope)
    told = {"told_at": now if outage == "began" else None} if outage else {}
    if not queries.settle(tx, after.id, batch.lease, fares | told, sent.taken, sent.refused):
        return False
    last = {entry.chain: entry.position for entry in batch.entries[: sent.taken]}
    for chain, position in last.items():
        queries.set_cursor(tx, after, chain, position, now)
    if outage:
        outages.tell(tx, batch.forwarding, after, outage, pages_url)
    return True


def _fares(forwarding: Forwarding, sent: Sent, now: datetime, jitter: float) -> dict[str, Any]:
    values: dict[str, Any] = {"last_sent_at": now} if sent.taken else {}
    if sent.error is None:
        return values | {"state": "active", "error": None, "failures": 0, "failing_since_at": None, "due_at": now}
    # Whoever takes some of a batch was there a moment ago, and is tried again soon; the outage is the same.
    failures = 1 if sent.taken else forwarding.failures + 1
    due_at = rules.next_try_at(failures, now, sent.wait_until, jitter)
    return values | {
        "state": "failing", "error": sent.error, "failures": failures, "failing_since_at": forwarding.failing_since_at or now,
        "due_at": due_at,
    }  # fmt: skip
