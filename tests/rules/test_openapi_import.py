"""Reading a catalogue out of an OpenAPI 3.1 document: what is right, and every way to be wrong."""

from typing import Any

import pytest

from freehold.apis import routing
from freehold.apis.documents import read_document
from freehold.apis.openapi import read_catalogue
from freehold.apis.records import FREEHOLD_EVENT_TYPES, Catalogue
from freehold.apis.schemas import accepts
from freehold.errors import Problem
from freehold.webhooks.own_events import OWN_EVENTS


def document(**parts: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": {}}}, **parts}


def routes(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    return [(each.operation_id, each.method, each.path) for each in catalogue.endpoints]


def webhook(schema: Any = None, **content: Any) -> dict[str, Any]:
    given = content if schema is None else {"schema": schema, **content}
    return {"post": {"requestBody": {"content": {"application/json": given}}}}


def errors(value: Any) -> set[tuple[str, str]]:
    """Where a document is wrong, and how."""
    with pytest.raises(Problem) as caught:
        read_catalogue(value)
    assert caught.value.code == "invalid"
    assert all(error.message.endswith((".", "…")) for error in caught.value.errors)
    return {(error.field, error.code) for error in caught.value.errors}


# --- paths ----------------------------------------------------------------------------------------


def test_operations_become_endpoints_in_the_documents_order() -> None:
    paths: dict[str, Any] = {
        "/users/{id}": {
            "summary": "A user",
            "get": {"operationId": "getUser", "summary": " Get\na user "},
            "delete": {},
        },
        "/users": {"post": {"operationId": "users/create", "description": "Makes one.\nAnd more."}, "x-internal": True},
        "x-note": {"get": "no path"},
    }
    catalogue = read_catalogue(document(paths=paths))
    assert [(each.operation_id, each.method, each.path, each.summary) for each in catalogue.endpoints] == [
        ("getUser", "GET", "/users/{id}", "Get"),
        ("delete_users_id", "DELETE", "/users/{id}", "A user"),
        ("users/create", "POST", "/users", "Makes one."),
    ]


def test_an_operation_without_an_id_or_words_gets_them_from_its_route() -> None:
    paths: dict[str, Any] = {
        "/": {"get": {}},
        "/a-b": {"get": {}},
        "/a_b": {"get": {}},
        "/c": {"get": {"operationId": "get_a_b_2"}},
    }
    catalogue = read_catalogue(document(paths=paths))
    assert [each.operation_id for each in catalogue.endpoints] == ["get_root", "get_a_b", "get_a_b_3", "get_a_b_2"]
    assert catalogue.endpoints[0].summary == "GET /"


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ([], "/a"),
        ([{"url": "/"}], "/a"),
        ([{"url": "https://api.example.com"}], "/a"),
        ([{"url": "https://api.example.com/v2/"}, {"url": "/v1"}], "/v2/a"),
        ([{"url": "v3"}], "/v3/a"),
        ([{"url": "https://{region}.example.com/{base}", "variables": {"region": {"default": "eu"}, "base": {"default": "v2"}}}], "/v2/a"),
    ],
)  # fmt: skip
def test_the_first_servers_path_stands_before_every_path(servers: list[Any], path: str) -> None:
    assert routes(read_catalogue(document(servers=servers))) == [("get" + path.replace("/", "_"), "GET", path)]


def test_a_paths_and_an_operations_servers_come_before_the_documents() -> None:
    item = {"servers": [{"url": "/v2"}], "get": {}, "put": {"servers": [{"url": "https://old.example.com/v1"}]}}
    found = read_catalogue(document(servers=[{"url": "/v3"}], paths={"/a": item, "/b": {"get": {}}}))
    assert [each.path for each in found.endpoints] == ["/v2/a", "/v1/a", "/v3/b"]


def test_path_items_and_parameters_are_read_through_references() -> None:
    found = read_catalogue(
        document(
            paths={"/a/{id}": {"$ref": "#/components/pathItems/A"}, "/b~/{id}": {"$ref": "#/paths/~1a~1{id}"}},
            components={
                "pathItems": {"A": {"parameters": [{"$ref": "#/components/parameters/id"}], "get": {}}},
                "parameters": {"id": {"name": "id", "in": "path", "required": True}},
            },
        )
    )
    assert routes(found) == [("get_a_id", "GET", "/a/{id}"), ("get_b_id", "GET", "/b~/{id}")]
    assert found.warnings == ()


def test_an_undeclared_path_parameter_is_only_warned_of() -> None:
    found = read_catalogue(document(paths={"/a/{id}/{part}": {"get": {}}}))
    assert found.warnings == ("paths./a/{id}/{part}.get does not declare its path parameter id, part.",)


