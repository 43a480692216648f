"""The period before a range, and what a range that still runs may come to. Pure: `now` comes in.

A projection is an estimate and is always shown as one, with how it was made. It never enters a sum.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Literal

from freehold.kit.sketch import Sketch, merge, quantile
from freehold.usage import rules
from freehold.usage.records import Counts, Percentiles, Range

# `same_hours_last_week`: what is left of the period is taken to be as its hours were in the last seven days.
# `pace_so_far`: the rest goes on at the mean pace of the period so far, where there are no seven days to look at.
Method = Literal["same_hours_last_week", "pace_so_far"]

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
_HOURS_A_WEEK: Final = 168
# Before so much of a period has passed, its pace says nothing.
_PACE_FROM: Final = 0.05


@dataclass(frozen=True, slots=True)
class Previous:
    """The period before a range, as far as the range has come, and what was used in it."""

    range: Range
    totals: Counts
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class Projection:
    """What a running period may come to by its end. An estimate, made by `method` from what was counted before `made_of_to`."""

    end: datetime
    requests: int
    cost: int
    method: Method
    made_of_to: datetime


def before(range_: Range, zone: tzinfo, now: datetime) -> Range | None:
    """The period of the same length before a range, in the time zone's own days or months where it is made of such.

    Of a range that still runs, the same part of the period before; None where it has not begun.
    """
    if now <= range_.start:
        return None
    start = _start_before(range_, zone)
    elapsed = min(rules.ceil_minute(now), range_.end) - range_.start
    return Range(start, min(start + elapsed, range_.start) if now < range_.end else range_.start)


def project(
    so_far: Counts, range_: Range, as_of: datetime, last_week: Mapping[datetime, Counts] | None
) -> Projection | None:
    """What a running period may come to; None for one that has ended, or of which too little has passed to say.

    `last_week`: the sums of each hour of `week_before(as_of)`, those without a request left out; None
    where the project is younger than that.
    """
    if not range_.start < as_of < range_.end:
        return None
    if last_week is not None:
        requests, cost = _like_last_week(Range(as_of, range_.end), last_week)
        method: Method = "same_hours_last_week"
    else:
        passed = (as_of - range_.start) / (range_.end - range_.start)
        if passed < _PACE_FROM:
            return None
        left = (1 - passed) / passed
        requests, cost = so_far.requests * left, so_far.cost * left
        method = "pace_so_far"
    return Projection(range_.end, so_far.requests + round(requests), so_far.cost + round(cost), method, as_of)


def week_before(as_of: datetime) -> Range:
    """The last 168 whole hours before an instant."""
    end = as_of.replace(minute=0, second=0, microsecond=0)
    return Range(end - WEEK, end)


def _like_last_week(rest: Range, last_week: Mapping[datetime, Counts]) -> tuple[float, float]:
    """What is left of a period, each hour as the same hour of the week before was."""
    first = week_before(rest.start).start
    week = [last_week.get(first + HOUR * hour, Counts()) for hour in range(_HOURS_A_WEEK)]
    # Hours of the week from `first` on, with a fraction at both ends.
    begin, end = ((at - first - WEEK) / HOUR for at in (rest.start, rest.end))
    requests, cost = [each.requests for each in week], [each.cost for each in week]
    return _integral(requests, end) - _integral(requests, begin), _integral(cost, end) - _integral(cost, begin)


def _integral(hours: list[int], until: float) -> float:
    """What the hours of a repeating week add up to from its beginning until so many hours later."""
    weeks, rest = divmod(until, _HOURS_A_WEEK)
    whole = int(rest)
    return weeks * sum(hours) + sum(hours[:whole]) + hours[whole % _HOURS_A_WEEK] * (rest - whole)


def _start_before(range_: Range, zone: tzinfo) -> datetime:
    start, end = range_.start.astimezone(zone), range_.end.astimezone(zone)
    first, last = start.date(), end.date()
    if rules.midnight(first, zone) != range_.start or rules.midnight(last, zone) != range_.end:
        return range_.start - (range_.end - range_.start)
    if first.day == 1 and last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        return rules.midnight(_months_before(first, months), zone)
    return rules.midnight(first - (last - first), zone)


def _months_before(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def course(found: Mapping[datetime, Sketch], starts: Sequence[datetime], percent: int) -> tuple[int, ...]:
    """A percentile of each stretch that begins at one of `starts` and has anything, rounded; what is found lies in some of them."""
    stretches: dict[datetime, list[Sketch]] = {}
    for at, sketch in found.items():
        stretches.setdefault(starts[bisect_right(starts, at) - 1], []).append(sketch)
    values = (quantile(merge(parts), percent) for _, parts in sorted(stretches.items()))
    return tuple(round(value) for value in values if value is not None)
