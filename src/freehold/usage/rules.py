"""How time is cut into buckets and how sums are put together. Pure: `now` comes in.

A series is made of rollup rows, never of guesses: every bucket is covered by whole rows of the
coarsest grains that fit in it, in the time zone that was asked for. So the same decisions give the
same sums at any bucket size, and a day of 23 or 25 hours is as long as it was.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice, takewhile
from operator import add
from typing import Final
from zoneinfo import ZoneInfo

from freehold.errors import FieldError, invalid
from freehold.keys.records import ALLOWED, Reason
from freehold.kit.sketch import Sketch, quantile
from freehold.usage.records import (
    OUTCOMES,
    THROTTLES,
    Counts,
    Filter,
    Grain,
    Kind,
    Percentiles,
    Piece,
    Point,
    Range,
    Sum,
)

BUCKETS_MAX: Final = 1500
# Before, time zones had offsets of odd seconds; after, nobody is.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
GROUPS_MAX: Final = 50
OTHERS: Final = "others"

_DEFAULT_SPAN: Final = timedelta(hours=24)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_FINER: Final[dict[Grain, Grain]] = {"month": "day", "day": "hour", "hour": "minute"}


def kind_of(outcome: str, status: int | None) -> Kind:
    """What the charts sort a decision into."""
    if outcome == ALLOWED:
        return "failed" if status is not None and 500 <= status <= 599 else "served"
    if outcome in THROTTLES:
        return "throttled"
    return "failed" if outcome == Reason.UNAVAILABLE else "denied"


def read_range(start: datetime | None, end: datetime | None, now: datetime) -> Range:
    """The range that is meant, in whole minutes: the last 24 hours where nothing is said; Problem `invalid`."""
    check_bounds(start, end)
    last = ceil_minute(end or now)
    first = _floor_minute(start) if start else last - _DEFAULT_SPAN
    if first >= last:
        raise invalid(FieldError("from", "`from` must be earlier than `to`.", "out_of_range"))
    return Range(first, last)


def check_bounds(start: datetime | None, end: datetime | None) -> None:
    """Problem `invalid` where a bound is at a time when nothing of ours can have happened."""
    for name, instant in (("from", start), ("to", end)):
        if instant is not None and not EARLIEST <= instant <= LATEST:
            raise invalid(FieldError(name, "Choose a time between the years 2000 and 2100.", "out_of_range"))


def month_of(instant: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The month of a time zone that an instant lies in: its first instant, and that of the next."""
    first = instant.astimezone(zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return midnight(first, zone), midnight(following, zone)


def bucket_for(span: timedelta) -> Grain:
    """The bucket that shows a span well: some 20 to 200 of them."""
    if span <= timedelta(hours=3):
        return "minute"
    if span <= timedelta(days=8):
        return "hour"
    return "day" if span <= timedelta(days=200) else "month"


def read_zone(name: str) -> tzinfo:
    """An IANA time zone by name; Problem `invalid` where there is none."""
    if name == "UTC":
        # Known even on a machine without the time-zone database.
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise invalid(
            FieldError("timezone", f"{name!r} is no IANA time zone, such as Europe/Berlin.", "unknown_timezone")
        ) from None


def check_filter(filter_: Filter) -> None:
    """Problem `invalid` where an outcome is none that a decision can have."""
    if not set(filter_.outcomes) <= set(OUTCOMES):
        raise invalid(FieldError("outcome", f"One of {', '.join(OUTCOMES)}.", "unknown_outcome"))


def is_looked_for(filter_: Filter) -> bool:
    """Whether a filter's requests have to be looked for among others: all of a project, and all of one key, have not."""
    return filter_ not in (Filter(), Filter(keys=filter_.keys[:1]))


def check_filter_of_sums(filter_: Filter) -> None:
    """Problem `invalid` where an outcome is none that a decision can have, or sums are asked for by path."""
    check_filter(filter_)
    if filter_.paths:
        message = "Sums are not kept by path. Filter single requests by it."
        raise invalid(FieldError("path", message, "not_summed"))


def buckets(range_: Range, bucket: Grain, zone: tzinfo) -> list[datetime]:
    """The first instant of every bucket in a range, the first one cut to its start; Problem `invalid` for too many."""
    later = takewhile(lambda start: start < range_.end, _starts_after(range_.start, bucket, zone))
    starts = [range_.start, *islice(later, BUCKETS_MAX)]
    if len(starts) > BUCKETS_MAX:
        message = f"That would be more than {BUCKETS_MAX} buckets. Choose a shorter range or a longer bucket."
        raise invalid(FieldError("bucket", message, "too_many_buckets"))
    return starts


def cover(starts: Sequence[datetime], end: datetime) -> list[Piece]:
    """The rollup rows that make up consecutive buckets: each piece lies in one, or is whole ones side by side."""
    pieces: list[Piece] = []
    for start, stop in zip(starts, (*starts[1:], end), strict=True):
        for piece in _cover(start, stop, _coarsest_in(stop - start)):
            _join(pieces, piece)
    return pieces


def side_by_side(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces, those as one that are of one grain and touch."""
    joined: list[Piece] = []
    for piece in pieces:
        _join(joined, piece)
    return joined


def by_bucket(sums: Iterable[Sum], starts: Sequence[datetime]) -> list[Sum]:
    """The sums of each bucket and group, of the sums of what lies in it."""
    buckets: dict[tuple[datetime, str | None], Counts] = {}
    for each in sums:
        place = (_bucket_of(each, starts), each.group)
        before = buckets.get(place)
        buckets[place] = plus(before, each.counts) if before else each.counts
    return [Sum(at, group, counts) for (at, group), counts in buckets.items()]


def _bucket_of(sum_: Sum, starts: Sequence[datetime]) -> datetime:
    if sum_.at is None:
        raise ValueError("a series is made of sums by time")
    return starts[bisect_right(starts, sum_.at) - 1]


def into_points(sums: Iterable[Sum], starts: Sequence[datetime], groups: Sequence[str] | None) -> list[Point]:
    """A series without gaps: every bucket, for every group where there are any."""
    points: dict[tuple[datetime, str | None], Counts] = {
        (start, group): Counts() for start in starts for group in (groups if groups is not None else (None,))
    }
    for each in sums:
        place = (_bucket_of(each, starts), _shown_group(each, groups))
        points[place] = plus(points[place], each.counts)
    return [Point(at, counts, group) for (at, group), counts in points.items()]


def _shown_group(each: Sum, groups: Sequence[str] | None) -> str | None:
    if groups is None:
        return None
    group = each.group or ""
    return group if group in groups else OTHERS


def each_group(sums: Iterable[Sum]) -> dict[str, Counts]:
    """The sums of every group."""
    groups: dict[str, Counts] = {}
    for each in sums:
        group = each.group or ""
        groups[group] = plus(groups.get(group, Counts()), each.counts)
    return groups


def largest_groups(sums: Iterable[Sum]) -> dict[str, Counts]:
    """The sums of each group, largest first; those beyond the largest 50 together as `others`."""
    ordered = sorted(each_group(sums).items(), key=lambda item: (-item[1].requests, item[0]))
    if len(ordered) > GROUPS_MAX:
        rest = total(counts for _, counts in ordered[GROUPS_MAX:])
        ordered = [*ordered[:GROUPS_MAX], (OTHERS, rest)]
    return dict(ordered)


def total(counts: Iterable[Counts]) -> Counts:
    """Everything together."""
    result = Counts()
    for each in counts:
        result = plus(result, each)
    return result


def plus(left: Counts, right: Counts) -> Counts:
    """Two sums together."""
    # Half as long as with the fields written out, and this is a good part of what a long series takes.
    return Counts._make(map(add, left, right))


def percentiles(latencies: Sketch) -> Percentiles:
    """The usual percentiles of latencies in microseconds, in milliseconds to four digits."""
    return Percentiles(*(_ms(quantile(latencies, percent)) for percent in (50, 95, 99)))


def _ms(latency_us: float | None) -> float | None:
    return None if latency_us is None else float(f"{latency_us / 1000:.4g}")


def share(part: int, whole: int) -> float:
    """A part of a whole, 0 to 1; 0 of nothing."""
    return part / whole if whole else 0.0


def _coarsest_in(span: timedelta) -> Grain:
    """The coarsest grain that may have a whole row in so long a stretch: a day by the minute is 1,440 of them."""
    if span < _HOUR:
        return "minute"
    if span < timedelta(days=1):
        return "hour"
    return "day" if span < timedelta(days=28) else "month"


def _cover(start: datetime, end: datetime, grain: Grain) -> Iterator[Piece]:
    """One stretch by the coarsest rows that fit: finer ones at both ends, coarse ones between."""
    if start >= end:
        return
    if grain == "minute":
        yield Piece(grain, start, end)
        return
    inner_start, inner_end = _ceil(start, grain), _floor(end, grain)
    if inner_start >= inner_end:
        yield from _cover(start, end, _FINER[grain])
        return
    yield from _cover(start, inner_start, _FINER[grain])
    yield Piece(grain, inner_start, inner_end)
    yield from _cover(inner_end, end, _FINER[grain])


def _join(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, as one with the last one where they touch."""
    if pieces and pieces[-1].grain == piece.grain and pieces[-1].end == piece.start:
        pieces[-1] = pieces[-1]._replace(end=piece.end)
    else:
        pieces.append(piece)


def _floor(instant: datetime, grain: Grain) -> datetime:
    if grain == "hour":
        return instant.replace(minute=0, second=0, microsecond=0)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(day=1) if grain == "month" else midnight


def _ceil(instant: datetime, grain: Grain) -> datetime:
    floor = _floor(instant, grain)
    if floor == instant:
        return instant
    if grain == "month":
        return _floor(floor + timedelta(days=32), "month")
    return floor + (_HOUR if grain == "hour" else timedelta(days=1))


def _starts_after(instant: datetime, bucket: Grain, zone: tzinfo) -> Iterator[datetime]:
    """The instants at which buckets begin in a time zone, after an instant, in UTC, without end."""
    if bucket in ("minute", "hour"):
        yield from _even_starts(instant, _MINUTE if bucket == "minute" else _HOUR, zone)
        return
    day = instant.astimezone(zone).date()
    while True:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) if bucket == "month" else day + timedelta(days=1)
        # Where the clocks leap over midnight, this is the instant of the leap.
        yield midnight(day, zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day of a time zone begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _even_starts(instant: datetime, step: timedelta, zone: tzinfo) -> Iterator[datetime]:
    while True:
        local = (instant + step).astimezone(zone)
        since = timedelta(
            minutes=local.minute if step == _HOUR else 0, seconds=local.second, microseconds=local.microsecond
        )
        following = (local.astimezone(UTC)) - since
        # A zone whose clocks shift by half an hour would otherwise stand still for once.
        instant = following if following > instant else instant + step
        yield instant


def _floor_minute(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


def ceil_minute(instant: datetime) -> datetime:
    """The minute that has begun when an instant is over."""
    floor = _floor_minute(instant)
    return floor if floor == instant else floor + _MINUTE