@pytest.mark.parametrize(
    ("paths", "wrong"),
    [
        ({}, {("paths", "no_paths")}),
        ({"x-none": {}}, {("paths", "no_paths")}),
        ([], {("paths", "bad_type")}),
        ({"/a": None}, {("paths./a", "bad_type")}),
        ({"/a": {"get": []}}, {("paths./a.get", "bad_type")}),
        ({"a": {"get": {}}}, {("paths.a", "bad_path")}),
        ({"/a?b={c}": {"get": {}}}, {("paths./a?b={c}", "bad_path")}),
        ({"/{a": {"get": {}}}, {("paths./{a", "bad_path")}),
        ({"/{}": {"get": {}}}, {("paths./{}", "bad_path")}),
        ({"/{a/b}": {"get": {}}}, {("paths./{a/b}", "bad_path")}),
        ({"/{a}/{a}": {"get": {}}}, {("paths./{a}/{a}", "bad_path")}),
        ({"/a/../b": {"get": {}}}, {("paths./a/../b", "bad_path")}),
        ({"/a/%2e%2e/b": {"get": {}}}, {("paths./a/%2e%2e/b", "bad_path")}),
        ({"/a//b": {"get": {}}}, {("paths./a//b", "bad_path")}),
        ({"/a%2Fb": {"get": {}}}, {("paths./a%2Fb", "bad_path")}),
        ({"/a;b": {"get": {}}}, {("paths./a;b", "bad_path")}),
        ({"/a b": {"get": {}}}, {("paths./a b", "bad_path")}),
        ({"/a": {"get": {"operationId": ""}}}, {("paths./a.get.operationId", "bad_operation_id")}),
        ({"/a": {"get": {"operationId": " a"}}}, {("paths./a.get.operationId", "bad_operation_id")}),
        ({"/a": {"get": {"operationId": "a\nb"}}}, {("paths./a.get.operationId", "bad_operation_id")}),
        ({"/a": {"get": {"operationId": 7}}}, {("paths./a.get.operationId", "bad_operation_id")}),
        ({"/a": {"get": {"operationId": "a" * 201}}}, {("paths./a.get.operationId", "bad_operation_id")}),
        ({"/a": {"get": {"summary": 7}}}, {("paths./a.get.summary", "bad_type")}),
        ({"/a": {"get": {"parameters": {}}}}, {("paths./a.get.parameters", "bad_type")}),
        ({"/a": {"get": {"parameters": [7]}}}, {("paths./a.get.parameters.0", "bad_type")}),
        ({"/a": {"get": {"servers": [{}]}}}, {("paths./a.get.servers", "bad_type")}),
        ({"/a": {"get": {"servers": [{"url": "/{v}"}]}}}, {("paths./a.get.servers.0.url", "bad_server")}),
        ({"/a": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}}, {("paths./a.put.operationId", "duplicate_operation_id")}),
        ({"/{a}/b": {"get": {}}, "/{c}/b": {"get": {}}}, {("paths./{c}/b.get", "same_route")}),
        ({"/A": {"get": {}}, "/%41": {"get": {}}}, {("paths./%41.get", "same_route")}),
        ({"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}}, {("paths./a", "cycle"), ("paths./b", "cycle")}),
        ({"/a": {"$ref": "#/paths/~1c"}}, {("paths./a.$ref", "bad_ref")}),
        ({"/a": {"$ref": "#/openapi"}}, {("openapi", "bad_type")}),
        ({"/a": {"$ref": 7}}, {("paths./a.$ref", "bad_ref")}),
        ({"/a": {"$ref": "#a"}}, {("paths./a.$ref", "bad_ref")}),
        ({"/a": {"$ref": "https://example.com/a.yaml"}}, {("paths./a.$ref", "remote_ref")}),
        ({"/a": {"$ref": "./a.yaml#/x"}}, {("paths./a.$ref", "remote_ref")}),
        ({"/a": {"$ref": "file:///etc/passwd"}}, {("paths./a.$ref", "remote_ref")}),
    ],
)  # fmt: skip
def test_wrong_paths_say_where_they_are_wrong(paths: Any, wrong: set[tuple[str, str]]) -> None:
    assert errors(document(paths=paths)) == wrong


def test_all_that_is_wrong_is_said_at_once() -> None:
    bad = document(paths={"a": {}, "/b": {"get": {"operationId": ""}}}, webhooks={"key.rotated": {}, "x y": {}})
    assert {code for _, code in errors(bad)} == {"bad_path", "bad_operation_id", "reserved_name", "bad_name"}


def test_one_item_at_two_paths_is_two_operations_and_needs_two_ids() -> None:
    shared = {"pathItems": {"A": {"get": {"operationId": "x"}}}}
    paths = {"/a": {"$ref": "#/components/pathItems/A"}, "/b": {"$ref": "#/components/pathItems/A"}}
    assert errors(document(paths=paths, components=shared)) == {("paths./b.get.operationId", "duplicate_operation_id")}


@pytest.mark.parametrize(
    ("value", "code", "word"),
    [
        (None, "not_openapi", "object"),
        ([], "not_openapi", "object"),
        ({}, "not_openapi", "version"),
        ({"openapi": "3.0.3", "paths": {}}, "old_version", "nullable"),
        ({"openapi": 3.0, "paths": {}}, "old_version", "nullable"),
        ({"swagger": "2.0", "paths": {}}, "old_version", "2.0"),
        ({"openapi": 3.1, "paths": {}}, "bad_version", "text"),
        ({"openapi": "3.2.0", "paths": {}}, "bad_version", "3.2.0"),
        ({"openapi": "4", "paths": {}}, "bad_version", "3.1"),
        ({"openapi": {"a": 1}, "paths": {}}, "bad_version", "3.1"),
    ],
)
def test_other_documents_and_versions_are_told_apart(value: Any, code: str, word: str) -> None:
    with pytest.raises(Problem) as caught:
        read_catalogue(value)
    assert [error.code for error in caught.value.errors] == [code]
    assert word in caught.value.detail


# --- webhooks -------------------------------------------------------------------------------------


def test_webhooks_become_event_types() -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}}
    found = read_catalogue(
        document(webhooks={"user.created": webhook(schema), "plain_one": {"post": {"summary": "Plain"}}})
    )
    created, plain = found.event_types
    assert (created.name, created.summary, created.schema) == ("user.created", "User created", schema)
    assert accepts(schema, created.example)
    assert (plain.summary, plain.schema, plain.example) == ("Plain", None, None)


