"""Rules and firings in words: for pages, e-mails, chat and the audit log. Pure."""

from typing import Final

from freehold.alerts.records import Firing, Metric, RuleSettings, Threshold
from freehold.projects.limits import Period

WINDOWS: Final[dict[int, str]] = {
    300: "5 minutes", 900: "15 minutes", 3600: "1 hour", 21_600: "6 hours", 86_400: "24 hours",
}  # fmt: skip
_OF: Final[dict[Metric, str]] = {
    "failure_rate": " failed", "quota_used": " of the quota used", "webhook_failure_rate": " of webhook attempts failed",
    "retry_pressure": " waiting for a retry", "key_unused": " unused", "key_expiring": " until it expires",
    "key_rotation_overdue": " since its secret was made", "no_traffic": " without traffic",
}  # fmt: skip
_PERIODS: Final[dict[Period, str]] = {"hour": "an hour", "day": "a day", "month": "a month"}


def number(value: float) -> str:
    """A value without decimals that say nothing."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.2f}".rstrip("0").rstrip(".")


def amount(value: float, settings: RuleSettings) -> str:
    """A value with its unit."""
    unit = settings.facts.unit
    if unit == "%":
        return f"{number(value)} %"
    return f"{number(value)} {unit[:-1] if value == 1 and unit.endswith('s') and unit != 'ms' else unit}"


def span(settings: RuleSettings) -> str:
    """The period or window of a rule, as a sentence goes on with it; empty where it has none."""
    if settings.period:
        zone = "" if settings.timezone == "UTC" else f" ({settings.timezone})"
        return f" in {_PERIODS[settings.period]}{zone}"
    if settings.window_s:
        return f" within {WINDOWS.get(settings.window_s, f'{settings.window_s} s')}"
    return ""


def condition(settings: RuleSettings, threshold: Threshold) -> str:
    """When a threshold fires, such as `failure rate of 5 % or more within 5 minutes`."""
    said = amount(threshold.at, settings)
    match settings.metric:
        case "key_unused":
            return f"a key unused for {said} or more"
        case "key_expiring":
            return f"a key that expires within {said}"
        case "key_rotation_overdue":
            return f"a key whose secret is {said} old or older"
        case "no_traffic":
            return f"no traffic for {said} or more"
        case "quota_used":
            return f"{said} or more of a quota used"
    title = metric_title(settings).lower()
    if settings.facts.unit == settings.facts.title.lower():
        said = number(threshold.at)
    bound = f"below {said}" if settings.comparison == "below" else f"{said} or more"
    return (
        f"{title} of {bound}{span(settings)}" if settings.comparison == "above" else f"{title} {bound}{span(settings)}"
    )


def metric_title(settings: RuleSettings) -> str:
    """What a rule's metric is called, with the percentile or reason that it is of."""
    if settings.metric == "latency":
        return f"Latency p{settings.filter.percentile or 95}"
    if settings.metric == "denials" and settings.filter.reason:
        return f"Denials ({settings.filter.reason.replace('_', ' ')})"
    return settings.facts.title


def headline(firing: Firing, settings: RuleSettings) -> str:
    """A firing in one sentence: what was crossed, and by how much."""
    name = firing.seen.get("subject_name") or ""
    about = f"{name}: " if name else ""
    return f"{about}{amount(firing.value, settings)}{_after(settings)}{span(settings)}; the threshold is {bound(settings, firing.threshold)}"


def bound(settings: RuleSettings, at: float) -> str:
    """The value from which on a threshold fires, such as `5 % or more`."""
    return f"below {amount(at, settings)}" if settings.comparison == "below" else f"{amount(at, settings)} or more"


def _after(settings: RuleSettings) -> str:
    """What a value is of, where its unit does not say it."""
    chosen = settings.filter
    if settings.metric == "latency":
        return f" at p{chosen.percentile or 95}"
    if settings.metric == "denials":
        return f" ({chosen.reason.replace('_', ' ')})" if chosen.reason else ""
    return _OF.get(settings.metric, "")
