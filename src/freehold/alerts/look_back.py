"""What a rule would have done in the last 30 days: its metric's series, and when each threshold would have fired.

Judged by the same rules as the present, but in whole windows side by side (a rule that runs looks each minute at a
window that slides), so the count is close, and said to be of that. Reads only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from freehold.alerts import key_queries, rollup_queries, webhook_queries
from freehold.alerts.observations import PERCENTILE, counted_value, failure_rate, latency_ms, usage_filter
from freehold.alerts.records import AlertFilter, Observation, RuleSettings, Threshold
from freehold.alerts.rollup_queries import Traffic
from freehold.alerts.rules import MINUTE, Past, crosses, fired_at, period_of, window_of
from freehold.kit.sketch import Sketch, merge
from freehold.projects.limits import period_of as quota_period_of
from freehold.store.engine import Transaction
from freehold.usage.records import Piece
from freehold.usage.rules import read_zone, share
from freehold.usage.sum_queries import latencies_by_bucket

DAYS: Final = 30
_HOUR: Final = timedelta(hours=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LookBack:
    """The past of a metric. `fired`: when each threshold would have; `reason`: why there is no series, where so."""

    start: datetime
    end: datetime
    past: list[Past] = field(default_factory=list)
    fired: Mapping[float, list[datetime]] = field(default_factory=dict)
    reason: str = ""


def look_back(tx: Transaction, project_id: str, settings: RuleSettings, now: datetime) -> LookBack:
    """The last 30 days of what a rule looks at (the rollups by primary key)."""
    start = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    if settings.facts.each_key:
        return LookBack(
            start, now, reason="The state of keys has no series: what is true of each key now is listed instead."
        )
    if settings.metric == "retry_pressure":
        return LookBack(start, now, reason="How many deliveries waited is not kept: it is looked at as it is now.")
    if settings.metric == "quota_used" and not key_queries.quotas_of(tx, project_id, settings.filter.key):
        return LookBack(
            start, now, reason="There is no quota yet. The rule fires once there is one and it is spent that far."
        )
    if settings.metric == "no_traffic":
        return _silences(tx, project_id, settings, start, now)
    past = list(_series(tx, project_id, settings, start, now))
    return LookBack(start, now, past, {each.at: fired_at(settings, each, past) for each in settings.thresholds})


def _series(tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime) -> Iterator[Past]:
    if settings.metric == "quota_used":
        yield from _quota(tx, project_id, settings, start, end)
    elif settings.period is not None:
        yield from _periods(tx, project_id, settings, start, end)
    elif settings.metric == "latency":
        yield from _latencies(tx, project_id, settings, start, end)
    elif settings.metric == "webhook_failure_rate":
        step = timedelta(seconds=settings.window_s or 3600)
        found = webhook_queries.attempts_by_step(tx, project_id, settings.filter.webhook, start, end, step)
        for at in _steps(start, end, step):
            attempts, failed = found.get(at, (0, 0))
            yield Past(at, share(failed, attempts) * 100 if attempts else None, attempts)
    else:
        yield from _windows(tx, project_id, settings, start, end)


def _windows(
    tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime
) -> Iterator[Past]:
    step = timedelta(seconds=settings.window_s or 300)
    found = rollup_queries.traffic_by_step(tx, project_id, settings.filter, start, end, step)
    for at in _steps(start, end, step):
        sums = found.get(at, Traffic())
        if settings.metric == "failure_rate":
            yield Past(at, failure_rate(sums), sums.let_through)
        else:
            yield Past(at, float(counted_value(settings.metric, sums)), sums.requests)


def _periods(
    tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime
) -> Iterator[Past]:
    zone, period = read_zone(settings.timezone), settings.period or "day"
    step = _HOUR if _whole_hours(zone, start, end) else _QUARTER
    first, _ = period_of(period, zone, start)
    sums: dict[datetime, int] = {}
    found = rollup_queries.traffic_by_step(tx, project_id, settings.filter, first, end, step)
    for at in _steps(first, end, step):
        begun, _ = period_of(period, zone, at)
        sums[begun] = sums.get(begun, 0) + counted_value(settings.metric, found.get(at, Traffic()))
    for begun, count in sums.items():
        yield Past(begun, float(count), count)


def _quota(tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime) -> Iterator[Past]:
    owner = key_queries.quotas_of(tx, project_id, settings.filter.key)[0]
    first, _ = quota_period_of(owner.quota.period, start)
    step = timedelta(hours=1) if owner.quota.period == "hour" else timedelta(days=1)
    filter_ = AlertFilter(key=owner.key_id or None)
    sums: dict[datetime, int] = {}
    found = rollup_queries.traffic_by_step(tx, project_id, filter_, first, end, step)
    for at in _steps(first, end, step):
        begun, _ = quota_period_of(owner.quota.period, at)
        sums[begun] = sums.get(begun, 0) + found.get(at, Traffic()).spent
    for begun, spent in sums.items():
        yield Past(begun, spent / owner.quota.limit * 100, spent)


def _latencies(
    tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime
) -> Iterator[Past]:
    """By whole hours where the window is shorter: finer ones would be a page that nobody waits for."""
    step = max(timedelta(seconds=settings.window_s or 300), _HOUR)
    begun, _ = window_of(step // timedelta(seconds=1), start)
    found = latencies_by_bucket(tx, project_id, [Piece("hour", begun, end)], usage_filter(settings.filter))
    grouped: dict[datetime, list[Sketch]] = {}
    for at, sketch in found.items():
        grouped.setdefault(window_of(step // timedelta(seconds=1), at)[0], []).append(sketch)
    for at in _steps(start, end, step):
        sketch = merge(grouped.get(at, ()))
        yield Past(at, latency_ms(sketch, settings.filter.percentile or PERCENTILE), sum(sketch.values()))


def _silences(tx: Transaction, project_id: str, settings: RuleSettings, start: datetime, end: datetime) -> LookBack:
    minutes = rollup_queries.minutes_with_traffic(tx, project_id, settings.filter, start)
    edges = [start, *minutes]
    gaps = list(zip(edges, [*minutes, end], strict=True))
    fired = {each.at: [a for a, b in gaps if b - a >= each.at * MINUTE] for each in settings.thresholds}
    past, place = [], 0
    for at in _steps(start, end, _HOUR):
        until = min(at + _HOUR, end)
        while place < len(minutes) and minutes[place] < until:
            place += 1
        past.append(Past(at, (until - edges[place]) / MINUTE, 1))
    return LookBack(start, end, past, fired)


def _steps(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    at, _ = window_of(step // timedelta(seconds=1), start)
    while at < end:
        yield at
        at += step


def _whole_hours(zone: tzinfo, start: datetime, end: datetime) -> bool:
    offsets = (at.astimezone(zone).utcoffset() or timedelta() for at in (start, end))
    return all(offset % _HOUR == timedelta() for offset in offsets)


def threshold_counts(found: LookBack, thresholds: tuple[Threshold, ...]) -> list[tuple[float, int]]:
    """How often each threshold would have fired."""
    return [(each.at, len(found.fired.get(each.at, []))) for each in thresholds]


def is_crossed(settings: RuleSettings, threshold: Threshold, each: Past) -> bool:
    """Whether a stretch of the past is beyond a threshold."""
    return crosses(settings, threshold, Observation(each.value, each.count, each.at, None, each.at, each.at))
