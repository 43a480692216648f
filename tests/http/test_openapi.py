"""The served OpenAPI document: valid, complete, and true of the application."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from freehold import routes
from freehold.errors import KINDS
from freehold.gate.verify_words import VerifyRequest
from freehold.keys.records import DENIAL_STATUS
from freehold.web import openapi
from tests.http.served import Instance, assert_problem
from tests.http.test_permissions_table import TABLE, path_of, prepare

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document, as it is served."""
    made = openapi.document(routes.api_operations(), "http://127.0.0.1:8400", "http://127.0.0.1:8401")
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(made))
    return decoded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for _, _, operation in operations(document)}


def answers(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An operation's answers by status, with their references followed."""
    named = document["components"]["responses"]
    return {
        status: named[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }


def codes(document: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    """The codes of all errors that an operation answers with."""
    found: set[str] = set()
    for answer in answers(document, operation).values():
        found |= set(answer.get("content", {}).get("application/problem+json", {}).get("examples", ()))
    return found


# --- valid and complete ---------------------------------------------------------------------------


def test_it_is_served_to_everybody(instance: Instance, document: dict[str, Any]) -> None:
    answer = instance.client().get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["paths"] == document["paths"]
    assert [server["url"] for server in answer.json()["servers"]] == [instance.settings.control_url]


def test_it_is_an_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": ?"#/components/([^"]+)"', json.dumps(document)))
    present = {f"{kind}/{name}" for kind, named in document["components"].items() for name in named}
    schemes = {each for each in present if each.startswith("securitySchemes/")}
    # Named by their own rules: a scheme in `security`.
    assert references == present - schemes


def test_it_names_every_route_and_no_other(document: dict[str, Any]) -> None:
    served = {(decorator.__name__, path.replace(":str}", "}")) for decorator, path, _, _ in routes.API}
    here = {(method, path) for method, path, operation in operations(document) if operation["tags"] != ["Gate"]}
    assert here == served | {
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
        ("get", "/openapi.json"),
        ("get", "/schemas/shape.json"),
        ("get", "/schemas/file.json"),
    }


def test_operation_ids_and_tags(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document["tags"]}


def test_every_operation_says_what_it_does_and_answers(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert operation["summary"].endswith("."), path
        for status, answer in answers(document, operation).items():
            assert answer["description"].endswith("."), (path, status)
            # The gate's forward auth never has a body, and what its gateway answers is the upstream's.
            if operation["tags"] != ["Gate"]:
                assert ("content" in answer) == (status != "204"), (path, status)
            for media in answer.get("content", {}).values():
                assert media["schema"], (path, status)


def test_every_parameter_is_described_and_bounded(document: dict[str, Any]) -> None:
    shared = document["components"]["parameters"]
    for _, path, operation in operations(document):
        in_path = set()
        for parameter in operation.get("parameters", ()) if operation["tags"] != ["Gate"] else ():
            given = shared[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
            assert given["description"].endswith("."), (path, given["name"])
            schema = given["schema"]
            if schema.get("type") == "array":
                assert schema["maxItems"] <= 50, (path, given)
                schema = schema["items"]
            assert (
                given["in"] == "header"
                or schema.get("type") == "boolean"
                or schema.keys() & {"maxLength", "pattern", "enum", "format", "maximum"}
            ), (path, given)
            if given["in"] == "path":
                in_path.add(given["name"])
        if operation["tags"] != ["Gate"]:
            assert in_path == set(re.findall(r"\{(\w+)\}", path))


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    whole = {"components": document["components"]}
    bodies = 0
    for _, path, operation in operations(document):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            bodies += 1
            if kind == "application/json":
                validator = Draft202012Validator({**whole, **media["schema"]})
                assert [error.message for error in validator.iter_errors(media["example"])] == [], path
    assert bodies > 30


def test_examples_of_bodies_decode(document: dict[str, Any]) -> None:
    """What the document shows is what the handlers take."""
    for operation in routes.api_operations():
        data = operation.handler.__annotations__.get("data")
        path = operation.path.replace(":str}", "}")
        if isinstance(data, type):
            example = document["paths"][path][operation.method]["requestBody"]["content"]["application/json"]["example"]
            msgspec.convert(example, data)
    verify = document["paths"]["/v1/keys/verify"]["post"]["requestBody"]["content"]["application/json"]["example"]
    msgspec.convert(verify, VerifyRequest)


def test_every_error_that_there_is_stands_under_a_route(document: dict[str, Any]) -> None:
    named = set().union(*(codes(document, operation) for _, _, operation in operations(document)))
    assert named == KINDS.keys() | {reason.value for reason in DENIAL_STATUS}


def test_every_example_of_an_error_fits_its_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    validator = Draft202012Validator({"components": {"schemas": schemas}, "$ref": "#/components/schemas/ProblemView"})
    for code, example in document["components"]["examples"].items():
        assert [error.message for error in validator.iter_errors(example["value"])] == []
        assert example["value"]["code"] == code


def test_only_what_needs_no_caller_says_so(document: dict[str, Any], instance: Instance) -> None:
    """Each route is asked by nobody: 401 exactly where the document wants a caller."""
    client = instance.client()
    for method, path, operation in operations(document):
        if operation["tags"] == ["Gate"]:
            assert operation["security"]
            continue
        wants_caller = operation.get("security", document["security"])
        status = client.request(method, re.sub(r"\{\w+\}", "x", path)).status_code
        if wants_caller and {} not in wants_caller:
            assert status in (401, 415, 422), (method, path, status)
        else:
            assert status != 401, (method, path)


def test_the_gates_routes_name_the_gates_server(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        of_gate = any(item[method]["tags"] == ["Gate"] for method in METHODS if method in item)
        servers = [server["url"] for server in item.get("servers", ())]
        assert servers == (["http://127.0.0.1:8401"] if of_gate else []), path


# --- true of the application ----------------------------------------------------------------------


def _parameters(operation: dict[str, Any]) -> list[str]:
    return [each.get("$ref", "").rpartition("/")[2] for each in operation.get("parameters", ())]


def _call(instance: Instance, who: str, row: Any, ids: dict[str, str], headers: dict[str, str]) -> httpx.Response:
    body = row.body | {"key": ids["key_id"]} if isinstance(row.body, dict) and "key" in row.body else row.body
    content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = headers | ({"Content-Type": "application/json"} if content is not None else {})
    return instance.client(who).request(row.method, path_of(row, ids), content=content, headers=headers)


def _who(row: Any) -> str:
    return next(who for who in ("owner", "operator", "auditor") if who in row.allowed)


def test_a_stale_if_match_is_refused_where_the_document_says_so(instance: Instance, document: dict[str, Any]) -> None:
    ids = prepare(instance)
    for row in TABLE:
        operation = document["paths"][row.path][row.method.lower()]
        if row.method == "GET" or row.path.endswith(("/resume", "/restore")):
            # These two change nothing as long as there is nothing to take up again.
            continue
        answer = _call(instance, _who(row), row, ids, {"If-Match": '"999"'})
        if "IfMatch" in _parameters(operation):
            assert_problem(answer, 412, "precondition_failed")
            assert "precondition_failed" in codes(document, operation)
        else:
            assert answer.status_code < 300, (row, answer.text)
        if row.method == "DELETE":
            break


def test_an_idempotency_key_is_honoured_where_the_document_says_so(
    instance: Instance, document: dict[str, Any]
) -> None:
    ids = prepare(instance)
    said = [row for row in TABLE if "IdempotencyKey" in _parameters(document["paths"][row.path][row.method.lower()])]
    assert len(said) >= 23
    for row in said:
        headers = {"Idempotency-Key": f"{row.method} {row.path}"}
        first = _call(instance, _who(row), row, ids, headers)
        again = _call(instance, _who(row), row, ids, headers)
        assert (first.status_code, first.content) == (again.status_code, again.content), row
        assert first.status_code in (200, 201, 202)
        # The same to a reader of JSON, but not the same bytes.
        other = row._replace(body=json.dumps(row.body).encode() + b" ")
        assert_problem(_call(instance, _who(row), other, ids, headers), 409, "idempotency_conflict")


def test_what_the_table_of_permissions_gets_is_in_the_document(instance: Instance, document: dict[str, Any]) -> None:
    """Each route's answer to its rightful caller: status, media type and schema."""
    ids = prepare(instance)
    for row in TABLE:
        operation = document["paths"][row.path][row.method.lower()]
        answer = _call(instance, _who(row), row, ids, {})
        said = answers(document, operation)[str(answer.status_code)]
        if "content" in said:
            media = said["content"][answer.headers["content-type"].partition(";")[0]]
            validator = Draft202012Validator({"components": document["components"], **media["schema"]})
            said_text = media["schema"].get("type") == "string"
            found = answer.text if said_text else answer.json()
            assert [error.message for error in validator.iter_errors(found)] == [], row
        else:
            assert answer.content == b"", row