def test_a_payloads_schema_stands_alone() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "$ref": {"const": "#/a"}}}
    other = {"$ref": "#/components/schemas/with~1slash"}
    components = {"schemas": {"Node": node, "Other": other, "with/slash": {"type": "integer"}, "unused": {}}}
    schema = {
        "type": "object",
        "properties": {"node": {"$ref": "#/components/schemas/Node"}, "n": {"$ref": "#/components/schemas/Other"}},
    }
    [event] = read_catalogue(document(webhooks={"e": webhook(schema)}, components=components)).event_types
    assert isinstance(event.schema, dict)
    assert set(event.schema["$defs"]) == {"Node", "Other", "with_slash"}
    assert accepts(event.schema, {"node": {"next": {"next": {}}}, "n": 7})
    assert not accepts(event.schema, {"node": {"next": {"next": 7}}})
    assert not accepts(event.schema, {"n": "7"})


def test_definitions_of_one_name_are_kept_apart() -> None:
    components = {"schemas": {"Id": {"type": "string"}}, "x-more": {"Id": {"type": "integer"}}}
    schema = {
        "prefixItems": [{"$ref": "#/components/schemas/Id"}, {"$ref": "#/components/x-more/Id"}, {"$ref": "#/webhooks/e/post/requestBody/content/application~1json/schema/$defs/Id"}],
        "$defs": {"Id": {"type": "boolean"}},
    }  # fmt: skip
    [event] = read_catalogue(document(webhooks={"e": webhook(schema)}, components=components)).event_types
    assert accepts(event.schema, ["a", 1, True])
    assert not any(accepts(event.schema, wrong) for wrong in ([1, 1, True], ["a", "a", True], ["a", 1, 1]))


@pytest.mark.parametrize(
    ("content", "example"),
    [
        ({"example": {"a": 1}}, {"a": 1}),
        ({"examples": {"one": {"value": {"a": 1}}, "two": {"value": {"a": 2}}}}, {"a": 1}),
        ({"examples": {"one": {"$ref": "#/components/examples/one"}}}, {"a": 3}),
        ({"schema": {"examples": [{"a": 4}]}}, {"a": 4}),
        ({"schema": {"properties": {"a": {"const": 5}}}}, {"a": 5}),
        ({"schema": {"type": "string", "pattern": "^never made$"}}, None),
    ],
)
def test_an_example_is_taken_from_the_document_or_made(content: dict[str, Any], example: Any) -> None:
    components = {"examples": {"one": {"value": {"a": 3}}}}
    [event] = read_catalogue(document(webhooks={"e": webhook(**content)}, components=components)).event_types
    assert event.example == example


def test_an_example_that_does_not_agree_with_its_schema_is_warned_of() -> None:
    found = read_catalogue(document(webhooks={"e": webhook({"type": "string"}, example=7)}))
    assert found.warnings == ("The example of e does not agree with its schema.",)


