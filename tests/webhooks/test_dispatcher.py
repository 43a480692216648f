"""The dispatcher whole: from a published message to a real receiver, and through its death in between."""

import asyncio
import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from freehold.kit.secrets import InstanceSecret
from freehold.mail import queries as mails
from freehold.organizations import audit
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import deliveries
from freehold.webhooks import actions, advance_actions, tasks
from freehold.webhooks.records import WebhookEndpoint
from freehold.webhooks.rules import LEASE
from freehold.webhooks.sender import Sender
from tests.webhooks.receivers import Receiver, receiver
from tests.webhooks.world import EXAMPLE, World, make_world

_PATIENCE_S = 30.0


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret) -> World:
    # On PostgreSQL loopback is closed until the operator lists it.
    return make_world(store, open_loopback(settings), secret)


def open_loopback(settings: Settings) -> Settings:
    return Settings(
        data=settings.data, secret=settings.secret, database_url=settings.database_url, webhook_allow="127.0.0.0/8"
    )


async def until(done: Callable[[], bool]) -> None:
    """Wait for what must come; a test that waits in vain fails by its own assertion."""
    await asyncio.to_thread(wait, done)


def wait(done: Callable[[], bool]) -> None:
    """Look again and again, in a thread, until it is done or patience ends."""
    end = time.monotonic() + _PATIENCE_S
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def dispatching(
    world: World, work: Callable[[Receiver], Coroutine[Any, Any, None]], at_once: int = 16, per_endpoint: int = 4
) -> None:
    """Run a dispatcher and a receiver while the work is done."""

    async def run() -> None:
        async with receiver() as there, Sender.of(world.settings) as sender:
            with ThreadPoolExecutor(1) as threads:
                dispatcher = tasks.Dispatcher(world.store, world.secret, sender, threads, at_once, per_endpoint)

                async def turn_for_ever() -> None:
                    while True:
                        await dispatcher.turn()

                turning = asyncio.create_task(turn_for_ever())
                try:
                    await work(there)
                finally:
                    turning.cancel()
                    await asyncio.gather(turning, return_exceptions=True)
                    await dispatcher.drain(0)

    asyncio.run(run())


def state(world: World, message_id: str) -> str:
    return world.message(message_id).deliveries[0].state


def hurry(world: World) -> None:
    """Make every pending delivery due now, as if the time had passed."""
    with world.store.write() as tx:
        tx.execute(update(deliveries).where(deliveries.c.state == "pending").values(due_at=deliveries.c.created_at))


def test_a_published_message_arrives_signed_and_is_on_record(world: World) -> None:
    async def work(there: Receiver) -> None:
        made = world.add_endpoint(there.url(), headers={"X-Tenant": "seven"})
        message = world.publish()
        await until(lambda: state(world, message.id) == "delivered")
        request = there.requests[0]
        body = Webhook(made.text).verify(request.body, request.by_name)
        assert body == {
            "id": message.id, "type": "lookup.completed", "timestamp": body["timestamp"], "project": world.project_id,
            "environment": "sandbox", "data": EXAMPLE,
        }  # fmt: skip
        assert request.by_name["webhook-id"] == message.id
        assert request.by_name["x-tenant"] == "seven"
        assert request.by_name["content-type"] == "application/json"
        assert request.by_name["user-agent"].startswith("Freehold/")
        attempt = world.delivery(world.message(message.id).deliveries[0].id).attempts[0]
        assert (attempt.outcome, attempt.status, attempt.response_body, attempt.address) == (
            "accepted",
            200,
            b"thanks",
            "127.0.0.1",
        )
        assert {name.lower(): value for name, value in attempt.request_headers} == {
            name: value for name, value in request.by_name.items() if name not in {"host", "content-length"}
        }

    dispatching(world, work)


def test_during_a_rotation_both_secrets_verify(world: World) -> None:
    async def work(there: Receiver) -> None:
        old = world.add_endpoint(there.url())
        with world.store.write() as tx:
            new = actions.rotate_signing_secret(tx, world.owner, world.secret, old.endpoint.id)
        message = world.publish()
        await until(lambda: state(world, message.id) == "delivered")
        request = there.requests[0]
        for secret in (old, new):
            Webhook(secret.text).verify(request.body, request.by_name)

    dispatching(world, work)


