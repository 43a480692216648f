"""HTTP checks of the operator's, called at real receivers of every temper: one honest result each, and nothing stuck."""

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.production.policy import own_checks
from freehold.production.policy.own_checks import OwnCheckSettings
from freehold.production.readiness import http_checks
from freehold.production.readiness import tasks as readiness_tasks
from freehold.production.readiness.records import HttpResult
from freehold.store.engine import Store
from freehold.store.schema import readiness_calls, readiness_http_results
from freehold.webhooks.addresses import AddressPolicy
from freehold.webhooks.records import AttemptResult, Timing
from freehold.webhooks.sender import Sender
from tests.conftest import TestClock
from tests.store.readiness_world import SETTINGS, ReadinessWorld, make_readiness_world
from tests.webhooks.receivers import Receiver, receiver

CODE = "capacity"
NOTHING = AttemptResult("unreachable", None, "There was no answer.", None, Timing(total_us=1), None, None)


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> ReadinessWorld:
    made = make_readiness_world(store, tmp_path / "journal")
    # Its first change begins its history, whose shape is sent.
    made.edit(product_line="Places")
    return made


def add(world: ReadinessWorld, url: str = "http://127.0.0.1:1024/", valid_days: int = 10) -> str:
    wanted = OwnCheckSettings("http", CODE, "Capacity", url=url, valid_days=valid_days)
    with world.store.write() as tx:
        return own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, wanted).id


def ask(world: ReadinessWorld) -> None:
    with world.store.write() as tx:
        http_checks.ask(tx, world.owner, world.project_id, CODE)


def called(
    world: ReadinessWorld, path: str, loopback: bool = True, answer_s: float = 5, calls: int = 1
) -> tuple[HttpResult, Receiver]:
    """Have the check called at a receiver, by a caller of its own; its result."""

    async def call() -> Receiver:
        policy = AddressPolicy(loopback=loopback)
        async with receiver() as there, Sender({"sandbox": policy}, answer_s=answer_s) as sender:
            with world.store.write() as tx:
                [check] = own_checks.list_own_checks(tx, world.operator, world.api_id)
                url = there.url(path)
                own_checks.edit_own_check(
                    tx,
                    world.operator,
                    SETTINGS,
                    check.id,
                    lambda old: OwnCheckSettings("http", CODE, old.title, url=url, valid_days=10),
                )
            ask(world)
            assert await readiness_tasks.Caller(world.store, sender).turn() == calls
            return there

    there = asyncio.run(call())
    with world.store.read() as tx:
        return http_checks.list_results(tx, world.owner, world.project_id)[0], there


def test_the_shape_is_posted_and_the_answer_decides(world: ReadinessWorld, test_clock: TestClock) -> None:
    add(world)
    assert world.state(CODE) == "waiting"
    found, there = called(world, "/passes")
    assert (found.passed, found.detail, found.status, found.asked_by) == (True, "Room enough.", 200, "Ada")
    [request] = there.requests
    body = json.loads(request.body)
    assert request.line == "POST /passes HTTP/1.1"
    assert (body["check"], body["project"]["id"], body["shape"]["labels"]["product_line"]) == (
        CODE,
        world.project_id,
        "Places",
    )
    assert body["fingerprint"] == found.facts_sha256
    assert world.state(CODE) == "passed"
    # Another shape is asked about anew, by itself.
    world.edit(product_line="Maps")
    assert world.state(CODE) == "waiting"
    readiness_tasks.turn(world.store)
    assert waiting(world) == [world.project_id]
    test_clock.move(1)
    found, _ = called(world, "/refuses")
    assert (found.passed, world.state(CODE)) == (False, "failed")
    # A no is asked again after an hour, a yes when it is too old.
    readiness_tasks.turn(world.store)
    assert waiting(world) == []
    test_clock.move(3600)
    readiness_tasks.turn(world.store)
    assert waiting(world) == [world.project_id]
    assert called(world, "/passes")[0].asked_by == "Freehold"
    test_clock.move(10 * 86_400)
    assert world.state(CODE) == "waiting"


