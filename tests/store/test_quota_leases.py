"""Leases of quota on both databases: granted, given back, settled, forgotten, and never more than the limit."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from freehold.keys.quota_leases import Lease, Order, carry_out, forget_leases, forget_old, used_of
from freehold.keys.quota_settling import EndedLease, end_lease, ended_leases, is_whole, settle, spent_of
from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.store.schema import journals, quota_counters, usage_events, usage_gaps, usage_rollups
from freehold.store.schema import quota_leases as leases
from freehold.usage.naming import numbered
from tests.databases import SECRET
from tests.gate.instance import Instance

HOUR = datetime(2027, 1, 15, 8, tzinfo=UTC)
NOW = HOUR + timedelta(minutes=20)
KEPT = timedelta(days=30)
# How many rounds each of the gates below asks and gives back.
ROUNDS = int(os.environ.get("QUOTA_ROUNDS", "40"))


def instance_of(store: Store) -> Instance:
    made = Instance(Path(), store, SECRET)
    with store.write() as tx:
        made._fill(tx)
    return made


def order(owner_id: str = "key_one", limit: int = 100, **fields: Any) -> Order:
    return replace(Order(owner_id, "proj_sandbox", "hour", HOUR, limit), **fields)


def do(store: Store, verifier_id: str, what: Order) -> Lease:
    with store.read() as tx:
        used = used_of(tx, what)
    with store.write() as tx:
        return carry_out(tx, verifier_id, what, used, NOW)


def counted(store: Store, owner_id: str = "key_one") -> int:
    with store.read() as tx:
        query = select(quota_counters.c.granted).where(quota_counters.c.owner_id == owner_id)
        return int(tx.execute(query).scalar() or 0)


def leased(store: Store) -> dict[str, int]:
    with store.read() as tx:
        rows = tx.execute(select(leases.c.verifier_id, leases.c.granted))
        return {row.verifier_id: row.granted for row in rows}


def journal(store: Store, started_at: datetime = HOUR, *, ended: bool = True) -> str:
    """A journal that was read to its end, or is still written."""
    journal_id = ids.new_id("jrn", clock.to_ms(started_at))
    with store.write() as tx:
        tx.execute(
            insert(journals).values(
                id=journal_id, node="n", segment=1, offset=1, updated_at=NOW, ended_at=NOW if ended else None
            )
        )
    return journal_id


def end_journal(store: Store, journal_id: str) -> None:
    """As the collector does once it has read a dead gate's journal to its end."""
    with store.write() as tx:
        tx.execute(update(journals).where(journals.c.id == journal_id).values(ended_at=NOW))


def record(store: Store, journal_id: str, costs: list[int], *, first: int = 0, at: datetime = NOW, **columns: Any) -> None:  # fmt: skip
    """Usage events of a journal, as the collector leaves them."""
    with store.write() as tx:
        numbered(tx, [journal_id, "proj_sandbox", "key_one", *(str(each) for each in columns.values())])
        for position, cost in enumerate(costs, first):
            values = {
                "id": ids.new_id("req"), "journal_id": journal_id, "position": position, "at": at, "outcome": "allowed",
                "project_id": "proj_sandbox", "key_id": "key_one", "via": "verify", "cost": cost,
            }  # fmt: skip
            tx.execute(insert(usage_events).values(values | columns))


def roll_up(store: Store, cost: int, grain: str = "hour", bucket_at: datetime = HOUR, **columns: Any) -> None:
    with store.write() as tx:
        values = {
            "grain": grain, "bucket_at": bucket_at, "project_id": "proj_sandbox", "key_id": "key_one", "secret": "s",
            "endpoint": "e", "outcome": "allowed", "status_class": 0, "requests": 1,
            "cost": cost, "latency_us_sum": 0, "latency_count": 0,
        }  # fmt: skip
        numbered(tx, [str(each) for each in (values | columns).values()])
        tx.execute(insert(usage_rollups).values(values | columns))


# --- granting and giving back ---------------------------------------------------------------------


def test_gates_are_granted_parts_of_what_is_left_and_the_last_unit_too(store: Store) -> None:
    instance_of(store)
    assert do(store, "a", order(need=1, wish=16)) == Lease(16, 16, 84)
    assert do(store, "b", order(need=1, wish=50)) == Lease(21, 21, 63)
    assert do(store, "a", order(need=60, wish=60)) == Lease(76, 60, 3)
    assert do(store, "b", order(need=4, wish=4)) == Lease(21, 0, 3)
    assert do(store, "b", order(need=3, wish=9)) == Lease(24, 3, 0)
    assert do(store, "a", order(need=1, wish=9)) == Lease(76, 0, 0)
    assert (counted(store), leased(store)) == (100, {"a": 76, "b": 24})


