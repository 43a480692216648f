"""What workers may spend of a quota, whatever happens to their orders: by lot, over a real database in memory.

QUOTA_EXAMPLES in the environment makes it longer.
"""

import os
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace
from sqlalchemy import create_engine, insert, select
from sqlalchemy.pool import StaticPool

from freehold.gate.keyring import Missing
from freehold.gate.limiter import MemoryLimiter
from freehold.gate.quota_keeper import LeaseKeeper
from freehold.gate.quota_leases import LOOK_S, HeldLease, Leases
from freehold.gate.quota_limiter import QuotaLimiter
from freehold.keys.quota_leases import Order, carry_out, used_of
from freehold.keys.quota_settling import settle
from freehold.keys.records import Decision, Reason
from freehold.kit import clock, ids
from freehold.projects.limits import Quota
from freehold.store.engine import Store
from freehold.store.schema import journals, metadata, quota_counters, usage_events
from freehold.store.schema import quota_leases as leases_table
from freehold.usage.naming import numbered
from tests.rules.test_keys_decide import ASK, PROJECT, RECORD

HOUR_MS = 3_600_000
START_MS = 500_000 * HOUR_MS
KEPT = clock.from_ms(START_MS) - clock.from_ms(0)
EXAMPLES = int(os.environ.get("QUOTA_EXAMPLES", "25"))


def memory_store() -> Store:
    """An empty database of this process: the statements are real, only nothing is written to a disk."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
    )
    metadata.create_all(engine)
    return Store(engine)


class Loop:
    """An event loop's clock and timers, which move when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Any:
        self.timers.append((self.now + delay_s, act))
        return SimpleNamespace(cancel=self.timers.clear)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due, self.timers = (
            [act for at, act in self.timers if at <= self.now],
            [each for each in self.timers if each[0] > self.now],
        )
        for act in due:
            act()


class Gate:
    """One worker: its leases, the orders that are under way, and what it let through."""

    def __init__(self, store: Store, now_ms: int) -> None:
        self.id = ids.new_id("jrn", now_ms)
        self.store = store
        self.loop = Loop()
        self.orders: deque[tuple[HeldLease, Order]] = deque()
        self.arrived: list[tuple[Missing, bool]] = []
        place = lambda lease, order: self.orders.append((lease, order))  # noqa: E731
        self.leases = Leases(self.loop, place, lambda missing, known: self.arrived.append((missing, known)))  # type: ignore[arg-type]  # as much of a loop as leases need
        self.limiter = QuotaLimiter(MemoryLimiter(), self.leases)
        self.missed: list[Missing] = []
        self.events: list[tuple[int, int]] = []

    def ask(self, quota: Quota, cost: int, now_ms: int) -> Decision | None:
        """What is decided; None where the request waits."""
        record = replace(RECORD, quota=quota)
        try:
            decision = self.limiter.decide(replace(ASK, cost=cost), record, PROJECT, now_ms * 1_000_000)
        except Missing as missing:
            self.missed.append(missing)
            return None
        if decision.allowed:
            self.events.append((now_ms, cost))
        return decision

    def carry_out(self, now_ms: int) -> None:
        """The next order, as the keeper carries it out, and its answer."""
        lease, order = self.orders.popleft()
        with self.store.read() as tx:
            used = used_of(tx, order)
        with self.store.write() as tx:
            answer = carry_out(tx, self.id, order, used, clock.from_ms(now_ms))
        self.leases.answer(lease, order, answer)

    def lose(self, now_ms: int, *, carried_out: bool) -> None:
        """The next order's answer never comes, whether it was carried out or not."""
        lease, order = self.orders.popleft()
        if carried_out:
            with self.store.write() as tx:
                carry_out(tx, self.id, order, 0, clock.from_ms(now_ms))
        self.leases.answer(lease, order, None)

    def decide(self, quota: Quota, cost: int, now_ms: int) -> Decision:
        """What is decided in the end."""
        while (decision := self.ask(quota, cost, now_ms)) is None:
            self.carry_out(now_ms)
        return decision

    def drain(self, now_ms: int) -> None:
        """Stop in good order."""
        self.leases.close()
        while self.orders:
            self.carry_out(now_ms)
        LeaseKeeper(self.loop, self.store, self.id).leave(self.leases.held())  # type: ignore[arg-type]  # it starts no thread

    def die(self) -> None:
        """Be killed: all that is left is in the journal, which is read to its end."""
        with self.store.write() as tx:
            numbered(tx, [self.id, PROJECT.id, RECORD.key_id])
            for position, (at_ms, cost) in enumerate(self.events):
                tx.execute(
                    insert(usage_events).values(
                        id=ids.new_id("req"), journal_id=self.id, position=position, at=clock.from_ms(at_ms),
                        project_id=PROJECT.id, key_id=RECORD.key_id, outcome="allowed", via="verify", cost=cost,
                    )
                )  # fmt: skip
            at = clock.from_ms(0)
            tx.execute(insert(journals).values(id=self.id, node="n", segment=1, offset=1, updated_at=at, ended_at=at))


