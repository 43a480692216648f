"""Replays on both databases: what they take, what they leave, and that each delivery is replayed once a job."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries, deliveries, messages, replayed_deliveries
from freehold.webhooks import actions, replay_actions, replay_queries, replay_tasks
from freehold.webhooks.replay_records import Replay, Wanted
from tests.store.test_webhooks_queue import claim, record
from tests.webhooks.world import World, actor_of, make_world


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret, test_clock: Any) -> World:
    made = make_world(store, settings, secret)
    made.endpoint_id = made.add_endpoint("http://example.com/hooks").endpoint.id
    return made


def past(
    world: World,
    state: str,
    count: int = 1,
    attempts: int = 8,
    origin: str = "published",
    event_type: str = "lookup.completed",
) -> list[str]:
    """Deliveries as they were left, all of this moment."""
    made = []
    with world.store.write() as tx:
        for _ in range(count):
            at = clock.now()
            message, delivery = ids.new_id("msg"), ids.new_id("dlv")
            tx.execute(
                insert(messages).values(
                    id=message,
                    project_id=world.project_id,
                    event_type=event_type,
                    payload={},
                    origin=origin,
                    created_at=at,
                )
            )
            tx.execute(
                insert(deliveries).values(
                    id=delivery,
                    message_id=message,
                    webhook_endpoint_id=world.endpoint_id,
                    project_id=world.project_id,
                    state=state,
                    attempts=attempts,
                    created_at=at,
                    due_at=at + timedelta(hours=9) if state == "pending" else None,
                    finished_at=None if state == "pending" else at,
                )
            )
            made.append(delivery)
    return made  # fmt: skip


def start(world: World, **wanted: Any) -> Replay:
    with world.store.write() as tx:
        return replay_actions.start_replay(tx, world.owner, world.endpoint_id, Wanted(**wanted))


def read(world: World, replay_id: str) -> Replay:
    with world.store.read() as tx:
        return replay_actions.read_replay(tx, world.owner, replay_id)[0]


def finish(world: World, replay_id: str, batch: int = 200) -> Replay:
    while read(world, replay_id).state in {"queued", "running"}:
        assert replay_tasks.turn(world.store, batch) == 1
    return read(world, replay_id)


def replayed(world: World, replay_id: str) -> list[str]:
    with world.store.read() as tx:
        column = replayed_deliveries.c
        return list(tx.execute(select(column.delivery_id).where(column.replay_id == replay_id)).scalars())


def rows(world: World) -> Iterator[Any]:
    with world.store.read() as tx:
        yield from tx.execute(select(deliveries).order_by(deliveries.c.created_at, deliveries.c.id)).all()


def refused(code: str, world: World, act: Any) -> Problem:
    with pytest.raises(Problem) as problem, world.store.write() as tx:
        act(tx)
    assert problem.value.code == code
    return problem.value


def test_a_recovery_takes_what_was_not_accepted_and_nothing_else(world: World, test_clock: Any) -> None:
    early = past(world, "failed")
    test_clock.move(3600)
    since = clock.now()
    failed, retried = past(world, "failed", 3), past(world, "pending", 2, attempts=3)
    past(world, "delivered", 2)
    past(world, "pending", attempts=0)
    past(world, "failed", origin="test")
    past(world, "dropped")
    test_clock.move(60)
    with world.store.write() as tx:
        replay = replay_actions.recover(tx, world.owner, world.endpoint_id, since)
    test_clock.move(1)
    later = past(world, "failed")
    assert (replay.state, replay.total, replay.kind) == ("queued", None, "recovery")
    done = finish(world, replay.id, batch=2)
    assert (done.state, done.total, done.replayed, done.finished_at) == ("done", 5, 5, clock.now())
    assert sorted(replayed(world, replay.id)) == sorted(failed + retried)
    by_id = {row.id: row for row in rows(world)}
    for each in failed + retried:
        assert (by_id[each].state, by_id[each].due_at, by_id[each].finished_at) == ("pending", clock.now(), None)
        assert by_id[each].attempts_before == by_id[each].attempts
    assert all(by_id[each].state == "failed" for each in early + later)


@pytest.mark.parametrize(("wanted", "expected"), [("failed", 2), ("delivered", 3), ("pending", 1), (None, 3)])
def test_a_state_chooses(world: World, wanted: Any, expected: int) -> None:
    past(world, "failed", 2)
    past(world, "delivered", 3)
    past(world, "pending", attempts=1)
    assert finish(world, start(world, state=wanted).id).replayed == expected


def test_event_type_message_and_times_choose(world: World, test_clock: Any) -> None:
    past(world, "failed", event_type="lookup.failed")
    test_clock.move(60)
    at = clock.now()
    chosen = past(world, "failed", 2)
    test_clock.move(60)
    past(world, "failed")
    test_clock.move(60)
    assert finish(world, start(world, event_type="lookup.failed").id).replayed == 1
    assert finish(world, start(world, since=at, until=at + timedelta(seconds=60), state="failed").id).replayed == 2
    message = next(row.message_id for row in rows(world) if row.id == chosen[0])
    with world.store.write() as tx:
        tx.execute(update(deliveries).values(state="failed", due_at=None, finished_at=at))
    assert replayed(world, finish(world, start(world, message_id=message).id).id) == [chosen[0]]


def test_a_long_way_is_walked_in_stretches(world: World, monkeypatch: pytest.MonkeyPatch, test_clock: Any) -> None:
    """However few of them fit: a transaction looks at so many and no more."""
    monkeypatch.setattr(replay_actions, "_LOOKED_AT", 4)
    past(world, "delivered", 9)
    test_clock.move(1)
    wanted = past(world, "failed", 1)
    replay = start(world, state="failed")
    places = []
    while read(world, replay.id).state != "done":
        replay_tasks.turn(world.store)
        places.append(read(world, replay.id).replayed)
    assert places == [0, 0, 1]
    assert replayed(world, replay.id) == wanted


def test_two_processes_replay_nothing_twice(world: World) -> None:
    """Each finds the job's row held, or moved on; what they replay is unique besides."""
    past(world, "failed", 30)
    replay = start(world)
    with world.store.read() as tx:
        total = replay_actions.count_for(tx, replay)
    for _ in range(20):
        with world.store.write() as tx:
            replay_actions.take_step(tx, replay.id, total, clock.now(), batch=4)
    assert (read(world, replay.id).state, len(replayed(world, replay.id))) == ("done", 30)


