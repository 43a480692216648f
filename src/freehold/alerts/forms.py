"""Between the forms of alert rules and their settings: fields read, choices offered, values shown. Decides nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, cast, get_args

from freehold.alerts import key_queries, wording
from freehold.alerts.records import (
    METRICS,
    PERCENTILES,
    AlertFilter,
    Comparison,
    Metric,
    RuleSettings,
    Severity,
    Threshold,
    Way,
)
from freehold.alerts.setting_rules import THRESHOLDS_MAX
from freehold.apis import queries as apis
from freehold.dashboard.views.alerts import RuleFields
from freehold.dashboard.views.form import Choice, Values
from freehold.errors import FieldError, Problem, invalid
from freehold.keys.records import Reason
from freehold.organizations import member_queries
from freehold.projects.limits import PERIODS
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.webhooks import queries as webhooks

# As many as a rule can have: saving must lose none.
_STEPS: Final = THRESHOLDS_MAX
_SHOWN: Final = 100
_WAYS: Final = (
    Choice("webhooks", "Webhook endpoints", "Those that receive alert.opened and alert.resolved."),
    Choice("email", "E-mail", "To the owner, or the technical owners."),
    Choice("chat", "Chat channels", "All channels of the project."),
)
MUTES: Final = (
    Choice("", "Not muted"), Choice("1", "1 hour"), Choice("24", "1 day"), Choice("168", "7 days"),
)  # fmt: skip
# What a new rule begins with: thresholds, window or period, minimum count.
_FIRST: Final[dict[Metric, RuleSettings]] = {
    "requests": RuleSettings("Many requests", "requests", (Threshold(10_000),), period="day"),
    "cost": RuleSettings("High cost", "cost", (Threshold(10_000),), period="day"),
    "denials": RuleSettings("Denials", "denials", (Threshold(50),), window_s=3600),
    "failure_rate": RuleSettings("Failure rate", "failure_rate", (Threshold(5, 2),), window_s=300, minimum_count=20),
    "latency": RuleSettings("Slow answers", "latency", (Threshold(1000, 800),), window_s=300, minimum_count=20,
                            filter=AlertFilter(percentile=95)),
    "quota_used": RuleSettings("Quota nearly spent", "quota_used", (Threshold(50), Threshold(80), Threshold(100))),
    "webhook_failure_rate": RuleSettings("Webhooks failing", "webhook_failure_rate", (Threshold(50, 20),), window_s=3600,
                                         minimum_count=5),
    "retry_pressure": RuleSettings("Deliveries wait", "retry_pressure", (Threshold(20, 5),)),
    "key_unused": RuleSettings("Key unused", "key_unused", (Threshold(30),)),
    "key_expiring": RuleSettings("Key expiring", "key_expiring", (Threshold(7), Threshold(1)), comparison="below"),
    "key_rotation_overdue": RuleSettings("Rotation overdue", "key_rotation_overdue", (Threshold(90),)),
    "no_traffic": RuleSettings("No traffic", "no_traffic", (Threshold(60),)),
}  # fmt: skip


def first_settings(query: Mapping[str, str]) -> RuleSettings:
    """What a new rule begins with, as the address asks: `metric`, `key`, `endpoint`, `reason` or `outcome`, `window`, `at`.

    What it does not understand is left out: the form shows what it has made of it.
    """
    settings = _FIRST[cast("Metric", query.get("metric") if query.get("metric") in METRICS else "failure_rate")]
    reason, has = query.get("reason") or query.get("outcome"), settings.facts.filters
    chosen = AlertFilter(
        key=query.get("key") or None if "key" in has else None,
        endpoint=query.get("endpoint") or None if "endpoint" in has else None,
        reason=reason if "reason" in has and reason in tuple(Reason) else None,
        percentile=settings.filter.percentile,
        webhook=query.get("webhook") or None if "webhook" in has else None,
    )
    settings = replace(settings, filter=chosen)
    if _spans(settings.metric, query.get("window", "")):
        settings = _with_span(settings, query["window"])
    at = _number_or_none(query.get("at", ""))
    return replace(settings, thresholds=(Threshold(at),)) if at else settings


def settings_of(call: Call, old: RuleSettings | None = None) -> RuleSettings:
    """A rule's settings as its form has them; Problem `invalid` where a number cannot be read."""
    metric = cast("Metric", call.field("metric"))
    if metric not in METRICS:
        raise invalid(FieldError("metric", "Choose what the rule watches.", "unknown_metric"))
    errors: list[FieldError] = []
    thresholds = tuple(each for place in range(_STEPS) if (each := _threshold(call, place, errors)))
    minimum = _whole(call, "minimum_count", errors)
    if errors:
        raise invalid(*errors)
    base = old or _FIRST[metric]
    settings = replace(
        base, name=call.field("name"), metric=metric, thresholds=thresholds,
        comparison=cast("Comparison", call.field("comparison") or base.comparison),
        timezone=call.field("timezone").strip() or "UTC", minimum_count=minimum, filter=_filter(call),
        severity=cast("Severity", call.field("severity") or "warning"), owner=call.field("owner") or None,
        next_action=call.field("next_action"), notify=tuple(cast("list[Way]", call.fields("notify"))),
        enabled=call.field("enabled") == "yes",
    )  # fmt: skip
    return _with_span(settings, call.field("span"))


