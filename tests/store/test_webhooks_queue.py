"""The delivery queue on both databases: leases, shares, what an attempt makes of its delivery."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import actions, delivery_actions, queue, queue_queries, rules
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import Attempt, AttemptResult, Dispatch, Timing
from freehold.webhooks.rules import LEASE
from tests.webhooks.world import World, make_world

URL = "http://example.com/hooks"


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret, test_clock: Any) -> World:
    return make_world(store, settings, secret)


def claim(world: World, room: int = 100, running: dict[str, int] | None = None, share: int = 100) -> list[Dispatch]:
    with world.store.write() as tx:
        return queue.claim_due(tx, clock.now(), room, running or {}, share)


def came(status: int | None) -> AttemptResult:
    outcome, error = ("unreachable", "No connection.") if status is None else rules.judge(status)
    return AttemptResult(
        outcome,
        status,
        error,
        "192.0.2.9",
        Timing(1, 2, None, 3, 7),
        (("x-a", "1"),) if status else None,
        b"\x00\xff" if status else None,
    )


def record(world: World, dispatch: Dispatch, status: int | None, jitter: float = 0) -> Attempt:
    at = clock.now()
    with world.store.write() as tx:
        return queue.record_attempt(tx, dispatch, request_of(dispatch, world.secret, at), at, came(status), jitter)


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL)
    message = world.publish()
    first = claim(world)
    assert [(each.message.id, each.message.payload) for each in first] == [(message.id, message.payload)]
    assert claim(world) == []
    test_clock.move(LEASE.total_seconds() - 1)
    assert claim(world) == []
    test_clock.move(1)
    assert [each.delivery_id for each in claim(world)] == [first[0].delivery_id]


def test_many_dispatchers_share_the_queue_without_overlap(world: World) -> None:
    world.add_endpoint(URL)
    expected = {world.message(world.publish().id).deliveries[0].id for _ in range(40)}
    together, lock = threading.Barrier(4), threading.Lock()
    taken: list[str] = []

    def work() -> None:
        together.wait()
        while mine := claim(world, room=3):
            with lock:
                taken.extend(each.delivery_id for each in mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.extend(each.delivery_id for each in claim(world))
    assert len(taken) == len(set(taken))
    assert set(taken) == expected


def test_no_endpoint_takes_more_than_its_share(world: World) -> None:
    busy = world.add_endpoint(URL).endpoint.id
    other = world.add_endpoint(URL, ("lookup.failed",)).endpoint.id
    for _ in range(6):
        world.publish()
    world.publish(1, "lookup.failed")
    taken = [each.endpoint.id for each in claim(world, share=2)]
    assert sorted(taken) == sorted([busy, busy, other])
    assert claim(world, running={busy: 2}, share=2) == []
    assert len(claim(world, room=1, share=9)) == 1


def test_an_accepted_attempt_delivers_and_is_kept_in_full(world: World) -> None:
    world.add_endpoint(URL, headers={"X-Env": "a", "X-Api-Key": "s3cret"})
    world.publish()
    dispatch = claim(world)[0]
    attempt = record(world, dispatch, 204)
    detail = world.delivery(dispatch.delivery_id)
    assert (
        detail.delivery.state,
        detail.delivery.attempts,
        detail.delivery.due_at,
        detail.delivery.leased_until_at,
    ) == ("delivered", 1, None, None)
    assert detail.delivery.finished_at == clock.now()
    assert detail.attempts == [attempt]
    assert (attempt.url, attempt.number, attempt.response_body, attempt.timing.first_byte_us) == (
        URL,
        1,
        b"\x00\xff",
        3,
    )
    sent = dict(attempt.request_headers)
    assert sent["X-Env"] == "a"
    assert "s3cret" not in repr(detail)
    assert sent["webhook-signature"].startswith("v1,")
    assert claim(world) == []


def test_a_failed_attempt_is_repeated_on_schedule_until_spent(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL)
    message = world.publish()
    bodies = set()
    for number, wait_s in enumerate((*rules.RETRY_AFTER_S, None), start=1):
        dispatch = claim(world)[0]
        attempt = record(world, dispatch, None if number % 2 else 500)
        bodies.add(attempt.request_body)
        assert (attempt.number, dispatch.message.id) == (number, message.id)
        delivery = world.delivery(dispatch.delivery_id).delivery
        if wait_s is None:
            assert (delivery.state, delivery.due_at, delivery.attempts) == ("failed", None, 8)
            break
        assert (delivery.state, delivery.due_at) == ("pending", clock.now() + timedelta(seconds=wait_s))
        test_clock.move(wait_s - 0.001)
        assert claim(world) == []
        test_clock.move(0.001)
    assert len(bodies) == 1
    assert claim(world) == []


def test_a_late_failure_does_not_undo_who_claimed_it_since(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL)
    world.publish()
    late = claim(world)[0]
    test_clock.move(LEASE.total_seconds())
    current = claim(world)[0]
    record(world, late, 500)
    delivery = world.delivery(late.delivery_id).delivery
    assert delivery.leased_until_at == current.leased_until_at
    record(world, current, 200)
    record(world, late, 500)
    detail = world.delivery(late.delivery_id)
    assert detail.delivery.state == "delivered"
    assert [(attempt.number, attempt.status) for attempt in detail.attempts] == [(1, 500), (2, 200), (3, 500)]


def test_410_disables_the_endpoint_keeps_the_rest_and_tells(world: World, test_clock: Any) -> None:
    endpoint = world.add_endpoint(URL).endpoint
    witness = world.add_endpoint(URL, ("webhook_endpoint.disabled",)).endpoint
    world.publish()
    test_clock.move(1)
    waiting = world.publish()
    first = claim(world, room=1)[0]
    record(world, first, 410)
    assert world.delivery(first.delivery_id).delivery.state == "failed"
    with world.store.read() as tx:
        disabled = actions.read_endpoint(tx, world.owner, endpoint.id)
    assert (disabled.state, disabled.state_reason) == ("disabled", "The receiver answered 410 Gone.")
    kept = world.message(waiting.id).deliveries[0]
    assert (kept.state, kept.due_at) == ("pending", None)
    told = claim(world)
    assert [(each.endpoint.id, each.message.event_type, each.message.payload["webhook"]) for each in told] == [
        (witness.id, "webhook_endpoint.disabled", endpoint.id)
    ]
    with world.store.write() as tx:
        actions.resume_endpoint(tx, world.owner, endpoint.id)
    assert [each.delivery_id for each in claim(world)] == [kept.id]


def test_410_from_where_the_endpoint_was_before_disables_nothing(world: World) -> None:
    endpoint = world.add_endpoint(URL).endpoint
    world.publish()
    dispatch = claim(world)[0]
    with world.store.write() as tx:
        actions.edit_endpoint(
            tx, world.owner, world.secret, world.settings, endpoint.id, lambda old: replace(old, url=URL + "/moved")
        )
    record(world, dispatch, 410)
    with world.store.read() as tx:
        assert actions.read_endpoint(tx, world.owner, endpoint.id).state == "active"


@pytest.mark.parametrize("act", [actions.pause_endpoint, actions.delete_endpoint])
def test_nothing_is_sent_to_an_endpoint_that_stopped_while_it_was_claimed(
    world: World, test_clock: Any, act: Callable[..., Any]
) -> None:
    endpoint_id = world.add_endpoint(URL).endpoint.id
    world.publish()
    dispatch = claim(world)[0]
    with world.store.write() as tx:
        act(tx, world.owner, endpoint_id)
    record(world, dispatch, 500)
    test_clock.move(3600)
    assert claim(world) == []
    assert world.delivery(dispatch.delivery_id).delivery.state in {"pending", "dropped"}


def test_an_archived_projects_deliveries_wait_until_it_is_restored(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL)
    message = world.publish()
    world.archive()
    assert claim(world) == []
    assert world.message(message.id).deliveries[0].attempts == 0
    world.archive(False)
    test_clock.move(300)
    assert len(claim(world)) == 1


def test_looking_for_work_sees_what_is_due(world: World, test_clock: Any) -> None:
    def due(most: int = 10) -> list[int]:
        with world.store.read() as tx:
            return [each.due for each in queue_queries.look(tx, clock.now(), "", 10, most).waiting]

    world.add_endpoint(URL)
    assert due() == []
    for _ in range(3):
        world.publish()
    assert due() == [3]
    # It counts no further than it is asked to.
    assert due(2) == [2]
    claim(world)
    assert due() == []
    test_clock.move(60)
    assert due() == [3]


def test_a_test_is_claimed_as_it_is_made_and_tried_once(world: World, test_clock: Any) -> None:
    endpoint = world.add_endpoint(URL).endpoint
    with world.store.write() as tx:
        dispatch = delivery_actions.prepare_test(tx, world.owner, endpoint.id)
    assert claim(world) == []
    record(world, dispatch, 500)
    detail = world.delivery(dispatch.delivery_id)
    assert (detail.delivery.state, detail.delivery.origin, detail.delivery.event_type) == (
        "failed",
        "test",
        "webhook.check",
    )


def test_a_test_whose_process_died_is_sent_by_the_dispatcher_even_while_paused(world: World, test_clock: Any) -> None:
    endpoint = world.add_endpoint(URL).endpoint
    with world.store.write() as tx:
        actions.pause_endpoint(tx, world.owner, endpoint.id)
        dispatch = delivery_actions.prepare_test(tx, world.owner, endpoint.id, "lookup.completed")
    test_clock.move(60)
    again = claim(world)[0]
    assert again.delivery_id == dispatch.delivery_id
    assert record(world, again, 200).number == 1


@pytest.mark.parametrize(
    ("event_type", "code"),
    [("lookup.failed", "no_example"), ("key.revoked", "not_subscribed"), ("nope", "not_subscribed")],
)
def test_a_test_needs_a_subscribed_type_with_an_example(world: World, event_type: str, code: str) -> None:
    endpoint = world.add_endpoint(URL, ("lookup.completed", "lookup.failed")).endpoint
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        delivery_actions.prepare_test(tx, world.owner, endpoint.id, event_type)
    assert [error.code for error in refused.value.errors] == [code]
