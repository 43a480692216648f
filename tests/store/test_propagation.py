"""Waiting for a revocation: every live gate is waited for, a dead one is not, and never longer than the bound."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Store
from freehold.store.propagation import Confirmation, wait_for_verifiers

# Long enough that nobody who is waited for is given up, on the slowest machine.
PATIENT_S = 60.0
SHORT_S = 0.2


def report(store: Store, verifier_id: str, reached: int, age: timedelta = timedelta()) -> None:
    with store.write() as tx:
        epoch.report(tx, verifier_id, "node", clock.now() - timedelta(hours=1), reached, clock.now() - age)


@contextmanager
def waiting(store: Store, reached: int) -> Iterator[tuple[Event, list[Confirmation]]]:
    """Somebody who waits for an epoch: whether they are done, and what they were told."""
    done, told = Event(), list[Confirmation]()

    def wait() -> None:
        told.append(wait_for_verifiers(store, reached, PATIENT_S))
        done.set()

    waiter = Thread(target=wait)
    waiter.start()
    try:
        yield done, told
    finally:
        waiter.join(PATIENT_S + 10)
        assert not waiter.is_alive()


def test_without_a_gate_nobody_is_waited_for(store: Store) -> None:
    confirmation = wait_for_verifiers(store, 5, PATIENT_S)
    assert (confirmation.confirmed_by, confirmation.silent) == (0, 0)


def test_gates_that_are_there_already_confirm_at_once(store: Store) -> None:
    report(store, "ver_a", 5)
    report(store, "ver_b", 7)
    confirmation = wait_for_verifiers(store, 5, PATIENT_S)
    assert (confirmation.confirmed_by, confirmation.silent) == (2, 0)


def test_it_waits_until_the_last_live_gate_has_caught_up(store: Store) -> None:
    report(store, "ver_a", 4)
    report(store, "ver_b", 4)
    with waiting(store, 5) as (done, told):
        assert not done.wait(0.3), "neither gate has reached it"
        report(store, "ver_a", 5)
        assert not done.wait(0.3), "the second gate is still behind"
        report(store, "ver_b", 6)
        assert done.wait(PATIENT_S)
    assert (told[0].confirmed_by, told[0].silent) == (2, 0)


def test_a_gate_that_leaves_is_waited_for_no_longer(store: Store) -> None:
    report(store, "ver_a", 5)
    report(store, "ver_b", 4)
    with waiting(store, 5) as (done, told):
        assert not done.wait(0.3)
        with store.write() as tx:
            epoch.leave(tx, "ver_b")
        assert done.wait(PATIENT_S)
    assert (told[0].confirmed_by, told[0].silent) == (1, 0)


def test_a_gate_that_died_long_ago_is_not_waited_for(store: Store) -> None:
    report(store, "ver_dead", 1, age=timedelta(seconds=2 * PATIENT_S + 1))
    report(store, "ver_live", 5)
    confirmation = wait_for_verifiers(store, 5, PATIENT_S)
    assert (confirmation.confirmed_by, confirmation.silent) == (1, 0)


def test_a_gate_that_fell_silent_is_given_up_after_the_bound_and_named(store: Store) -> None:
    report(store, "ver_silent", 4)
    report(store, "ver_live", 5)
    confirmation = wait_for_verifiers(store, 5, SHORT_S)
    assert (confirmation.confirmed_by, confirmation.silent) == (1, 1)
    assert confirmation.propagation_ms >= SHORT_S * 1000, "by then the silent one denies everything by itself"
