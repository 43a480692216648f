"""How time is cut, and that sums are the same however they are put together."""

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freehold.errors import Problem
from freehold.usage import rules
from freehold.usage.records import GRAINS, OUTCOMES, THROTTLES, Counts, Filter, Grain, Range, Sum

BERLIN = ZoneInfo("Europe/Berlin")
ZONES: tuple[tzinfo, ...] = (
    UTC, BERLIN, *map(ZoneInfo, ("Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut"))
)  # fmt: skip
NOW = datetime(2026, 11, 22, 14, 6, 30, 500, tzinfo=UTC)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


minutes = st.integers(min_value=0, max_value=15 * 365 * 24 * 60).map(
    lambda count: utc(2015, 1, 1) + timedelta(minutes=count)
)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Range, Grain, tzinfo]:
    bucket: Grain = draw(st.sampled_from(GRAINS))
    longest = {"minute": 1000, "hour": 60 * 900, "day": 60 * 24 * 400, "month": 60 * 24 * 1200}[bucket]
    start = draw(minutes)
    span = timedelta(minutes=draw(st.integers(min_value=1, max_value=longest)))
    return Range(start, start + span), bucket, draw(st.sampled_from(ZONES))


@given(ranges())
@example((Range(utc(2026, 3, 28), utc(2026, 3, 31)), "day", BERLIN))
@example((Range(utc(2026, 4, 4), utc(2026, 4, 6)), "hour", ZoneInfo("Australia/Lord_Howe")))
def test_buckets_follow_each_other_and_pieces_cover_each_of_them_exactly(asked: tuple[Range, Grain, tzinfo]) -> None:
    range_, bucket, zone = asked
    starts = rules.buckets(range_, bucket, zone)
    assert starts[0] == range_.start
    assert starts[-1] < range_.end
    assert all(left < right for left, right in pairwise(starts))
    pieces = rules.cover(starts, range_.end)
    assert pieces[0].start == range_.start
    assert pieces[-1].end == range_.end
    assert all(left.end == right.start for left, right in pairwise(pieces))
    for piece in pieces:
        # Whole rows of the grain only: both ends are where one begins. A row lies in one bucket, so
        # none may begin in a bucket and end in the next.
        assert rules.cover([piece.start], piece.end)[0].start == piece.start
        assert rules._floor(piece.start, piece.grain) == piece.start if piece.grain != "minute" else True
        assert rules._floor(piece.end, piece.grain) == piece.end if piece.grain != "minute" else True
        inside = [start for start in starts if piece.start < start < piece.end]
        assert all(rules._floor(start, piece.grain) == start for start in inside if piece.grain != "minute")


@pytest.mark.parametrize(
    ("day", "hours"), [(utc(2026, 3, 28, 23), 23), (utc(2026, 10, 24, 22), 25), (utc(2026, 6, 9, 22), 24)]
)
def test_a_day_is_as_long_as_it_was(day: datetime, hours: int) -> None:
    starts = rules.buckets(Range(day, day + timedelta(hours=hours + 1)), "day", BERLIN)
    assert [start.astimezone(BERLIN).hour for start in starts] == [0, 0]
    assert starts[1] - starts[0] == timedelta(hours=hours)


def test_a_day_whose_midnight_was_skipped_begins_with_the_leap() -> None:
    # Lebanon's clocks leap from 00:00 to 01:00 on 2024-03-31.
    zone = ZoneInfo("Asia/Beirut")
    starts = rules.buckets(Range(utc(2024, 3, 29, 22), utc(2024, 4, 1)), "day", zone)
    assert [start.astimezone(zone).strftime("%d %H:%M") for start in starts] == ["30 00:00", "31 01:00", "01 00:00"]


def test_coarse_rows_are_used_where_they_fit() -> None:
    year = rules.cover([utc(2026, 1, 1)], utc(2027, 1, 1))
    assert [piece.grain for piece in year] == ["month"]
    ragged = rules.cover([utc(2026, 1, 30, 22, 30)], utc(2026, 3, 2, 1, 1))
    assert [piece.grain for piece in ragged] == ["minute", "hour", "day", "month", "day", "hour", "minute"]


def test_buckets_of_an_hour_begin_at_the_zones_own_full_hour() -> None:
    starts = rules.buckets(Range(utc(2026, 1, 1, 0, 10), utc(2026, 1, 1, 3)), "hour", ZoneInfo("Asia/Kolkata"))
    assert [start.strftime("%H:%M") for start in starts] == ["00:10", "00:30", "01:30", "02:30"]


def test_too_many_buckets_are_refused_in_words() -> None:
    with pytest.raises(Problem, match="more than 1500 buckets") as caught:
        rules.buckets(Range(utc(2026, 1, 1), utc(2026, 1, 3)), "minute", UTC)
    assert [error.code for error in caught.value.errors] == ["too_many_buckets"]
    assert len(rules.buckets(Range(utc(2026, 1, 1), utc(2026, 1, 2, 1)), "minute", UTC)) == rules.BUCKETS_MAX


