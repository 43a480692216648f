"""What endpoints want of the queue on both databases: order, pace, being left alone while they fail; giving up and its notice."""

import base64
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.mail import queries as mails
from freehold.organizations import audit
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import actions, queue, queue_queries, rules
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import AttemptResult, Dispatch, Timing, Tried, WebhookEndpoint
from tests.lock_order import beside
from tests.webhooks.world import World, make_world

URL = "http://example.com/hooks"


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret, test_clock: Any) -> World:
    return make_world(store, settings, secret)


def claim(world: World, room: int = 100) -> list[Dispatch]:
    with world.store.write() as tx:
        return queue.claim_due(tx, clock.now(), room, {}, 64)


def tried(world: World, dispatch: Dispatch, status: int) -> Tried:
    outcome, error = rules.judge(status)
    result = AttemptResult(outcome, status, error, "192.0.2.9", Timing(), (), b"")
    at = clock.now()
    return Tried(dispatch, request_of(dispatch, world.secret, at), at, result, 0.0)


def record(world: World, dispatches: list[Dispatch], status: int) -> None:
    with world.store.write() as tx:
        queue.record_attempts(tx, [tried(world, each, status) for each in dispatches], "https://freehold.example")


def endpoint(world: World, endpoint_id: str) -> WebhookEndpoint:
    with world.store.read() as tx:
        return actions.read_endpoint(tx, world.owner, endpoint_id)


def ids_of(dispatches: list[Dispatch]) -> list[str]:
    return [each.message.id for each in dispatches]


# --- order ----------------------------------------------------------------------------------------


def test_in_order_the_next_goes_only_when_the_one_before_has_ended(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL, fifo=True)
    # All of one millisecond: the place in the line tells them apart, not the time.
    published = [world.publish().id for _ in range(4)]
    first = claim(world)
    assert ids_of(first) == published[:1]
    assert claim(world) == []
    record(world, first, 500)
    # It is retried later, and holds up those behind it.
    assert claim(world) == []
    test_clock.move(5)
    again = claim(world)
    assert ids_of(again) == published[:1]
    record(world, again, 200)
    for message_id in published[1:]:
        nextone = claim(world)
        assert ids_of(nextone) == [message_id]
        record(world, nextone, 200)
    assert claim(world) == []


def test_one_that_has_failed_for_good_lets_the_next_go(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL, fifo=True)
    published = [world.publish().id for _ in range(2)]
    for wait_s in (*rules.RETRY_AFTER_S, 0):
        (each,) = claim(world)
        assert each.message.id == published[0]
        record(world, [each], 500)
        test_clock.move(wait_s)
    assert ids_of(claim(world)) == published[1:]


def test_what_waits_when_order_is_switched_on_is_lined_up(world: World, test_clock: Any) -> None:
    made = world.add_endpoint(URL).endpoint
    published = []
    for _ in range(3):
        published.append(world.publish().id)
        test_clock.move(0.001)
    with world.store.write() as tx:
        actions.edit_endpoint(
            tx, world.owner, world.secret, world.settings, made.id, lambda old: replace(old, fifo=True)
        )
    published.append(world.publish().id)
    for message_id in published:
        each = claim(world)
        assert ids_of(each) == [message_id]
        record(world, each, 200)


# --- pace -----------------------------------------------------------------------------------------


def test_a_rate_of_its_own_is_kept_by_all_dispatchers_together(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL, max_per_second=2)
    for _ in range(6):
        world.publish()
    taken = 0
    for _ in range(20):
        taken += len(claim(world)) + len(claim(world))
        test_clock.move(0.1)
    assert taken == 4


# --- failing --------------------------------------------------------------------------------------


def fail_until_left_alone(world: World, test_clock: Any, count: int = 15) -> WebhookEndpoint:
    made = world.add_endpoint(URL).endpoint
    for _ in range(count):
        world.publish()
    record(world, claim(world, 4), 500)
    record(world, claim(world, 6), 500)
    return endpoint(world, made.id)


def test_an_endpoint_that_fails_is_left_alone_but_for_a_probe(world: World, test_clock: Any) -> None:
    failing = fail_until_left_alone(world, test_clock)
    assert (failing.state, failing.failures) == ("failing", 10)
    assert failing.state_reason == "10 attempts in a row failed. The last: The receiver answered 500, not a 2xx."
    assert failing.held_until_at == clock.now() + timedelta(seconds=5)
    assert claim(world) == []
    kept = world.publish()
    test_clock.move(5)
    probe = claim(world)
    assert len(probe) == 1
    assert claim(world) == []
    record(world, probe, 503)
    assert claim(world) == []
    test_clock.move(5)
    record(world, claim(world), 200)
    healed = endpoint(world, failing.id)
    assert (healed.state, healed.state_reason, healed.failures, healed.held_until_at) == ("active", None, 0, None)
    # Now all that was kept goes out; its revision is what a person left.
    assert kept.id in ids_of(claim(world))
    assert healed.revision == failing.revision == 1


def test_one_endpoint_that_fails_holds_nobody_else_up(world: World, test_clock: Any) -> None:
    fail_until_left_alone(world, test_clock)
    other = world.add_endpoint(URL + "/other", ("lookup.failed",)).endpoint
    world.publish(1, "lookup.failed")
    assert [each.endpoint.id for each in claim(world)] == [other.id]