def test_what_is_given_back_is_there_for_others(store: Store) -> None:
    instance_of(store)
    do(store, "a", order(need=100))
    assert do(store, "a", order(give_back=40)) == Lease(60, 0, 40)
    assert do(store, "b", order(need=40)) == Lease(40, 40, 0)
    assert do(store, "b", order(give_back=15, need=5, wish=5)) == Lease(30, 5, 10)
    assert (counted(store), leased(store)) == (90, {"a": 60, "b": 30})


def test_nothing_comes_back_that_the_store_does_not_know_of(store: Store) -> None:
    """A lease that was settled, or that a database put back has forgotten."""
    instance_of(store)
    do(store, "a", order(need=30, wish=30))
    assert do(store, "b", order(give_back=10)) == Lease(0, 0, 70)
    assert do(store, "a", order(give_back=31)) == Lease(30, 0, 70)
    assert counted(store) == 30


def test_owners_and_periods_are_counted_apart(store: Store) -> None:
    instance_of(store)
    do(store, "a", order(need=100))
    assert do(store, "a", order("proj_sandbox", need=7)).ungranted == 93
    assert do(store, "a", order(period_at=HOUR + timedelta(hours=1), need=100)).added == 100


def test_a_lower_limit_grants_nothing_until_enough_came_back(store: Store) -> None:
    instance_of(store)
    do(store, "a", order(need=40))
    do(store, "b", order(need=40))
    assert do(store, "a", order(limit=50, give_back=20, need=1)) == Lease(20, 0, 0)
    assert do(store, "b", order(limit=50, give_back=35, need=5)).added == 5
    assert (counted(store), leased(store)) == (30, {"a": 20, "b": 10})


def test_use_from_before_the_quota_was_set_counts(store: Store) -> None:
    instance_of(store)
    roll_up(store, 70)
    roll_up(store, 500, outcome="rate_limited")
    roll_up(store, 500, grain="day", bucket_at=HOUR.replace(hour=0))
    roll_up(store, 500, bucket_at=HOUR - timedelta(hours=1))
    roll_up(store, 5, key_id="key_two")
    assert do(store, "a", order(need=31)) == Lease(0, 0, 30)
    assert do(store, "a", order(need=30)) == Lease(30, 30, 0)
    assert counted(store) == 100
    assert do(store, "a", order("proj_sandbox", need=25, wish=25)) == Lease(25, 25, 0)


def test_what_is_counted_later_of_what_was_granted_changes_nothing(store: Store) -> None:
    instance_of(store)
    do(store, "a", order(need=60))
    roll_up(store, 60)
    assert do(store, "a", order(need=40)) == Lease(100, 40, 0)


def test_a_gate_that_leaves_has_spent_what_it_still_holds(store: Store) -> None:
    instance_of(store)
    do(store, "a", order(need=60))
    with store.write() as tx:
        forget_leases(tx, "a")
    assert (counted(store), leased(store)) == (60, {})


def test_however_many_ask_at_once_the_limit_is_never_passed_and_ends_up_spent(store: Store) -> None:
    """Gates in threads, each with its own connection: they ask, spend by lot, give back by lot, until nothing is left."""
    instance_of(store)
    limit, spent, lock = 500, [0], threading.Lock()

    def gate(number: int) -> None:
        dice, held = random.Random(number), 0
        for _ in range(ROUNDS):
            owner = dice.choice(("key_one", "proj_sandbox"))
            if owner == "proj_sandbox":
                # Another owner in between: transactions hold one counter and come for the next.
                do(store, f"gate {number}", order(owner, limit=10**9, need=1, wish=3))
                continue
            give_back = dice.randint(0, held)
            lease = do(
                store, f"gate {number}", order(limit=limit, give_back=give_back, need=dice.randint(1, 9), wish=20)
            )
            held += lease.added - give_back
            use = dice.randint(0, held)
            held -= use
            with lock:
                spent[0] += use
            assert counted(store) <= limit
        do(store, f"gate {number}", order(limit=limit, give_back=held))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(gate, range(4)))
    assert counted(store) == spent[0] == sum(granted for _, granted in _of_key(store)) <= limit
    last = do(store, "last", order(limit=limit, need=1, wish=10**6))
    while last.ungranted:
        last = do(store, "last", order(limit=limit, need=1, wish=10**6))
    assert spent[0] + last.granted == limit


def _of_key(store: Store) -> list[tuple[str, int]]:
    with store.read() as tx:
        query = select(leases.c.verifier_id, leases.c.granted).where(leases.c.owner_id == "key_one")
        return [(row.verifier_id, row.granted) for row in tx.execute(query)]


# --- settling -------------------------------------------------------------------------------------