def test_one_at_a_time_and_canceled_by_a_person(world: World) -> None:
    past(world, "failed", 5)
    replay = start(world)
    assert (
        replay.id
        in refused(
            "conflict", world, lambda tx: replay_actions.recover(tx, world.owner, world.endpoint_id, clock.now())
        ).detail
    )
    replay_tasks.turn(world.store, batch=2)
    with world.store.write() as tx:
        canceled = replay_actions.cancel_replay(tx, world.owner, replay.id)
    assert (canceled.state, canceled.replayed, canceled.total, canceled.reason) == (
        "canceled",
        2,
        5,
        "Canceled by Ada.",
    )
    assert replay_tasks.turn(world.store) == 0
    refused("conflict", world, lambda tx: replay_actions.cancel_replay(tx, world.owner, replay.id))
    # The next one takes what was left, for what was replayed waits to be sent.
    assert finish(world, start(world, state="failed").id).replayed == 3
    with world.store.read() as tx:
        said = list(
            tx.execute(
                select(audit_entries.c.action).where(audit_entries.c.subject_kind == "webhook_endpoint")
            ).scalars()
        )
    assert said[1:] == [
        "webhook_endpoint.replay_started",
        "webhook_endpoint.replay_canceled",
        "webhook_endpoint.replay_started",
    ]


def test_a_job_ends_with_its_endpoint(world: World) -> None:
    past(world, "failed")
    replay = start(world)
    with world.store.write() as tx:
        actions.delete_endpoint(tx, world.owner, world.endpoint_id)
    ended = finish(world, replay.id)
    assert (ended.state, ended.replayed, ended.reason) == ("canceled", 0, "The endpoint was removed.")


