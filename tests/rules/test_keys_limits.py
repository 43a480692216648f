"""Several rate limits and quotas of a key and its project at once, against a model that keeps each by itself."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freehold.keys import quota_rules
from freehold.keys.quota_rules import Allowance, grant, next_wish
from freehold.keys.rate_limit import meters, unused
from freehold.keys.records import Meter, ProjectRecord, Reason, SecretRecord
from freehold.keys.rules import decide
from freehold.projects.limits import Quota, RateLimit
from tests.rules.test_keys_decide import ASK, NOW_MS, NOW_NS, PROJECT, RECORD

SECOND = 1_000_000_000
ENDS_MS = NOW_MS + 3_600_000


class Bucket:
    """A rate limit as one would draw it: it leaks, and what does not fit is refused."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.level, self.at_ns = meter, Fraction(0), NOW_NS

    def has_room(self, cost: int, now_ns: int) -> bool:
        self.level = max(Fraction(0), self.level - Fraction(now_ns - self.at_ns, self.meter.interval_ns))
        self.at_ns = now_ns
        return self.level + cost <= self.meter.limit


class Purse:
    """A quota in one period: what was handed out, less what was spent."""

    def __init__(self, quota: Quota, left: int) -> None:
        self.quota, self.left = quota, left

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.left, 7, ENDS_MS, 3600)


rate_limits = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 60)), max_size=3)
quotas = st.none() | st.integers(1, 30)
steps = st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(1, 6)), max_size=30)


def owner_meters(owner: str, limits: list[tuple[int, int]]) -> tuple[Meter, ...]:
    return meters(owner, tuple(RateLimit(f"limit-{n}", *each) for n, each in enumerate(limits)))


def world(
    key_limits: list[tuple[int, int]], project_limits: list[tuple[int, int]], key_quota: int | None, project_quota: int | None
) -> tuple[SecretRecord, ProjectRecord, list[Bucket], list[Purse]]:  # fmt: skip
    record = replace(
        RECORD, meters=owner_meters("key", key_limits), quota=None if key_quota is None else Quota(key_quota, "hour")
    )
    project = replace(
        PROJECT, meters=owner_meters("project", project_limits),
        quota=None if project_quota is None else Quota(project_quota, "hour"),
    )  # fmt: skip
    buckets = [Bucket(each) for each in (*record.meters, *project.meters)]
    return record, project, buckets, [Purse(each, each.limit) for each in (record.quota, project.quota) if each]


@given(rate_limits, rate_limits, quotas, quotas, steps)
def test_all_limits_are_spent_or_none_and_the_first_that_refuses_is_named(
    key_limits: list[tuple[int, int]],
    project_limits: list[tuple[int, int]],
    key_quota: int | None,
    project_quota: int | None,
    steps: list[tuple[int, int]],
) -> None:
    record, project, buckets, purses = world(key_limits, project_limits, key_quota, project_quota)
    names = [each.meter.label for each in buckets]
    names += [name for name, quota in (("key:quota", record.quota), ("project:quota", project.quota)) if quota]
    arrivals, now = unused(record, project), NOW_NS
    for pause, cost in steps:
        now += pause
        room = [each.has_room(cost, now) for each in buckets] + [cost <= each.left for each in purses]
        decision, after = decide(
            replace(ASK, cost=cost), record, project, arrivals, now, [each.allowance for each in purses]
        )
        assert decision.allowed == all(room)
        if decision.allowed:
            for bucket in buckets:
                bucket.level += cost
            for purse in purses:
                purse.left -= cost
        else:
            refused_by = names[room.index(False)]
            owner, _, name = refused_by.partition(":")
            is_quota = name == "quota"
            assert decision.rule == (f"{owner}.quota" if is_quota else f"{owner}.rate_limits")
            assert decision.reason == (Reason.QUOTA_EXHAUSTED if is_quota else Reason.RATE_LIMITED)
            assert after is arrivals
        arrivals = tuple(after)
        assert [each.name for each in decision.limits] == names
        remaining = [(each.meter.limit - each.level) // 1 for each in buckets] + [each.left + 7 for each in purses]
        assert [each.remaining for each in decision.limits] == remaining
        # Who is told to wait is told so by the limits that refuse, and by no other.
        for state, has_room in zip(decision.limits, room, strict=True):
            assert (state.retry_after_s == 0) == has_room or cost > state.limit


# --- quotas ---------------------------------------------------------------------------------------


def test_a_quota_says_what_is_left_and_when_it_is_whole_again() -> None:
    quota = Quota(100, "hour")
    passed, state = quota_rules.spend("key:quota", quota, Allowance(5, 20, ENDS_MS, 3600), 3, NOW_NS)
    assert (passed, state.name, state.limit, state.remaining) == (True, "key:quota", 100, 22)
    assert (state.reset_s, state.retry_after_s, state.window_s) == (3600.0, 0.0, 3600)
    passed, state = quota_rules.spend("key:quota", quota, Allowance(2, 20, ENDS_MS, 3600), 3, NOW_NS + 1)
    assert (passed, state.remaining, state.reset_s, state.retry_after_s) == (False, 22, 3600.0, 1.0)
    passed, state = quota_rules.spend("key:quota", quota, Allowance(2, 0, ENDS_MS, 3600), 3, NOW_NS + 1)
    assert (passed, state.remaining, state.reset_s, state.retry_after_s) == (False, 2, 3600.0, 3600.0)


def test_a_period_that_is_over_by_the_clock_is_never_waited_for() -> None:
    _, state = quota_rules.spend("key:quota", Quota(1, "hour"), Allowance(0, 0, NOW_MS - 5, 3600), 1, NOW_NS)
    assert (state.reset_s, state.retry_after_s) == (0.0, 0.0)


@given(st.integers(1, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_grant_serves_whoever_waits_or_nobody_and_is_never_more_than_there_is(
    need: int, wish: int, there: int
) -> None:
    granted = grant(need, wish, there)
    assert 0 <= granted <= there
    assert (granted >= need) == (need <= there) or granted == 0
    # Nobody takes more than a part of what is left, unless one request alone costs more.
    assert granted <= max(need, there // 4)


@given(st.integers(1, 200), st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=400))
def test_a_quota_is_spent_to_the_last_unit_whoever_asks(limit: int, asked: list[tuple[int, int]]) -> None:
    """Three gates with leases of their own: together they never spend more, and whoever gives back frees it for the rest."""
    ungranted, held, spent = limit, [0, 0, 0], 0
    for gate, cost in asked:
        if held[gate] < cost:
            granted = grant(cost, 16, ungranted)
            ungranted, held[gate] = ungranted - granted, held[gate] + granted
        if held[gate] >= cost:
            held[gate], spent = held[gate] - cost, spent + cost
    assert spent + sum(held) + ungranted == limit
    ungranted += sum(held)
    while granted := grant(1, 16, ungranted):
        ungranted, spent = ungranted - granted, spent + granted
    assert spent == limit


@pytest.mark.parametrize(
    ("spent", "elapsed_s", "wish", "expected"),
    [(100, 1.0, 100, 200), (100, 0.0, 100, 800), (1, 60.0, 1000, 1), (0, 5.0, 16, 1), (80_000, 1.0, 100_000, 160_000)],
)
def test_a_lease_is_as_large_as_what_is_spent_in_a_moment(
    spent: int, elapsed_s: float, wish: int, expected: int
) -> None:
    assert next_wish(spent, elapsed_s, wish) == expected
