"""What crosses, what is over, and that one period never fires twice: tables and properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.alerts import rules
from freehold.alerts.records import Observation, OpenFiring, RuleSettings, Threshold
from freehold.alerts.rules import Past
from freehold.projects.limits import Period

NOW = datetime(2026, 11, 22, 14, 6, 30, tzinfo=UTC)
ZONES: tuple[tzinfo, ...] = (
    UTC, *map(ZoneInfo, ("Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut", "Africa/Cairo"))
)  # fmt: skip
RATE = RuleSettings("Failures", "failure_rate", (Threshold(5, 3),), window_s=300, minimum_count=10)
DAILY = RuleSettings("Many", "requests", (Threshold(50), Threshold(80), Threshold(100)), period="day")
instants = st.integers(0, 15 * 365 * 24 * 60 * 60).map(
    lambda s: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


def seen(value: float | None, count: int = 100, at: datetime = NOW, settings: RuleSettings = RATE) -> Observation:
    start, end = rules.window_of(settings.window_s, at) if settings.slides else rules.period_of("day", UTC, at)
    return Observation(value, count, start, end, start, at)


class History:
    """Firings as the database keeps them, with its constraint."""

    def __init__(self, settings: RuleSettings) -> None:
        self.settings = settings
        self.open: list[OpenFiring] = []
        self.every: list[OpenFiring] = []

    def look(self, observation: Observation, now: datetime) -> rules.Verdict:
        verdict = rules.judge(self.settings, [observation], self.open, now)
        over = {firing.id for firing, _ in verdict.resolves}
        peaks = {firing.id: value for firing, value in verdict.peaks}
        self.open = [replace(each, peak=peaks.get(each.id, each.peak)) for each in self.open if each.id not in over]
        for threshold, each in verdict.opens:
            firing = OpenFiring(
                str(len(self.every)),
                threshold.at,
                each.subject_id,
                each.period_at,
                each.period_ends_at,
                now,
                each.value or 0,
            )
            if self._place(firing) not in map(self._place, self.every):
                self.open.append(firing)
                self.every.append(firing)
        return verdict

    def _place(self, firing: OpenFiring) -> tuple[object, ...]:
        return firing.threshold, firing.subject_id, firing.period_at


# --- one threshold --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "count", "crosses"),
    [(5.0, 10, True), (4.99, 10, False), (100.0, 9, False), (100.0, 10, True), (None, 0, False), (None, 99, False)],
)
def test_a_rate_crosses_at_its_threshold_and_from_its_minimum_count_on(
    value: float | None, count: int, crosses: bool
) -> None:
    assert rules.crosses(RATE, RATE.thresholds[0], seen(value, count)) is crosses


def test_below_crosses_under_its_threshold_and_is_over_at_it() -> None:
    settings = RuleSettings("Few", "requests", (Threshold(10),), "below", window_s=300)
    history = History(settings)
    history.look(seen(9, settings=settings), NOW)
    assert len(history.open) == 1
    later = NOW + timedelta(minutes=10)
    history.look(seen(9, at=later, settings=settings), later)
    assert len(history.open) == 1
    history.look(seen(10, at=later, settings=settings), later)
    assert not history.open


@pytest.mark.parametrize(("value", "over"), [(4.0, False), (3.0, False), (2.99, True), (5.0, False), (None, True)])
def test_a_firing_is_over_below_its_hysteresis_and_not_merely_below_its_threshold(
    value: float | None, over: bool
) -> None:
    history = History(RATE)
    history.look(seen(6), NOW)
    later = NOW + timedelta(minutes=5)
    verdict = history.look(seen(value, at=later), later)
    assert bool(verdict.resolves) is over


def test_a_firing_is_not_over_before_its_period_is() -> None:
    history = History(RATE)
    history.look(seen(6), NOW)
    end = rules.window_of(300, NOW)[1]
    assert not history.look(seen(0), end - timedelta(seconds=1)).resolves
    assert history.look(seen(0, at=end), end).resolves


def test_each_step_fires_by_itself_and_keeps_its_own_peak() -> None:
    history = History(DAILY)
    opened = [
        [threshold.at for threshold, _ in history.look(seen(value, settings=DAILY), NOW).opens]
        for value in (49, 50, 79, 85, 120, 120)
    ]
    assert opened == [[], [50], [], [80], [100], []]
    assert [each.peak for each in history.open] == [120, 120, 120]


def test_a_threshold_that_was_taken_out_of_the_rule_ends_its_firing() -> None:
    history = History(DAILY)
    history.look(seen(60, settings=DAILY), NOW)
    history.settings = replace(DAILY, thresholds=(Threshold(100),))
    assert history.look(seen(60, settings=DAILY), NOW).resolves


# --- properties -----------------------------------------------------------------------------------

values = st.lists(st.tuples(st.floats(0, 10), st.integers(-120, 900)), max_size=60)


@given(values)
def test_a_sliding_rule_has_one_open_firing_and_one_in_each_period_even_if_the_clock_steps_back(
    course: list[tuple[float, int]],
) -> None:
    history, now = History(RATE), NOW
    for value, step_s in course:
        now += timedelta(seconds=step_s)
        history.look(seen(value, at=now), now)
        assert len(history.open) <= 1
    periods = [firing.period_at for firing in history.every]
    assert len(periods) == len(set(periods))


@given(values)
def test_between_two_firings_the_value_was_below_the_hysteresis(course: list[tuple[float, int]]) -> None:
    history, now, low = History(RATE), NOW, True
    for value, step_s in course:
        now += timedelta(seconds=abs(step_s))
        low = low or value < 3
        if history.look(seen(value, at=now), now).opens:
            assert low
            low = False


@given(st.lists(st.integers(0, 40), max_size=50), st.sampled_from(ZONES))
def test_counts_fire_each_step_once_a_period_whenever_they_are_looked_at(steps: list[int], zone: tzinfo) -> None:
    history, now = History(DAILY), NOW
    totals: dict[datetime, int] = {}
    for step in steps:
        now += timedelta(minutes=97)
        start, end = rules.period_of("day", zone, now)
        totals[start] = totals.get(start, 0) + step
        for _ in range(2):
            history.look(Observation(totals[start], totals[start], start, end, start, now), now)
    expected = [(at, start) for start, total in totals.items() for at in (50, 80, 100) if total >= at]
    assert sorted((each.threshold, each.period_at) for each in history.every) == sorted(expected)


@given(instants, st.sampled_from(("hour", "day", "month")), st.sampled_from(ZONES))
def test_periods_hold_their_instants_and_lie_side_by_side(at: datetime, period: Period, zone: tzinfo) -> None:
    start, end = rules.period_of(period, zone, at)
    assert start <= at < end
    assert rules.period_of(period, zone, start) == (start, end)
    assert rules.period_of(period, zone, end)[0] == end
    assert timedelta(minutes=30) < end - start <= timedelta(days=31, hours=2)


@given(instants, st.integers(1, 2000))
def test_windows_hold_their_instants_and_lie_side_by_side(at: datetime, minutes: int) -> None:
    start, end = rules.window_of(minutes * 60, at)
    assert start <= at < end
    assert rules.window_of(minutes * 60, end)[0] == end


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, 12, tzinfo=UTC), 23), (datetime(2026, 10, 25, 12, tzinfo=UTC), 25)]
)
def test_days_are_as_long_as_they_are(day: datetime, hours: int) -> None:
    start, end = rules.period_of("day", ZoneInfo("Europe/Berlin"), day)
    assert end - start == timedelta(hours=hours)


# --- looking back ---------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 10), max_size=80))
def test_looking_back_counts_what_looking_on_would_have_fired(course: list[float]) -> None:
    history = History(RATE)
    past = []
    for index, value in enumerate(course):
        at = rules.window_of(300, NOW)[0] + timedelta(minutes=5) * index
        past.append(Past(at, value, 100))
        # A window is judged whole: at its end, as the one that it was.
        history.look(seen(value, at=at), at)
    opened = rules.fired_at(RATE, RATE.thresholds[0], past)
    assert opened == [firing.opened_at for firing in history.every]
    assert all(a < b for a, b in pairwise(opened))


def test_looking_back_at_periods_counts_each_that_crossed() -> None:
    past = [Past(NOW + timedelta(days=index), value, 1) for index, value in enumerate((10, 60, 70, 20, 90))]
    assert len(rules.fired_at(DAILY, DAILY.thresholds[0], past)) == 3


def test_a_rule_without_traffic_sleeps_until_there_is_some() -> None:
    assert rules.next_look(RATE, [seen(None, 0)], [], NOW) is None
    assert rules.next_look(RATE, [seen(1, 5)], [], NOW) == NOW.replace(minute=7, second=0)
    assert rules.next_look(RATE, [seen(None, 0)], [NOW], NOW) == NOW.replace(minute=7, second=0)
    ends = NOW + timedelta(hours=3)
    assert rules.next_look(DAILY, [], [ends], NOW) == ends
    assert rules.next_look(DAILY, [], [], NOW) is None
