"""What is seen of a rule's metric: by the rollups, the quotas, the keys and the webhook deliveries. Reads only.

Nothing is looked at beyond what is counted: a window ends where the collector has come to, so that one that
stands still is not taken for silence.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from freehold.alerts import key_queries, rollup_queries, rules, webhook_queries
from freehold.alerts.records import AlertFilter, AlertRule, Metric, Observation
from freehold.alerts.rollup_queries import Traffic
from freehold.kit.sketch import Sketch, quantile
from freehold.projects.limits import period_of
from freehold.store.engine import Transaction
from freehold.usage.records import Filter
from freehold.usage.rules import cover, read_zone, share
from freehold.usage.sum_queries import latencies_of_project

# Of latencies, where a rule names none.
PERCENTILE: Final = 95
_DAY: Final = timedelta(days=1)
_RETRY_WINDOW: Final = timedelta(hours=1)


def observe(tx: Transaction, rule: AlertRule, as_of: datetime, periods: Sequence[datetime] = ()) -> list[Observation]:
    """What is to be judged of a rule now. `as_of`: all before it is counted. `periods`: earlier ones that are open."""
    if rule.settings.facts.counts and rule.settings.window_s is None:
        begun = {as_of, *periods}
        return list(
            {
                (each.subject_id, each.period_at): each for at in sorted(begun) for each in observe_period(tx, rule, at)
            }.values()
        )
    return _OBSERVERS[rule.settings.metric](tx, rule, as_of)


def observe_period(tx: Transaction, rule: AlertRule, at: datetime) -> list[Observation]:
    """What was counted in the period that an instant is in, of a rule that crosses as requests are counted."""
    settings = rule.settings
    if settings.metric == "quota_used":
        return _quotas(tx, rule, at)
    start, end = rules.period_of(settings.period or "day", read_zone(settings.timezone), at)
    sums = rollup_queries.traffic(tx, rule.project_id, settings.filter, start, end)
    return [_counted(rule, sums, start, end, start, end)]


def counted_value(metric: Metric, sums: Traffic) -> int:
    """What a rule on a count is about."""
    return {"requests": sums.requests, "cost": sums.cost, "denials": sums.denials}[metric]


def failure_rate(sums: Traffic) -> float | None:
    """Failures among what an upstream should have served, in per cent; None of nothing."""
    return share(sums.failures, sums.let_through) * 100 if sums.let_through else None


def _counted(
    rule: AlertRule, sums: Traffic, period_at: datetime, ends_at: datetime, start: datetime, end: datetime
) -> Observation:
    numbers = {"requests": sums.requests, "cost": sums.cost, "denials": sums.denials}
    value = counted_value(rule.settings.metric, sums)
    return Observation(float(value), sums.requests, period_at, ends_at, start, end, numbers=numbers)


def _window(rule: AlertRule, as_of: datetime) -> tuple[datetime, datetime]:
    """The window of whole minutes that ends with what is counted."""
    end = as_of.replace(second=0, microsecond=0)
    return end - timedelta(seconds=rule.settings.window_s or 0), end


def _counts_in_window(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    start, end = _window(rule, as_of)
    # Before the rule was there, nobody asked for traffic.
    if rule.settings.comparison == "below" and start < rule.created_at:
        return []
    sums = rollup_queries.traffic(tx, rule.project_id, rule.settings.filter, start, end)
    return [_counted(rule, sums, *rules.window_of(rule.settings.window_s, as_of), start, end)]


def _failure_rate(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    start, end = _window(rule, as_of)
    sums = rollup_queries.traffic(tx, rule.project_id, rule.settings.filter, start, end)
    numbers = {"let_through": sums.let_through, "failures": sums.failures}
    place = rules.window_of(rule.settings.window_s, as_of)
    return [Observation(failure_rate(sums), sums.let_through, *place, start, end, numbers=numbers)]


def _latency(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    start, end = _window(rule, as_of)
    sketch = latencies_of_project(tx, rule.project_id, cover([start], end), usage_filter(rule.settings.filter))
    percent = rule.settings.filter.percentile or PERCENTILE
    count, place = sum(sketch.values()), rules.window_of(rule.settings.window_s, as_of)
    numbers = {"measured": count, "percentile": percent}
    return [Observation(latency_ms(sketch, percent), count, *place, start, end, numbers=numbers)]


def usage_filter(chosen: AlertFilter) -> Filter:
    """A rule's filter as the usage slice has it."""
    return Filter(
        keys=(chosen.key,) if chosen.key else (), endpoints=(chosen.endpoint,) if chosen.endpoint else (),
        outcomes=(chosen.reason,) if chosen.reason else (),
    )  # fmt: skip


