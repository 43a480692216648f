"""What crosses, what is over, and when to look again. Pure: time comes in.

A firing stays open until its period is over. So one period has one firing by nature, whatever the value
does within it, and the constraint of the database only ever meets what two processes did at one instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from freehold.alerts.records import Observation, OpenFiring, RuleSettings, Threshold
from freehold.projects.limits import Period

MINUTE: Final = timedelta(minutes=1)
# How often the state of keys is looked at: nothing about it changes faster than a day.
KEYS_EVERY: Final = timedelta(minutes=5)
# What has no window of its own fires once in so long.
_GAUGE_PERIOD_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from looking at a rule: what opens, which peaks are new, what is over (and at which value)."""

    opens: list[tuple[Threshold, Observation]] = field(default_factory=list)
    peaks: list[tuple[OpenFiring, float]] = field(default_factory=list)
    resolves: list[tuple[OpenFiring, float | None]] = field(default_factory=list)


def judge(
    settings: RuleSettings, observations: Sequence[Observation], open_firings: Sequence[OpenFiring], now: datetime
) -> Verdict:
    """What opens, goes on and is over, given what is seen and what is open."""
    verdict = Verdict()
    for firing in open_firings:
        seen = _seen_of(settings, firing, observations)
        threshold = _threshold_of(settings, firing)
        if threshold is None or is_over(settings, threshold, firing, seen, now):
            verdict.resolves.append((firing, seen.value if seen else None))
        elif seen is not None and seen.value is not None and _is_worse(settings, seen.value, firing.peak):
            verdict.peaks.append((firing, seen.value))
    over = {firing.id for firing, _ in verdict.resolves}
    taken = {
        _place(settings, each.threshold, each.subject_id, each.period_at)
        for each in open_firings
        if each.id not in over
    }
    for seen, threshold in _crossed(settings, observations):
        if _place(settings, threshold.at, seen.subject_id, seen.period_at) not in taken:
            verdict.opens.append((threshold, seen))
    return verdict


def crosses(settings: RuleSettings, threshold: Threshold, seen: Observation) -> bool:
    """Whether a value is beyond a threshold: at it or above, or below it. Too few to be a rate cross nothing."""
    if seen.value is None or (settings.facts.rate and seen.count < settings.minimum_count):
        return False
    return seen.value < threshold.at if settings.comparison == "below" else seen.value >= threshold.at


def is_over(
    settings: RuleSettings, threshold: Threshold, firing: OpenFiring, seen: Observation | None, now: datetime
) -> bool:
    """Whether an open firing is over: never before its period's end, then by its own threshold's hysteresis."""
    if firing.period_ends_at is not None and now < firing.period_ends_at:
        return False
    # What is counted anew in each period is over with its own.
    if firing.period_ends_at is not None and not settings.slides:
        return True
    # Another period, another expiry, a key that was used or is gone; or a window with nothing in it.
    if seen is None or seen.value is None:
        return True
    if settings.comparison == "below":
        return seen.value >= threshold.at
    bound = threshold.at if threshold.resolve_below is None else threshold.resolve_below
    return seen.value < bound


def _seen_of(settings: RuleSettings, firing: OpenFiring, observations: Sequence[Observation]) -> Observation | None:
    """What is seen now of what a firing is about; None where that is no more."""
    for seen in observations:
        if seen.subject_id == firing.subject_id and (settings.slides or seen.period_at == firing.period_at):
            return seen
    return None


def _threshold_of(settings: RuleSettings, firing: OpenFiring) -> Threshold | None:
    return next((each for each in settings.thresholds if each.at == firing.threshold), None)


def _is_worse(settings: RuleSettings, value: float, peak: float) -> bool:
    return value < peak if settings.comparison == "below" else value > peak


def _place(settings: RuleSettings, at: float, subject_id: str, period_at: datetime) -> tuple[object, ...]:
    """What there is one open firing of: with a sliding window it carries on from one period into the next."""
    return (at, subject_id) if settings.slides else (at, subject_id, period_at)