def granted(store: Store, period_ms: int) -> int:
    with store.read() as tx:
        query = select(quota_counters.c.granted).where(quota_counters.c.period_at == clock.from_ms(period_ms))
        return int(tx.execute(query).scalar() or 0)


class Quotas(RuleBasedStateMachine):
    """Gates come and go, answers are lost, limits and clocks move: no period is ever overspent."""

    gates_ = st.integers(0, 2)

    @initialize(limit=st.integers(1, 80))
    def begin(self, limit: int) -> None:
        self.store = memory_store()
        self.limit, self.now_ms = limit, START_MS + 1000
        self.gates = [Gate(self.store, self.now_ms) for _ in range(3)]
        self.spent: dict[int, int] = {}
        self.nothing_lost = self.one_period = True

    @property
    def quota(self) -> Quota:
        return Quota(self.limit, "hour")

    def period_ms(self) -> int:
        return self.now_ms - self.now_ms % HOUR_MS

    @rule(which=gates_, cost=st.integers(1, 7), times=st.integers(1, 12))
    def request(self, which: int, cost: int, times: int) -> None:
        for _ in range(times):
            decision = self.gates[which].ask(self.quota, cost, self.now_ms)
            if decision is not None and decision.allowed:
                period = self.period_ms()
                self.spent[period] = self.spent.get(period, 0) + cost
                assert self.spent[period] <= self.limit
            elif decision is not None:
                assert (decision.reason, decision.rule) == (Reason.QUOTA_EXHAUSTED, "key.quota")

    @rule(which=gates_, times=st.integers(1, 3))
    def answer(self, which: int, times: int) -> None:
        for _ in range(min(times, len(self.gates[which].orders))):
            self.gates[which].carry_out(self.now_ms)

    @rule(which=gates_, carried_out=st.booleans())
    def lose(self, which: int, carried_out: bool) -> None:
        if self.gates[which].orders:
            self.nothing_lost = False
            self.gates[which].lose(self.now_ms, carried_out=carried_out)

    @rule(which=gates_, times=st.integers(1, 3))
    def pass_time(self, which: int, times: int) -> None:
        for _ in range(times):
            self.gates[which].loop.pass_time(LOOK_S)

    @rule(limit=st.integers(1, 80))
    def change_the_limit(self, limit: int) -> None:
        self.limit = limit

    @rule(hours=st.sampled_from([-1, 1]))
    def set_the_clock(self, hours: int) -> None:
        self.now_ms += hours * HOUR_MS
        self.one_period = False

    @rule(which=gates_, under_way=st.sampled_from(["before", "after", "never"]))
    def kill(self, which: int, under_way: str) -> None:
        """SIGKILL; an order that is under way may still be carried out, before it is settled or after."""
        gate = self.gates[which]
        if gate.orders and under_way == "before":
            gate.lose(self.now_ms, carried_out=True)
        gate.die()
        settle(self.store, clock.from_ms(START_MS), KEPT, 100)
        if gate.orders and under_way == "after":
            gate.lose(self.now_ms, carried_out=True)
            settle(self.store, clock.from_ms(START_MS), KEPT, 100)
        self.gates[which] = Gate(self.store, self.now_ms)

    @rule(which=gates_)
    def restart(self, which: int) -> None:
        self.gates[which].drain(self.now_ms)
        self.gates[which] = Gate(self.store, self.now_ms)

    @precondition(lambda self: hasattr(self, "gates"))
    @rule()
    def what_is_spent_is_spoken_for(self) -> None:
        for period, spent in self.spent.items():
            assert granted(self.store, period) >= spent

    def teardown(self) -> None:
        if not hasattr(self, "gates"):
            return
        for gate in self.gates:
            gate.drain(self.now_ms)
        with self.store.read() as tx:
            assert tx.execute(select(leases_table)).first() is None
        period = self.period_ms()
        if self.nothing_lost and self.one_period:
            # Everything that was not spent is back, and the last unit can be had.
            assert granted(self.store, period) == self.spent.get(period, 0)
            last = Gate(self.store, self.now_ms)
            for _ in range(self.limit - self.spent.get(period, 0)):
                assert last.decide(self.quota, 1, self.now_ms).allowed
            assert not last.decide(self.quota, 1, self.now_ms).allowed
        self.store.close()


