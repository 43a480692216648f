"""What the control plane's `GET /metrics` says: webhooks, the collector and jobs, as the database has them.

Of the instance, not of one node: every node that shares the database says the same. Labels are of closed
sets alone; no project, endpoint or address is in them.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, get_args

from freehold.kit import clock
from freehold.kit.exposition import Metric, Sample, render
from freehold.store.engine import Store, Transaction
from freehold.usage.queries import complete_to
from freehold.webhooks import instance_queries
from freehold.webhooks.records import DeliveryState, EndpointState, Outcome

# What was recorded so lately may not be committed yet.
_SETTLED_AFTER: Final = timedelta(seconds=10)
# Nobody who asks more seldom is served by a sum over all of it.
_GAP_MAX: Final = timedelta(minutes=10)
_RECENT: Final = timedelta(minutes=10)

ATTEMPTS: Final = Metric(
    "freehold_webhook_attempts_total", "counter", "Attempts, by outcome, since this process began."
)
DELIVERIES: Final = Metric("freehold_webhook_deliveries", "gauge", "Deliveries made in the last ten minutes, by state.")
QUEUE: Final = Metric("freehold_webhook_queue", "gauge", "Pending deliveries: due now, retrying later, parked until resumed.")  # fmt: skip
OLDEST: Final = Metric("freehold_webhook_oldest_due_seconds", "gauge", "How long the oldest due delivery has been due.")
ENDPOINTS: Final = Metric("freehold_webhook_endpoints", "gauge", "Webhook endpoints, by state.")
REPLAYS: Final = Metric("freehold_webhook_replays", "gauge", "Replays under way, by state.")
ANNOUNCED: Final = Metric("freehold_announcements", "gauge", "Freehold's own events that wait to become messages.")
LAG: Final = Metric("freehold_collector_lag_seconds", "gauge", "How far the counted usage is behind, with a gate running.")  # fmt: skip


class InstanceMetrics:
    """Reads the metrics. Counts attempts from when it was made on, going on at each reading where it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: Counter[str] = Counter()
        self._counted_to: datetime | None = None

    def exposition(self, store: Store) -> str:
        """All of them, in the Prometheus text format."""
        now = clock.now()
        # One at a time: two that read at one instant would count the same attempts.
        with self._lock, store.read() as tx:
            self._count_attempts(tx, now)
            return render(self._samples(tx, now))

    def _count_attempts(self, tx: Transaction, now: datetime) -> None:
        settled = now - _SETTLED_AFTER
        since = self._counted_to or settled
        if settled <= since:
            self._counted_to = since
            return
        if settled - since <= _GAP_MAX:
            self._attempts.update(instance_queries.attempts_between(tx, since, settled))
        self._counted_to = settled

    def _samples(self, tx: Transaction, now: datetime) -> Iterable[tuple[Metric, list[Sample]]]:
        queue = instance_queries.queue_of(tx, now)
        oldest_s = max((now - queue.oldest_due_at).total_seconds(), 0.0) if queue.oldest_due_at else 0.0
        yield ATTEMPTS, _each("outcome", get_args(Outcome), self._attempts)
        made = instance_queries.deliveries_between(tx, now - _RECENT, now + timedelta(milliseconds=1))
        yield DELIVERIES, _each("state", get_args(DeliveryState), made)
        waits = {"due": queue.due, "retrying": queue.retrying, "parked": queue.parked}
        yield QUEUE, _each("waits", tuple(waits), waits)
        yield OLDEST, [Sample(oldest_s, {})]
        yield ENDPOINTS, _each("state", get_args(EndpointState), instance_queries.endpoints_by_state(tx))
        yield REPLAYS, _each("state", ("queued", "running"), instance_queries.replays_under_way(tx))
        yield ANNOUNCED, [Sample(instance_queries.announcements_waiting(tx), {})]
        complete = complete_to(tx)
        yield LAG, [Sample(max((now - complete).total_seconds(), 0.0), {})] if complete else []


def _each(label: str, names: Iterable[str], counts: Mapping[str, int]) -> list[Sample]:
    """A sample for each name of a closed set, 0 where nothing was counted."""
    return [Sample(counts.get(name, 0), {label: name}) for name in names]
