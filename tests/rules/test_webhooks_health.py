"""How an endpoint fares: when it is left alone, probed, disabled; its pace; how much one dispatcher takes on for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.webhooks import rules
from freehold.webhooks.lanes import AHEAD_MAX, SLOW_S, Lanes
from freehold.webhooks.queue_queries import Waiting
from freehold.webhooks.records import AttemptResult, Dispatch, EndpointState, HeaderPairs, Timing
from freehold.webhooks.rules import Health

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


def result(status: int | None, response_headers: HeaderPairs = ()) -> AttemptResult:
    outcome = "unreachable" if status is None else rules.judge(status)[0]
    return AttemptResult(outcome, status, None, None, Timing(), response_headers, b"")


def failed(health: Health, times: int, step_s: float = 0, at: datetime = NOW) -> Health:
    for number in range(times):
        health = rules.health_after(health, result(500), "published", at + timedelta(seconds=number * step_s), 0)
    return health


def test_ten_failures_in_a_row_open_the_breaker_and_one_acceptance_closes_it() -> None:
    nine = failed(Health("active"), 9)
    assert nine == Health("active", 9, NOW, None)
    ten = failed(nine, 1)
    assert ten == Health("failing", 10, NOW, NOW + timedelta(seconds=5))
    assert rules.health_after(ten, result(200), "published", NOW, 0) == Health("active")
    assert rules.health_after(ten, result(200), "test", NOW, 0) == Health("active")
    assert rules.health_after(nine, result(204), "published", NOW, 0) == Health("active")


def test_a_test_that_fails_says_nothing_of_the_endpoint() -> None:
    assert rules.health_after(Health("active", 9, NOW), result(500), "test", NOW, 0) == Health("active", 9, NOW)


@pytest.mark.parametrize("state", ["paused", "disabled"])
def test_what_a_person_or_rule_stopped_stays_stopped(state: EndpointState) -> None:
    assert failed(Health(state), 20).state == state
    assert rules.health_after(Health(state, 3, NOW), result(200), "test", NOW, 0).state == state


@pytest.mark.parametrize(
    ("failing_for_s", "probe_s"), [(0, 5), (19, 5), (60, 15), (600, 150), (1200, 300), (86_400, 300)]
)
def test_probes_grow_rarer_within_bounds(failing_for_s: int, probe_s: float) -> None:
    before = Health("failing", 10, NOW - timedelta(seconds=failing_for_s), NOW)
    after = rules.health_after(before, result(None), "published", NOW, 0)
    assert after.held_until_at == NOW + timedelta(seconds=probe_s)
    early = rules.health_after(before, result(None), "published", NOW, -1)
    assert early.held_until_at == NOW + timedelta(seconds=probe_s * 0.8)


def test_after_five_days_of_failing_it_is_given_up() -> None:
    health = failed(Health("active"), 10)
    assert not rules.is_to_be_disabled(health, NOW + timedelta(days=5, seconds=-1))
    assert rules.is_to_be_disabled(health, NOW + timedelta(days=5))
    # Few failures are no verdict, however long ago the last acceptance was.
    assert not rules.is_to_be_disabled(Health("active", 8, NOW), NOW + timedelta(days=30))


@pytest.mark.parametrize(
    ("status", "wait", "held_s"),
    [(429, "77", 77), (503, "77", 77), (500, "77", None), (429, "9999999", 86_400), (429, "soon", None)],
)
def test_a_receiver_that_asks_for_a_pause_is_left_alone(status: int, wait: str, held_s: int | None) -> None:
    after = rules.health_after(Health("active"), result(status, (("Retry-After", wait),)), "published", NOW, 0)
    assert after.held_until_at == (None if held_s is None else NOW + timedelta(seconds=held_s))
    # A shorter wish does not cut a longer one short.
    kept = rules.health_after(after, result(429, (("retry-after", "1"),)), "published", NOW, 0)
    assert kept.held_until_at == max(filter(None, (after.held_until_at, NOW + timedelta(seconds=1))))


# --- pace -----------------------------------------------------------------------------------------


@given(
    rate=st.integers(1, 1000), pauses_ms=st.lists(st.integers(0, 400), min_size=5, max_size=60), many=st.integers(1, 64)
)
def test_no_second_has_more_than_its_rate_and_a_tenth(rate: int, pauses_ms: list[int], many: int) -> None:
    slot, now, sent = None, NOW, list[datetime]()
    for pause_ms in pauses_ms:
        now += timedelta(milliseconds=pause_ms)
        count, slot = rules.slots(slot, now, rate, many)
        assert 0 <= count <= many
        sent += [now] * count
    for first in sent:
        within = [each for each in sent if first <= each < first + timedelta(seconds=1)]
        assert len(within) <= rate + max(1, rate // 10)


@pytest.mark.parametrize("rate", [1, 5, 10, 100])
def test_the_rate_is_used_up_where_there_is_enough_to_send(rate: int) -> None:
    slot, sent = None, 0
    for turn in range(400):
        count, slot = rules.slots(slot, NOW + timedelta(seconds=turn / 40), rate, 64)
        sent += count
    assert rate * 10 * 0.95 <= sent <= rate * 10 + max(1, rate // 10)


# --- lanes ----------------------------------------------------------------------------------------


class _Endpoint:
    def __init__(self, endpoint_id: str) -> None:
        self.id = endpoint_id


def dispatch(endpoint_id: str, number: int) -> Dispatch:
    return Dispatch(f"{endpoint_id}{number}", NOW, cast("Any", _Endpoint(endpoint_id)), (), cast("Any", None))


def due(endpoint_id: str, held_until_at: datetime | None = None, count: int = 1000) -> Waiting:
    return Waiting(endpoint_id, count, "active", False, None, held_until_at)


def begun(lanes: Lanes, endpoint_id: str, count: int, at_s: float = 0) -> list[Dispatch]:
    """Take so many deliveries and begin as many as the endpoint may have on the way."""
    for number in range(count):
        lanes.take(dispatch(endpoint_id, number))
    started = []
    while (each := lanes.begin(endpoint_id, at_s)) is not None:
        started.append(each)
    return started


def counts(lanes: Lanes, *waiting: Waiting) -> dict[str, int]:
    return {each.endpoint_id: count for each, count in lanes.wanted(list(waiting), NOW).each}


def test_a_window_grows_with_what_is_accepted_and_falls_with_a_failure() -> None:
    lanes = Lanes(1000, 8, 10)
    assert counts(lanes, due("a")) == {"a": 1}
    for expected in (2, 4, 8, 16, 32, 64, 64):
        (each,) = begun(lanes, "a", 1)
        assert lanes.end(each, accepted=True) == []
        assert counts(lanes, due("a")) == {"a": min(AHEAD_MAX, expected)}
    started = begun(lanes, "a", 20)
    assert len(started) == 8
    back = lanes.end(started[0], accepted=False)
    assert len(back) == 12
    assert counts(lanes, due("a")) == {}
    for each in started[1:]:
        lanes.end(each, accepted=False)
    assert counts(lanes, due("a")) == {"a": 1}
    assert lanes.room == 1000


def test_what_hangs_leaves_the_room_to_others_until_its_own_lane_is_full() -> None:
    lanes = Lanes(at_once=4, per_endpoint=8, slow_at_once=2)
    # What is not known leaves half of the room to what is.
    assert counts(lanes, *(due(name) for name in "abcd")) == {"a": 1, "b": 1}
    hanging = [begun(lanes, name, 1)[0] for name in "abcd"]
    assert lanes.room == 0
    assert counts(lanes, due("e")) == {}
    lanes.slow_down(SLOW_S)
    assert lanes.room == 4
    # Those that hang get no more while their lane is full; one that is not known does.
    assert counts(lanes, due("a"), due("e")) == {"e": 1}
    for each in hanging:
        lanes.end(each, accepted=False)
    assert lanes.room == 4
    assert counts(lanes, due("a"), due("e")) == {"a": 1, "e": 1}


def test_one_that_is_held_is_not_wanted() -> None:
    lanes = Lanes(10, 8, 2)
    assert counts(lanes, due("a", NOW + timedelta(seconds=1)), due("b", NOW)) == {"b": 1}


def proven(lanes: Lanes, names: str, rounds: int = 7) -> None:
    """Let endpoints accept so often that their windows are as large as they become."""
    for name in names * rounds:
        (each,) = begun(lanes, name, 1)
        lanes.end(each, accepted=True)


def test_a_backlog_takes_no_room_from_those_behind_it() -> None:
    lanes = Lanes(12, 8, 4)
    proven(lanes, "abcd")
    assert counts(lanes, due("a"), due("b", count=1), due("c"), due("d", count=2)) == {"a": 4, "b": 1, "c": 4, "d": 2}
    # Much may be ahead of each, but little is due: nobody is asked for more.
    assert counts(lanes, *(due(name, count=1) for name in "abcd")) == dict.fromkeys("abcd", 1)


def test_where_there_is_no_room_for_all_it_says_so() -> None:
    lanes = Lanes(2, 8, 4)
    proven(lanes, "abcd")
    wanted = lanes.wanted([due(name) for name in "abcd"], NOW)
    assert [(each.endpoint_id, count) for each, count in wanted.each] == [("a", 1), ("b", 1)]
    assert wanted.is_cut


def test_one_at_a_time_is_asked_for_one() -> None:
    lanes = Lanes(12, 8, 4)
    proven(lanes, "ab")
    in_order, failing = replace(due("a"), fifo=True), replace(due("b"), state="failing")
    assert counts(lanes, in_order, failing) == {"a": 1, "b": 1}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.floats(0, 3)), max_size=80))
def test_room_and_shares_are_kept_whatever_comes_back(steps: list[tuple[str, bool, float]]) -> None:
    lanes, at_s, number = Lanes(10, 3, 4), 0.0, 0
    on_the_way: list[Dispatch] = []
    for endpoint_id, accepted, passes_s in steps:
        at_s += passes_s
        lanes.slow_down(at_s)
        for waiting, count in lanes.wanted([due(name) for name in "abcd"], NOW).each:
            for _ in range(count):
                number += 1
                lanes.take(dispatch(waiting.endpoint_id, number))
        assert lanes.room >= 0
        for name in "abcd":
            while (started := lanes.begin(name, at_s)) is not None:
                on_the_way.append(started)
            assert sum(each.endpoint.id == name for each in on_the_way) <= 3
        mine = [each for each in on_the_way if each.endpoint.id == endpoint_id]
        if mine:
            on_the_way.remove(mine[0])
            lanes.end(mine[0], accepted=accepted)
    for each in on_the_way:
        lanes.end(each, accepted=False)
    lanes.give_all_back()
    assert lanes.room == 10