TestQuotas = Quotas.TestCase
TestQuotas.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)


# --- one after another ----------------------------------------------------------------------------


@pytest.fixture
def store() -> Any:
    made = memory_store()
    yield made
    made.close()


@pytest.fixture
def gate(store: Store) -> Gate:
    return Gate(store, START_MS)


def test_the_first_request_waits_and_what_follows_does_not(gate: Gate) -> None:
    quota = Quota(1000, "hour")
    assert gate.ask(quota, 1, START_MS) is None
    assert len(gate.orders) == 1
    assert gate.ask(quota, 1, START_MS) is None
    assert len(gate.orders) == 1
    gate.carry_out(START_MS)
    assert gate.missed == [Missing("quota", RECORD.key_id)] * 2
    assert gate.arrived == [(Missing("quota", RECORD.key_id), True)]
    decisions = [gate.ask(quota, 1, START_MS) for _ in range(16)]
    assert all(each is not None and each.allowed for each in decisions)
    last = decisions[-1]
    assert last is not None
    assert [(each.name, each.remaining) for each in last.limits] == [("key:quota", 984)]


def test_more_is_ordered_before_the_lease_is_dry_and_the_orders_grow_with_the_pace(gate: Gate) -> None:
    quota, sizes = Quota(1_000_000, "hour"), []
    for _ in range(400):
        gate.decide(quota, 1, START_MS)
        while gate.orders:
            sizes.append(gate.orders[0][1].wish)
            gate.carry_out(START_MS)
    assert sizes == sorted(sizes)
    assert sizes[-1] >= 8 * sizes[0]


def test_what_lies_idle_goes_back_within_two_looks_and_costs_nothing_again(gate: Gate, store: Store) -> None:
    quota = Quota(1000, "hour")
    gate.decide(quota, 1, START_MS)
    assert granted(store, START_MS) == 16
    for _ in range(2):
        gate.loop.pass_time(LOOK_S)
        while gate.orders:
            gate.carry_out(START_MS)
    gate.loop.pass_time(LOOK_S)
    assert (granted(store, START_MS), gate.leases.held(), gate.loop.timers) == (1, [], [])
    # Another lease of the same period: what was spent before is not spent of it again.
    assert gate.decide(quota, 1, START_MS).limits[0].remaining == 998
    gate.drain(START_MS)
    assert granted(store, START_MS) == 2


def test_a_lease_that_is_used_is_kept_at_the_size_of_its_use(gate: Gate, store: Store) -> None:
    quota = Quota(100_000, "hour")
    for _ in range(400):
        gate.decide(quota, 1, START_MS)
        while gate.orders:
            gate.carry_out(START_MS)
    for _ in range(4):
        gate.decide(quota, 1, START_MS)
        gate.loop.pass_time(LOOK_S)
        while gate.orders:
            gate.carry_out(START_MS)
    [lease] = gate.leases.held()
    assert 0 < lease.left <= 2
    assert granted(store, START_MS) == 404 + lease.left


def test_the_end_of_a_quota_is_not_held_by_one_gate(gate: Gate, store: Store) -> None:
    quota, other = Quota(20, "hour"), Gate(store, START_MS)
    taken = [each.decide(quota, 1, START_MS).allowed for _ in range(10) for each in (gate, other)]
    assert taken == [True] * 20
    assert gate.decide(quota, 1, START_MS).rule == "key.quota"


def test_a_spent_quota_is_denied_from_memory_and_asked_about_once_a_second(gate: Gate, store: Store) -> None:
    quota, other = Quota(10, "hour"), Gate(store, START_MS)
    for _ in range(6):
        other.decide(quota, 1, START_MS)
    while gate.decide(quota, 1, START_MS).allowed:
        pass
    assert not gate.orders
    gate.loop.pass_time(1.1)
    for _ in range(5):
        assert not gate.decide(quota, 1, START_MS).allowed
    assert len(gate.orders) == 1
    gate.carry_out(START_MS)
    other.drain(START_MS)
    gate.loop.pass_time(1.1)
    gate.decide(quota, 1, START_MS)
    while gate.orders:
        gate.carry_out(START_MS)
    assert granted(store, START_MS) == 10


def test_a_dear_request_is_served_whole_or_not_at_all(gate: Gate) -> None:
    quota = Quota(10, "hour")
    assert gate.decide(quota, 7, START_MS).allowed
    denied = gate.decide(quota, 7, START_MS)
    assert (denied.reason, denied.limits[0].remaining) == (Reason.QUOTA_EXHAUSTED, 3)
    assert gate.decide(quota, 3, START_MS).allowed
    assert not gate.decide(quota, 11, START_MS).allowed