def test_a_failure_is_retried_with_the_same_id_and_body_until_accepted(world: World) -> None:
    async def work(there: Receiver) -> None:
        endpoint = world.add_endpoint(there.url("/500")).endpoint
        message = world.publish()
        await until(lambda: world.message(message.id).deliveries[0].attempts == 1)
        with world.store.write() as tx:
            actions.edit_endpoint(
                tx,
                world.owner,
                world.secret,
                world.settings,
                endpoint.id,
                lambda old: type(old)(there.url("/accept"), old.event_types),
            )
        hurry(world)
        await until(lambda: state(world, message.id) == "delivered")
        first, second = there.requests
        assert first.body == second.body
        assert first.by_name["webhook-id"] == second.by_name["webhook-id"]
        attempts = world.delivery(world.message(message.id).deliveries[0].id).attempts
        assert [(each.number, each.outcome, each.url) for each in attempts] == [
            (1, "refused", there.url("/500")), (2, "accepted", there.url("/accept"))
        ]  # fmt: skip

    dispatching(world, work)


def test_a_hanging_endpoint_holds_nobody_else_up(world: World) -> None:
    async def work(there: Receiver) -> None:
        world.add_endpoint(there.url("/slow"))
        slow = [world.publish() for _ in range(8)]
        world.add_endpoint(there.url("/accept"), ("lookup.failed",))
        quick = [world.publish(1, "lookup.failed") for _ in range(8)]
        await until(lambda: all(state(world, each.id) == "delivered" for each in quick))
        assert all(state(world, each.id) == "delivered" for each in quick)
        assert all(world.message(each.id).deliveries[0].attempts == 0 for each in slow)
        # No more than its share was begun.
        assert sum(request.line.startswith("POST /slow") for request in there.requests) <= 4

    dispatching(world, work, at_once=6, per_endpoint=4)


def test_a_backlog_of_one_endpoint_leaves_room_to_all_behind_it(world: World) -> None:
    async def work(there: Receiver) -> None:
        world.add_endpoint(there.url("/accept?first"))
        backlog = [world.publish() for _ in range(60)]
        for number in range(6):
            world.add_endpoint(there.url(f"/accept?{number}"), ("lookup.failed",))
        few = world.publish(1, "lookup.failed")
        await until(lambda: all(state(world, each.id) == "delivered" for each in (*backlog, few)))
        order = [request.line for request in there.requests]
        assert len(order) == 66
        # There is room for four, and seven want it: the last of the others comes long before the backlog's end.
        assert max(at for at, line in enumerate(order) if "/accept?first" not in line) < 40

    dispatching(world, work, at_once=4, per_endpoint=4)


def test_an_address_that_may_not_be_contacted_is_recorded_as_blocked(world: World) -> None:
    async def work(there: Receiver) -> None:
        world.add_endpoint(there.url())
        message = world.publish()
        # The operator has closed this port since the endpoint was made.
        await until(lambda: world.message(message.id).deliveries[0].attempts == 1)
        detail = world.delivery(world.message(message.id).deliveries[0].id)
        assert (detail.delivery.state, detail.attempts[0].outcome) == ("pending", "blocked")
        assert there.connections == 0

    closed = Settings(data=world.settings.data, database_url=world.settings.database_url, webhook_ports="1")
    dispatching(replace(world, settings=closed), work)


def test_told_to_stop_it_lets_what_is_sent_end(world: World) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=tasks.run, args=(world.store, world.settings, world.secret, stop))

    async def run() -> None:
        async with receiver() as there:
            world.add_endpoint(there.url("/later"))
            thread.start()
            message = world.publish()
            await until(lambda: bool(there.requests))
            assert state(world, message.id) == "pending"
            stop.set()
            await asyncio.to_thread(thread.join)
            assert state(world, message.id) == "delivered"

    asyncio.run(run())


# --- five days in a minute ------------------------------------------------------------------------


