"""Which settings of an alert rule make sense. Pure; names everything that is wrong at once."""

from datetime import datetime
from math import isfinite
from typing import Final

from freehold.alerts.records import METRICS, PERCENTILES, SEVERITIES, WAYS, AlertFilter, RuleSettings
from freehold.alerts.wording import WINDOWS
from freehold.errors import FieldError, Problem
from freehold.keys.records import Reason
from freehold.projects.limits import PERIODS
from freehold.usage.rules import read_zone

NAME_MAX: Final = 100
ACTION_MAX: Final = 500
THRESHOLDS_MAX: Final = 5
VALUE_MAX: Final = 1e12
WINDOW_S_MIN: Final = 60
WINDOW_S_MAX: Final = 86_400
MINIMUM_COUNT_MAX: Final = 1_000_000
_REASONS: Final = tuple(reason.value for reason in Reason)


def faults_of(settings: RuleSettings, now: datetime) -> list[FieldError]:
    """Everything that is wrong with a rule's settings."""
    if settings.metric not in METRICS:
        return [FieldError("metric", f"One of {', '.join(METRICS)}.", "unknown_metric")]
    return [
        *_word_faults(settings), *_span_faults(settings), *_threshold_faults(settings),
        *_filter_faults(settings), *_other_faults(settings, now),
    ]  # fmt: skip


def _word_faults(settings: RuleSettings) -> list[FieldError]:
    faults = []
    if not (1 <= len(settings.name) <= NAME_MAX and settings.name.isprintable()):
        faults.append(FieldError("name", f"A name is 1 to {NAME_MAX} printable characters on one line.", "bad_name"))
    if len(settings.next_action) > ACTION_MAX:
        faults.append(FieldError("next_action", f"At most {ACTION_MAX} characters.", "too_long"))
    return faults


def _span_faults(settings: RuleSettings) -> list[FieldError]:
    spans, faults = settings.facts.spans, []
    if settings.period is not None and settings.period not in PERIODS:
        faults.append(FieldError("period", f"One of {', '.join(PERIODS)}.", "unknown_period"))
    if settings.period is not None and "period" not in spans:
        faults.append(FieldError("period", f"{settings.facts.title} has no period.", "not_allowed"))
    if settings.window_s is not None and "window" not in spans:
        faults.append(FieldError("window_s", f"{settings.facts.title} has no window.", "not_allowed"))
    if spans and not faults and (settings.period is None) == (settings.window_s is None):
        names = {"period": "`period` (of hour, day, month)", "window": "`window_s`"}
        words = "Give " + ", or ".join(names[each] for each in spans) + ("; not both." if len(spans) > 1 else ".")
        faults.append(FieldError("window_s" if "window" in spans else "period", words, "required"))
    if settings.window_s is not None and not (
        WINDOW_S_MIN <= settings.window_s <= WINDOW_S_MAX and settings.window_s % 60 == 0
    ):
        words = f"Whole minutes from {WINDOW_S_MIN} to {WINDOW_S_MAX} seconds, such as {', '.join(map(str, WINDOWS))}."
        faults.append(FieldError("window_s", words, "out_of_range"))
    try:
        read_zone(settings.timezone)
    except Problem as problem:
        faults.extend(problem.errors)
    return faults


def _threshold_faults(settings: RuleSettings) -> list[FieldError]:
    steps, faults = settings.thresholds, []
    if not 1 <= len(steps) <= THRESHOLDS_MAX:
        return [FieldError("thresholds", f"Give 1 to {THRESHOLDS_MAX} thresholds.", "required")]
    if len({each.at for each in steps}) != len(steps):
        faults.append(FieldError("thresholds", "A threshold is named twice.", "repeated"))
    for place, each in enumerate(steps):
        if not (isfinite(each.at) and 0 < each.at <= VALUE_MAX):
            faults.append(FieldError(f"thresholds.{place}.at", "A number above 0.", "out_of_range"))
        if settings.facts.rate and settings.facts.unit == "%" and each.at > 100:
            faults.append(FieldError(f"thresholds.{place}.at", "A rate is at most 100 %.", "out_of_range"))
        if each.resolve_below is not None:
            faults.extend(_hysteresis_faults(settings, place, each.at, each.resolve_below))
    return faults


def _hysteresis_faults(settings: RuleSettings, place: int, at: float, resolve_below: float) -> list[FieldError]:
    field = f"thresholds.{place}.resolve_below"
    if settings.comparison == "below":
        return [FieldError(field, "Only a threshold that fires above it has this.", "not_allowed")]
    if not (isfinite(resolve_below) and 0 < resolve_below <= at):
        return [FieldError(field, "A number above 0, and at most the threshold itself.", "out_of_range")]
    return []


def _filter_faults(settings: RuleSettings) -> list[FieldError]:
    chosen = settings.filter
    faults: list[FieldError] = []
    faults.extend(
        FieldError(f"filter.{name}", f"{settings.facts.title} is not told apart by this.", "not_allowed")
        for name in AlertFilter.__slots__
        if getattr(chosen, name) is not None and name not in settings.facts.filters
    )
    if chosen.reason is not None and chosen.reason not in _REASONS:
        faults.append(FieldError("filter.reason", f"One of {', '.join(_REASONS)}.", "unknown_reason"))
    if chosen.percentile is not None and chosen.percentile not in PERCENTILES:
        faults.append(FieldError("filter.percentile", f"One of {', '.join(map(str, PERCENTILES))}.", "out_of_range"))
    return faults


def _other_faults(settings: RuleSettings, now: datetime) -> list[FieldError]:
    faults = []
    if settings.comparison not in settings.facts.comparisons:
        words = f"{settings.facts.title} fires {' or '.join(settings.facts.comparisons)} its threshold."
        faults.append(FieldError("comparison", words, "not_allowed"))
    elif settings.comparison == "below" and settings.period is not None:
        words = "What falls below a threshold is looked for in a window: give `window_s`, not `period`."
        faults.append(FieldError("period", words, "not_allowed"))
    if settings.minimum_count and not settings.facts.rate:
        faults.append(FieldError("minimum_count", "Only rates have a minimum count.", "not_allowed"))
    if not 0 <= settings.minimum_count <= MINIMUM_COUNT_MAX:
        faults.append(FieldError("minimum_count", f"From 0 to {MINIMUM_COUNT_MAX:,}.", "out_of_range"))
    if settings.severity not in SEVERITIES:
        faults.append(FieldError("severity", f"One of {', '.join(SEVERITIES)}.", "unknown_severity"))
    if not set(settings.notify) <= set(WAYS) or len(set(settings.notify)) != len(settings.notify):
        faults.append(FieldError("notify", f"Of {', '.join(WAYS)}, each once.", "unknown_way"))
    if settings.muted_until is not None and settings.muted_until.year > now.year + 10:
        faults.append(FieldError("muted_until", "At most ten years ahead.", "out_of_range"))
    return faults
