"""Publishing on both databases: dedup, validation, fan-out in one transaction."""

import threading

import pytest
from sqlalchemy import func, select

from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import deliveries, messages
from freehold.webhooks import delivery_actions
from freehold.webhooks.records import NewMessage
from tests.webhooks.world import EXAMPLE, PUBLISHER, World, actor_of, make_world

URL = "http://example.com/hooks"


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret) -> World:
    return make_world(store, settings, secret)


def counts(world: World) -> tuple[int, int]:
    with world.store.read() as tx:
        return tx.execute(select(func.count()).select_from(messages)).scalar_one(), tx.execute(
            select(func.count()).select_from(deliveries)
        ).scalar_one()


def test_a_message_goes_to_every_endpoint_that_subscribes_and_no_other(world: World) -> None:
    wanted = {
        world.add_endpoint(URL).endpoint.id,
        world.add_endpoint(URL, ("lookup.completed", "lookup.failed")).endpoint.id,
    }
    world.add_endpoint(URL, ("lookup.failed",))
    message = world.publish({"country": "SE"})
    assert message.deliveries == 2
    detail = world.message(message.id)
    assert {delivery.webhook_endpoint_id for delivery in detail.deliveries} == wanted
    assert {(delivery.state, delivery.attempts, delivery.event_type) for delivery in detail.deliveries} == {
        ("pending", 0, "lookup.completed")
    }
    assert detail.message == message
    assert detail.message.payload == {"country": "SE"}


def test_a_message_that_nobody_receives_is_kept_and_says_so(world: World) -> None:
    message = world.publish()
    assert message.deliveries == 0
    with world.store.read() as tx:
        assert delivery_actions.list_messages(tx, world.owner, world.project_id, 10) == [message]


def test_what_the_scope_does_not_declare_reaches_nobody(world: World) -> None:
    world.add_endpoint(URL, ("lookup.completed",))
    with world.store.write() as tx:
        tx.exec_driver_sql("DELETE FROM scope_event_types")
    assert world.publish().deliveries == 0


def test_the_same_id_is_the_same_message(world: World) -> None:
    world.add_endpoint(URL)
    first = world.publish(dedup_id="order-1")
    assert world.publish(dedup_id="order-1") == first
    assert counts(world) == (1, 1)
    for payload, event_type in (({"country": "SE"}, "lookup.completed"), (EXAMPLE, "lookup.failed")):
        with pytest.raises(Problem) as refused:
            world.publish(payload, event_type, "order-1")
        assert refused.value.code == "conflict"
    assert world.publish(dedup_id="order-2").id != first.id


def test_the_same_id_at_one_instant_is_one_message(world: World) -> None:
    world.add_endpoint(URL)
    together, found = threading.Barrier(6), []

    def publish() -> None:
        together.wait()
        found.append(world.publish(dedup_id="order-1").id)

    threads = [threading.Thread(target=publish) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert counts(world) == (1, 1)


@pytest.mark.parametrize(
    ("payload", "event_type", "dedup_id", "field"),
    [
        ({"country": "Denmark"}, "lookup.completed", None, "payload.country"),
        ({}, "lookup.completed", None, "payload"),
        (EXAMPLE, "nope", None, "event_type"),
        (EXAMPLE, "key.revoked", None, "event_type"),
        (EXAMPLE, "lookup.completed", "", "id"),
        (EXAMPLE, "lookup.completed", "a b", "id"),
        (EXAMPLE, "lookup.completed", "x" * 129, "id"),
        ({"text": "x" * 300_000}, "lookup.failed", None, "payload"),
    ],
)
def test_what_may_not_be_published_is_kept_nowhere(
    world: World, payload: object, event_type: str, dedup_id: str | None, field: str
) -> None:
    with pytest.raises(Problem) as refused:
        world.publish(payload, event_type, dedup_id)
    assert [error.field for error in refused.value.errors] == [field]
    assert counts(world) == (0, 0)


@pytest.mark.parametrize("payload", ["text", 7, 1.5, [1, {"a": None}], {"nul": "a\x00b", "emoji": "🦉"}, False, 2**70])
def test_any_json_goes_through_unchanged(world: World, payload: object) -> None:
    message = world.publish(payload, "lookup.failed")
    assert world.message(message.id).message.payload == payload


def test_who_may_publish_and_read(world: World) -> None:
    message = world.publish()
    for actor, code in (
        (world.stranger, "not_found"),
        (actor_of(world.organization_id, "auditor"), "forbidden"),
        (actor_of(world.organization_id, "billing"), "forbidden"),
    ):
        with pytest.raises(Problem) as refused, world.store.write() as tx:
            delivery_actions.publish_message(tx, actor, world.project_id, NewMessage("lookup.failed", 1))
        assert refused.value.code == code
    for actor, code in (
        (world.stranger, "not_found"),
        (actor_of(world.organization_id, "billing"), "forbidden"),
        (PUBLISHER, "not_found"),
    ):
        with pytest.raises(Problem) as refused, world.store.read() as tx:
            delivery_actions.read_message(tx, actor, message.id)
        assert refused.value.code == code


def test_lists_page_without_gaps_or_repeats(world: World) -> None:
    ids = [world.publish(dedup_id=str(number)).id for number in range(5)]
    seen: list[str] = []
    place = None
    while True:
        with world.store.read() as tx:
            rows = delivery_actions.list_messages(tx, world.owner, world.project_id, 2, place)
        if not rows:
            break
        seen += [row.id for row in rows]
        place = (rows[-1].created_at, rows[-1].id)
    assert sorted(seen) == sorted(ids)
    assert len(seen) == 5


def test_own_events_reach_their_subscribers_and_no_others_are_made_up(world: World) -> None:
    endpoint_id = world.add_endpoint(URL, ("key.revoked",)).endpoint.id
    with world.store.write() as tx:
        message = delivery_actions.publish_own_event(tx, world.project_id, "key.revoked", {"key": "key_1"})
        with pytest.raises(ValueError, match="own events"):
            delivery_actions.publish_own_event(tx, world.project_id, "lookup.completed", {})
    assert [each.webhook_endpoint_id for each in world.message(message.id).deliveries] == [endpoint_id]
    assert message.origin == "freehold"