def waiting(world: ReadinessWorld) -> list[str]:
    """The projects with a history whose checks are asked for."""
    with world.store.read() as tx:
        query = select(readiness_calls.c.project_id).where(readiness_calls.c.project_id == world.project_id)
        return list(tx.execute(query).scalars())


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("/accept", "is not JSON", 200),
        ("/empty", "is not JSON", 204),
        ("/list", "does not say", 200),
        ("/says-nothing", "does not say", 200),
        ("/deep", "is not JSON", 200),
        ("/endless", "longer than 16 KiB", 200),
        ("/500", "500", 500),
        ("/redirect", "302", 302),
        ("/garbage", "", None),
        ("/huge-head", "", None),
        ("/slow", "", None),
        ("/drip", "", 200),
        ("/reset", "", None),
    ],
)
def test_hostile_answers_are_no_yes(sqlite_world: ReadinessWorld, path: str, words: str, status: int | None) -> None:
    add(sqlite_world)
    found, _ = called(sqlite_world, path, answer_s=0.4)
    assert (found.passed, found.status) == (None, status)
    assert words in found.detail
    assert 0 < len(found.detail) <= http_checks.DETAIL_MAX
    assert sqlite_world.state(CODE) == "failed"


@pytest.fixture
def sqlite_world(sqlite_store: Store, tmp_path: Path, test_clock: TestClock) -> ReadinessWorld:
    made = make_readiness_world(sqlite_store, tmp_path / "journal")
    made.edit(product_line="Places")
    return made


def test_an_address_of_the_operators_own_network_is_not_called(sqlite_world: ReadinessWorld) -> None:
    add(sqlite_world)
    found, there = called(sqlite_world, "/passes", loopback=False)
    assert (found.passed, there.connections) == (None, 0)
    assert "may not be sent to" in found.detail
    wanted = OwnCheckSettings("http", "inside", "Inside", url="http://10.1.2.3/")
    with sqlite_world.store.write() as tx, pytest.raises(Problem, match="10\\.1\\.2\\.3"):
        own_checks.create_own_check(tx, sqlite_world.operator, SETTINGS, sqlite_world.api_id, wanted)


def test_a_caller_that_dies_leaves_a_call_that_another_makes(world: ReadinessWorld, test_clock: TestClock) -> None:
    add(world)
    ask(world)
    ask(world)
    with world.store.write() as tx:
        assert len(http_checks.claim(tx, clock.now(), 8)) == 1
    with world.store.write() as tx:
        assert http_checks.claim(tx, clock.now(), 8) == []
    test_clock.move(61)
    with world.store.write() as tx:
        assert len(http_checks.claim(tx, clock.now(), 8)) == 1


def test_a_project_that_goes_while_it_is_asked_about_takes_no_other_with_it(
    world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = http_checks.claim

    def claim_another(*given: Any) -> list[http_checks.Asking]:
        claimed = claim(*given)
        return [replace(claimed[0], project_id=ids.new_id("proj")), *claimed]

    add(world)
    monkeypatch.setattr(http_checks, "claim", claim_another)
    called(world, "/passes", calls=2)
    assert world.state(CODE) == "passed"


def test_two_callers_make_one_call(world: ReadinessWorld) -> None:
    add(world)
    ask(world)
    claimed: list[int] = []

    def claim() -> None:
        with world.store.write() as tx:
            claimed.append(len(http_checks.claim(tx, clock.now(), 8)))

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(claimed) == [0, 1]


def test_only_the_newest_results_are_kept_and_a_removed_check_is_called_no_more(
    world: ReadinessWorld, test_clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_checks, "KEPT", 3)
    check_id = add(world)
    for _ in range(5):
        test_clock.move(1)
        ask(world)
        with world.store.write() as tx:
            for each in http_checks.claim(tx, clock.now(), 8):
                http_checks.record(tx, each, NOTHING)
    with world.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(readiness_http_results)).scalar() == 3
    ask(world)
    with world.store.write() as tx:
        own_checks.remove_own_check(tx, world.operator, check_id)
    with world.store.write() as tx:
        assert http_checks.claim(tx, clock.now(), 8) == []