_SCHEMA_AT = "webhooks.e.post.requestBody.content.application/json.schema"


@pytest.mark.parametrize(
    ("schema", "field", "code"),
    [
        (7, "", "bad_schema"),
        ({"type": "strin"}, ".type", "bad_schema"),
        ({"properties": {"a": {"minimum": "1"}}}, ".properties.a.minimum", "bad_schema"),
        ({"properties": []}, ".properties", "bad_schema"),
        ({"allOf": 7}, ".allOf", "bad_schema"),
        ({"pattern": "("}, ".pattern", "bad_schema"),
        ({"patternProperties": {"[": {}}}, ".patternProperties", "bad_schema"),
        ({"pattern": "a{99999999999}"}, ".pattern", "bad_schema"),
        ({"pattern": "(" * 5000 + ")" * 5000}, ".pattern", "bad_schema"),
        ({"items": {"$ref": "#/nowhere"}}, ".items.$ref", "bad_ref"),
        ({"items": {"$ref": "other.json"}}, ".items.$ref", "remote_ref"),
        ({"$id": "https://example.com/a"}, ".$id", "bad_ref"),
        ({"$dynamicRef": "#a"}, ".$dynamicRef", "bad_ref"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ".$schema", "bad_dialect"),
        ({"$ref": "#/components/schemas/Self"}, "components.schemas.Self", "cycle"),
        ({"allOf": [{"$ref": "#/components/schemas/Around"}]}, "", "cycle"),
    ],
)
def test_wrong_schemas_say_where_they_are_wrong(schema: Any, field: str, code: str) -> None:
    schemas = {
        "Self": {"$ref": "#/components/schemas/Self"},
        "Around": {"anyOf": [{"not": {"$ref": "#/components/schemas/Around"}}]},
    }
    [(found, found_code)] = errors(document(webhooks={"e": webhook(schema)}, components={"schemas": schemas}))
    assert (found, found_code) == (field if field.startswith("components") else _SCHEMA_AT + field, code)


@pytest.mark.parametrize(
    ("webhooks", "wrong"),
    [
        ([], ("webhooks", "bad_type")),
        ({"e": 7}, ("webhooks.e", "bad_type")),
        ({"e": {}}, ("webhooks.e", "no_operation")),
        ({"a b": {"post": {}}}, ("webhooks.a b", "bad_name")),
        ({"é": {"post": {}}}, ("webhooks.é", "bad_name")),
        ({"webhook.check": {"post": {}}}, ("webhooks.webhook.check", "reserved_name")),
        ({"e": {"post": {"requestBody": 7}}}, ("webhooks.e.post.requestBody.content", "bad_type")),
        ({"e": {"post": {"requestBody": {"content": {"application/json": 7}}}}}, ("webhooks.e.post.requestBody.content", "bad_type")),
    ],
)  # fmt: skip
def test_wrong_webhooks_say_where_they_are_wrong(webhooks: Any, wrong: tuple[str, str]) -> None:
    assert errors(document(webhooks=webhooks)) == {wrong}


def test_no_event_type_takes_the_name_of_one_of_freeholds_own() -> None:
    assert set(OWN_EVENTS) == FREEHOLD_EVENT_TYPES


def test_another_schema_dialect_is_refused() -> None:
    assert errors(document(jsonSchemaDialect="http://json-schema.org/draft-07/schema#")) == {
        ("jsonSchemaDialect", "bad_dialect")
    }
    read_catalogue(document(jsonSchemaDialect="https://json-schema.org/draft/2020-12/schema"))


def test_every_endpoint_that_is_read_can_be_routed_to() -> None:
    paths: dict[str, Any] = {
        "/": {"get": {}},
        "/a/": {"get": {}},
        "/é": {"get": {}},
        "/a%20b": {"get": {}},
        "/f/{n}.{x}": {"get": {}},
        "/{id}:go": {"post": {}},
    }
    catalogue = read_catalogue(document(paths=paths))
    router = routing.Router(routes(catalogue))
    asked = {
        "get_root": "/",
        "get_a": "/a/",
        "get_root_2": "/%C3%A9",
        "get_a_20b": "/a%20b",
        "get_f_n_x": "/f/a.b",
        "post_id_go": "/7:go",
    }
    for endpoint in catalogue.endpoints:
        assert router.match(endpoint.method, asked[endpoint.operation_id]) == endpoint.operation_id


def test_yaml_and_json_give_the_same_catalogue() -> None:
    yaml_text = b"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses: {200: {description: ok}}\n"
    json_text = b'{"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}}'
    assert read_document(yaml_text, "application/yaml") == read_document(json_text, "application/json")
