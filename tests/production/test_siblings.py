"""Bindings, clone, promotion, revert, acceptance and the lock, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.organizations import audit
from freehold.production.bindings import actions as bindings_actions
from freehold.production.clone import actions as clone_actions
from freehold.production.clone.records import Cloned, CloneOrder
from freehold.production.drift import actions as drift_actions
from freehold.production.drift import promoting
from freehold.production.drift import queries as drift_queries
from freehold.production.drift import tasks as drift_tasks
from freehold.production.drift.promotion_records import PromotionOrder
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.queries import policy_of
from freehold.production.siblings import planning as clone_planning
from freehold.projects import actions as projects
from freehold.projects import locking, postures
from freehold.projects.limits import Quota
from freehold.projects.queries import owners_of
from freehold.projects.records import ProjectChange, Scope
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import announcements, key_secrets, mails
from freehold.store.schema import keys as key_rows
from freehold.store.schema import projects as project_rows
from freehold.webhooks import actions as webhooks
from freehold.webhooks.queries import endpoints_of
from freehold.webhooks.records import EndpointSettings
from tests.http.served import SYSTEM, Instance
from tests.production.pairs import BINDINGS, PRODUCTION_URL, approve, bring, clone, drift, give, tools_of
from tests.production.world import furnish, history_of, make_production_world, project_of, shape_of


@pytest.fixture
def world(sqlite_store: Store) -> Instance:
    made = make_production_world(sqlite_store, Settings())
    furnish(made)
    return made


@pytest.fixture
def either(store: Store, settings: Settings) -> Instance:
    """The same on both databases: for what the database decides."""
    made = make_production_world(store, settings)
    furnish(made)
    return made


def edit(world: Instance, act: Callable[[Transaction], object]) -> None:
    with world.store.write() as tx:
        act(tx)


def purpose(world: Instance, text: str, project: str = "") -> None:
    edit(world, lambda tx: projects.edit_project(
        tx, world.actor("admin"), project or world.project, ProjectChange(purpose=text)))  # fmt: skip


def announced(world: Instance) -> list[tuple[str, Any]]:
    with world.store.read() as tx:
        rows = tx.execute(
            select(announcements.c.project_id, announcements.c.payload)
            .where(announcements.c.event_type == "drift.detected")
            .order_by(announcements.c.id)
        ).all()
    return [(row.project_id, row.payload) for row in rows]


# --- bindings ---------------------------------------------------------------------------------------


def test_bindings_are_asked_for_given_and_shown_by_what_may_be_seen(world: Instance) -> None:
    with world.store.read() as tx:
        slots = bindings_actions.slots_of(tx, project_of(world))
        assert {each.pointer for each in slots if each.is_missing} == set(BINDINGS)
    given = {each.pointer: each.given.shown for each in give(world, BINDINGS) if each.given}
    assert given["/webhooks/orders/url"] == "https://live.example.com/…"
    assert given["/keys/web/allowed_cidrs"] == "1 network"
    assert "production" not in given["/webhooks/orders/headers/X-Env"]
    with world.store.read() as tx:
        assert not any(each.is_missing for each in bindings_actions.slots_of(tx, project_of(world)))
    left = give(world, {"/webhooks/orders/url": None, "/owners/technical": ("developer@example.com",)})
    assert [each.pointer for each in left if each.is_missing] == ["/webhooks/orders/url"]


def test_values_given_at_one_instant_come_one_after_the_other(either: Instance) -> None:
    url = "/webhooks/orders/url"
    for turn in range(3):
        ready, given = Barrier(2), list[str]()

        def act(value: str, ready: Barrier = ready, given: list[str] = given) -> None:
            ready.wait()
            give(either, {url: value})
            given.append(value)

        threads = [Thread(target=act, args=(f"https://{name}{turn}.example.com/",)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(given) == 2


def test_bindings_are_checked_as_production_would(world: Instance) -> None:
    cases: list[tuple[str, Any, str]] = [
        ("/webhooks/orders/url", "http://127.0.0.1:9000/", "https"),
        ("/webhooks/orders/url", ("https://example.com",), "one URL"),
        ("/alert_channels/ops/url", "https://10.0.0.1/", "private network"),
        ("/webhooks/orders/headers/X-Env", "two\nlines", "printable"),
        ("/webhooks/orders/headers/X-Env", "••••••••", "mask"),
        ("/keys/web/allowed_cidrs", ("nowhere",), "network"),
        ("/keys/web/allowed_cidrs", (), "1 to"),
        ("/owners/technical", ("stranger@example.com",), "member"),
        ("/webhooks/other/url", PRODUCTION_URL, "no slot"),
    ]
    for slot, value, words in cases:
        with pytest.raises(Problem) as refused:
            give(world, {slot: value})
        assert [each.field for each in refused.value.errors] == [f"bindings.{slot}"]
        assert words in str(refused.value)


# --- clone ------------------------------------------------------------------------------------------


def test_a_clone_declares_the_same_with_values_of_its_own(either: Instance) -> None:
    world = either
    cloned = clone(world, issue_keys=("web",))
    production = cloned.production
    assert (production.environment, production.sandbox_id, cloned.created) == ("production", world.project, True)
    assert shape_of(world, production.id) == shape_of(world)
    assert drift(world).differences == ()
    assert [each.cause for each in history_of(world, production.id)] == ["clone"]
    with world.store.read() as tx:
        [endpoint] = endpoints_of(tx, production.id, 10)
        owners = owners_of(tx, [production.id])[production.id]
        issued = tx.execute(
            select(key_rows.c.name, key_rows.c.allowed_cidrs).where(key_rows.c.project_id == production.id)
        ).all()
    assert endpoint.url == PRODUCTION_URL
    assert [(each.email, each.duty) for each in owners] == [("owner@example.com", "technical")]
    assert [(each.name, each.allowed_cidrs) for each in issued] == [("web", ["198.51.100.0/24"])]
    assert [each.text.split("_")[1] for each in cloned.keys] == ["live"]
    assert set(cloned.signing_secrets) == {"orders"}


def test_a_clone_is_made_once(world: Instance) -> None:
    first = clone(world)
    before = history_of(world, first.production.id)
    again = clone(world, {})
    assert (again.production.id, again.created, again.signing_secrets) == (first.production.id, False, {})
    assert history_of(world, first.production.id) == before


def test_of_two_who_clone_at_one_instant_one_makes_it(either: Instance) -> None:
    world = either
    approve(world)
    with world.store.read() as tx:
        fingerprint = clone_planning.plan_clone(tx, world.actor("owner"), world.project).fingerprint
    order, ready, made = CloneOrder(fingerprint, BINDINGS), threading.Barrier(2), list[Cloned]()

    def run(who: str) -> None:
        ready.wait()
        with world.store.write() as tx:
            made.append(clone_actions.clone_project(tx, world.actor(who), tools_of(world), world.project, order))

    threads = [threading.Thread(target=run, args=(who,)) for who in ("owner", "developer")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.created for each in made) == [False, True]
    assert len({each.production.id for each in made}) == 1
    assert drift(world).differences == ()


def test_a_clone_takes_what_was_given_beforehand(world: Instance) -> None:
    give(world, BINDINGS)
    with world.store.read() as tx:
        plan = clone_planning.plan_clone(tx, world.actor("auditor"), world.project)
    assert not [each for each in plan.bindings if each.is_missing]
    assert any("new signing secrets" in each for each in plan.consequences)
    assert shape_of(world, clone(world, {}).production.id) == shape_of(world)


def test_a_clone_that_is_refused_leaves_nothing(world: Instance) -> None:
    with world.store.read() as tx:
        fingerprint = clone_planning.plan_clone(tx, world.actor("owner"), world.project).fingerprint
        before = tx.execute(select(func.count()).select_from(project_rows)).scalar_one()
    order = CloneOrder(fingerprint, BINDINGS)
    with pytest.raises(Problem) as unapproved, world.store.write() as tx:
        clone_actions.clone_project(tx, world.actor("owner"), tools_of(world), world.project, order)
    assert unapproved.value.code == "not_approved"
    approve(world)
    cases = (
        (CloneOrder("0" * 64, BINDINGS), "shape_changed"),
        (CloneOrder(fingerprint, {}), "bindings_missing"),
        (CloneOrder(fingerprint, BINDINGS, ("nameless",)), "invalid"),
    )
    for order, code in cases:
        with pytest.raises(Problem) as refused, world.store.write() as tx:
            clone_actions.clone_project(tx, world.actor("owner"), tools_of(world), world.project, order)
        assert refused.value.code == code
    with world.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(project_rows)).scalar_one() == before


def test_who_may_clone_and_what(world: Instance) -> None:
    def attempt(name: str, project: str) -> str:
        with pytest.raises(Problem) as refused, world.store.write() as tx:
            clone_actions.clone_project(tx, world.actor(name), tools_of(world), project, CloneOrder("", BINDINGS))
        return refused.value.code

    assert attempt("auditor", world.project) == "forbidden"
    assert attempt("stranger", world.project) == "not_found"
    production = clone(world).production.id
    assert attempt("owner", production) == "conflict"


# --- drift ------------------------------------------------------------------------------------------


def test_drift_says_what_differs_and_who_is_ahead(either: Instance) -> None:
    world = either
    production = clone(world).production.id
    purpose(world, "In the sandbox")
    edit(world, lambda tx: projects.edit_project(
        tx, world.actor("developer"), production, ProjectChange(quota=Quota(7, "day"))))  # fmt: skip
    for project in (world.project, production):
        found = {each.difference.path: each for each in drift(world, project).differences}
        assert set(found) == {"/labels/purpose", "/limits/quota"}
        ahead = {path: (each.ahead.environment, each.ahead.by) for path, each in found.items() if each.ahead}
        assert ahead["/labels/purpose"] == ("sandbox", "admin@example.com")
        assert ahead["/limits/quota"] == ("production", "developer@example.com")
    with world.store.read() as tx:
        head = drift_queries.heads_of(tx, [production])[production]
        posture = postures.posture_of(tx, world.actor("owner"), world.project)
    assert (head.differences, head.unaccepted) == (2, 2)
    assert posture.drift is not None
    assert posture.drift.differences == 2


def test_both_siblings_hear_of_new_drift_and_of_nothing_twice(world: Instance) -> None:
    production = clone(world).production.id
    assert announced(world) == []
    purpose(world, "One")
    # Of one instant, in either order.
    told = dict(announced(world))
    assert set(told) == {world.project, production}
    said = {"differences": 1, "unaccepted": 1, "new": ["/labels/purpose"]}
    assert told[world.project] == {"sibling": production, **said}
    assert told[production] == {"sibling": world.project, **said}
    purpose(world, "Two")
    purpose(world, "Looks parcels up")
    assert len(announced(world)) == 2
    purpose(world, "Three")
    assert len(announced(world)) == 4


def test_promoting_all_makes_them_equal(either: Instance) -> None:
    world = either
    production = clone(world).production.id
    purpose(world, "More")
    owner = world.actor("owner")
    edit(world, lambda tx: projects.set_scope(tx, owner, world.project, Scope(["get_parcel"], ["parcel.moved"])))
    edit(world, lambda tx: keys.edit_key(tx, owner, world.key, lambda old: replace(old, workload="batch")))
    done = bring(world, "promote")
    assert drift(world).differences == ()
    assert shape_of(world, production) == shape_of(world)
    assert "/labels/purpose" in done.plan.items
    again = bring(world, "promote")
    assert again.plan.items == ()
    assert [each.cause for each in history_of(world, production)] == ["promotion", "clone"]


def test_what_an_item_needs_comes_along(world: Instance) -> None:
    owner = world.actor("owner")
    edit(world, lambda tx: projects.set_scope(tx, owner, world.project, Scope(["get_parcel"], ["parcel.moved"])))
    production = clone(world).production.id
    edit(
        world,
        lambda tx: projects.set_scope(
            tx, owner, world.project, Scope(["get_parcel", "list_parcels"], ["parcel.moved"])
        ),
    )
    edit(world, lambda tx: keys.issue_key(tx, owner, world.secret, world.settings.brand, world.project,
                                          KeySettings("lists", endpoints=("list_parcels",))))  # fmt: skip
    purpose(world, "Stays behind")
    done = bring(world, "promote", "/keys/lists", project=production)
    assert set(done.plan.pulled) == {"/scope/endpoints/list_parcels"}
    assert [each.difference.path for each in drift(world).differences] == ["/labels/purpose"]


def test_revoking_a_live_key_is_said_beforehand(world: Instance) -> None:
    production = clone(world, issue_keys=("first",)).production.id
    edit(world, lambda tx: keys.revoke_key(tx, world.actor("owner"), world.key))
    with world.store.read() as tx:
        plan = promoting.plan_promotion(tx, world.actor("owner"), production, "promote")
    assert plan.consequences == ("Revokes the production key first: calls with it are refused at once, and for good.",)
    bring(world, "promote")
    assert "first" not in shape_of(world, production)["keys"]


def test_revert_gives_the_sandbox_productions_values(world: Instance) -> None:
    production = clone(world).production.id
    edit(world, lambda tx: projects.edit_project(
        tx, world.actor("owner"), production, ProjectChange(quota=Quota(9, "day"))))  # fmt: skip
    bring(world, "revert", "/limits/quota")
    assert drift(world).differences == ()
    assert history_of(world)[0].cause == "revert"


def test_new_slots_of_a_promotion_are_bound(world: Instance) -> None:
    production = clone(world).production.id
    owner = world.actor("owner")
    edit(world, lambda tx: webhooks.create_endpoint(
        tx, owner, world.secret, world.settings, world.project,
        EndpointSettings("https://example.com/second", ("key.revoked",), "Second")))  # fmt: skip
    with pytest.raises(Problem) as refused:
        bring(world, "promote")
    assert refused.value.code == "bindings_missing"
    done = bring(world, "promote", bindings={"/webhooks/second/url": "https://live.example.com/second"})
    assert set(done.signing_secrets) == {"second"}
    assert shape_of(world, production) == shape_of(world)


def test_what_is_material_waits_for_an_approval_where_the_operator_wants_one(world: Instance) -> None:
    clone(world)
    owner = world.actor("owner")
    with world.store.write() as tx:
        policy = replace(policy_of(tx, world.api), promotion_needs_approval=True)
        readiness_policies.set_policy(tx, SYSTEM, world.api, policy)
    purpose(world, "Not material")
    bring(world, "promote")
    edit(world, lambda tx: projects.set_scope(tx, owner, world.project, Scope(["get_parcel"], ["parcel.moved"])))
    with pytest.raises(Problem) as refused:
        bring(world, "promote")
    assert refused.value.code == "not_approved"
    approve(world)
    bring(world, "promote")
    assert drift(world).differences == ()


def test_a_plan_that_is_stale_is_refused(world: Instance) -> None:
    clone(world)
    purpose(world, "One")
    owner = world.actor("owner")
    with world.store.read() as tx:
        plan = promoting.plan_promotion(tx, owner, world.project, "promote")
    purpose(world, "Two")
    order = PromotionOrder(None, plan.fingerprint)
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        promoting.carry_out(tx, owner, tools_of(world), world.project, "promote", order)
    assert refused.value.code == "shape_changed"


# --- acceptance -------------------------------------------------------------------------------------


def accept(world: Instance, *paths: str, days: int = 30, reason: str = "Until May") -> None:
    with world.store.write() as tx:
        drift_actions.accept(tx, world.actor("owner"), world.project, paths, reason, days)


def test_an_accepted_difference_counts_no_more_until_it_changes(world: Instance) -> None:
    production = clone(world).production.id
    purpose(world, "One")
    accept(world, "/labels/purpose")
    assert drift(world, production).unaccepted == 0
    with world.store.read() as tx:
        head = drift_queries.heads_of(tx, [production])[production]
    assert (head.differences, head.unaccepted, head.owes_mail) == (1, 0, False)
    purpose(world, "Two")
    assert drift(world).unaccepted == 1
    assert len(announced(world)) == 4


def test_an_acceptance_is_withdrawn_or_expires(either: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    world = either
    clone(world)
    purpose(world, "One")
    accept(world, "/labels/purpose")
    with world.store.write() as tx:
        assert drift_actions.withdraw(tx, world.actor("owner"), world.project, ["/labels/purpose"]).unaccepted == 1
    accept(world, "/labels/purpose", days=1)
    accept(world, "/labels/purpose", days=2, reason="Longer")
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert drift(world).unaccepted == 1
    assert drift_tasks.turn(world.store, "http://here", later) >= 1
    with world.store.read() as tx:
        assert drift_queries.heads_of(tx, [world.project])[world.project].unaccepted == 1
        assert drift_queries.standing_of(tx, world.project) == {}


def test_an_acceptance_that_expires_while_it_is_withdrawn_waits_for_that(either: Instance) -> None:
    """What expires is counted after whoever holds the organization's log, not beside them: each would wait for the other."""
    world, after = either, clock.now() + timedelta(days=3)
    clone(world)
    purpose(world, "One")
    accept(world, "/labels/purpose", days=1)
    turns: list[int] = []
    expiring = Thread(target=lambda: turns.append(drift_tasks.turn(world.store, "http://here", after)))
    with world.store.write() as tx:
        audit.hold(tx, project_of(world).organization_id)
        for acceptance in drift_queries.standing_of(tx, world.project).values():
            drift_queries.end_acceptance(tx, acceptance.id, "withdrawn", after)
        expiring.start()
        # Long enough to come as far as it can: that is, to the log that is held here.
        expiring.join(0.3)
        assert drift_queries.lock_head(tx, world.project) is not None
    expiring.join()
    assert turns[0] >= 1
    with world.store.read() as tx:
        assert drift_queries.heads_of(tx, [world.project])[world.project].unaccepted == 1


