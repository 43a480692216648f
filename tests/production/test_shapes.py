"""A project's shape and its history, on both databases: every change that there is writes a revision, or none."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete

from freehold.alerts import actions as alerts
from freehold.alerts import channel_actions as channels
from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.keys import rotation
from freehold.keys.settings_rules import KeySettings
from freehold.kit import canonical_json
from freehold.organizations import members
from freehold.production import watching
from freehold.production.shape import revisions
from freehold.production.shape.assembling import GONE
from freehold.production.shape.records import Cause
from freehold.projects import actions as projects
from freehold.projects.limits import Quota
from freehold.projects.records import NewOwner, ProjectChange, Scope
from freehold.settings import Settings
from freehold.store import touched
from freehold.store.engine import Store, Transaction
from freehold.store.schema import shape_heads, shape_marks, shape_revisions
from freehold.webhooks import actions as webhooks
from freehold.webhooks.queries import endpoints_of
from tests.http.served import Instance
from tests.production.world import URL, furnish, history_of, make_production_world, paths_of, shape_of


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    made = make_production_world(store, settings)
    furnish(made)
    return made


def change(world: Instance, act: Callable[[Transaction], object], cause: Cause = "edit") -> list[str]:
    """Do something in a transaction; the paths of the revisions that it wrote."""
    before = len(history_of(world))
    with world.store.write() as tx:
        touched.because(tx, cause)
        act(tx)
    after = history_of(world)
    return [path for revision in after[: len(after) - before] for path in paths_of(revision)]


def test_a_shape_holds_what_is_declared_and_no_secret(world: Instance) -> None:
    shape = shape_of(world)
    assert shape["api"] == "parcels"
    assert shape["labels"]["purpose"] == "Looks parcels up"
    assert shape["owners"] == ["technical"]
    assert shape["scope"] == {"endpoints": ["get_parcel", "list_parcels"], "event_types": ["parcel.moved"]}
    assert shape["keys"]["web"] == {
        "workload": "checkout", "endpoints": ["get_parcel"], "restricted": True,
        "rate_limits": {"burst": {"limit": 10, "window_s": 1}}, "quota": {"limit": 1000, "period": "day"},
        "expires_after_days": None,
    }  # fmt: skip
    assert shape["webhooks"]["orders"]["headers"] == ["Authorization", "X-Env"]
    assert shape["alerts"]["requests-of-web"]["filter"]["key"] == "web"
    assert shape["alerts"]["requests-of-web"]["thresholds"][0]["at"] == "0.5"
    assert shape["alerts"]["orders-fail"]["filter"]["webhook"] == "orders"
    assert shape["alert_channels"] == {"ops": {"name": "Ops", "kind": "generic"}}
    text = json.dumps(shape)
    assert not [each for each in ("very-secret", URL, "192.0.2") if each in text]


def test_every_change_of_what_is_declared_writes_what_it_changed(world: Instance) -> None:
    owner = world.actor("owner")
    with world.store.read() as tx:
        endpoint = endpoints_of(tx, world.project, 1)[0]
        rule = alerts.list_rules(tx, owner, world.project, 1)[0]
        channel = channels.list_channels(tx, owner, world.project)[0]
    cases: list[tuple[Callable[[Transaction], object], list[str]]] = [
        (lambda tx: projects.edit_project(tx, owner, world.project, ProjectChange(purpose="More")), ["/labels/purpose"]),
        (lambda tx: projects.edit_project(tx, owner, world.project, ProjectChange(quota=Quota(5, "day"))), ["/limits/quota"]),
        (lambda tx: projects.edit_project(tx, owner, world.project, ProjectChange(owners=(
            NewOwner("owner@example.com", "technical"), NewOwner("billing@example.com", "billing")))), ["/owners/billing"]),
        (lambda tx: projects.set_scope(tx, owner, world.project, Scope(["get_parcel"], ["parcel.moved"])),
         ["/scope/endpoints/list_parcels"]),
        (lambda tx: keys.edit_key(tx, owner, world.key, lambda old: replace(old, name="second")), ["/keys/first", "/keys/second"]),
        (lambda tx: webhooks.edit_endpoint(tx, owner, world.secret, world.settings, endpoint.id,
                                           lambda old: replace(old, fifo=True)), ["/webhooks/orders/fifo"]),
        (lambda tx: alerts.edit_rule(tx, owner, rule.id, lambda old: replace(old, name="Other")), ["/alerts/orders-fail/name"]),
        (lambda tx: channels.delete_channel(tx, owner, channel.id), ["/alert_channels/ops"]),
        (lambda tx: webhooks.delete_endpoint(tx, owner, endpoint.id), ["/alerts/orders-fail/filter", "/webhooks/orders"]),
        (lambda tx: keys.revoke_key(tx, owner, world.key), ["/keys/second"]),
        (lambda tx: members.remove_member(tx, owner, world.harbour, world.users["billing"].id), ["/owners/billing"]),
    ]  # fmt: skip
    for act, paths in cases:
        assert change(world, act) == paths
    assert shape_of(world)["alerts"]["orders-fail"]["filter"]["webhook"] == GONE


def test_what_is_not_declared_writes_nothing(world: Instance) -> None:
    owner = world.actor("owner")
    with world.store.read() as tx:
        endpoint = endpoints_of(tx, world.project, 1)[0]
    for act in (
        lambda tx: rotation.rotate_key(tx, owner, world.secret, world.settings.brand, world.key, 60),
        lambda tx: webhooks.rotate_signing_secret(tx, owner, world.secret, endpoint.id, 60),
        lambda tx: webhooks.pause_endpoint(tx, owner, endpoint.id),
        lambda tx: webhooks.edit_endpoint(
            tx, owner, world.secret, world.settings, endpoint.id, lambda old: replace(old, url=URL + "/other")
        ),
        lambda tx: projects.archive_project(tx, owner, world.project),
    ):
        assert change(world, act) == []


def test_a_revision_names_who_and_why_and_what_was_declared(world: Instance) -> None:
    admin, before = world.actor("admin"), history_of(world)[0]
    change(
        world, lambda tx: projects.edit_project(tx, admin, world.project, ProjectChange(purpose="More")), "promotion"
    )
    newest = history_of(world)[0]
    assert (newest.actor_name, newest.cause, newest.number) == ("admin@example.com", "promotion", before.number + 1)
    assert newest.shape == shape_of(world)
    assert newest.fingerprint == canonical_json.fingerprint(newest.shape)
    with world.store.read() as tx:
        head = revisions.head_of(tx, world.project)
        assert head is not None
        assert (head.number, head.fingerprint) == (newest.number, newest.fingerprint)
        marked = revisions.marks_of(tx, world.project, ["/labels/purpose", "/keys/web"])
    assert {path: each.number for path, each in marked.items()} == {
        "/labels/purpose": newest.number,
        "/keys/web": before.number,
    }


def test_the_first_revision_is_the_making(world: Instance) -> None:
    first = history_of(world)[-1]
    assert first.number == 1
    assert "/labels/name" in paths_of(first)


def test_there_and_back_again_has_the_first_fingerprint(world: Instance) -> None:
    owner, before = world.actor("owner"), history_of(world)[0]
    for purpose in ("More", "Looks parcels up"):
        with world.store.write() as tx:
            projects.edit_project(tx, owner, world.project, ProjectChange(purpose=purpose))
    assert history_of(world)[0].fingerprint == before.fingerprint
    assert history_of(world)[0].number == before.number + 2


def test_who_looks_before_the_commit_can_refuse(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_tx: Transaction, _change: object) -> None:
        raise Problem("conflict", "Not so.")

    monkeypatch.setattr(watching, "CONSEQUENCES", (refuse,))
    before = history_of(world)
    with pytest.raises(Problem, match="Not so"):
        change(
            world,
            lambda tx: projects.edit_project(tx, world.actor("owner"), world.project, ProjectChange(purpose="More")),
        )
    assert history_of(world) == before
    assert shape_of(world)["labels"]["purpose"] == "Looks parcels up"


def test_projects_of_before_get_their_first_revision_once(world: Instance) -> None:
    with world.store.write() as tx:
        for table in (shape_marks, shape_heads, shape_revisions):
            tx.execute(delete(table))
    with world.store.write() as tx:
        assert watching.begin_histories(tx, 1) == 1
        assert watching.begin_histories(tx, 5) == 1
        assert watching.begin_histories(tx, 5) == 0
    assert [(each.number, each.actor_name) for each in history_of(world)] == [(1, "Freehold")]


def test_the_key_of_a_declared_name_is_that_one(world: Instance) -> None:
    owner = world.actor("owner")
    change(world, lambda tx: keys.revoke_key(tx, owner, world.key))
    issued: list[keys.IssuedKey] = []
    settings = KeySettings("first")
    assert change(world, lambda tx: issued.append(
        keys.issue_key(tx, owner, world.secret, world.settings.brand, world.project, settings))) == ["/keys/first"]  # fmt: skip
    assert issued[0].detail.key.id != world.key


def test_two_who_change_at_one_instant_leave_a_history_of_both(world: Instance) -> None:
    owner, ready = world.actor("owner"), threading.Barrier(2)
    acts: tuple[Callable[[Transaction], object], ...] = (
        lambda tx: projects.set_scope(tx, owner, world.project, Scope(["get_parcel"], [])),
        lambda tx: keys.edit_key(tx, owner, world.key, lambda old: replace(old, workload="batch")),
    )

    def run(act: Callable[[Transaction], object]) -> None:
        ready.wait()
        with world.store.write() as tx:
            act(tx)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = history_of(world)
    assert newest[0].shape == shape_of(world)
    assert newest[0].number == newest[1].number + 1
    assert newest[0].shape["keys"]["first"]["workload"] == "batch"
    assert newest[0].shape["scope"]["event_types"] == []