def values_of(settings: RuleSettings) -> Values:
    """What the form of a rule holds."""
    chosen = settings.filter
    values: dict[str, str | list[str]] = {
        "metric": settings.metric, "name": settings.name, "span": settings.period or str(settings.window_s or ""),
        "comparison": settings.comparison, "timezone": "" if settings.timezone == "UTC" else settings.timezone,
        "minimum_count": str(settings.minimum_count or ""), "key": chosen.key or "", "endpoint": chosen.endpoint or "",
        "reason": chosen.reason or "", "percentile": str(chosen.percentile or 95), "webhook": chosen.webhook or "",
        "severity": settings.severity, "owner": settings.owner or "", "next_action": settings.next_action,
        "notify": list(settings.notify), "enabled": ["yes"] if settings.enabled else [],
    }  # fmt: skip
    for place, each in enumerate(settings.thresholds[:_STEPS]):
        values[f"at_{place}"] = _number_text(each.at)
        values[f"resolve_{place}"] = "" if each.resolve_below is None else _number_text(each.resolve_below)
    return values


def typed_values(call: Call) -> Values:
    """What was typed, for the form that comes back."""
    names = (
        "metric", "name", "span", "comparison", "timezone", "minimum_count", "key", "endpoint", "reason", "percentile",
        "webhook", "severity", "owner", "next_action", "slot",
        *(f"{name}_{place}" for name in ("at", "resolve") for place in range(_STEPS)),
    )  # fmt: skip
    fields = {name: call.field(name) for name in names}
    return {**fields, "notify": call.fields("notify"), "enabled": call.fields("enabled")}


def on_form(problem: Problem) -> Problem:
    """A problem whose fields are called as the form calls them."""
    errors = tuple(replace(error, field=_form_field(error.field)) for error in problem.errors)
    return Problem(problem.code, problem.detail, errors, problem.headers)


def fields_of(tx: Transaction, project: Project, settings: RuleSettings) -> RuleFields:
    """What the form of a rule offers, as its metric has it."""
    facts = settings.facts
    return RuleFields(
        metric=settings.metric, metric_title=facts.title, unit=facts.unit, rate=facts.rate,
        spans=_span_choices(settings),
        comparisons=tuple(Choice(each, f"{each.capitalize()} the threshold") for each in facts.comparisons),
        has_period="period" in facts.spans, hysteresis="above" in facts.comparisons and not facts.each_key and (
            "window" in facts.spans or settings.metric == "retry_pressure"),
        keys=_choices(key_queries.key_names(tx, project.id)) if "key" in facts.filters else (),
        endpoints=tuple(Choice(each.operation_id, each.operation_id) for each in apis.endpoints_of(tx, project.api_id))
        if "endpoint" in facts.filters else (),
        reasons=tuple(Choice(each, each.replace("_", " ").capitalize()) for each in Reason) if "reason" in facts.filters else (),
        percentiles=tuple(Choice(str(each), f"p{each}") for each in PERCENTILES) if "percentile" in facts.filters else (),
        webhooks=tuple(Choice(each.id, each.url) for each in webhooks.endpoints_of(tx, project.id, _SHOWN))
        if "webhook" in facts.filters else (),
        owners=tuple(Choice(each.user_id, f"{each.name} ({each.email})")
                     for each in member_queries.members_of(tx, project.organization_id)),
        severities=tuple(Choice(each, each.capitalize()) for each in get_args(Severity)), ways=_WAYS,
    )  # fmt: skip


