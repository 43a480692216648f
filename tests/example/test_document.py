"""The example API's document and its running process say the same."""

from collections.abc import Iterator
from importlib import resources
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from freehold.apis.documents import read_document
from freehold.apis.openapi import read_catalogue
from freehold.apis.references import References, self_contained
from freehold.example.operations import OPERATIONS
from freehold.example.problems import KINDS
from tests.example.example_process import Example, running_example

TEXT = (resources.files("freehold.example") / "openapi.yaml").read_bytes()
DOCUMENT = read_document(TEXT, "application/yaml")
REFERENCES = References(DOCUMENT)


def schema_of(content: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        self_contained(REFERENCES, content["schema"], ""), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def documented_examples() -> Iterator[Any]:
    """Every example answer: the request that its summary names, what it answers, and its schema."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            bodies = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
            for status, response in operation["responses"].items():
                found, _ = REFERENCES.follow(response, "")
                for media_type, content in found["content"].items():
                    for name, example in content.get("examples", {}).items():
                        body = bodies[name]["value"] if method == "post" else None
                        row = (example["summary"], body, int(status), media_type, example["value"], content)
                        yield pytest.param(*row, id=f"{path} {status} {name}")


@pytest.fixture(scope="module")
def example() -> Iterator[Example]:
    with running_example() as process:
        yield process


@pytest.mark.parametrize(
    ("request_line", "body", "status", "media_type", "value", "content"), list(documented_examples())
)
def test_every_documented_example_is_what_it_answers(
    example: Example, request_line: str, body: Any, status: int, media_type: str, value: Any, content: dict[str, Any]
) -> None:
    method, _, target = request_line.partition(" ")
    answer = httpx.request(method, example.sandbox + target, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, media_type)
    assert answer.json() == value
    schema_of(content).validate(answer.json())


def test_every_operation_has_an_example_of_success() -> None:
    shown = {(row.values[0].split()[0], row.id.split()[0]) for row in documented_examples() if row.values[2] == 200}
    assert shown == {(each.method, each.template) for each in OPERATIONS}


def test_the_document_lists_the_operations_that_are_served() -> None:
    endpoints = read_catalogue(DOCUMENT).endpoints
    served = [(each.operation_id, each.method, each.template) for each in OPERATIONS]
    assert [(each.operation_id, each.method, each.path) for each in endpoints] == served


def test_the_document_lists_the_error_codes_that_are_answered() -> None:
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(KINDS)


def test_the_catalogue_is_read_without_a_warning() -> None:
    catalogue = read_catalogue(DOCUMENT)
    assert catalogue.warnings == ()
    assert [each.name for each in catalogue.event_types] == ["lookup.completed", "lookup.failed", "time.converted"]
    assert all(each.schema and each.example for each in catalogue.event_types)


def test_other_yaml_readers_read_the_same_document() -> None:
    # Ours reads YAML 1.2, where `no` and `on` are texts; in YAML 1.1 they are not, so they are quoted.
    assert yaml.safe_load(TEXT) == DOCUMENT


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_the_listener_says_the_environment(example: Example, environment: str) -> None:
    answer = httpx.get(f"{getattr(example, environment)}/v1/countries/NO")
    assert answer.headers["x-example-environment"] == environment


@pytest.mark.parametrize(
    ("method", "target", "sent", "status", "code"),
    [
        ("GET", "/v1/planets", {}, 404, "unknown_path"),
        ("GET", "/", {}, 404, "unknown_path"),
        ("GET", "/v1/countries/NO/", {}, 404, "unknown_path"),
        ("GET", "/v1/countries/a%2Fb", {}, 404, "unknown_path"),
        ("DELETE", "/v1/countries/NO", {}, 405, "method_not_allowed"),
        ("POST", "/v1/lookups", {"content": b"{"}, 400, "bad_json"),
        ("POST", "/v1/lookups", {"content": b"\xff"}, 400, "bad_json"),
        ("POST", "/v1/lookups", {"json": {"planets": []}}, 422, "bad_parameter"),
        ("POST", "/v1/lookups", {"json": {"countries": ["NO"] * 51}}, 422, "bad_parameter"),
        ("POST", "/v1/lookups", {"content": b" " * 70_000}, 413, "body_too_large"),
        ("POST", "/v1/lookups", {"content": b"<a/>", "headers": {"content-type": "text/xml"}}, 415, "unsupported_media_type"),
        ("POST", "/v1/time/conversions", {"json": {"local": "2026-01-01T00:00:00Z", "zone": "UTC", "targets": ["UTC"]}}, 422, "bad_parameter"),
        ("POST", "/v1/time/conversions", {"json": {"local": "0001-01-01T00:00:00", "zone": "UTC", "targets": ["UTC"]}}, 422, "bad_parameter"),
        ("POST", "/v1/time/conversions", {"json": {"local": "2026-01-01T00:00:00", "zone": "UTC", "targets": ["Moon"]}}, 404, "unknown_time_zone"),
        ("GET", "/v1/time?zone=UTC&at=9999-12-31T23:59:59Z", {}, 422, "bad_parameter"),
        ("GET", "/v1/time?zone=../../etc/passwd", {}, 404, "unknown_time_zone"),
        ("GET", "/v1/countries?q=%FF", {}, 422, "bad_parameter"),
        ("GET", "/v1/countries?" + "a=1&" * 60, {}, 422, "bad_parameter"),
        ("GET", "/v1/countries?limit=%D9%A3", {}, 422, "bad_parameter"),
    ],
)  # fmt: skip
def test_wrong_requests_get_a_clear_problem(
    example: Example, method: str, target: str, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = httpx.request(method, example.sandbox + target, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    schema_of({"schema": {"$ref": "#/components/schemas/Problem"}}).validate(answer.json())


def test_a_405_names_the_method_and_head_is_answered_as_get(example: Example) -> None:
    assert httpx.delete(example.sandbox + "/v1/lookups").headers["allow"] == "POST"
    head, get = httpx.head(example.sandbox + "/v1/countries/NO"), httpx.get(example.sandbox + "/v1/countries/NO")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))


def test_now_is_the_default_instant(example: Example) -> None:
    first = httpx.get(example.sandbox + "/v1/time?zone=UTC").json()
    schema_of({"schema": {"$ref": "#/components/schemas/Time"}}).validate(first)
    assert first["at"] > "2026-01-01T00:00:00Z"
