"""How one endpoint fares over a range of time, and how a range is cut into buckets.

Reads only; one function is one question, in the transaction that the caller opens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from freehold.errors import FieldError, invalid
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction
from freehold.webhooks import metrics_queries
from freehold.webhooks.actions import read_endpoint
from freehold.webhooks.glance_queries import Fates
from freehold.webhooks.metrics_queries import Accepted, Latency, Pressure, Tries

SPAN_MAX: Final = timedelta(days=92)
_DAY: Final = timedelta(days=1)
# The first that is long enough for the range: up to two hours by minute, two days by hour, and so on.
_BUCKETS: Final = (
    (timedelta(hours=2), timedelta(minutes=1)),
    (timedelta(days=2), timedelta(hours=1)),
    (timedelta(days=8), timedelta(hours=6)),
    (SPAN_MAX, _DAY),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of time in UTC, from its first bucket on, cut into buckets of one length."""

    start: datetime
    end: datetime
    bucket: timedelta

    def starts(self) -> Iterator[datetime]:
        """When each bucket begins."""
        at = self.start
        while at < self.end:
            yield at
            at += self.bucket


@dataclass(frozen=True, slots=True)
class Metrics:
    """What became of the deliveries that were made for an endpoint in a range."""

    span: Span
    series: tuple[tuple[datetime, Fates], ...]
    totals: Fates
    tries: Tries
    latency: Latency
    pressure: Pressure
    accepted: Accepted | None


def span_of(start: datetime | None, end: datetime | None, now: datetime) -> Span:
    """The range of a question, the last 24 hours unless given; Problem `invalid` where there is none."""
    # To the millisecond after now: what was made this instant is in it.
    until = end or now + timedelta(milliseconds=1)
    since = start or until - _DAY
    if since >= until:
        raise invalid(FieldError("from", "The beginning should be before the end.", "out_of_range"))
    if until - since > SPAN_MAX:
        raise invalid(FieldError("from", f"At most {SPAN_MAX.days} days at once.", "out_of_range"))
    bucket = next(bucket for longest, bucket in _BUCKETS if until - since <= longest)
    return Span(_floor(since, bucket), until, bucket)


def read_metrics(tx: Transaction, actor: Actor, endpoint_id: str, start: datetime | None, end: datetime | None) -> Metrics:  # fmt: skip
    """How an endpoint fared in a range of time, and what it has before it now."""
    read_endpoint(tx, actor, endpoint_id)
    now = clock.now()
    span = span_of(start, end, now)
    by_bucket = metrics_queries.fates_by_bucket(tx, [endpoint_id], span.start, span.end, span.bucket).get(
        endpoint_id, {}
    )
    return Metrics(
        span, tuple((at, by_bucket.get(at, Fates())) for at in span.starts()), _sum(by_bucket),
        metrics_queries.tries_of(tx, endpoint_id, span.start, span.end),
        metrics_queries.latency_of(tx, endpoint_id, span.start, span.end),
        metrics_queries.pressure_of(tx, [endpoint_id], now)[endpoint_id],
        metrics_queries.last_accepted(tx, [endpoint_id]).get(endpoint_id),
    )  # fmt: skip


def _floor(at: datetime, bucket: timedelta) -> datetime:
    return at - (at - datetime(1970, 1, 1, tzinfo=UTC)) % bucket


def _sum(by_bucket: dict[datetime, Fates]) -> Fates:
    every = by_bucket.values()
    return Fates(
        sum(each.delivered for each in every), sum(each.failed for each in every),
        sum(each.pending for each in every), sum(each.dropped for each in every),
    )  # fmt: skip
