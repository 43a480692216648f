"""The sandbox clock, on both databases: what it moves, what it leaves, and that production has none."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import (
    audit_entries,
    deliveries,
    webhook_advances,
    webhook_checks,
    webhook_endpoints,
    webhook_secrets,
)
from freehold.webhooks import actions, advance_actions, advance_queries, check_actions
from freehold.webhooks.advance_actions import Advanced
from tests.conftest import TestClock
from tests.webhooks.world import World, make_world

URL = "https://example.com/hooks"


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret, test_clock: TestClock) -> World:
    return make_world(store, settings, secret)


def advance(world: World, endpoint_id: str, by_s: float | None = None, actor: Actor | None = None) -> Advanced:
    with world.store.write() as tx:
        return advance_actions.advance_endpoint(tx, actor or world.owner, endpoint_id, by_s)


def waiting(world: World, *due_in_s: float) -> str:
    """An endpoint with a pending delivery for each."""
    endpoint_id = world.add_endpoint(URL).endpoint.id
    for seconds in due_in_s:
        (delivery,) = world.message(world.publish().id).deliveries
        with world.store.write() as tx:
            due_at = clock.now() + timedelta(seconds=seconds)
            tx.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(due_at=due_at))
    return endpoint_id


def dues(world: World, endpoint_id: str) -> list[Any]:
    now = clock.now()
    with world.store.read() as tx:
        query = select(deliveries.c.due_at).where(deliveries.c.webhook_endpoint_id == endpoint_id)
        return [each and (each - now).total_seconds() for (each,) in tx.execute(query.order_by(deliveries.c.due_at))]


def test_to_the_next_attempt_and_no_further(world: World) -> None:
    endpoint_id = waiting(world, 300.25, 7200)
    moved = advance(world, endpoint_id)
    assert (moved.by.total_seconds(), moved.due) == (300.25, 1)
    assert dues(world, endpoint_id) == [0, 7200 - 300.25]
    # It is due already: nothing is moved, and nothing is written down.
    assert advance(world, endpoint_id).by == timedelta()
    with world.store.read() as tx:
        (kept,) = advance_queries.advances_of(tx, endpoint_id, 10)
    assert (kept.by.total_seconds(), kept.advanced_by, kept.at) == (300.25, "Ada", clock.now())


def test_an_endpoint_that_is_held_is_moved_to_where_it_is_tried_again(world: World) -> None:
    endpoint_id = waiting(world, 5)
    with world.store.write() as tx:
        held = clock.now() + timedelta(seconds=600)
        tx.execute(update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id).values(held_until_at=held))
    assert advance(world, endpoint_id).by == timedelta(seconds=600)


def test_by_a_time_all_that_ends_comes_nearer_and_nothing_on_record_changes(world: World) -> None:
    endpoint_id, other = waiting(world, 7200), waiting(world)
    began = clock.now()
    with world.store.write() as tx:
        tx.execute(update(webhook_endpoints).values(failing_since_at=began, held_until_at=began))
        for each in (endpoint_id, other):
            actions.rotate_signing_secret(tx, world.owner, world.secret, each, 86_400)
            check_actions.finish_check(tx, check_actions.begin_check(tx, world.owner, each).check.id, "passed")
    (before,) = world.message(world.publish().id).deliveries[:1]
    moved = advance(world, endpoint_id, 5 * 86_400)
    assert moved.by == timedelta(days=5)
    assert moved.clock.failing_since_at == moved.clock.held_until_at == began - timedelta(days=5)
    with world.store.read() as tx:
        ends = dict[str, datetime](
            (row[0], row[1]) for row in tx.execute(
                select(webhook_secrets.c.webhook_endpoint_id, webhook_secrets.c.retires_at).where(
                    webhook_secrets.c.retires_at.is_not(None)
                )
            )
        )  # fmt: skip
        expires = dict[str, datetime](
            (row[0], row[1])
            for row in tx.execute(select(webhook_checks.c.webhook_endpoint_id, webhook_checks.c.expires_at))
        )
        untouched = advance_queries.clock_of(tx, other)
    assert ends[endpoint_id] == began - timedelta(days=4)
    assert (ends[other], expires[other]) == (began + timedelta(days=1), began + timedelta(days=30))
    assert expires[endpoint_id] == began + timedelta(days=25)
    assert untouched.failing_since_at == began
    after = world.delivery(before.id).delivery
    assert (after.created_at, after.attempts) == (before.created_at, before.attempts)


def test_what_is_parked_stays_parked_and_what_has_ended_stays_ended(world: World) -> None:
    endpoint_id = waiting(world, 60, 60)
    with world.store.write() as tx:
        actions.pause_endpoint(tx, world.owner, endpoint_id)
    with pytest.raises(Problem, match=r"Nothing waits to be sent to this endpoint\. It is not served now"):
        advance(world, endpoint_id)
    assert advance(world, endpoint_id, 3600).due == 0
    assert dues(world, endpoint_id) == [None, None]


def test_it_is_in_the_audit_log(world: World) -> None:
    endpoint_id = waiting(world, 60)
    advance(world, endpoint_id, 90)
    with world.store.read() as tx:
        rows = tx.execute(
            select(audit_entries.c.action, audit_entries.c.after).where(audit_entries.c.subject_id == endpoint_id)
        ).all()
    assert ("webhook_endpoint.advanced", {"advanced_ms": 90_000}) in [tuple(row) for row in rows]


@pytest.mark.parametrize("by_s", [0, -1, 30 * 86_400 + 1])
def test_by_how_much_is_bounded(world: World, by_s: int) -> None:
    with pytest.raises(Problem) as refused:
        advance(world, waiting(world), by_s)
    assert refused.value.code == "invalid"


def test_production_has_no_such_clock(world: World) -> None:
    endpoint = world.add_endpoint(URL, project_id=world.production_id).endpoint
    for by_s in (None, 60):
        with pytest.raises(Problem, match="Only a sandbox endpoint's clock can be moved") as refused:
            advance(world, endpoint.id, by_s)
        assert refused.value.status == 409
    # By construction: a row of it cannot be written, under either name of its environment.
    for environment in ("production", "sandbox"):
        row = {
            "id": "wad_1", "webhook_endpoint_id": endpoint.id, "project_id": endpoint.project_id,
            "environment": environment, "by_ms": 1, "advanced_by": "Ada", "at": clock.now(),
        }  # fmt: skip
        with pytest.raises(IntegrityError), world.store.write() as tx:
            tx.execute(insert(webhook_advances).values(row))


def test_strangers_find_nothing(world: World) -> None:
    with pytest.raises(Problem) as refused:
        advance(world, waiting(world, 5), 60, world.stranger)
    assert refused.value.code == "not_found"
