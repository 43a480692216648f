"""The totals above the chart, each beside the period before and with its course over the range. Pure."""

from collections.abc import Sequence
from datetime import datetime

from freehold.dashboard import words
from freehold.dashboard.views.parts import Tone
from freehold.dashboard.views.usage import Figure, Projected
from freehold.usage import rules
from freehold.usage.period_rules import Previous, Projection
from freehold.usage.records import Counts, Kind, Percentiles, Point, Usage


def figures(
    usage: Usage, series: Sequence[Point], previous: Previous | None, latencies: tuple[int, ...]
) -> tuple[Figure, ...]:
    """The totals of a range. `series`: its course, divided or not. `latencies`: the course of the 95th percentile."""
    now, then, buckets = usage.totals, previous.totals if previous else Counts(), _by_time(series)
    return (
        Figure(label="Requests", value=words.number(now.requests), unit="", note=_compared(now.requests, then.requests), note_tone="",
               spark=tuple(each.requests for each in buckets)),
        Figure(label="Served", value=words.percent(now.served, now.requests), unit="%" if now.requests else "",
               note=_points(now, then), note_tone=_worse(now, then), spark=tuple(each.served for each in buckets)),
        _latency(usage.latency, previous.latency if previous else Percentiles(), latencies),
        *(_of_kind(kind, now, then, buckets) for kind in ("throttled", "denied", "failed")),
    )  # fmt: skip


def projected(projection: Projection | None) -> Projected | None:
    """An estimate of the whole period, said to be one."""
    if projection is None:
        return None
    how = {
        "same_hours_last_week": "the rest goes as the same hours of the last seven days went",
        "pace_so_far": "the rest goes on at the mean pace so far",
    }[projection.method]
    return Projected(requests=projection.requests, cost=projection.cost, at=projection.end, how=how)


def _of_kind(kind: Kind, now: Counts, then: Counts, buckets: Sequence[Counts]) -> Figure:
    count: int = getattr(now, kind)
    return Figure(
        label=kind.capitalize(), value=words.number(count), unit="", note=_compared(count, getattr(then, kind)),
        note_tone="bad" if count and kind == "failed" else "warn" if count else "",
        spark=tuple(getattr(each, kind) for each in buckets), tone=kind,
    )  # fmt: skip


def _latency(now: Percentiles, then: Percentiles, course: tuple[int, ...]) -> Figure:
    value, before = now.p95_ms, then.p95_ms
    if value is None:
        return Figure(label="p95 latency", value="–", unit="", note="None was seen", note_tone="", spark=())
    note = "Through the gateway"
    tone: Tone = ""
    if before is not None and f"{value:.3g}" != f"{before:.3g}":
        note = f"{abs(value - before):.3g} ms {'slower' if value > before else 'faster'}"
        tone = "bad" if value > before * 1.2 else "ok" if value < before else ""
    return Figure(
        label="p95 latency", value=words.milliseconds(round(value * 1000)), unit=" ms", note=note,
        note_tone=tone, spark=course,
        more=tuple(
            (name, f"{words.milliseconds(round(each * 1000))} ms")
            for name, each in (("p50", now.p50_ms), ("p99", now.p99_ms))
            if each is not None
        ),
    )  # fmt: skip


def _by_time(series: Sequence[Point]) -> list[Counts]:
    sums: dict[datetime, Counts] = {}
    for point in series:
        sums[point.at] = rules.plus(sums.get(point.at, Counts()), point.counts)
    return list(sums.values())


def _points(now: Counts, then: Counts) -> str:
    """The share that was served beside the period before, in percentage points."""
    if not now.requests or not then.requests:
        return f"{words.number(now.served)} requests"
    change = _served(now) - _served(then)
    if abs(change) < 0.005:
        return "As in the period before"
    return f"{abs(change):.2f} points {'above' if change > 0 else 'below'} the period before"


def _worse(now: Counts, then: Counts) -> Tone:
    return "bad" if now.requests and then.requests and _served(now) < _served(then) - 0.1 else ""


def _served(counts: Counts) -> float:
    return counts.served / counts.requests * 100


def _compared(now: int, then: int) -> str:
    """A sum beside that of the same stretch of time before it."""
    if now == then:
        return "As in the period before"
    if not then:
        return "None in the period before"
    return f"{abs(now - then) / then:.1%} {'above' if now > then else 'below'} the period before"
