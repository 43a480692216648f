"""Applying shapes: whatever a project is like, it becomes the wanted shape, whole or not at all; on both databases."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select

from freehold.apis import actions as apis
from freehold.apis.records import NewApi
from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.keys.queries import active_keys_of
from freehold.keys.templates import KeyTemplate, find_template, templates_of
from freehold.kit import canonical_json, clock
from freehold.production.applying.checking import key_settings
from freehold.production.applying.engine import Applied, apply_shape
from freehold.production.applying.tools import Tools
from freehold.production.shape.records import Shape
from freehold.projects import actions as projects
from freehold.projects.records import NewProject, Scope
from freehold.reports import schedule_queries
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries
from freehold.webhooks.queries import endpoints_of
from freehold.webhooks.sealing import open_headers
from tests.http.served import SYSTEM, Instance
from tests.production.world import URL, furnish, history_of, make_production_world, project_of, shape_of
from tests.shapes import NAMES, bindings_for, shapes

# How many shapes a project goes through; SHAPE_EXAMPLES for a campaign.
EXAMPLES: Final = {"sqlite": 10, "postgresql": 4}


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    made = make_production_world(store, settings)
    furnish(made)
    return made


def apply(world: Instance, wanted: Shape, bindings: Any = None, who: str = "owner", project: str = "") -> Applied:
    """Apply a shape in a transaction of its own."""
    actor, tools = world.actor(who), Tools(world.secret, world.settings)
    with world.store.write() as tx:
        return apply_shape(tx, actor, tools, project_of(world, project), wanted, bindings or {}, "file")


def drawn_project(world: Instance) -> str:
    """A project of an API whose catalogue has what `shapes` draws from."""
    document = {
        "openapi": "3.1.0", "info": {"title": "Letters", "version": "1"},
        "paths": {f"/{number}": {"get": {"operationId": name}} for number, name in enumerate(NAMES)},
        "webhooks": {name: {"post": {}} for name in NAMES},
    }  # fmt: skip
    with world.store.write() as tx:
        made = apis.create_api(tx, SYSTEM, NewApi("Letters", "letters"))
        apis.import_openapi(
            tx, SYSTEM, made.id, apis.read_openapi(SYSTEM, json.dumps(document).encode(), "application/json")
        )
        return projects.create_project(tx, world.actor("owner"), world.harbour, NewProject("Shop", "one", "letters")).id


def issue_some(world: Instance, project: str, names: set[str]) -> None:
    """Issue some of the keys that a project declares."""
    for name in sorted(names & {each.name for each in declared_keys(world, project)}):
        with world.store.write() as tx:
            declared = find_template(tx, project, name)
            assert declared is not None
            days = declared.settings["expires_after_days"]
            expires_at = None if days is None else clock.now() + timedelta(days=days)
            wanted = key_settings(name, declared.settings, declared.allowed_cidrs, expires_at)
            keys.issue_key(tx, world.actor("owner"), world.secret, world.settings.brand, project, wanted)


def declared_keys(world: Instance, project: str = "") -> list[KeyTemplate]:
    with world.store.read() as tx:
        return templates_of(tx, project or world.project)


def test_any_shape_is_reached_from_any_other_and_applying_it_again_changes_nothing(
    world: Instance, engine_name: str
) -> None:
    project = drawn_project(world)

    # One project goes from shape to shape, so that a failure cannot be made smaller.
    @examples(max_examples=int(os.environ.get("SHAPE_EXAMPLES", EXAMPLES[engine_name])), phases=[Phase.generate])
    @given(shapes("letters"), st.sets(st.sampled_from(NAMES)))
    def reached(wanted: Any, issued: set[str]) -> None:
        before = shape_of(world, project)
        bindings = bindings_for(wanted, "owner@example.com", URL)
        done = apply(world, wanted, bindings, project=project)
        assert canonical_json.fingerprint(shape_of(world, project)) == canonical_json.fingerprint(wanted)
        assert done.secrets.keys() == wanted["webhooks"].keys() - before["webhooks"].keys()
        issue_some(world, project, issued)
        assert shape_of(world, project) == wanted
        revisions = len(history_of(world, project))
        with counted_entries(world) as entries:
            again = apply(world, wanted, bindings, project=project)
        assert not again.changed
        assert entries() == 0
        assert len(history_of(world, project)) == revisions

    reached()


@contextmanager
def counted_entries(world: Instance) -> Iterator[Callable[[], int]]:
    """How many entries the audit log gets meanwhile."""

    def count() -> int:
        with world.store.read() as tx:
            return tx.execute(select(func.count()).select_from(audit_entries)).scalar_one()

    before = count()
    yield lambda: count() - before


def test_what_fails_at_its_end_leaves_nothing(world: Instance) -> None:
    before, revisions = shape_of(world), history_of(world)
    alerts = {slot: {**rule, "name": "Other"} for slot, rule in before["alerts"].items()}
    wanted = {
        **before, "labels": {**before["labels"], "purpose": "More"}, "keys": {}, "webhooks": {**before["webhooks"], "second": before["webhooks"]["orders"]},
        "alerts": {slot: rule for slot, rule in alerts.items() if rule["filter"]["key"] is None},
    }  # fmt: skip
    bindings = {
        "/webhooks/second/url": "ftp://example.com",
        "/webhooks/second/headers/X-Env": "a",
        "/webhooks/second/headers/Authorization": "b",
    }
    with counted_entries(world) as entries, pytest.raises(Problem) as failed:
        apply(world, wanted, bindings)
    assert [each.field for each in failed.value.errors] == ["webhooks.second.url"]
    assert (shape_of(world), history_of(world), entries()) == (before, revisions, 0)


def test_what_slots_hold_stays_unless_another_value_is_given(world: Instance) -> None:
    before = shape_of(world)
    wanted = {**before, "webhooks": {"orders": {**before["webhooks"]["orders"], "fifo": True}}}
    done = apply(world, wanted)
    assert [each.path for each in done.differences] == ["/webhooks/orders/fifo"]
    assert (done.secrets, done.rebound) == ({}, ())
    assert held(world) == (URL, {"X-Env": "sandbox", "Authorization": "Bearer very-secret"})
    given = {
        "/webhooks/orders/url": URL + "/new", "/webhooks/orders/headers/X-Env": "other",
        "/keys/web/allowed_cidrs": ["198.51.100.7"], "/alert_channels/ops/url": URL + "/ops",
        "/owners/technical": ["admin@example.com"],
    }  # fmt: skip
    revisions = len(history_of(world))
    done = apply(world, wanted, given)
    assert sorted(done.rebound) == sorted(given)
    assert held(world) == (URL + "/new", {"X-Env": "other", "Authorization": "Bearer very-secret"})
    assert len(history_of(world)) == revisions
    assert not apply(world, wanted, given).changed


def held(world: Instance) -> tuple[str, dict[str, str]]:
    """What the slots of the one webhook endpoint hold."""
    with world.store.read() as tx:
        endpoint = endpoints_of(tx, world.project, 1)[0]
    return endpoint.url, dict(open_headers(world.secret, endpoint.id, endpoint.sealed_headers))


def test_slots_that_hold_nothing_are_all_named(world: Instance) -> None:
    wanted = shape_of(world)
    with world.store.write() as tx:
        new = NewProject("Other", "Another", "parcels")
        other = projects.create_project(tx, world.actor("owner"), world.harbour, new).id
    with pytest.raises(Problem) as failed:
        apply(world, wanted, project=other)
    assert failed.value.code == "bindings_missing"
    assert [each.field for each in failed.value.errors] == [
        "bindings./alert_channels/ops/url", "bindings./keys/web/allowed_cidrs", "bindings./webhooks/orders/headers/Authorization",
        "bindings./webhooks/orders/headers/X-Env", "bindings./webhooks/orders/url",
    ]  # fmt: skip
    done = apply(world, wanted, bindings_for(wanted, "owner@example.com", URL), project=other)
    assert list(done.secrets) == ["orders"]
    assert done.secrets["orders"].startswith("whsec_")
    assert {each.name for each in declared_keys(world, other)} == {"first", "web"}
    assert shape_of(world, other) == wanted
    rule = shape_of(world, other)["alerts"]["requests-of-web"]
    assert rule["filter"]["key"] == "web"


def test_what_is_gone_cannot_be_looked_at(world: Instance) -> None:
    with world.store.write() as tx:
        keys.revoke_key(
            tx, world.actor("owner"), next(each for each in active_keys_of(tx, world.project) if each.name == "web").id
        )
    with pytest.raises(Problem) as failed:
        apply(world, shape_of(world))
    assert [(each.field, each.code) for each in failed.value.errors] == [("alerts.requests-of-web.filter.key", "gone")]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"api": "other"}, ["api"]),
        ({"owners": ["billing"]}, ["owners"]),
        ({"scope": {"endpoints": ["get_parcel", "nothing"], "event_types": ["parcel.moved"]}}, ["scope.endpoints.1"]),
        ({"scope": {"endpoints": [], "event_types": []}}, ["keys.web.endpoints", "webhooks.orders.event_types"]),
        ({"limits": {"rate_limits": {"Bad": {"limit": 0, "window_s": 1}}, "quota": None}},
         ["limits.rate_limits.0.name", "limits.rate_limits.0.limit"]),
        ({"labels": {"name": " a", "purpose": "", "product_line": None, "use_case": None}}, ["labels.purpose", "labels.name"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_shape_is_named_by_its_fields(world: Instance, change: Any, fields: list[str]) -> None:
    with pytest.raises(Problem) as failed:
        apply(world, {**shape_of(world), **change})
    assert [each.field for each in failed.value.errors] == fields


def test_bindings_are_looked_at_too(world: Instance) -> None:
    bindings = {"/webhooks/none/url": URL, "/keys/web/allowed_cidrs": ["here"], "/webhooks/orders/url": [URL, URL]}
    with pytest.raises(Problem) as failed:
        apply(world, shape_of(world), bindings)
    assert [(each.field, each.code) for each in failed.value.errors] == [
        ("bindings./webhooks/none/url", "unknown_slot"),
        ("bindings./keys/web/allowed_cidrs", "bad_binding"),
        ("bindings./webhooks/orders/url", "bad_binding"),
    ]


def test_who_may_not_do_it_piece_by_piece_may_not_do_it_whole(world: Instance) -> None:
    with pytest.raises(Problem, match="permission"):
        apply(world, {**shape_of(world), "keys": {}, "alerts": {}}, who="auditor")


def test_a_declared_key_follows_the_scope_and_is_issued_as_declared(world: Instance) -> None:
    before = shape_of(world)
    wanted = {
        **before,
        "keys": {**before["keys"], "batch": {**before["keys"]["web"], "endpoints": ["get_parcel", "list_parcels"]}},
    }
    apply(world, wanted, {"/keys/batch/allowed_cidrs": ["192.0.2.0/24"]})
    with world.store.write() as tx:
        projects.set_scope(tx, world.actor("owner"), world.project, Scope(["get_parcel"], ["parcel.moved"]))
    assert shape_of(world)["keys"]["batch"]["endpoints"] == ["get_parcel"]


def test_whom_a_report_schedule_mails_is_a_binding_that_may_be_left_out(world: Instance) -> None:
    def mailed(wanted: Any, bindings: Any) -> tuple[list[str], list[str]]:
        done = apply(world, wanted, bindings)
        with world.store.read() as tx:
            [found] = schedule_queries.schedules_of_project(tx, world.project, 10)
        assert found.owner.name == "owner@example.com"
        return [each.email for each in found.recipients], list(done.rebound)

    slot = "/report_schedules/monthly/recipients"
    schedule = {
        "name": "Monthly",
        "kind": "alert_firings",
        "format": "csv",
        "cron": "0 6 1 * *",
        "time_zone": "UTC",
        "period": "month",
    }
    wanted = {**shape_of(world), "report_schedules": {"monthly": schedule}}
    assert mailed(wanted, {}) == ([], [])
    assert mailed(wanted, {slot: ["auditor@example.com"]}) == (["auditor@example.com"], [slot])
    renamed = {**wanted, "report_schedules": {"monthly": {**schedule, "name": "Each month"}}}
    assert mailed(renamed, {}) == (["auditor@example.com"], []), "what is not bound stays"
    with pytest.raises(Problem) as refused:
        apply(world, {**wanted, "report_schedules": {"monthly": {**schedule, "cron": "0 6 30 2 *"}}}, {})
    assert [each.field for each in refused.value.errors] == ["report_schedules.monthly.cron"]
    with pytest.raises(Problem) as refused:
        apply(world, wanted, {slot: ["stranger@example.com"]})
    assert [each.field for each in refused.value.errors] == ["report_schedules.monthly.recipients.0"]
    without = {part: value for part, value in wanted.items() if part != "report_schedules"}
    assert apply(world, without, {}).changed
    assert shape_of(world) == without