def _crossed(settings: RuleSettings, observations: Iterable[Observation]) -> Iterator[tuple[Observation, Threshold]]:
    for seen in observations:
        for threshold in settings.thresholds:
            if crosses(settings, threshold, seen):
                yield seen, threshold


# --- periods --------------------------------------------------------------------------------------


def period_of(period: Period, zone: tzinfo, at: datetime) -> tuple[datetime, datetime]:
    """The hour, day or month of a time zone that an instant is in: its first instant and the next one's, in UTC.

    Days are of 23 and 25 hours where they are. Where clocks leap over midnight, the day begins with the leap.
    """
    local = at.astimezone(zone)
    if period == "hour":
        begun = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        start = at.astimezone(UTC) - begun
        return start, start + timedelta(hours=1)
    first = local.date() if period == "day" else local.date().replace(day=1)
    following = first + timedelta(days=1) if period == "day" else (first + timedelta(days=32)).replace(day=1)
    start, end = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (first, following))
    return start, end


def window_of(window_s: int | None, at: datetime) -> tuple[datetime, datetime]:
    """The whole window that an instant is in, of those that lie side by side since 1970."""
    length = window_s or _GAUGE_PERIOD_S
    start_s = int(at.timestamp()) // length * length
    start = datetime.fromtimestamp(start_s, UTC)
    return start, start + timedelta(seconds=length)


def earliest_period(at: datetime) -> datetime:
    """No calendar period that an instant is in began before."""
    return at - timedelta(days=33)


def next_minute(at: datetime) -> datetime:
    """The next full minute."""
    return at.replace(second=0, microsecond=0) + MINUTE


def next_look(
    settings: RuleSettings, observations: Sequence[Observation], open_until: Sequence[datetime | None], now: datetime
) -> datetime | None:
    """When a rule is to be looked at again; None: when its project's sums have changed.

    `open_until`: the ends of the periods of what is still open.
    """
    if settings.metric == "no_traffic":
        return next_minute(now) if open_until else max(next_minute(now), _silent_until(settings, observations))
    if settings.facts.each_key:
        return now + KEYS_EVERY
    if settings.facts.counts and settings.window_s is None:
        # Its sums grow with traffic alone; what is open ends with its period.
        ends = [end for end in open_until if end is not None]
        return max(next_minute(now), min(ends)) if ends else None
    # A window empties with time; and one that is below something is so without any traffic.
    empty = all(not seen.count for seen in observations)
    sleeps = empty and not open_until and settings.comparison == "above" and settings.facts.by_usage
    return None if sleeps else next_minute(now)


def not_before_mute(
    settings: RuleSettings, due_at: datetime | None, open_until: Sequence[datetime | None], now: datetime
) -> datetime | None:
    """The same, with the end of a mute during which something opened: then people are told."""
    muted_until = settings.muted_until
    if not open_until or muted_until is None or muted_until <= now:
        return due_at
    return muted_until if due_at is None else min(due_at, muted_until)


def _silent_until(settings: RuleSettings, observations: Sequence[Observation]) -> datetime:
    """When the first threshold of silence can be reached."""
    patience = timedelta(minutes=min(each.at for each in settings.thresholds))
    return max((seen.period_at + patience for seen in observations), default=datetime.min.replace(tzinfo=UTC))


# --- looking back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """One stretch of a metric's past. `value` None: there was nothing to judge."""

    at: datetime
    value: float | None
    count: int


def fired_at(settings: RuleSettings, threshold: Threshold, past: Sequence[Past]) -> list[datetime]:
    """When a threshold would have been crossed, had the rule been there: once in each period, or until it was over."""
    opened: list[datetime] = []
    is_open = False
    for each in past:
        seen = Observation(each.value, each.count, each.at, each.at, each.at, each.at)
        if not (is_open and settings.slides):
            is_open = crosses(settings, threshold, seen)
            if is_open:
                opened.append(each.at)
        else:
            firing = OpenFiring("", threshold.at, "", each.at, each.at, each.at, 0)
            is_open = not is_over(settings, threshold, firing, seen, each.at)
    return opened
