"""HTTP of how an endpoint fares. Thin: parse, one question, present."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from freehold.kit import clock
from freehold.web.call import Call
from freehold.web.inputs import with_time_zone
from freehold.webhooks import metrics
from freehold.webhooks.metrics import Metrics


class FatesView(msgspec.Struct, kw_only=True):
    """Deliveries by what became of them so far."""

    delivered: int
    failed: int
    pending: int
    dropped: int


class FatesAtView(FatesView, kw_only=True):
    """The deliveries that were made in one bucket of time, by what became of them so far."""

    at: datetime


class OutcomesView(msgspec.Struct, kw_only=True):
    """Attempts by their outcome."""

    accepted: int
    refused: int
    unreachable: int
    blocked: int


class LatencyView(msgspec.Struct, kw_only=True):
    """How long complete answers took, in milliseconds, by nearest rank; `of`: the newest so many attempts."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    of: int


class PressureView(msgspec.Struct, kw_only=True):
    """What is still to be sent now: `retrying` was tried in vain, `due` should be sent, `parked` waits to be resumed."""

    pending: int
    retrying: int
    due: int
    parked: int
    next_retry_at: datetime | None
    oldest_at: datetime | None


class AcceptedView(msgspec.Struct, kw_only=True):
    """The last delivery that the receiver accepted."""

    delivery: str
    at: datetime


class WebhookMetricsView(msgspec.Struct, kw_only=True):
    """How a webhook endpoint fares: the deliveries that were made in a range, and what waits now.

    `success_rate` is the share of the finished deliveries that were delivered; null where none is finished.
    """

    webhook: str
    from_: datetime = msgspec.field(name="from")
    to: datetime
    bucket_s: int
    series: list[FatesAtView]
    totals: FatesView
    success_rate: float | None
    attempts: OutcomesView
    latency: LatencyView
    pressure: PressureView
    last_accepted: AcceptedView | None


def read_webhook_metrics(
    call: Call,
    endpoint_id: str,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
) -> WebhookMetricsView:
    """How a webhook endpoint fares: success, attempts, latency and what waits; the last 24 hours unless given."""
    start, end = with_time_zone("from", since), with_time_zone("to", until)
    with call.read() as tx:
        found = metrics.read_metrics(tx, call.actor, endpoint_id, start, end)
    return _view(endpoint_id, found, clock.now())


def _view(endpoint_id: str, found: Metrics, now: datetime) -> WebhookMetricsView:
    totals, tries, latency, waits = found.totals, found.tries, found.latency, found.pressure
    finished = totals.delivered + totals.failed
    return WebhookMetricsView(
        webhook=endpoint_id, from_=found.span.start, to=min(found.span.end, now),
        bucket_s=int(found.span.bucket.total_seconds()),
        series=[
            FatesAtView(at=at, delivered=each.delivered, failed=each.failed, pending=each.pending, dropped=each.dropped)
            for at, each in found.series
        ],
        totals=FatesView(
            delivered=totals.delivered, failed=totals.failed, pending=totals.pending, dropped=totals.dropped
        ),
        success_rate=totals.delivered / finished if finished else None,
        attempts=OutcomesView(
            accepted=tries.accepted, refused=tries.refused, unreachable=tries.unreachable, blocked=tries.blocked
        ),
        latency=LatencyView(
            p50_ms=_ms(latency.p50_us), p95_ms=_ms(latency.p95_us), p99_ms=_ms(latency.p99_us),
            max_ms=_ms(latency.max_us), of=latency.of,
        ),
        pressure=PressureView(
            pending=waits.pending, retrying=waits.retrying, due=waits.due, parked=waits.parked,
            next_retry_at=waits.next_retry_at, oldest_at=waits.oldest_at,
        ),
        last_accepted=AcceptedView(delivery=found.accepted.delivery_id, at=found.accepted.at) if found.accepted else None,
    )  # fmt: skip


def _ms(took_us: int | None) -> float | None:
    return None if took_us is None else took_us / 1000
