"""The signed test event, against real receivers."""

import threading

import pytest
from standardwebhooks import Webhook

from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import testing
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.testing import SentTest, send_test
from tests.webhooks.receivers import served
from tests.webhooks.world import EXAMPLE, World, make_world


@pytest.fixture
def world(sqlite_store: Store, tmp_path: object, secret: InstanceSecret) -> World:
    return make_world(sqlite_store, Settings(), secret)


def send(world: World, endpoint_id: str, event_type: str | None = None) -> SentTest:
    return send_test(world.store, world.settings, world.secret, world.owner, endpoint_id, event_type)


def test_a_test_event_is_signed_sent_and_kept_with_what_came_back(world: World) -> None:
    with served() as there:
        made = world.add_endpoint(there.url())
        tested = send(world, made.endpoint.id)
    request = there.requests[0]
    body = Webhook(made.text).verify(request.body, request.by_name)
    assert (body["type"], body["data"]) == ("webhook.check", OWN_EVENTS["webhook.check"].example)
    assert (tested.attempt.outcome, tested.attempt.status, tested.attempt.response_body) == ("accepted", 200, b"thanks")
    assert tested.attempt.timing.connect_us is not None
    detail = world.delivery(tested.dispatch.delivery_id)
    assert (detail.delivery.state, detail.delivery.origin) == ("delivered", "test")
    assert detail.attempts == [tested.attempt]


def test_the_example_of_a_subscribed_type_is_sent(world: World) -> None:
    with served() as there:
        tested = send(world, world.add_endpoint(there.url()).endpoint.id, "lookup.completed")
    assert tested.dispatch.message.payload == EXAMPLE
    assert tested.attempt.outcome == "accepted"


def test_a_refusal_comes_back_in_words_and_is_not_repeated(world: World) -> None:
    with served() as there:
        tested = send(world, world.add_endpoint(there.url("/500")).endpoint.id)
    assert (tested.attempt.outcome, tested.attempt.status) == ("refused", 500)
    assert "500" in (tested.attempt.error or "")
    assert world.delivery(tested.dispatch.delivery_id).delivery.state == "failed"


def test_a_receiver_that_is_not_there_comes_back_in_words(world: World) -> None:
    tested = send(world, world.add_endpoint("http://127.0.0.1:1025/").endpoint.id)
    assert (tested.attempt.outcome, tested.attempt.error) == ("unreachable", "No connection: Connection refused.")


def test_only_so_many_are_sent_at_one_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "_slots", threading.BoundedSemaphore(1))
    testing._slots.acquire()
    endpoint_id = world.add_endpoint("http://127.0.0.1:1025/").endpoint.id
    with pytest.raises(Problem) as refused:
        send(world, endpoint_id)
    assert (refused.value.code, refused.value.headers) == ("too_many_requests", {"Retry-After": "5"})
    testing._slots.release()
    assert send(world, endpoint_id).attempt.outcome == "unreachable"
