"""Two and more people approving, withdrawing, changing and asking at the same instant: one consistent outcome, on both engines.

A few rounds in a run of all tests; a campaign: REVIEW_RACES=200 pytest tests/production/test_review_races.py
"""

import os
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Final

import pytest

from freehold.errors import Problem
from freehold.organizations.records import Actor
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.production.review.records import AccessRequest
from freehold.projects import actions as projects
from freehold.projects.records import Project, Scope
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from tests.production.review_world import ASKED, ReviewWorld
from tests.production.world import project_of

ROUNDS: Final = int(os.environ.get("REVIEW_RACES", "4"))
# What of a race may be refused, and how: another one came first.
_LATE: Final = frozenset({"conflict", "shape_changed", "already_exists", "precondition_failed", "not_approved"})

Act = Callable[[Transaction], object]


@pytest.fixture
def world(store: Store, settings: Settings) -> ReviewWorld:
    return ReviewWorld(store, settings)


def race(world: ReviewWorld, *acts: Act) -> list[str]:
    """Do all at one instant, each in a transaction of its own; what became of each: `done` or the code of its refusal."""
    ready, outcomes = Barrier(len(acts)), ["?"] * len(acts)

    def run(place: int, act: Act) -> None:
        ready.wait()
        try:
            with world.store.write() as tx:
                act(tx)
            outcomes[place] = "done"
        except Problem as problem:
            outcomes[place] = problem.code

    threads = [Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def approval(who: Actor, request: AccessRequest, seen: str) -> Act:
    return lambda tx: review_decisions.approve_request(tx, who, request.id, seen)


def denial(world: ReviewWorld, request: AccessRequest) -> Act:
    return lambda tx: review_decisions.deny_request(tx, world.second, request.id, "No.")


def withdrawal(world: ReviewWorld, request: AccessRequest) -> Act:
    return lambda tx: review_actions.withdraw_request(tx, world.developer, request.id)


def change(world: ReviewWorld, *endpoints: str) -> Act:
    scope = Scope(list(endpoints), ["parcel.moved"])
    return lambda tx: projects.set_scope(tx, world.developer, world.project, scope)


def decisions(world: ReviewWorld, request: AccessRequest) -> list[str]:
    return [each.kind for each in world.entries(request) if each.kind in ("approved", "denied", "withdrawn", "lapsed")]


def test_approving_denying_withdrawing_and_changing_at_one_instant(world: ReviewWorld) -> None:
    """At most one decision; never an approval of a shape that was not looked at; what is approved and open is as it is now."""
    for turn in range(ROUNDS):
        request = world.ask()
        seen = world.fingerprint()
        other = ("get_parcel",) if turn % 2 == 0 else ("get_parcel", "list_parcels")
        outcomes = race(
            world, approval(world.operator, request, seen), approval(world.second, request, seen),
            denial(world, request),
            withdrawal(world, request),
            change(world, *other),
        )  # fmt: skip
        assert set(outcomes) <= {"done"} | _LATE, outcomes
        after, said = world.request(request.id), decisions(world, request)
        assert sum(each in ("approved", "denied") for each in said) <= 1, (outcomes, said)
        assert after.approved_fingerprint in (None, seen)
        assert (after.approved_fingerprint is None) == ("approved" not in said)
        if after.state == "approved":
            assert after.covered_fingerprint == world.fingerprint()
        if "approved" in said and outcomes[4] == "done":
            assert after.state in ("lapsed", "withdrawn") or after.covered_fingerprint == world.fingerprint()
        settle(world, after)


def settle(world: ReviewWorld, request: AccessRequest) -> None:
    """Leave nothing open for the next round."""
    if world.request(request.id).is_open:
        with world.store.write() as tx:
            review_actions.withdraw_request(tx, world.developer, request.id)


def test_of_two_who_ask_at_one_instant_one_has(world: ReviewWorld) -> None:
    for _ in range(ROUNDS):
        outcomes = race(
            world, *[lambda tx: review_actions.request_access(tx, world.developer, world.project, ASKED)] * 3
        )
        assert sorted(outcomes) == ["already_exists", "already_exists", "done"]
        [request] = world.open_requests()
        settle(world, request)


def test_the_door_of_the_clone_and_a_change_at_one_instant(world: ReviewWorld) -> None:
    """Whoever was let through cloned what was approved: the change came after, or was seen."""
    for turn in range(ROUNDS):
        request = world.ask()
        world.approve(request)
        let_through: list[str] = []

        def clone(tx: Transaction, passed: list[str] = let_through) -> None:
            found = review_actions.may_clone(tx, project_of_tx(tx, world))
            passed.append(found.covered_fingerprint or "")

        seen = world.fingerprint()
        race(world, clone, change(world, *(("get_parcel",) if turn % 2 == 0 else ("get_parcel", "list_parcels"))))
        assert let_through in ([], [seen])
        assert world.request(request.id).state == "lapsed"


def project_of_tx(tx: Transaction, world: ReviewWorld) -> Project:
    return projects.read_project(tx, world.developer, world.project)


def test_a_production_edit_by_two_at_one_instant_opens_one_review(world: ReviewWorld) -> None:
    production = world.go_live()
    seconds = [world.developer, world.instance.actor("owner"), world.instance.actor("admin")]
    keys = [
        lambda tx, who=who, place=place: projects.set_scope(
            tx,
            who,
            production.id,
            Scope(["get_parcel", "list_parcels", "create_parcel"][: place + 2], ["parcel.moved"]),
        )
        for place, who in enumerate(seconds[:2])
    ]
    race(world, *keys)
    [request] = world.open_requests()
    assert request.fingerprint == world.fingerprint(production.id)
    assert request.kind == "change"
    assert project_of(world.instance, production.id).environment == "production"