def test_the_sandbox_clock_brings_five_days_of_failure_to_their_end(world: World) -> None:
    async def work(there: Receiver) -> None:
        world.add_owner("technical")
        world.add_endpoint(there.url("/accept?witness"), ("webhook_endpoint.disabled",))
        endpoint = world.add_endpoint(there.url("/500")).endpoint
        kept = [world.publish() for _ in range(12)]
        await until(lambda: standing(world, endpoint.id).state == "failing")
        with world.store.write() as tx:
            advance_actions.advance_endpoint(tx, world.owner, endpoint.id, 5 * 86_400)
        await until(lambda: standing(world, endpoint.id).state == "disabled")
        disabled = standing(world, endpoint.id)
        assert disabled.state_reason == (
            "Nothing was accepted for 5 days. The last attempt: The receiver answered 500, not a 2xx."
        )
        # Everybody is told: by event, by mail, in the audit log.
        await until(lambda: any("witness" in request.line for request in there.requests))
        (told,) = [json.loads(request.body) for request in there.requests if "witness" in request.line]
        assert (told["type"], told["data"]["reason"]) == ("webhook_endpoint.disabled", disabled.state_reason)
        with world.store.read() as tx:
            (mail,) = mails.mails_of(tx, world.organization_id, 10)
            actions_done = [each.action for each in audit.project_entries(tx, world.project_id, 20)]
        assert mail.recipient == "technical@example.com"
        assert disabled.state_reason in mail.text
        assert {"webhook_endpoint.advanced", "webhook_endpoint.disabled"} <= set(actions_done)
        # Mended and resumed, it receives all that was kept.
        assert all(state(world, each.id) == "pending" for each in kept)
        mended = there.url("/accept?mended")
        with world.store.write() as tx:
            actions.edit_endpoint(
                tx, world.owner, world.secret, world.settings, endpoint.id, lambda old: replace(old, url=mended)
            )
            actions.resume_endpoint(tx, world.owner, endpoint.id)
        await until(lambda: all(state(world, each.id) == "delivered" for each in kept))
        arrived = [request.by_name["webhook-id"] for request in there.requests if "mended" in request.line]
        assert sorted(arrived) == sorted(each.id for each in kept)
        assert standing(world, endpoint.id).state == "active"

    dispatching(world, work)


def standing(world: World, endpoint_id: str) -> WebhookEndpoint:
    with world.store.read() as tx:
        return actions.read_endpoint(tx, world.owner, endpoint_id)


# --- killed at the worst moment -------------------------------------------------------------------

_CHILD = """
    import os, signal, sys, threading
    from pathlib import Path
    from freehold.kit.secrets import InstanceSecret
    from freehold.settings import Settings
    from freehold.store.engine import open_store
    from freehold.webhooks import queue, tasks

    data, url, step = sys.argv[1:4]
    settings = Settings(data=Path(data), database_url=url, webhook_allow="127.0.0.0/8")
    secret = InstanceSecret(bytes(range(32)))

    def die(*given, **named):
        os.kill(os.getpid(), signal.SIGKILL)

    if step == "after claim":
        tasks.request_of = die
    elif step == "before record":
        queue.record_attempts = die
    elif step == "before commit":
        record = queue.record_attempts
        def record_and_die(*given, **named):
            record(*given, **named)
            die()
        queue.record_attempts = record_and_die
    tasks.run(open_store(settings), settings, secret, threading.Event())
"""


@contextmanager
def dispatcher_that_dies(world: World, step: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [str(world.settings.data), world.settings.database_url, step]
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(_CHILD), *arguments])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("step", "arrivals"), [("after claim", 1), ("before record", 2), ("before commit", 2)])
def test_killed_at_any_step_the_message_is_delivered_all_the_same(world: World, step: str, arrivals: int) -> None:
    async def run() -> None:
        async with receiver() as there:
            world.add_endpoint(there.url())
            message = world.publish()
            with dispatcher_that_dies(world, step) as process:
                await asyncio.to_thread(process.wait)
                assert process.returncode == -signal.SIGKILL
            delivery = world.message(message.id).deliveries[0]
            assert (delivery.state, delivery.attempts) == ("pending", 0)
            assert delivery.leased_until_at is not None
            # The lease runs out: another dispatcher takes the delivery over.
            with world.store.write() as tx:
                tx.execute(update(deliveries).values(leased_until_at=delivery.leased_until_at - LEASE))
            with dispatcher_that_dies(world, "never"):
                await until(lambda: state(world, message.id) == "delivered")
            assert state(world, message.id) == "delivered"
            assert {request.by_name["webhook-id"] for request in there.requests} == {message.id}
            assert len(there.requests) == arrivals
            assert len(world.delivery(delivery.id).attempts) == 1

    asyncio.run(run())
