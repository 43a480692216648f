"""The page of how one endpoint fares. Thin: one question, present."""

from datetime import timedelta
from typing import Any, Final

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series
from freehold.dashboard.frame import frame
from freehold.dashboard.views.usage import Figure, Option
from freehold.dashboard.views.webhooks import WebhookMetricsPage
from freehold.projects.actions import read_project
from freehold.web.call import Call
from freehold.web.pages import page
from freehold.webhooks import metrics
from freehold.webhooks.endpoint_rows import log_href
from freehold.webhooks.endpoint_view import find_own
from freehold.webhooks.metrics import Metrics, Span
from freehold.webhooks.metrics_queries import LATENCIES_MAX, Pressure
from freehold.webhooks.records import WebhookEndpoint

_RANGES: Final = (("1h", "1 h", timedelta(hours=1)), ("24h", "24 h", timedelta(days=1)), ("7d", "7 d", timedelta(days=7)), ("30d", "30 d", timedelta(days=30)))  # fmt: skip
_SERIES: Final = (
    Series("served", "Delivered"), Series("failed", "Failed"), Series("throttled", "Pending"), Series("rest", "Dropped")
)  # fmt: skip
_LABELS: Final = 7


def show_metrics(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """How an endpoint fared: success, attempts and latency over a range, and what waits now."""
    name = call.query_value("range")
    chosen = next((each for each in _RANGES if each[0] == name), _RANGES[1])
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        endpoint = find_own(tx, call, project_id, endpoint_id)
        shell = frame(tx, call, "webhooks", project=project)
        found = metrics.read_metrics(tx, call.actor, endpoint_id, shell.now - chosen[2], None)
    at = f"/projects/{project_id}/webhooks/{endpoint_id}/metrics"
    accepted, tries, latency = found.accepted, found.tries, found.latency
    view = WebhookMetricsPage(
        project_id=project_id, endpoint_id=endpoint_id, url=endpoint.url,
        ranges=tuple(Option(label=label, href=f"{at}?range={each}", current=each == chosen[0]) for each, label, _ in _RANGES),
        from_at=found.span.start, to_at=shell.now, figures=_figures(found), chart=_chart(endpoint, found),
        attempts=tuple(
            (label, count, "served" if label == "Accepted" else "failed")
            for label, count in (("Accepted", tries.accepted), ("Refused", tries.refused), ("Unreachable", tries.unreachable), ("Blocked", tries.blocked))
        ),
        attempts_total=tries.total,
        latencies=(("p50", latency.p50_us), ("p95", latency.p95_us), ("p99", latency.p99_us), ("Slowest", latency.max_us)),
        latencies_of=latency.of, latencies_cut=latency.of >= LATENCIES_MAX, waiting=_waiting(found.pressure, endpoint),
        accepted_at=accepted.at if accepted else None,
        accepted_href=f"/projects/{project_id}/deliveries/{accepted.delivery_id}" if accepted else "",
        log_href=log_href(project_id, endpoint_id, found.span.start, found.span.end),
    )  # fmt: skip
    return page("webhooks/metrics.html.j2", shell, view)


def _figures(found: Metrics) -> tuple[Figure, ...]:
    totals, tries, latency = found.totals, found.tries, found.latency
    finished = totals.delivered + totals.failed
    series = [fates for _, fates in found.series]
    return (
        Figure(label="Success", value=words.percent(totals.delivered, finished), unit="%" if finished else "", note="Of what is finished",
               note_tone="", spark=tuple(each.delivered for each in series)),
        Figure(label="Deliveries", value=words.number(totals.delivered + totals.failed + totals.pending + totals.dropped), unit="",
               note=f"{words.number(totals.delivered)} delivered", note_tone="", spark=tuple(each.delivered + each.failed + each.pending for each in series)),
        Figure(label="Failed", value=words.number(totals.failed), unit="", note="Attempts spent", note_tone="bad" if totals.failed else "",
               spark=tuple(each.failed for each in series), tone="failed"),
        Figure(label="Attempts", value=words.number(tries.total), unit="", note=_per_delivery(tries.total, finished + totals.pending), note_tone="", spark=()),
        Figure(label="p95 answer", value=words.milliseconds(latency.p95_us), unit="" if latency.p95_us is None else " ms", note="Complete answers", note_tone="", spark=()),
        Figure(label="Retrying now", value=words.number(found.pressure.retrying), unit="", note=f"{words.number(found.pressure.pending)} pending",
               note_tone="warn" if found.pressure.retrying else "", spark=(), tone="throttled"),
    )  # fmt: skip


def _per_delivery(tries: int, deliveries: int) -> str:
    return f"{tries / deliveries:.2f} a delivery" if deliveries else "None made"


def _chart(endpoint: WebhookEndpoint, found: Metrics) -> BarChart:
    span = found.span
    starts = list(span.starts())
    return BarChart(
        title="Deliveries by when they were made", unit=_unit(span), series=_SERIES,
        buckets=tuple(
            Bucket(_label(at, span), (fates.delivered, fates.failed, fates.pending, fates.dropped),
                   log_href(endpoint.project_id, endpoint.id, at, at + span.bucket))
            for at, fates in found.series
        ),
        axis=tuple(
            AxisLabel(index + 0.5, _label(at, span))
            for index, at in enumerate(starts)
            if index % max(1, -(-len(starts) // _LABELS)) == max(1, -(-len(starts) // _LABELS)) // 2
        ),
    )  # fmt: skip


def _unit(span: Span) -> str:
    minutes = int(span.bucket.total_seconds() // 60)
    return {1: "By minute, UTC", 60: "Hourly, UTC", 360: "Six hours each, UTC", 1440: "Daily, UTC"}[minutes]


def _label(at: Any, span: Span) -> str:
    return f"{at.day} {at:%b}" if span.bucket >= timedelta(days=1) else f"{at.day} {at:%b, %H:%M}"


def _waiting(waits: Pressure, endpoint: WebhookEndpoint) -> tuple[tuple[str, str], ...]:
    """What an endpoint still has before it: names and numbers, with a word on what that means."""
    return (
        ("Due now", words.number(waits.due)),
        ("Waiting for a retry", words.number(waits.retrying)),
        ("Waiting to be resumed", words.number(waits.parked) + (f" (the endpoint is {endpoint.state})" if waits.parked else "")),
    )  # fmt: skip