def test_a_range_is_the_last_day_unless_given_and_always_whole_minutes() -> None:
    assert rules.read_range(None, None, NOW) == Range(utc(2026, 11, 21, 14, 7), utc(2026, 11, 22, 14, 7))
    east = datetime(2026, 11, 22, 15, 0, 59, tzinfo=BERLIN)
    assert rules.read_range(east, None, NOW) == Range(utc(2026, 11, 22, 14), utc(2026, 11, 22, 14, 7))


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (utc(2026, 1, 2), utc(2026, 1, 1), "from"),
        (utc(1999, 12, 31), None, "from"),
        (None, datetime.max.replace(tzinfo=UTC), "to"),
        (datetime.min.replace(tzinfo=ZoneInfo("Etc/GMT-14")), None, "from"),
        (utc(2027, 1, 1), None, "from"),
    ],
)
def test_a_range_that_is_none_is_refused(start: datetime | None, end: datetime | None, field: str) -> None:
    with pytest.raises(Problem) as caught:
        rules.read_range(start, end, NOW)
    assert [error.field for error in caught.value.errors] == [field]


@pytest.mark.parametrize(
    "name", ["Berlin", "", "../../etc/passwd", "Europe/Berlin\0", "\udc80", "/etc/localtime", "x" * 5000]
)
def test_a_name_that_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(Problem) as caught:
        rules.read_zone(name)
    assert [error.code for error in caught.value.errors] == ["unknown_timezone"]


def test_an_outcome_that_no_decision_has_is_refused() -> None:
    for outcome in OUTCOMES:
        rules.check_filter(Filter(outcomes=(outcome,)))
    with pytest.raises(Problem):
        rules.check_filter(Filter(outcomes=("allowed", "denied")))


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        ("allowed", None, "served"), ("allowed", 200, "served"), ("allowed", 404, "served"), ("allowed", 500, "failed"),
        ("allowed", 599, "failed"), ("allowed", 600, "served"), ("unavailable", 503, "failed"), ("unavailable", None, "failed"),
        *((outcome, 429, "throttled") for outcome in THROTTLES),
        ("revoked", None, "denied"), ("endpoint_unknown", 404, "denied"), ("malformed_key", None, "denied"),
    ],
)  # fmt: skip
def test_what_the_charts_sort_a_decision_into(outcome: str, status: int | None, kind: str) -> None:
    assert rules.kind_of(outcome, status) == kind


counts = st.builds(Counts, *[st.integers(min_value=0, max_value=1000)] * 7)


@given(ranges(), st.lists(st.tuples(st.floats(min_value=0, max_value=0.999), st.sampled_from(["a", "b", "c"]), counts)))
def test_a_series_loses_nothing_and_has_no_gaps(
    asked: tuple[Range, Grain, tzinfo], given_sums: list[tuple[float, str, Counts]]
) -> None:
    range_, bucket, zone = asked
    starts = rules.buckets(range_, bucket, zone)
    sums = [Sum(range_.start + (range_.end - range_.start) * place, group, each) for place, group, each in given_sums]
    groups = list(rules.largest_groups(sums))
    points = rules.into_points(sums, starts, groups)
    assert rules.total(point.counts for point in points) == rules.total(each.counts for each in sums)
    assert {point.at for point in points} == (set(starts) if groups else set())
    plain = rules.into_points(sums, starts, None)
    assert [point.at for point in plain] == starts
    assert rules.total(point.counts for point in plain) == rules.total(each.counts for each in sums)
    # Added by bucket first, the same comes out of fewer.
    added = rules.by_bucket(sums, starts)
    assert len(added) == len({(each.at, each.group) for each in added})
    assert rules.into_points(added, starts, groups) == points
    assert rules.into_points(added, starts, None) == plain
    assert rules.largest_groups(added) == rules.largest_groups(sums)


def test_groups_are_largest_first_and_small_ones_join() -> None:
    sums = [Sum(NOW, f"key_{number:03d}", Counts(requests=number)) for number in range(1, 61)]
    groups = rules.largest_groups(sums)
    assert list(groups)[:2] == ["key_060", "key_059"]
    assert groups[rules.OTHERS] == Counts(requests=sum(range(1, 11)))
    points = rules.into_points(sums, [NOW], list(groups))
    assert {point.group: point.counts for point in points} == groups


@pytest.mark.parametrize(
    ("span", "bucket"),
    [
        (timedelta(hours=1), "minute"),
        (timedelta(days=1), "hour"),
        (timedelta(days=30), "day"),
        (timedelta(days=400), "month"),
    ],
)
def test_a_bucket_suits_its_range(span: timedelta, bucket: Grain) -> None:
    assert rules.bucket_for(span) == bucket
    assert len(rules.buckets(Range(utc(2026, 1, 1), utc(2026, 1, 1) + span), bucket, UTC)) <= 200
