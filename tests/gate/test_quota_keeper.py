"""The thread that carries out orders of quota, on both databases."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text

from freehold.gate.quota_keeper import LeaseKeeper
from freehold.gate.quota_leases import HeldLease
from freehold.keys.quota_leases import Lease, Order
from freehold.projects.limits import Quota
from freehold.store.engine import Store
from tests.store.test_quota_leases import counted, instance_of, leased, order

NOW_MS = 1_800_000_000_000


def carried_out(store: Store, orders: list[Order], then: Callable[[LeaseKeeper], None] = lambda _: None) -> dict[str, Lease | None]:  # fmt: skip
    """What became of these orders, all of which wait when the thread begins."""
    answers: dict[str, Lease | None] = {}

    async def run() -> None:
        told = asyncio.Event()
        keeper = LeaseKeeper(asyncio.get_running_loop(), store, "jrn_one")

        def take(_lease: HeldLease, done: Order, answer: Lease | None) -> None:
            answers[done.owner_id] = answer
            if len(answers) == len(orders):
                told.set()

        for each in orders:
            keeper.place(HeldLease(each.owner_id, each.project_id, Quota(100, "hour"), NOW_MS), each)
        keeper.start(take)
        await told.wait()
        await asyncio.to_thread(keeper.stop)
        then(keeper)

    asyncio.run(run())
    return answers


def test_one_order_that_cannot_be_carried_out_fails_alone(store: Store) -> None:
    instance_of(store)
    orders = [order(f"key_{name}", need=2, wish=2) for name in "acd"]
    orders.insert(1, Order("key_b", "proj_none", "hour", orders[0].period_at, 100, need=1))
    answers = carried_out(store, orders)
    good = Lease(2, 2, 98)
    assert answers == {"key_a": good, "key_b": None, "key_c": good, "key_d": good}


def test_a_database_that_is_away_answers_nothing_and_takes_nothing(store: Store) -> None:
    instance_of(store)
    with store.write() as tx:
        tx.execute(text("ALTER TABLE quota_leases RENAME TO quota_leases_gone"))
    orders = [order(f"key_{name}", need=1) for name in "ab"]
    assert carried_out(store, orders) == {"key_a": None, "key_b": None}
    with store.write() as tx:
        tx.execute(text("ALTER TABLE quota_leases_gone RENAME TO quota_leases"))
    assert counted(store, "key_a") == 0


def test_who_leaves_gives_back_what_was_not_spent(store: Store) -> None:
    instance_of(store)
    held = HeldLease("key_one", "proj_sandbox", Quota(100, "hour"), NOW_MS)
    held.spent = 3
    assert carried_out(store, [order(need=20)], lambda keeper: keeper.leave([held])) == {"key_one": Lease(20, 20, 80)}
    assert (counted(store), leased(store)) == (3, {})