def test_what_is_replayed_to_a_paused_endpoint_waits_for_it(world: World) -> None:
    past(world, "failed", 2)
    with world.store.write() as tx:
        actions.pause_endpoint(tx, world.owner, world.endpoint_id)
    finish(world, start(world).id)
    assert [(row.state, row.due_at) for row in rows(world)] == [("pending", None)] * 2
    with world.store.write() as tx:
        actions.resume_endpoint(tx, world.owner, world.endpoint_id)
    assert len(claim(world)) == 2


def test_a_job_waits_while_its_endpoint_has_much_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_actions, "_BACKLOG_MAX", 2)
    past(world, "failed", 4)
    replay = start(world)
    assert [replay_tasks.turn(world.store, batch=2) for _ in range(3)] == [1, 0, 0]
    for dispatch in claim(world):
        record(world, dispatch, 200)
    assert replay_tasks.turn(world.store, batch=2) == 1
    assert read(world, replay.id).replayed == 4


def test_a_replayed_delivery_has_a_new_schedule_and_the_same_id(world: World) -> None:
    (delivery,) = past(world, "failed", attempts=8)
    with world.store.write() as tx:
        replay = replay_actions.replay_delivery(tx, world.owner, delivery)
    assert (replay.state, replay.kind, replay.total, replay.replayed) == ("done", "delivery", 1, 1)
    (dispatch,) = claim(world)
    attempt = record(world, dispatch, 500)
    found = world.delivery(delivery).delivery
    assert (attempt.number, found.state) == (9, "pending")
    assert found.due_at == clock.now() + timedelta(seconds=5)
    assert dispatch.message.id == found.message_id
    with world.store.read() as tx:
        (told,) = replay_queries.replays_of_delivery(tx, delivery)
    assert (told.replay_id, told.after_attempts, told.created_by) == (replay.id, 8, "Ada")


def test_one_is_replayed_whatever_it_came_to_but_not_while_it_goes_by_itself(world: World) -> None:
    for state, attempts in (("delivered", 1), ("failed", 8), ("pending", 2)):
        (delivery,) = past(world, state, attempts=attempts)
        with world.store.write() as tx:
            replay_actions.replay_delivery(tx, world.owner, delivery)
        assert world.delivery(delivery).delivery.due_at == clock.now()
    claim(world)
    # It is being sent now.
    refused("conflict", world, lambda tx: replay_actions.replay_delivery(tx, world.owner, delivery))
    (fresh,) = past(world, "pending", attempts=0)
    refused("conflict", world, lambda tx: replay_actions.replay_delivery(tx, world.owner, fresh))
    with world.store.write() as tx:
        actions.delete_endpoint(tx, world.owner, world.endpoint_id)
    refused("conflict", world, lambda tx: replay_actions.replay_delivery(tx, world.owner, fresh))


def test_who_may_not_and_what_cannot_be(world: World) -> None:
    (delivery,) = past(world, "failed")
    replay = start(world)
    auditor, now = actor_of(world.organization_id, "auditor"), clock.now()
    for actor, code in ((auditor, "forbidden"), (world.stranger, "not_found")):
        refused(code, world, lambda tx, actor=actor: replay_actions.replay_delivery(tx, actor, delivery))
        refused(code, world, lambda tx, actor=actor: replay_actions.recover(tx, actor, world.endpoint_id, now))
        refused(code, world, lambda tx, actor=actor: replay_actions.cancel_replay(tx, actor, replay.id))
    finish(world, replay.id)
    for wanted, field in (({"since": now + timedelta(days=1)}, "from"), ({"since": now, "until": now}, "to")):
        problem = refused(
            "invalid",
            world,
            lambda tx, wanted=wanted: replay_actions.start_replay(tx, world.owner, world.endpoint_id, Wanted(**wanted)),
        )
        assert [error.field for error in problem.errors] == [field]
    world.archive()
    refused("conflict", world, lambda tx: replay_actions.start_replay(tx, world.owner, world.endpoint_id, Wanted()))
    refused("conflict", world, lambda tx: replay_actions.replay_delivery(tx, world.owner, delivery))