def latency_ms(sketch: Sketch, percent: int) -> float | None:
    """A percentile of latencies in milliseconds, to four digits; None where none was measured."""
    found = quantile(sketch, percent)
    return None if found is None else float(f"{found / 1000:.4g}")


def _quotas(tx: Transaction, rule: AlertRule, at: datetime) -> list[Observation]:
    """How far the quotas of a project and of its keys are spent in the periods that an instant is in."""
    observations = []
    for owner in key_queries.quotas_of(tx, rule.project_id, rule.settings.filter.key):
        start, end = period_of(owner.quota.period, at)
        keys = [owner.key_id] if owner.key_id else None
        spent = rollup_queries.quota_spent(tx, rule.project_id, owner.quota.period, start, keys).get(owner.key_id, 0)
        observations.append(
            Observation(
                spent / owner.quota.limit * 100, spent, start, end, start, end, owner.key_id, owner.name,
                {"used": spent, "quota": owner.quota.limit, "quota_period": owner.quota.period},
            )
        )  # fmt: skip
    return observations


def _webhook_failures(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    start, end = _window(rule, as_of)
    attempts, failed = webhook_queries.attempts_between(tx, rule.project_id, rule.settings.filter.webhook, start, end)
    value = share(failed, attempts) * 100 if attempts else None
    place = rules.window_of(rule.settings.window_s, as_of)
    return [Observation(value, attempts, *place, start, end, numbers={"attempts": attempts, "failed": failed})]


def _retry_pressure(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    waiting = webhook_queries.waiting_for_retry(tx, rule.project_id, rule.settings.filter.webhook)
    place = rules.window_of(None, as_of)
    return [Observation(float(waiting), waiting, *place, as_of - _RETRY_WINDOW, as_of, numbers={"deliveries": waiting})]


def _unused(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    return [
        _of_key(key, (as_of - key.used_since) / _DAY, key.used_since, as_of, {"last_used_at": key.last_used_at})
        for key in key_queries.serving_keys(tx, rule.project_id, rule.settings.filter.key, as_of)
    ]


def _expiring(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    return [
        _of_key(key, (key.expires_at - as_of) / _DAY, key.expires_at, as_of, {"expires_at": key.expires_at})
        for key in key_queries.serving_keys(tx, rule.project_id, rule.settings.filter.key, as_of)
        if key.expires_at is not None
    ]


def _rotation_overdue(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    return [
        _of_key(key, (as_of - key.secret_at) / _DAY, key.secret_at, as_of, {"secret_made_at": key.secret_at})
        for key in key_queries.serving_keys(tx, rule.project_id, rule.settings.filter.key, as_of)
    ]


def _of_key(
    key: key_queries.ServingKey, days: float, since: datetime, as_of: datetime, numbers: dict[str, datetime | None]
) -> Observation:
    start = min(since, as_of)
    return Observation(round(days, 2), 1, since, None, start, as_of, key.id, key.name, numbers)


def _silence(tx: Transaction, rule: AlertRule, as_of: datetime) -> list[Observation]:
    """How long nothing came: since the newest minute with traffic, or since the rule was made."""
    newest = rollup_queries.last_minute(tx, rule.project_id, rule.settings.filter)
    since = max(newest + rules.MINUTE if newest else rule.created_at, rule.created_at)
    minutes = max((as_of - since) / rules.MINUTE, 0.0)
    return [
        Observation(round(minutes, 1), 0, since, None, min(since, as_of), as_of, numbers={"last_request_at": newest})
    ]


_OBSERVERS: Final[dict[Metric, Callable[[Transaction, AlertRule, datetime], list[Observation]]]] = {
    "requests": _counts_in_window, "cost": _counts_in_window, "denials": _counts_in_window,
    "failure_rate": _failure_rate, "latency": _latency, "webhook_failure_rate": _webhook_failures,
    "retry_pressure": _retry_pressure, "key_unused": _unused, "key_expiring": _expiring,
    "key_rotation_overdue": _rotation_overdue, "no_traffic": _silence,
}  # fmt: skip
