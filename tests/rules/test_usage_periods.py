"""The period before a range, and what a range that runs may come to."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.sketch import sketch_of
from freehold.usage import rules
from freehold.usage.period_rules import HOUR, WEEK, before, course, project, week_before
from freehold.usage.records import Counts, Range

BERLIN = ZoneInfo("Europe/Berlin")
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def berlin(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # March is 31 days of which one has 23 hours; February has 28.
        (berlin(2026, 3, 1), berlin(2026, 4, 1), berlin(2026, 2, 1)),
        (berlin(2026, 1, 1), berlin(2026, 4, 1), berlin(2025, 10, 1)),
        (berlin(2026, 1, 1), berlin(2027, 1, 1), berlin(2025, 1, 1)),
        # The day after the clocks went forward, and the week.
        (berlin(2026, 3, 30), berlin(2026, 3, 31), berlin(2026, 3, 29)),
        (berlin(2026, 3, 30), berlin(2026, 4, 6), berlin(2026, 3, 23)),
        # No days of the zone: as long as it is.
        (utc(2026, 3, 30, 1, 30), utc(2026, 3, 30, 2), utc(2026, 3, 30, 1)),
        (utc(2026, 3, 30), utc(2026, 3, 31), utc(2026, 3, 29)),
    ],
)
def test_the_period_before_ends_where_the_range_begins(start: datetime, end: datetime, expected: datetime) -> None:
    assert before(Range(start, end), BERLIN, LATER) == Range(expected, start)


def test_of_a_range_that_runs_the_same_part_of_the_period_before() -> None:
    march = Range(utc(2026, 3, 1), utc(2026, 4, 1))
    assert before(march, UTC, utc(2026, 3, 4, 6)) == Range(utc(2026, 2, 1), utc(2026, 2, 4, 6))
    # February is shorter: never more than all of it.
    assert before(march, UTC, utc(2026, 3, 31, 6)) == Range(utc(2026, 2, 1), utc(2026, 3, 1))
    assert before(march, UTC, march.start) is None
    assert before(march, UTC, march.start - HOUR) is None


starts = st.integers(min_value=0, max_value=5 * 365 * 24 * 60).map(
    lambda count: utc(2022, 1, 1) + timedelta(minutes=count)
)


@given(starts, st.integers(min_value=1, max_value=60 * 24 * 70), st.integers(min_value=-5000, max_value=60 * 24 * 80))
def test_the_period_before_never_overlaps_its_range(start: datetime, minutes: int, now: int) -> None:
    range_ = Range(start, start + timedelta(minutes=minutes))
    found = before(range_, BERLIN, start + timedelta(minutes=now))
    assert (found is None) == (now <= 0)
    if found is not None:
        assert found.start < found.end <= range_.start


def test_the_rest_of_a_period_is_as_its_hours_were_a_week_before() -> None:
    as_of = utc(2026, 3, 18, 12, 30)
    month = Range(utc(2026, 3, 1), utc(2026, 4, 1))
    week = week_before(as_of)
    assert week == Range(utc(2026, 3, 11, 12), utc(2026, 3, 18, 12))
    # Ten requests each day at 12, of cost 2; what is left has 13 such hours, and half of one.
    hours = {week.start + timedelta(days=day): Counts(requests=10, cost=20) for day in range(7)}
    projection = project(Counts(requests=1000, cost=1500), month, as_of, hours)
    assert projection is not None
    assert (projection.requests, projection.cost) == (1000 + 135, 1500 + 270)
    assert (projection.method, projection.end, projection.made_of_to) == ("same_hours_last_week", month.end, as_of)


@given(
    starts, st.integers(min_value=1, max_value=60 * 24 * 40), st.lists(st.integers(0, 50), min_size=168, max_size=168)
)
def test_whole_weeks_to_come_are_whole_weeks(as_of: datetime, passed: int, each: list[int]) -> None:
    first = week_before(as_of).start
    hours = {first + HOUR * place: Counts(requests=count) for place, count in enumerate(each)}
    range_ = Range(as_of - timedelta(minutes=passed), as_of + 3 * WEEK)
    projection = project(Counts(requests=7), range_, as_of, hours)
    assert projection is not None
    assert projection.requests == 7 + 3 * sum(each)


def test_without_a_week_to_look_at_the_pace_goes_on_once_it_says_something() -> None:
    day = Range(utc(2026, 3, 1), utc(2026, 3, 2))
    projection = project(Counts(requests=100, cost=300), day, utc(2026, 3, 1, 6), None)
    assert projection is not None
    assert (projection.requests, projection.cost, projection.method) == (400, 1200, "pace_so_far")
    assert project(Counts(requests=100), day, utc(2026, 3, 1, 1), None) is None
    assert project(Counts(requests=100), day, day.end, None) is None
    assert project(Counts(requests=100), day, day.start, {}) is None


def test_a_month_is_that_of_the_zone() -> None:
    assert rules.month_of(utc(2026, 3, 31, 22, 30), BERLIN) == (berlin(2026, 4, 1), berlin(2026, 5, 1))
    assert rules.month_of(utc(2026, 12, 5), UTC) == (utc(2026, 12, 1), utc(2027, 1, 1))


def test_the_course_of_latencies_has_a_value_for_each_stretch_that_saw_any() -> None:
    starts = [utc(2026, 11, 1, hour) for hour in range(4)]
    found = {
        # Two pieces of one stretch are one value, wherever in it they begin.
        utc(2026, 11, 1, 2, 30): sketch_of([90_000] * 10),
        utc(2026, 11, 1, 2): sketch_of([1_000] * 90),
        utc(2026, 11, 1, 0): sketch_of([50_000]),
        utc(2026, 11, 1, 1): sketch_of([]),
    }
    first, second = course(found, starts, 95)
    assert first == pytest.approx(50_000, rel=0.01)
    assert second == pytest.approx(90_000, rel=0.01)
    assert course({}, starts, 95) == ()