def test_an_acceptance_says_why_of_what_and_until_when(world: Instance) -> None:
    clone(world)
    purpose(world, "One")
    cases: list[tuple[tuple[str, ...], str, int, str]] = [
        (("/labels/purpose",), " ", 30, "reason"),
        (("/labels/purpose",), "Why", 0, "days"),
        (("/labels/purpose",), "Why", 366, "days"),
        (("/limits/quota",), "Why", 30, "paths.0"),
        ((), "Why", 30, "paths"),
    ]
    for paths, reason, days, field in cases:
        with pytest.raises(Problem) as refused:
            accept(world, *paths, reason=reason, days=days)
        assert [each.field for each in refused.value.errors] == [field]


def test_owners_are_mailed_at_most_once_an_hour(either: Instance) -> None:
    world = either
    clone(world)
    purpose(world, "One")
    now = clock.now()

    def mailed() -> list[str]:
        with world.store.read() as tx:
            return [row.text for row in tx.execute(select(mails.c.text).order_by(mails.c.id))]

    assert drift_tasks.turn(world.store, "http://here", now) == 1
    assert len(mailed()) == 1
    assert "/labels/purpose" in mailed()[0]
    edit(world, lambda tx: projects.edit_project(
        tx, world.actor("owner"), world.project, ProjectChange(quota=Quota(9, "day"))))  # fmt: skip
    assert drift_tasks.turn(world.store, "http://here", now + timedelta(minutes=59)) == 0
    assert drift_tasks.turn(world.store, "http://here", now + timedelta(minutes=61)) == 1
    assert len(mailed()) == 2
    assert drift_tasks.turn(world.store, "http://here", now + timedelta(hours=9)) == 0


