"""The configuration epoch, on both databases: changes are in the order of their commits, and none is passed over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest

from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Store
from freehold.store.epoch import Change, Verifier
from tests.conftest import TestClock

WRITERS = 6
EACH = 8


def change(store: Store, subject_id: str) -> int:
    with store.write() as tx:
        return epoch.advance(tx, "key", subject_id, clock.now())


def advance_and_fail(store: Store) -> None:
    with store.write() as tx:
        epoch.advance(tx, "project", "proj_undone", clock.now())
        raise RuntimeError


def current(store: Store) -> int:
    with store.read() as tx:
        return epoch.current(tx)


def after(store: Store, reached: int, limit: int = 1000) -> list[Change]:
    with store.read() as tx:
        return epoch.changes_after(tx, reached, limit)


def test_every_change_has_the_next_epoch(store: Store) -> None:
    begun = current(store)
    assert [change(store, name) for name in "abc"] == [begun + 1, begun + 2, begun + 3]
    assert current(store) == begun + 3
    assert after(store, begun) == [Change(begun + 1 + index, "key", name) for index, name in enumerate("abc")]


def test_changes_are_read_on_from_any_epoch_in_pieces(store: Store) -> None:
    begun = current(store)
    for number in range(7):
        change(store, f"key_{number}")
    read: list[Change] = []
    reached = begun
    while some := after(store, reached, limit=3):
        assert len(some) <= 3
        read += some
        reached = some[-1].epoch
    assert [each.subject_id for each in read] == [f"key_{number}" for number in range(7)]
    assert after(store, current(store)) == []


def test_a_change_that_is_rolled_back_leaves_no_gap_and_no_trace(store: Store) -> None:
    begun = current(store)
    with pytest.raises(RuntimeError):
        advance_and_fail(store)
    assert current(store) == begun
    assert change(store, "key_done") == begun + 1
    assert after(store, begun) == [Change(begun + 1, "key", "key_done")]


def test_several_changes_of_one_transaction_appear_together(store: Store) -> None:
    begun = current(store)
    with store.write() as tx:
        for name in ("one", "two"):
            epoch.advance(tx, "key", name, clock.now())
        assert after(store, begun) == [], "seen before the commit"
        assert current(store) == begun
    assert [each.subject_id for each in after(store, begun)] == ["one", "two"]


def test_writers_at_one_instant_commit_in_the_order_of_their_epochs(store: Store) -> None:
    """Whoever has seen an epoch has seen all before it: a follower never finds an earlier one afterwards."""
    begun, total = current(store), WRITERS * EACH
    ready, over = Barrier(WRITERS), Event()
    seen: list[int] = []

    def follow() -> None:
        reached = begun
        while len(seen) < total and not over.is_set():
            with store.read() as tx:
                latest = epoch.current(tx)
                found = epoch.changes_after(tx, reached)
            # One read sees one moment: the counter and the rows agree.
            assert [each.epoch for each in found] == list(range(reached + 1, latest + 1))
            seen.extend(each.epoch for each in found)
            reached = latest

    def write(writer: int) -> list[int]:
        ready.wait()
        return [change(store, f"key_{writer}_{number}") for number in range(EACH)]

    follower = Thread(target=follow)
    follower.start()
    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            made = list(pool.map(write, range(WRITERS)))
    finally:
        if current(store) < begun + total:
            over.set()
        follower.join(30)
    expected = list(range(begun + 1, begun + total + 1))
    assert sorted(each for mine in made for each in mine) == expected
    assert all(mine == sorted(mine) for mine in made)
    assert seen == expected


# --- verifiers ------------------------------------------------------------------------------------


def test_a_verifier_reports_and_leaves(store: Store, test_clock: TestClock) -> None:
    begun = clock.now()
    with store.write() as tx:
        epoch.report(tx, "ver_b", "node-1", begun, 3, begun)
        epoch.report(tx, "ver_a", "node-2", begun, 4, begun)
    test_clock.move(1)
    later = clock.now()
    with store.write() as tx:
        epoch.report(tx, "ver_b", "node-1", begun, 9, later)
    with store.read() as tx:
        assert epoch.verifiers_seen_since(tx, begun) == [
            Verifier("ver_a", "node-2", begun, begun, 4), Verifier("ver_b", "node-1", begun, later, 9),
        ]  # fmt: skip
        assert [each.id for each in epoch.verifiers_seen_since(tx, later)] == ["ver_b"]
    with store.write() as tx:
        epoch.leave(tx, "ver_b")
        epoch.leave(tx, "ver_never")
    with store.read() as tx:
        assert [each.id for each in epoch.verifiers_seen_since(tx, begun)] == ["ver_a"]


def test_verifiers_that_were_not_heard_for_an_hour_are_forgotten(store: Store, test_clock: TestClock) -> None:
    begun = clock.now()
    for age_minutes, name in ((61, "ver_old"), (59, "ver_young")):
        with store.write() as tx:
            epoch.report(tx, name, "node", begun, 1, begun - timedelta(minutes=age_minutes))
    change(store, "key_kept")
    with store.write() as tx:
        epoch.forget_old(tx, begun)
    with store.read() as tx:
        assert [each.id for each in epoch.verifiers_seen_since(tx, begun - timedelta(days=1))] == ["ver_young"]
        assert [each.subject_id for each in epoch.changes_after(tx, 0)][-1] == "key_kept"