def muted_until(call: Call, now: datetime) -> datetime | None:
    """Until when the form asks to mute; None: no longer."""
    hours = call.field("for")
    return now + timedelta(hours=int(hours)) if hours in {each.value for each in MUTES if each.value} else None


def _span_choices(settings: RuleSettings) -> tuple[Choice, ...]:
    spans = settings.facts.spans
    periods = [Choice(each, f"In each {each}") for each in PERIODS] if "period" in spans else []
    windows = (
        [Choice(str(each), f"Within {words}") for each, words in wording.WINDOWS.items()] if "window" in spans else []
    )
    if settings.window_s and settings.window_s not in wording.WINDOWS:
        windows.append(Choice(str(settings.window_s), f"Within {settings.window_s} s"))
    return (*periods, *windows)


def _choices(named: list[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label) for value, label in named)


def _spans(metric: Metric, span: str) -> bool:
    spans = METRICS[metric].spans
    return ("period" in spans and span in PERIODS) or (
        "window" in spans and span.isascii() and span.isdigit() and int(span) in wording.WINDOWS
    )


def _with_span(settings: RuleSettings, span: str) -> RuleSettings:
    if span in PERIODS:
        return replace(settings, period=span, window_s=None)
    is_window = span.isascii() and span.isdigit() and len(span) <= 6
    return replace(settings, period=None, window_s=int(span) if is_window and settings.facts.spans else None)


def _filter(call: Call) -> AlertFilter:
    percentile = call.field("percentile")
    return AlertFilter(
        key=call.field("key") or None, endpoint=call.field("endpoint") or None, reason=call.field("reason") or None,
        percentile=int(percentile) if percentile.isascii() and percentile.isdigit() and len(percentile) < 4 else None,
        webhook=call.field("webhook") or None,
    )  # fmt: skip


def _threshold(call: Call, place: int, errors: list[FieldError]) -> Threshold | None:
    at, resolve = call.field(f"at_{place}").strip(), call.field(f"resolve_{place}").strip()
    if not at and not resolve:
        return None
    value, over = _number_or_none(at), _number_or_none(resolve)
    if value is None:
        errors.append(FieldError(f"at_{place}", "Write a number, such as 5 or 2.5.", "not_a_number"))
    if resolve and over is None:
        errors.append(FieldError(f"resolve_{place}", "Write a number, such as 5 or 2.5.", "not_a_number"))
    return Threshold(value or 0, over)


def _whole(call: Call, name: str, errors: list[FieldError]) -> int:
    text = call.field(name).strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= 9):
        errors.append(FieldError(name, "Write a whole number.", "not_a_number"))
        return 0
    return int(text or 0)


def _number_or_none(text: str) -> float | None:
    plain = text.replace(",", ".")
    digits = plain.replace(".", "", 1)
    return float(plain) if digits.isascii() and digits.isdigit() and len(plain) <= 15 else None


def _number_text(number: float) -> str:
    """A number as the form takes it back: saving what is shown changes nothing."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _form_field(field: str) -> str:
    if field.startswith("thresholds."):
        _, place, name = (*field.split("."), "at")[:3]
        return f"{'resolve' if name == 'resolve_below' else 'at'}_{place}"
    if field in ("window_s", "period"):
        return "span"
    return field.removeprefix("filter.")
