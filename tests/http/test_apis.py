"""The operator's APIs over HTTP: success, each error, everybody's rights."""

import json
from typing import Any

import httpx
import pytest

from freehold.organizations import audit, audit_reading
from tests.http.served import ROLES, Instance

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {"/pay/{id}": {"get": {"operationId": "get_pay", "parameters": [{"name": "id", "in": "path"}]}, "put": {"operationId": "put_pay"}}},
    "webhooks": {"paid": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
}  # fmt: skip
YAML = {"content-type": "application/yaml"}


def made(instance: Instance, **more: Any) -> dict[str, Any]:
    answer = instance.client("operator").post("/v1/apis", json={"name": "Payments", **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def put(instance: Instance, document: Any, who: str = "operator", **headers: str) -> httpx.Response:
    return instance.client(who).put("/v1/apis/payments/openapi", content=json.dumps(document), headers=headers)


def test_an_api_is_registered_read_and_edited(instance: Instance) -> None:
    api = made(instance, upstreams={"sandbox": "http://127.0.0.1:9001/"})
    assert api["upstreams"] == {"sandbox": "http://127.0.0.1:9001", "production": None}
    assert (api["slug"], api["endpoints"], api["event_types"], api["bundled"], api["imported_at"]) == (
        "payments",
        0,
        0,
        False,
        None,
    )
    client = instance.client("operator")
    assert client.get(f"/v1/apis/{api['id']}").json() == client.get("/v1/apis/payments").json() == api
    change = {"name": "Pay", "upstreams": {"production": "https://pay.example.com"}}
    edited = client.patch("/v1/apis/payments", json=change, headers={"If-Match": api["etag"]})
    assert edited.status_code == 200
    assert edited.json()["upstreams"] == {"sandbox": "http://127.0.0.1:9001", "production": "https://pay.example.com"}
    assert (edited.json()["name"], edited.json()["slug"]) == ("Pay", "payments")
    assert client.patch("/v1/apis/payments", json={"name": "X"}, headers={"If-Match": api["etag"]}).status_code == 412
    cleared = client.patch("/v1/apis/payments", json={"upstreams": {"production": None}}).json()
    assert cleared["upstreams"] == {"sandbox": "http://127.0.0.1:9001", "production": None}


def test_an_api_fails_closed_until_the_operator_says_otherwise(instance: Instance) -> None:
    client = instance.client("operator")
    assert made(instance)["fail_open"] is False
    opened = client.patch("/v1/apis/payments", json={"fail_open": True}).json()
    assert (opened["fail_open"], opened["confirmed_by"], opened["silent"]) == (True, 0, 0)
    assert client.patch("/v1/apis/payments", json={"name": "Pay"}).json()["fail_open"] is True, "what is absent stays"
    assert client.patch("/v1/apis/payments", json={"fail_open": None}).status_code == 422
    with instance.store.read() as tx:
        kept = audit_reading.entries(tx, audit.INSTANCE_CHAIN, audit_reading.AuditFilter(action="api.edited"), 10)
    assert [(each.before, each.after) for each in kept if "fail_open" in (each.after or {})] == [
        ({"fail_open": False}, {"fail_open": True})
    ]


def test_the_upstream_gets_the_key_only_where_the_operator_says_so(instance: Instance) -> None:
    made(instance)
    client = instance.client("operator")
    api = client.get("/v1/apis").json()["data"][0]
    assert api["pass_key"] is False
    assert client.patch(f"/v1/apis/{api['id']}", json={"pass_key": True}).json()["pass_key"] is True
    assert client.patch(f"/v1/apis/{api['id']}", json={"name": "Other"}).json()["pass_key"] is True
    with instance.store.read() as tx:
        kept = audit_reading.entries(tx, audit.INSTANCE_CHAIN, audit_reading.AuditFilter(action="api.edited"), 10)
    assert [(each.before, each.after) for each in kept if "pass_key" in (each.after or {})] == [
        ({"pass_key": False}, {"pass_key": True})
    ]


def test_the_list_pages_newest_first(instance: Instance) -> None:
    made(instance)
    client = instance.client("developer")
    first = client.get("/v1/apis", params={"limit": 1}).json()
    second = client.get("/v1/apis", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [each["slug"] for each in (*first["data"], *second["data"])] == ["payments", "parcels"]
    assert second["next_cursor"] is None
    assert second["data"][0]["endpoints"] == 3


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "A", "slug": "A B"}, {"slug"}),
        ({"name": "A", "upstreams": {"sandbox": "ftp://a"}}, {"upstreams.sandbox"}),
        ({"name": "A", "upstreams": {"sandbox": "http://u:p@a", "production": "http://a?b"}}, {"upstreams.sandbox", "upstreams.production"}),
        ({"name": "A", "upstreams": {"sandbox": "http://a", "production": "http://a:80/"}}, {"upstreams"}),
        ({"name": "A", "upstreams": {"sandbox": "bundled:example/sandbox"}}, {"upstreams.sandbox"}),
    ],
)  # fmt: skip
def test_a_wrong_api_says_which_fields(instance: Instance, body: dict[str, Any], fields: set[str]) -> None:
    answer = instance.client("operator").post("/v1/apis", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert {each["field"] for each in answer.json()["errors"]} == fields


def test_unknown_fields_and_taken_slugs_are_refused(instance: Instance) -> None:
    client = instance.client("operator")
    assert client.post("/v1/apis", json={"name": "A", "colour": "red"}).status_code in {400, 422}
    assert client.post("/v1/apis", json={"name": "A", "upstreams": {"staging": None}}).status_code in {400, 422}
    taken = client.post("/v1/apis", json={"name": "A", "slug": "parcels"})
    assert (taken.status_code, taken.json()["code"]) == (409, "already_exists")


def test_registering_is_idempotent_under_a_key(instance: Instance) -> None:
    client, headers = instance.client("operator"), {"Idempotency-Key": "once"}
    answers = [client.post("/v1/apis", json={"name": "Twice"}, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert [each["name"] for each in client.get("/v1/apis").json()["data"]].count("Twice") == 1


def test_an_import_answers_what_it_did(instance: Instance) -> None:
    made(instance)
    done = put(instance, DOCUMENT)
    assert done.status_code == 200, done.text
    answer = done.json()
    assert answer["endpoints"] == {"added": ["get_pay", "put_pay"], "changed": [], "removed": []}
    assert answer["event_types"]["added"] == ["paid"]
    assert (answer["api"]["endpoints"], answer["api"]["event_types"], answer["projects"]) == (2, 1, [])
    assert answer["warnings"] == ["paths./pay/{id}.put does not declare its path parameter id."]
    moved = {**DOCUMENT, "paths": {"/paid/{id}": DOCUMENT["paths"]["/pay/{id}"]}, "webhooks": {}}
    answer = put(instance, moved).json()
    assert [each["name"] for each in answer["endpoints"]["changed"]] == ["get_pay", "put_pay"]
    assert answer["event_types"]["removed"] == ["paid"]


def test_an_import_names_the_projects_that_it_touches(instance: Instance) -> None:
    document = {"openapi": "3.1.0", "paths": {"/parcels": {"get": {"operationId": "list_parcels"}}}}
    answer = instance.client("operator").put("/v1/apis/parcels/openapi", json=document).json()
    assert {each["id"] for each in answer["projects"]} == {instance.project, instance.foreign_project}
    assert all(
        (each["endpoints"], each["event_types"]) == (["get_parcel"], ["parcel.moved"]) for each in answer["projects"]
    )
    removed = instance.client("owner").get("/v1/apis/parcels/endpoints", params={"removed": "true"}).json()["data"]
    assert [(each["operation_id"], each["removed_at"] is None) for each in removed] == [
        ("list_parcels", True), ("get_parcel", False), ("create_parcel", False)
    ]  # fmt: skip


def test_the_catalogue_is_read_in_pages_by_every_role(instance: Instance) -> None:
    for role in (*ROLES, "stranger", "verifier", "publisher"):
        client = instance.client(role)
        first = client.get("/v1/apis/parcels/endpoints", params={"limit": 2}).json()
        rest = client.get("/v1/apis/parcels/endpoints", params={"limit": 2, "cursor": first["next_cursor"]}).json()
        rows = [(each["operation_id"], each["method"], each["path"]) for each in (*first["data"], *rest["data"])]
        assert rows == [
            ("get_parcel", "GET", "/parcels/{id}"), ("list_parcels", "GET", "/parcels"), ("create_parcel", "POST", "/parcels")
        ]  # fmt: skip
        assert rest["next_cursor"] is None
    [moved, lost] = instance.client("auditor").get("/v1/apis/parcels/event_types").json()["data"]
    assert (moved["name"], moved["schema"]["required"], moved["example"]) == ("parcel.moved", ["id"], {"id": "p1"})
    assert (lost["name"], lost["schema"]) == ("parcel.lost", None)


@pytest.mark.parametrize("cursor", ["x", "WzEwMDAwMDAwMDAwMCwiIl0", "WyJhIiwiIl0"])
def test_odd_cursors_are_harmless(instance: Instance, cursor: str) -> None:
    answer = instance.client("owner").get("/v1/apis/parcels/endpoints", params={"cursor": cursor})
    assert answer.status_code in {200, 422}


def test_the_document_is_handed_back_as_it_came(instance: Instance) -> None:
    made(instance)
    client = instance.client("operator")
    assert client.get("/v1/apis/payments/openapi").status_code == 404
    text = "openapi: 3.1.0 # ours\npaths: {/a: {get: {}}}\n"
    assert client.put("/v1/apis/payments/openapi", content=text, headers=YAML).status_code == 200
    back = client.get("/v1/apis/payments/openapi")
    assert (back.text, back.headers["content-type"].partition(";")[0]) == (text, "application/yaml")
    assert put(instance, DOCUMENT).status_code == 200
    assert client.get("/v1/apis/payments/openapi").headers["content-type"].partition(";")[0] == "application/json"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "field"),
    [
        (b"{", "application/json", 422, ""),
        (b"", "application/json", 422, ""),
        (b"\xff", "application/yaml", 422, ""),
        (b"openapi: 3.0.3\npaths: {}", "application/yaml", 422, "openapi"),
        (b"openapi: 3.1.0\npaths: {/a: {get: {operationId: ''}}}", "application/yaml", 422, "paths./a.get.operationId"),
        (b"openapi: 3.1.0\npaths: {/a: {$ref: 'http://127.0.0.1:1/x'}}", "application/yaml", 422, "paths./a.$ref"),
        (b"a: !!python/object/apply:os.system [ls]", "application/yaml", 422, ""),
        (b"<a/>", "text/xml", 415, None),
        (b"[" * 100_000, "application/json", 422, ""),
        (b" " * (3 * 1024 * 1024), "application/yaml", 413, None),
    ],
    ids=["cut off", "empty", "bytes", "version", "id", "remote", "tag", "xml", "deep", "large"],
)
def test_a_wrong_document_changes_nothing_and_says_where(
    instance: Instance, content: bytes, media_type: str, status: int, field: str | None
) -> None:
    client = instance.client("operator")
    answer = client.put("/v1/apis/parcels/openapi", content=content, headers={"content-type": media_type})
    assert answer.status_code == status, answer.text
    if field is not None:
        assert field in {each["field"] for each in answer.json()["errors"]}
    assert client.get("/v1/apis/parcels").json()["endpoints"] == 3


def test_a_document_is_taken_as_curl_sends_it(instance: Instance) -> None:
    made(instance)
    curl = {"content-type": "application/x-www-form-urlencoded"}
    assert put(instance, DOCUMENT, **curl).status_code == 200
    assert instance.client("operator").get("/v1/apis/payments").json()["endpoints"] == 2


def test_an_import_honours_if_match(instance: Instance) -> None:
    api = made(instance)
    assert put(instance, DOCUMENT, **{"If-Match": '"99"'}).status_code == 412
    assert put(instance, DOCUMENT, **{"If-Match": api["etag"]}).status_code == 200


@pytest.mark.parametrize("who", [*ROLES, "stranger", "verifier", "publisher", ""])
def test_only_the_operator_changes_apis(instance: Instance, who: str) -> None:
    client = instance.client(who)
    answers = [
        client.post("/v1/apis", json={"name": "Mine"}),
        client.patch("/v1/apis/parcels", json={"name": "Mine"}),
        client.put("/v1/apis/parcels/openapi", json=DOCUMENT),
    ]
    assert {each.status_code for each in answers} == ({403} if who else {401})


def test_nobody_reads_without_signing_in_and_unknown_apis_are_404(instance: Instance) -> None:
    for path in (
        "/v1/apis",
        "/v1/apis/parcels",
        "/v1/apis/parcels/endpoints",
        "/v1/apis/parcels/event_types",
        "/v1/apis/parcels/openapi",
    ):
        assert instance.client().get(path).status_code == 401
        if path != "/v1/apis":
            assert instance.client("operator").get(path.replace("parcels", "nothing")).status_code == 404
    assert instance.client("operator").patch("/v1/apis/nothing", json={"name": "A"}).status_code == 404
    assert instance.client("operator").put("/v1/apis/nothing/openapi", json=DOCUMENT).status_code == 404
