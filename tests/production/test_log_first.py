"""Whoever changes a project takes its organization's log first, then its rows, then the epoch: so two never wait for each other."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from sqlalchemy import select, update

from freehold.keys import actions as keys
from freehold.keys import declaring, rotation
from freehold.keys.records import Key
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.organizations import tokens
from freehold.projects import actions as projects
from freehold.projects.records import ProjectChange, Scope
from freehold.settings import Settings
from freehold.store import epoch
from freehold.store.engine import Store, Transaction
from freehold.store.schema import deliveries as delivery_rows
from freehold.store.schema import key_templates, webhook_endpoints
from freehold.store.schema import keys as key_rows
from freehold.store.schema import projects as project_rows
from freehold.store.schema import replays as replay_rows
from freehold.webhooks import actions as webhooks
from freehold.webhooks import advance_actions
from freehold.webhooks import delivery_actions as deliveries
from freehold.webhooks import replay_actions as replays
from freehold.webhooks.queries import endpoints_of
from freehold.webhooks.records import NewMessage
from freehold.webhooks.replay_records import Wanted
from tests.http.served import Instance
from tests.lock_order import assert_log_first
from tests.production.pairs import tools_of
from tests.production.world import furnish, make_production_world, project_of

Act = Callable[[Transaction], object]

SETTINGS: Final[dict[str, Any]] = {
    "workload": "", "endpoints": ["get_parcel"], "restricted": True, "rate_limits": {}, "quota": None,
    "expires_after_days": None,
}  # fmt: skip


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    made = make_production_world(store, settings)
    furnish(made)
    return made


def changes(world: Instance, key: Key, endpoint_id: str) -> list[Act]:
    """What an owner does to a project that gates have to hear of, in an order in which each is possible."""
    owner, tools, project = world.actor("owner"), tools_of(world), world.project
    organization_id, brand = project_of(world).organization_id, tools.settings.brand
    return [
        lambda tx: keys.issue_key(tx, owner, tools.secret, brand, project, KeySettings("another")),
        lambda tx: keys.edit_key(tx, owner, key.id, lambda _: KeySettings("renamed")),
        lambda tx: rotation.rotate_key(tx, owner, tools.secret, brand, key.id),
        lambda tx: keys.revoke_key(tx, owner, key.id),
        lambda tx: tokens.create_service_token(tx, owner, tools.secret, organization_id, "robot", ["verifier"], None),
        lambda tx: projects.edit_project(tx, owner, project, ProjectChange(purpose="Another")),
        lambda tx: webhooks.pause_endpoint(tx, owner, endpoint_id),
        lambda tx: webhooks.delete_endpoint(tx, owner, endpoint_id),
        lambda tx: projects.set_scope(tx, owner, project, Scope([], [])),
        lambda tx: projects.archive_project(tx, owner, project),
        lambda tx: projects.restore_project(tx, owner, project),
    ]


def change_project(tx: Transaction, project_id: str) -> None:
    """Want every row of projects, keys and endpoints, and the epoch."""
    for table in (project_rows, key_rows, webhook_endpoints):
        tx.execute(update(table).values(revision=table.c.revision))
    epoch.advance(tx, "project", project_id, clock.now())


def test_the_log_is_taken_before_rows_and_the_epoch(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, tools = world.actor("owner"), tools_of(world)
    with world.store.write() as tx:
        named = KeySettings("to be changed")
        key = keys.issue_key(tx, owner, tools.secret, tools.settings.brand, world.project, named).detail.key
        [endpoint] = endpoints_of(tx, world.project, 2)
    for act in changes(world, key, endpoint.id):
        assert_log_first(world.store, monkeypatch, world.harbour, act, lambda tx: change_project(tx, world.project))


def change_everything(tx: Transaction) -> None:
    """Want every row that the following may hold, as applying a shape does."""
    for table in (project_rows, key_rows, webhook_endpoints):
        tx.execute(update(table).values(revision=table.c.revision))
    tx.execute(update(key_templates).values(created_by=key_templates.c.created_by))
    tx.execute(update(replay_rows).values(total=replay_rows.c.total))


def prepared(world: Instance, what: str) -> Act:
    """Something that an owner does to declared keys and deliveries, with what it needs made before."""
    owner, project, now = world.actor("owner"), world.project, clock.now()
    with world.store.write() as tx:
        [endpoint] = endpoints_of(tx, project, 2)
        declared = declaring.declare_key(tx, owner, project, "batch", SETTINGS)
        declaring.declare_key(tx, owner, project, "other", SETTINGS, ("192.0.2.1/32",))
        message = deliveries.publish_message(tx, owner, project, NewMessage("parcel.moved", {"id": "p1"}))
    with world.store.write() as tx:
        tx.execute(update(delivery_rows).values(state="failed", attempts=1, due_at=None, finished_at=now))
        [delivery] = tx.execute(select(delivery_rows.c.id).where(delivery_rows.c.message_id == message.id)).scalars()
        replay = replays.start_replay(tx, owner, endpoint.id, Wanted(state="failed"))
    acts: dict[str, Act] = {
        "declared": lambda tx: declaring.declare_key(tx, owner, project, "another", SETTINGS),
        "declared otherwise": lambda tx: declaring.redeclare_key(tx, owner, declared, SETTINGS, ("192.0.2.0/24",)),
        "declared no more": lambda tx: declaring.undeclare_key(tx, owner, project, "other"),
        "clock moved": lambda tx: advance_actions.advance_endpoint(tx, owner, endpoint.id, 60),
        "delivery replayed": lambda tx: replays.replay_delivery(tx, owner, delivery),
        "replay canceled": lambda tx: replays.cancel_replay(tx, owner, replay.id),
    }
    return acts[what]


@pytest.mark.parametrize(
    "what",
    [
        "declared", "declared otherwise", "declared no more", "clock moved", "delivery replayed", "replay canceled",
    ],
)  # fmt: skip
def test_the_log_is_taken_before_declared_keys_and_replays(
    world: Instance, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert_log_first(world.store, monkeypatch, world.harbour, prepared(world, what), change_everything)