# --- the lock ---------------------------------------------------------------------------------------


def lock(world: Instance, project: str, locked: bool = True) -> None:
    with world.store.write() as tx:
        locking.set_locked(tx, world.actor("admin"), project, locked)


def test_a_locked_project_changes_by_promotion_alone(world: Instance) -> None:
    production = clone(world, issue_keys=("first",)).production.id
    lock(world, production)
    with pytest.raises(Problem) as refused:
        purpose(world, "Directly", production)
    assert (refused.value.code, "promote it" in str(refused.value)) == ("project_locked", True)
    purpose(world, "By promotion")
    bring(world, "promote")
    assert shape_of(world, production)["labels"]["purpose"] == "By promotion"
    with world.store.read() as tx:
        issued = tx.execute(select(key_secrets.c.key_id).where(key_secrets.c.project_id == production)).scalar_one()
    edit(world, lambda tx: keys.revoke_key(tx, world.actor("owner"), issued))
    lock(world, production, locked=False)
    purpose(world, "Directly", production)


def test_who_may_lock_and_what(world: Instance) -> None:
    production = clone(world).production.id
    for name, project, code in (("developer", production, "forbidden"), ("admin", world.project, "conflict")):
        with pytest.raises(Problem) as refused, world.store.write() as tx:
            locking.set_locked(tx, world.actor(name), project, locked=True)
        assert refused.value.code == code
