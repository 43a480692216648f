"""The rate limit against a slow model that keeps every drop of the bucket as a fraction."""

import math
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.keys import rate_limit
from freehold.keys.rate_limit import UNUSED, meters
from freehold.keys.records import LimitState
from freehold.projects.limits import RateLimit

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND

limits = st.builds(RateLimit, st.just("requests"), st.integers(1, 10_000), st.integers(1, 86_400))
# Pauses from nothing to several windows, and costs from one to beyond the limit.
steps = st.lists(
    st.tuples(st.one_of(st.just(0), st.integers(0, 3 * SECOND), st.integers(0, 10**15)), st.integers(1, 50)),
    max_size=60,
)


class Spending(NamedTuple):
    passed: bool
    arrival_ns: int
    state: LimitState


def spend(limit: RateLimit, arrival_ns: int, cost: int, now_ns: int) -> Spending:
    [meter] = meters("key", (limit,))
    return Spending(*rate_limit.spend(meter, arrival_ns, cost, now_ns))


def whole_ms(duration_ns: Fraction | int) -> float:
    """In seconds, rounded up to the millisecond."""
    return math.ceil(Fraction(duration_ns) / 1_000_000) / 1000


def interval_ns(limit: RateLimit) -> int:
    return -(-limit.window_s * SECOND // limit.limit)


class LeakyBucket:
    """The model: a bucket of `limit` drops that leaks one an interval. Obvious, and slow."""

    def __init__(self, limit: RateLimit) -> None:
        self.capacity = limit.limit
        self.leak_per_ns = Fraction(1, interval_ns(limit))
        self.level = Fraction(0)
        self.at_ns = START

    def offer(self, cost: int, now_ns: int) -> bool:
        self.level = max(Fraction(0), self.level - (now_ns - self.at_ns) * self.leak_per_ns)
        self.at_ns = now_ns
        if self.level + cost > self.capacity:
            return False
        self.level += cost
        return True


@given(limits, steps)
def test_it_passes_what_a_leaky_bucket_passes(limit: RateLimit, steps: list[tuple[int, int]]) -> None:
    model, arrival, now = LeakyBucket(limit), UNUSED, START
    for pause, cost in steps:
        now += pause
        spending = spend(limit, arrival, cost, now)
        assert spending.passed == model.offer(cost, now)
        assert spending.state.remaining == (model.capacity - model.level) // 1
        assert spending.state.reset_s == whole_ms(model.level / model.leak_per_ns)
        if not spending.passed:
            assert spending.arrival_ns == arrival
        arrival = spending.arrival_ns


@given(limits, steps, st.integers(1, 50))
def test_whoever_waits_as_long_as_told_passes_and_not_a_nanosecond_sooner(
    limit: RateLimit, steps: list[tuple[int, int]], cost: int
) -> None:
    arrival, now = UNUSED, START
    for pause, spent in steps:
        now += pause
        arrival = spend(limit, arrival, spent, now).arrival_ns
    denied = spend(limit, arrival, cost, now)
    if denied.passed or cost > limit.limit:
        return
    wait_ns = arrival + cost * interval_ns(limit) - limit.limit * interval_ns(limit) - now
    assert denied.state.retry_after_s == pytest.approx(wait_ns / SECOND)
    assert wait_ns > 0
    assert not spend(limit, arrival, cost, now + wait_ns - 1).passed
    assert spend(limit, arrival, cost, now + wait_ns).passed


@given(limits)
def test_a_whole_limit_passes_at_once_and_no_more(limit: RateLimit) -> None:
    everything = spend(limit, UNUSED, limit.limit, START)
    assert everything.passed
    assert everything.state.remaining == 0
    assert not spend(limit, everything.arrival_ns, 1, START).passed


@given(limits, st.integers(2, 5))
def test_over_windows_it_never_grants_more_than_it_says(limit: RateLimit, windows: int) -> None:
    """Asked in bulk at the end of each window, it grants the limit once a window, beside the first burst."""
    arrival, granted = UNUSED, 0
    for window in range(windows):
        now = START + window * limit.window_s * SECOND
        for cost in (limit.limit, max(1, limit.limit // 2), 1):
            spending = spend(limit, arrival, cost, now)
            arrival, granted = spending.arrival_ns, granted + cost * spending.passed
    assert granted <= limit.limit * windows


@given(limits)
def test_a_cost_above_the_limit_never_passes_and_spends_nothing(limit: RateLimit) -> None:
    spending = spend(limit, UNUSED, limit.limit + 1, START)
    assert not spending.passed
    assert spending.arrival_ns == UNUSED
    assert spending.state.remaining == limit.limit


@given(limits, st.integers(0, 10**18))
def test_a_clock_that_was_set_back_locks_nobody_out_for_longer_than_a_window(limit: RateLimit, back_ns: int) -> None:
    arrival = spend(limit, UNUSED, limit.limit, START + back_ns).arrival_ns
    window_ns = limit.limit * interval_ns(limit)
    assert spend(limit, arrival, 1, START).state.reset_s <= whole_ms(window_ns)


def test_sixty_a_minute_are_sixty_at_once_then_one_a_second() -> None:
    limit, arrival = RateLimit("requests", 60, 60), UNUSED
    for left in range(59, -1, -1):
        spending = spend(limit, arrival, 1, START)
        assert (spending.passed, spending.state.remaining) == (True, left)
        arrival = spending.arrival_ns
    denied = spend(limit, arrival, 1, START)
    assert (denied.passed, denied.state.retry_after_s, denied.state.reset_s) == (False, 1.0, 60.0)
    assert spend(limit, arrival, 1, START + SECOND).passed
    assert not spend(limit, arrival, 2, START + SECOND).passed
