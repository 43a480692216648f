"""What the operator asks of an API, changed by two at one instant: the API's row first, then the others, the log last."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from freehold.apis import actions as apis
from freehold.apis import queries as api_queries
from freehold.apis.records import ApiEdit
from freehold.errors import Problem
from freehold.organizations import audit
from freehold.production.policy import actions as policies
from freehold.production.policy import own_checks
from freehold.production.policy.own_checks import OwnCheckSettings
from freehold.production.readiness import queries
from freehold.production.readiness.records import OwnCheck
from freehold.store.engine import Store, Transaction
from tests.conftest import TestClock
from tests.lock_order import PATIENCE_S
from tests.store.readiness_world import SETTINGS, ReadinessWorld, make_readiness_world

Act = Callable[[Transaction], Any]

REVIEW: Final = OwnCheckSettings("attestation", "security_review", "Security review", role="admin")


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> ReadinessWorld:
    return make_readiness_world(store, tmp_path / "journal")


def add(world: ReadinessWorld, code: str) -> str:
    with world.store.write() as tx:
        wanted = replace(REVIEW, code=code)
        return own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, wanted).id


def codes(world: ReadinessWorld) -> list[str]:
    with world.store.read() as tx:
        return sorted(each.code for each in queries.own_checks_of(tx, world.api_id))


def beside(
    world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch, first: Act, act: Callable[[], Any], then: Act
) -> Any:
    """What came of `act`, also where it raised, beside a transaction that has done something, and goes on once `act` waits for it."""
    here, wants = threading.get_ident(), threading.Event()

    def saying(take: Callable[..., Any]) -> Callable[..., Any]:
        def say_and_take(*given: Any) -> Any:
            if threading.get_ident() != here:
                wants.set()
            return take(*given)

        return say_and_take

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as other:
        patch.setattr(api_queries, "lock_api", saying(api_queries.lock_api))
        for name in ("hold", "_next_place"):
            patch.setattr(audit, name, saying(getattr(audit, name)))
        with world.store.write() as tx:
            first(tx)
            acting = other.submit(act)
            acting.add_done_callback(lambda _: wants.set())
            if not world.store.is_sqlite:
                wants.wait(PATIENCE_S)
            then(tx)
        return acting.exception() or acting.result()


def test_two_that_are_added_at_one_instant_are_no_more_than_may_be(
    world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_checks, "OWN_CHECKS_MAX", 2)
    add(world, "first")

    def second(tx: Transaction) -> None:
        own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, replace(REVIEW, code="second"))

    refused = beside(world, monkeypatch, second, lambda: add(world, "third"), lambda _: None)
    assert isinstance(refused, Problem)
    assert (refused.code, refused.detail.partition(".")[0]) == ("conflict", "An API has at most 2 checks of its own")
    assert codes(world) == ["first", "second"]


def test_of_many_at_one_instant_as_many_are_added_as_may_be(
    world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_checks, "OWN_CHECKS_MAX", 3)
    together = threading.Barrier(6)

    def try_to_add(number: int) -> str:
        together.wait()
        try:
            return add(world, f"check_{number}") and "added"
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(6) as threads:
        answers = sorted(threads.map(try_to_add, range(6)))
    assert answers == ["added"] * 3 + ["conflict"] * 3
    assert len(codes(world)) == 3


@pytest.mark.parametrize("what", ["check added", "check changed", "check removed", "policy set"])
def test_the_api_is_held_before_the_log(world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """As whoever changes the API itself takes them: neither waits for the other while it holds what that one wants."""
    check, operator = add(world, "first"), world.operator
    with world.store.write() as tx:
        policy = policies.read_policy(tx, operator, world.api_id)
    acts: dict[str, Act] = {
        "check added": lambda tx: own_checks.create_own_check(tx, operator, SETTINGS, world.api_id, REVIEW),
        "check changed": lambda tx: own_checks.edit_own_check(
            tx, operator, SETTINGS, check, lambda old: replace(old, title="Another")
        ),
        "check removed": lambda tx: own_checks.remove_own_check(tx, operator, check),
        "policy set": lambda tx: policies.set_policy(tx, operator, world.api_id, replace(policy, unused_days=9)),
    }

    def run() -> Any:
        with world.store.write() as tx:
            return acts[what](tx)

    outcome = beside(
        world, monkeypatch, lambda tx: api_queries.lock_api(tx, world.api_id), run,
        lambda tx: apis.edit_api(tx, operator, world.api_id, ApiEdit(name="Another")),
    )  # fmt: skip
    assert not isinstance(outcome, Exception), outcome


def test_a_check_is_changed_as_the_first_has_left_it(world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody named a revision that they saw: neither of the two is refused."""
    check = add(world, "first")

    def change(tx: Transaction, **change: Any) -> OwnCheck:
        return own_checks.edit_own_check(tx, world.operator, SETTINGS, check, lambda old: replace(old, **change))

    def run() -> OwnCheck:
        with world.store.write() as tx:
            return change(tx, title="Another")

    outcome = beside(world, monkeypatch, lambda tx: change(tx, valid_days=9), run, lambda _: None)
    assert not isinstance(outcome, Exception), outcome
    assert (outcome.title, outcome.valid_days) == ("Another", 9)