def test_resuming_a_failing_endpoint_tries_it_at_once(world: World, test_clock: Any) -> None:
    failing = fail_until_left_alone(world, test_clock)
    with world.store.write() as tx:
        actions.resume_endpoint(tx, world.owner, failing.id)
    assert endpoint(world, failing.id).state == "active"
    assert len(claim(world)) == 5


def test_another_url_is_another_receiver(world: World, test_clock: Any) -> None:
    failing = fail_until_left_alone(world, test_clock)
    test_clock.move(5)
    probe = claim(world)
    with world.store.write() as tx:
        actions.edit_endpoint(
            tx, world.owner, world.secret, world.settings, failing.id, lambda old: replace(old, url=URL + "/new")
        )
    record(world, probe, 500)
    moved = endpoint(world, failing.id)
    assert (moved.state, moved.failures) == ("active", 0)


def test_after_five_days_it_is_disabled_and_everybody_is_told(world: World, test_clock: Any) -> None:
    for duty in ("technical", "billing"):
        world.add_owner(duty)
    failing = fail_until_left_alone(world, test_clock)
    witness = world.add_endpoint(URL + "/witness", ("webhook_endpoint.disabled",)).endpoint
    test_clock.move(5 * 86_400)
    (probe,) = claim(world)
    record(world, [probe], 502)
    disabled = endpoint(world, failing.id)
    assert disabled.state == "disabled"
    assert disabled.state_reason == (
        "Nothing was accepted for 5 days. The last attempt: The receiver answered 502, not a 2xx."
    )
    told = claim(world)
    assert [(each.endpoint.id, each.message.payload["reason"]) for each in told] == [
        (witness.id, disabled.state_reason)
    ]
    with world.store.read() as tx:
        (mail,) = mails.mails_of(tx, world.organization_id, 10)
        entries = audit.project_entries(tx, world.project_id, 5)
    assert mail.recipient == "technical@example.com"
    assert f"https://freehold.example/projects/{world.project_id}/webhooks/{failing.id}" in mail.text
    assert disabled.state_reason in mail.text
    assert "webhook_endpoint.disabled" in [entry.action for entry in entries]
    # What arrives is kept, and resuming delivers it.
    kept = world.publish()
    assert claim(world) == []
    with world.store.write() as tx:
        actions.resume_endpoint(tx, world.owner, failing.id)
    resumed = endpoint(world, failing.id)
    assert (resumed.state, resumed.failures, resumed.failing_since_at) == ("active", 0, None)
    assert kept.id in ids_of(claim(world))


@pytest.mark.parametrize("why", ["gone", "five days"])
def test_a_person_who_changes_it_as_it_is_disabled_only_has_to_wait(
    world: World, test_clock: Any, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    failing = fail_until_left_alone(world, test_clock)
    test_clock.move(5 * 86_400 if why == "five days" else 3600)
    probe = claim(world)
    acting = partial(record, world, probe, 502 if why == "five days" else 410)
    paused = partial(actions.pause_endpoint, actor=world.owner, endpoint_id=failing.id)
    assert beside(world.store, monkeypatch, world.organization_id, acting, paused) is None
    # Gone is gone; what a person has paused meanwhile is not failing any more.
    assert endpoint(world, failing.id).state == ("disabled" if why == "gone" else "paused")


def test_what_was_claimed_and_not_begun_can_be_given_back(world: World, test_clock: Any) -> None:
    world.add_endpoint(URL)
    world.publish()
    (mine,) = claim(world)
    with world.store.write() as tx:
        queue_queries.give_back(tx, [(mine.delivery_id, mine.leased_until_at)])
    test_clock.move(1)
    (again,) = claim(world)
    # Late, it takes nothing from whoever has claimed it since.
    with world.store.write() as tx:
        queue_queries.give_back(tx, [(mine.delivery_id, mine.leased_until_at)])
    assert claim(world) == []
    assert again.delivery_id == mine.delivery_id


# --- ed25519 --------------------------------------------------------------------------------------


def test_v1a_signatures_verify_by_the_public_key_alone_through_a_rotation(world: World, test_clock: Any) -> None:
    made = world.add_endpoint(URL, v1a=True).endpoint
    with world.store.write() as tx:
        actions.rotate_signing_secret(tx, world.owner, world.secret, made.id)
    world.publish()
    (dispatch,) = claim(world)
    sent = request_of(dispatch, world.secret, clock.now())
    headers = dict(sent.headers)
    with world.store.read() as tx:
        versions = actions.signing_secrets_of(tx, [made])[made.id]
        keys = actions.public_keys_of(world.secret, endpoint(world, made.id), versions)
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + sent.body
    signatures = [each.split(",") for each in headers["webhook-signature"].split(" ")]
    assert [kind for kind, _ in signatures] == ["v1", "v1", "v1a", "v1a"]
    assert sorted(keys) == [1, 2]
    for version, (_, signature) in zip((2, 1), signatures[2:], strict=True):
        raw = base64.b64decode(keys[version].removeprefix("whpk_"))
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature), content)