def test_a_lowered_quota_takes_back_what_was_granted_under_the_old_one(gate: Gate, store: Store) -> None:
    for _ in range(8):
        gate.decide(Quota(100, "hour"), 1, START_MS)
    lowered = [gate.decide(Quota(10, "hour"), 1, START_MS).allowed for _ in range(5)]
    assert lowered == [True, True, False, False, False]
    assert granted(store, START_MS) == 10
    assert gate.decide(Quota(12, "hour"), 2, START_MS).allowed
    assert not gate.decide(Quota(9, "hour"), 1, START_MS).allowed


def test_a_grant_under_a_limit_that_was_lowered_meanwhile_is_not_spent(gate: Gate, store: Store) -> None:
    assert gate.ask(Quota(100, "hour"), 20, START_MS) is None
    assert gate.ask(Quota(10, "hour"), 1, START_MS) is None
    gate.carry_out(START_MS)
    [lease] = gate.leases.held()
    assert lease.left == 0
    taken = [gate.decide(Quota(10, "hour"), 1, START_MS).allowed for _ in range(12)]
    assert taken == [True] * 10 + [False] * 2


@pytest.mark.parametrize("carried_out", [True, False])
def test_what_was_to_go_back_is_not_spent_though_the_answer_was_lost(
    gate: Gate, store: Store, carried_out: bool
) -> None:
    assert gate.decide(Quota(100, "hour"), 1, START_MS).allowed
    lowered = Quota(10, "hour")
    assert gate.ask(lowered, 1, START_MS) is None
    gate.lose(START_MS, carried_out=carried_out)
    assert gate.arrived[-1] == (Missing("quota", RECORD.key_id), False)
    taken = 0
    for _ in range(40):
        taken += gate.decide(lowered, 1, START_MS).allowed
        gate.loop.pass_time(1.1)
        while gate.orders:
            gate.carry_out(START_MS)
    assert 1 + taken == 10 == granted(store, START_MS)


def test_a_new_period_begins_anew_and_the_old_lease_goes_back(gate: Gate, store: Store) -> None:
    quota = Quota(20, "hour")
    while gate.decide(quota, 1, START_MS).allowed:
        pass
    later = START_MS + HOUR_MS
    assert gate.decide(quota, 1, later).limits[0].remaining == 19
    # The clock is set back: what was spent then is still spent.
    assert not gate.decide(quota, 1, START_MS).allowed
    assert gate.decide(quota, 1, later).allowed
    for _ in range(3):
        gate.loop.pass_time(LOOK_S)
        while gate.orders:
            gate.carry_out(later)
    assert (granted(store, START_MS), granted(store, later)) == (20, 2)


def test_a_quota_that_was_removed_goes_back_unspent(gate: Gate, store: Store) -> None:
    gate.decide(Quota(100, "hour"), 1, START_MS)
    assert gate.limiter.decide(ASK, RECORD, PROJECT, START_MS * 1_000_000).allowed
    for _ in range(3):
        gate.loop.pass_time(LOOK_S)
        while gate.orders:
            gate.carry_out(START_MS)
    assert granted(store, START_MS) == 1


def test_another_period_of_the_same_quota_is_counted_by_itself(gate: Gate, store: Store) -> None:
    day_ms = START_MS - START_MS % (24 * HOUR_MS)
    assert gate.decide(Quota(2, "hour"), 2, START_MS).allowed
    assert gate.decide(Quota(10, "day"), 7, START_MS).limits[0].remaining == 3
    assert (granted(store, START_MS), granted(store, day_ms)) == (2, 7)


def test_a_denial_for_another_reason_asks_the_store_for_nothing(gate: Gate) -> None:
    ask = replace(ASK, digest=b"x" * 32)
    decision = gate.limiter.decide(ask, replace(RECORD, quota=Quota(10, "hour")), PROJECT, START_MS * 1_000_000)
    assert decision.reason is Reason.UNKNOWN_KEY
    assert not gate.orders
    assert not gate.leases.held()


def test_key_and_project_are_spent_together_or_not_at_all(gate: Gate, store: Store) -> None:
    record = replace(RECORD, quota=Quota(10, "hour"))
    project = replace(PROJECT, quota=Quota(3, "hour"))
    passed: list[Decision] = []
    while len(passed) < 5:
        try:
            passed.append(gate.limiter.decide(ASK, record, project, START_MS * 1_000_000))
        except Missing:
            gate.carry_out(START_MS)
    assert [each.rule for each in passed] == ["all"] * 3 + ["project.quota"] * 2
    assert [(each.name, each.remaining) for each in passed[-1].limits] == [("key:quota", 7), ("project:quota", 0)]
