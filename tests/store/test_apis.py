"""Registering APIs and importing their catalogues, on both databases."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from freehold.apis import actions, queries
from freehold.apis.records import ApiEdit, Imported, NewApi
from freehold.errors import Problem
from freehold.organizations import actions as organizations
from freehold.organizations import audit, audit_reading, tokens
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.projects.records import NewProject, Scope
from freehold.store import epoch
from freehold.store.engine import Store, Transaction

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SYSTEM = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
MEMBER = Actor("user", "usr_1", "Member", "usr_1", is_operator=False, roles={"org_1": frozenset({"owner"})})
STRANGER = Actor("user", "usr_2", "Stranger", "usr_2", is_operator=False, roles={})


def document(paths: dict[str, Any], webhooks: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"openapi": "3.1.0", "paths": paths, "webhooks": webhooks or {}}).encode()


def operations(**routes: str) -> dict[str, Any]:
    """Paths out of `name="GET /path"`."""
    paths: dict[str, Any] = {}
    for name, route in routes.items():
        method, path = route.split()
        paths.setdefault(path, {})[method.lower()] = {"operationId": name}
    return paths


def import_into(tx: Transaction, api: str, text: bytes) -> Imported:
    return actions.import_openapi(tx, SYSTEM, api, actions.read_openapi(SYSTEM, text, None))


def names(tx: Transaction, api: str) -> list[tuple[str, str, str, bool]]:
    rows = queries.endpoints_of(tx, queries_id(tx, api), include_removed=True)
    return [(each.operation_id, each.method, each.path, each.removed_at is not None) for each in rows]


def queries_id(tx: Transaction, api: str) -> str:
    return actions.read_api(tx, SYSTEM, api).id


def test_an_api_is_registered_once_under_its_slug(store: Store) -> None:
    with store.write() as tx:
        first = actions.create_api(tx, SYSTEM, NewApi("Payments  API ", None, {"sandbox": "HTTP://Sandbox.example/"}))
        second = actions.create_api(tx, SYSTEM, NewApi("Payments API"))
        assert (first.slug, second.slug, first.name) == ("payments-api", "payments-api-2", "Payments API")
        assert first.upstreams == {"sandbox": "http://sandbox.example", "production": None}
        assert actions.read_api(tx, MEMBER, first.id) == actions.read_api(tx, MEMBER, "payments-api") == first
        assert [each.id for each in actions.list_apis(tx, MEMBER, 10)] == [second.id, first.id]
        assert [each.id for each in actions.list_apis(tx, MEMBER, 10, second.id)] == [first.id]
    with pytest.raises(Problem) as caught, store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("Other", "payments-api"))
    assert caught.value.code == "already_exists"


def test_what_is_wrong_with_a_new_api_is_said_at_once(store: Store) -> None:
    with pytest.raises(Problem) as caught, store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi(" ", "A B", {"sandbox": "ftp://a", "production": "http://u@a"}))
    assert {each.field for each in caught.value.errors} == {"name", "slug", "upstreams.sandbox", "upstreams.production"}


def test_only_an_operator_changes_apis_and_every_member_reads_them(store: Store) -> None:
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a"))
    with store.read() as tx:
        assert actions.read_endpoints(tx, MEMBER, "a") == []
        assert actions.read_event_types(tx, MEMBER, "a") == []
        for act in (
            lambda: actions.create_api(tx, MEMBER, NewApi("B")),
            lambda: actions.edit_api(tx, MEMBER, "a", ApiEdit("B")),
            lambda: actions.read_openapi(MEMBER, b"{}", None),
            lambda: actions.list_apis(tx, STRANGER, 10),
            lambda: actions.read_api(tx, STRANGER, "a"),
        ):
            with pytest.raises(Problem) as caught:
                act()
            assert caught.value.code == "forbidden"


def test_an_edit_keeps_what_it_does_not_name_and_counts_revisions(store: Store) -> None:
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a", {"sandbox": "http://s", "production": "http://p"}))
        edited = actions.edit_api(tx, SYSTEM, "a", ApiEdit(upstreams={"production": None}), 1)
        assert (edited.upstreams, edited.name, edited.revision) == ({"sandbox": "http://s", "production": None}, "A", 2)
        assert actions.edit_api(tx, SYSTEM, "a", ApiEdit("A", {"sandbox": "http://s/"})).revision == 2
        assert actions.read_api(tx, SYSTEM, "a") == edited
    for wrong, code in ((ApiEdit(upstreams={"production": "http://s"}), "invalid"), (ApiEdit(""), "invalid")):
        with pytest.raises(Problem) as caught, store.write() as tx:
            actions.edit_api(tx, SYSTEM, "a", wrong)
        assert caught.value.code == code
    with pytest.raises(Problem) as caught, store.write() as tx:
        actions.edit_api(tx, SYSTEM, "a", ApiEdit("B"), 1)
    assert caught.value.code == "precondition_failed"
    with pytest.raises(Problem) as caught, store.write() as tx:
        actions.edit_api(tx, SYSTEM, "nothing", ApiEdit("B"))
    assert caught.value.code == "not_found"


def test_an_import_adds_changes_removes_and_revives(store: Store) -> None:
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a"))
        first = import_into(tx, "a", document(operations(one="GET /1", two="GET /2"), {"e": {"post": {}}}))
        assert (first.plan.endpoints.added, first.plan.event_types.added) == (("one", "two"), ("e",))
        second = import_into(tx, "a", document(operations(two="PUT /2", three="GET /3")))
        assert (second.plan.endpoints.added, second.plan.endpoints.removed) == (("three",), ("one",))
        assert second.plan.endpoints.changed == {"two": ("method", "summary")}
        assert second.plan.event_types.removed == ("e",)
        assert names(tx, "a") == [
            ("two", "PUT", "/2", False),
            ("three", "GET", "/3", False),
            ("one", "GET", "/1", True),
        ]
        third = import_into(tx, "a", document(operations(one="GET /one")))
        assert third.plan.endpoints.added == ("one",)
        assert names(tx, "a")[0] == ("one", "GET", "/one", False)
        assert [each.operation_id for each in actions.read_endpoints(tx, MEMBER, "a")] == ["one"]
        assert queries.endpoint_names(tx, third.api.id) == {"one"}
        assert queries.event_types_of(tx, third.api.id) == []


def test_routes_can_be_exchanged_in_one_import(store: Store) -> None:
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a"))
        import_into(tx, "a", document(operations(one="GET /1", two="GET /2", three="GET /3")))
        import_into(tx, "a", document(operations(four="GET /3", one="GET /2", two="GET /1")))
        assert names(tx, "a") == [
            ("four", "GET", "/3", False), ("one", "GET", "/2", False), ("two", "GET", "/1", False), ("three", "GET", "/3", True)
        ]  # fmt: skip


def test_the_same_document_again_changes_nothing(store: Store) -> None:
    text = document(operations(one="GET /1"))
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a"))
        first, before = import_into(tx, "a", text), epoch.current(tx)
        again = import_into(tx, "a", text)
        assert (again.api, again.plan.is_empty, epoch.current(tx)) == (first.api, True, before)
        assert actions.read_document_text(tx, MEMBER, "a") == text.decode()


def test_event_types_keep_schema_and_example(store: Store) -> None:
    content = {"schema": {"type": "object", "properties": {"ø": {"const": 1.5}}}, "example": {"ø": 1.5}}
    webhooks = {"e": {"post": {"requestBody": {"content": {"application/json": content}}}}, "f": {"post": {}}}
    with store.write() as tx:
        actions.create_api(tx, SYSTEM, NewApi("A", "a"))
        import_into(tx, "a", document(operations(one="GET /1"), webhooks))
    with store.read() as tx:
        event, plain = actions.read_event_types(tx, MEMBER, "a")
        assert (event.schema, event.example) == (content["schema"], content["example"])
        assert (plain.schema, plain.example) == (None, None)
        assert queries.find_event_type(tx, queries_id(tx, "a"), "e") == event
        assert queries.counts_of(tx, [queries_id(tx, "a")]) == {queries_id(tx, "a"): (1, 2)}


def test_every_change_is_on_record_and_reaches_the_gate(store: Store) -> None:
    with store.write() as tx:
        start = epoch.current(tx)
        api = actions.create_api(tx, SYSTEM, NewApi("A", "a"))
        actions.edit_api(tx, SYSTEM, "a", ApiEdit("B", {"sandbox": "http://s"}))
        import_into(tx, "a", document(operations(one="GET /1")))
        assert [(each.subject_kind, each.subject_id) for each in epoch.changes_after(tx, start)] == [
            ("api", api.id)
        ] * 3
        entries = audit_reading.entries(tx, audit.INSTANCE_CHAIN, audit_reading.AuditFilter(subject=api.id), 10)
        assert {each.action for each in entries} == {"api.created", "api.edited", "api.imported"}
        edited = next(each for each in entries if each.action == "api.edited")
        assert (edited.before, edited.after) == ({"name": "A"}, {"name": "B", "upstream_sandbox": "http://s"})
        assert audit.verify_chain(tx, audit.INSTANCE_CHAIN) is None


def test_an_import_names_the_projects_that_it_touches(store: Store) -> None:
    with store.write() as tx:
        user, organization = organizations.set_up(tx, organizations.NewOperator("o@example.com", "O", "x", "Org"))
        actor = tokens.actor_of_user(tx, user.id)
        assert actor is not None
        for slug in ("a", "b"):
            actions.create_api(tx, SYSTEM, NewApi(slug.upper(), slug))
            import_into(tx, slug, document(operations(one="GET /1", two="GET /2", three="GET /3"), {"e": {"post": {}}}))
        scopes = {"First": Scope(["one", "two"], ["e"]), "Second": Scope(["three"], []), "Third": Scope([], ["e"])}
        made = {
            name: projects.create_project(tx, actor, organization.id, NewProject(name, "p", "a")) for name in scopes
        }
        for name, scope in scopes.items():
            projects.set_scope(tx, actor, made[name].id, scope)
        other = projects.create_project(tx, actor, organization.id, NewProject("Other", "p", "b"))
        projects.set_scope(tx, actor, other.id, Scope(["one"], ["e"]))
        done = import_into(tx, "a", document(operations(two="GET /two", three="GET /3")))
        touched = {each.name: (each.endpoints, each.event_types, each.organization_id) for each in done.projects}
        assert touched == {
            "First": (("one", "two"), ("e",), organization.id), "Third": ((), ("e",), organization.id)
        }  # fmt: skip
        assert {each.id for each in done.projects} == {made["First"].id, made["Third"].id}


def test_the_example_api_is_there_once_and_left_alone_when_it_is_made_ones_own(store: Store) -> None:
    with store.write() as tx:
        api = actions.ensure_example_api(tx, NOW)
        assert api.upstreams == {"sandbox": "bundled:example/sandbox", "production": "bundled:example/production"}
        assert "get_country" in queries.endpoint_names(tx, api.id)
        assert {each.name for each in queries.event_types_of(tx, api.id)} == {
            "lookup.completed", "lookup.failed", "time.converted",
        }  # fmt: skip
        before = epoch.current(tx)
        assert actions.ensure_example_api(tx, NOW) == api
        assert epoch.current(tx) == before
    with pytest.raises(Problem) as caught, store.write() as tx:
        import_into(tx, "example", document(operations(one="GET /1")))
    assert caught.value.code == "conflict"
    with store.write() as tx:
        # As an older Freehold would have left it: the catalogue is brought up to date.
        stale = actions._import(
            tx, SYSTEM, api, actions.read_openapi(SYSTEM, document(operations(old="GET /old")), None)
        )
        assert queries.endpoint_names(tx, api.id) == {"old"}
        renewed = actions.ensure_example_api(tx, NOW)
        assert (renewed.document_digest, renewed.revision) == (api.document_digest, stale.api.revision + 1)
        assert "old" not in queries.endpoint_names(tx, api.id)
    with store.write() as tx:
        actions.edit_api(tx, SYSTEM, "example", ApiEdit(upstreams={"sandbox": "http://s", "production": "http://p"}))
        own = import_into(tx, "example", document(operations(one="GET /1")))
        assert actions.ensure_example_api(tx, NOW) == own.api
        assert queries.endpoint_names(tx, api.id) == {"one"}