def test_a_gate_that_was_killed_spent_what_its_journal_says(store: Store) -> None:
    instance_of(store)
    gone, living, alive = journal(store), journal(store, ended=False), "no journal yet"
    for each in (gone, living, alive):
        do(store, each, order(need=20, wish=20))
    do(store, gone, order("proj_sandbox", need=50))
    record(store, gone, [3, 4])
    record(store, gone, [1], first=2, outcome="rate_limited")
    record(store, gone, [5], first=3, key_id="key_two")
    record(store, gone, [6], first=4, at=HOUR - timedelta(seconds=1))
    record(store, living, [9])
    assert settle(store, NOW, KEPT, 10) == 2
    assert (counted(store), counted(store, "proj_sandbox")) == (60 - 20 + 7, 12)
    assert leased(store) == {living: 20, alive: 20}
    assert settle(store, NOW, KEPT, 10) == 0


def test_more_spent_than_granted_takes_nothing_from_others(store: Store) -> None:
    """Use from before the quota was set is in the journal too."""
    instance_of(store)
    gone = journal(store)
    do(store, gone, order(need=10, wish=10))
    do(store, "other", order(need=10, wish=10))
    record(store, gone, [90])
    settle(store, NOW, KEPT, 10)
    assert counted(store) == 20


def test_two_that_settle_give_back_once(store: Store) -> None:
    instance_of(store)
    gone = journal(store)
    do(store, gone, order(need=20, wish=20))
    with store.write() as tx:
        assert end_lease(tx, gone, "key_one", HOUR, 5)
    with store.write() as tx:
        assert not end_lease(tx, gone, "key_one", HOUR, 5)
    assert counted(store) == 5


@pytest.mark.parametrize("missing", ["first", "middle"])
def test_a_journal_with_a_hole_gives_nothing_back(store: Store, missing: str) -> None:
    instance_of(store)
    gone = journal(store)
    do(store, gone, order(need=20, wish=20))
    positions = {"first": (1, 2), "middle": (0, 2)}[missing]
    for position in positions:
        record(store, gone, [1], first=position)
    settle(store, NOW, KEPT, 10)
    assert (counted(store), leased(store)) == (20, {})


def test_a_journal_that_shed_decisions_gives_nothing_back(store: Store) -> None:
    """They were answered, and nobody knows what they cost."""
    instance_of(store)
    gone = journal(store)
    do(store, gone, order(need=20, wish=20))
    record(store, gone, [3])
    with store.write() as tx:
        gap = {"journal_id": gone, "slot": 1, "project_id": "*", "decisions": 1, "first_at": NOW, "last_at": NOW}
        tx.execute(insert(usage_gaps).values(gap))
    settle(store, NOW, KEPT, 10)
    assert (counted(store), leased(store)) == (20, {})


def test_events_that_are_no_longer_kept_give_nothing_back(store: Store) -> None:
    instance_of(store)
    month = datetime(2027, 1, 1, tzinfo=UTC)
    old, new = journal(store, month), journal(store, NOW - timedelta(hours=1))
    wanted = replace(order(need=20, wish=20), period="month", period_at=month)
    do(store, old, wanted)
    do(store, new, wanted)
    # What is older than a week is deleted; of the old journal these are left.
    record(store, old, [1, 1], first=100)
    record(store, new, [2])
    settle(store, NOW, timedelta(days=7), 10)
    assert counted(store) == 20 + 2
    with store.read() as tx:
        assert is_whole(tx, old, NOW - timedelta(days=7))
        assert not is_whole(tx, old, month - timedelta(days=1))


def test_what_is_settled_was_asked_of_the_index(store: Store) -> None:
    """The right sum among other keys, projects, journals and periods."""
    instance_of(store)
    one, other = journal(store), journal(store)
    record(store, one, [1, 2])
    record(store, other, [40])
    record(store, one, [80], first=2, project_id="proj_production", key_id="key_three")
    lease = EndedLease(one, "key_one", "proj_sandbox", HOUR, 100)
    with store.read() as tx:
        assert spent_of(tx, lease, NOW - KEPT) == 3
        assert spent_of(tx, replace(lease, owner_id="proj_sandbox"), NOW - KEPT) == 3
        assert ended_leases(tx, 10) == []


# --- housekeeping ---------------------------------------------------------------------------------


def test_periods_long_over_are_forgotten_with_their_leases(store: Store) -> None:
    instance_of(store)
    for hours in (0, 23, 25, 26):
        do(store, "a", order(period_at=HOUR - timedelta(hours=hours), need=1))
    for days in (20, 40):
        do(store, "a", order("proj_sandbox", period_at=HOUR - timedelta(days=days), need=1))
    with store.write() as tx:
        assert forget_old(tx, HOUR, 100) == 2
        assert forget_old(tx, HOUR, 100) == 0
    with store.read() as tx:
        kept = [
            (HOUR - each) // timedelta(hours=1) for each in tx.execute(select(quota_counters.c.period_at)).scalars()
        ]
        assert sorted(kept) == [0, 23, 25, 480]
        assert tx.execute(select(func.count()).select_from(leases)).scalar_one() == 4
