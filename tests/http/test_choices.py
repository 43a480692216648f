"""What is none of a closed set of words is answered with the words, wherever it stands: in the query or in a body."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from click.testing import CliRunner

from freehold import routes
from freehold.cli.root import freehold
from freehold.web import openapi
from tests.http.served import Instance, assert_problem

WRONG: Final = "eaten"
METRICS: Final = (
    "requests, cost, denials, failure_rate, latency, quota_used, webhook_failure_rate, retry_pressure, key_unused, "
    "key_expiring, key_rotation_overdue, no_traffic"
)
# A place in a body: names of fields, and numbers in lists.
Place = tuple[str | int, ...]
Schema = dict[str, Any]


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "message"),
    [
        ("GET", "usage", {"group_by": WRONG}, None, "group_by: 'eaten' is none of key, endpoint, outcome, secret."),
        ("GET", "requests", {"kind": ["served", WRONG]}, None, "kind: 'eaten' is none of served, throttled, denied, failed."),
        ("GET", "requests", {"not": WRONG}, None, "not: 'eaten' is none of key, secret, endpoint, outcome, kind, path."),
        ("GET", "usage", {"not": "path"}, None, "not: 'path' is none of key, secret, endpoint, outcome, kind."),
        ("POST", "alerts", {}, {"metric": WRONG}, f"metric: 'eaten' is none of {METRICS}."),
        ("PATCH", "", {}, {"quota": {"limit": 5, "period": WRONG}}, "quota.period: 'eaten' is none of hour, day, month."),
        ("POST", "alerts", {}, {"notify": ["email", WRONG]}, "notify.1: 'eaten' is none of webhooks, email, chat."),
    ],
)  # fmt: skip
def test_an_error_names_the_words(
    instance: Instance, method: str, path: str, query: dict[str, Any], body: Any, message: str
) -> None:
    address = f"/v1/projects/{instance.project}/{path}".rstrip("/")
    answer = instance.client("owner").request(method, address, params=query, json=body)
    assert_problem(answer, 422, "invalid", message.partition(":")[0])
    assert (answer.json()["detail"], answer.json()["errors"][0]["message"]) == (message, message)


def test_every_parameter_of_a_closed_set_names_its_words(instance: Instance) -> None:
    client, asked = instance.client("operator"), 0
    known, all_operations = operations()
    for method, path, operation in all_operations:
        for each in operation.get("parameters", ()):
            if each.get("in") == "query" and (words := words_of(each["schema"], known)):
                answer = client.request(method, path, params={each["name"]: WRONG})
                assert_problem(answer, 422, "invalid", each["name"])
                assert named(answer.json()["detail"]) == words, (path, each["name"])
                asked += 1
    assert asked > 20


def test_every_field_of_a_closed_set_names_its_words(instance: Instance) -> None:
    client, asked = instance.client("operator"), 0
    known, all_operations = operations()
    for method, path, operation in all_operations:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for at, words in places(media["schema"], media["example"], known) if media else ():
            answer = client.request(method, path, json=with_wrong(media["example"], at))
            assert_problem(answer, 422, "invalid", ".".join(map(str, at)))
            assert named(answer.json()["detail"]) == words, (path, at)
            asked += 1
    assert asked > 20


def test_the_command_says_the_same(instance: Instance) -> None:
    environment = {"FREEHOLD_URL": instance.url, "FREEHOLD_TOKEN": instance.tokens["operator"]}
    said = CliRunner().invoke(freehold, ["readiness", "policy", "set", "parcels", "--block", WRONG], env=environment)
    assert said.exit_code == 1
    first, second = said.stderr.splitlines()
    assert first == "freehold: Some fields are not right."
    assert re.fullmatch(r"  blocking\.\d+: 'eaten' is none of [a-z_]+(, [a-z_]+){15}\.", second)


def operations() -> tuple[dict[str, Schema], Iterator[tuple[str, str, Schema]]]:
    """What the document calls its schemas, and the operations of this server, with ids that nothing has."""
    made = openapi.document(routes.api_operations(), "http://127.0.0.1:8400", "http://127.0.0.1:8401")
    document: Schema = json.loads(msgspec.json.encode(made))
    found = (
        (method.upper(), re.sub(r"\{\w+\}", "x", path), operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "Gate" not in operation.get("tags", ())
    )
    return document["components"]["schemas"], found


def words_of(schema: Schema, known: dict[str, Schema]) -> set[str]:
    """The words that a schema takes, of several schemas those of all; of a list, its items'."""
    schema = resolved(schema, known)
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    found = {*schema.get("enum", ()), *(word for each in inner for word in words_of(each, known))}
    return {word for word in found if word is not None}


def resolved(schema: Schema, known: dict[str, Schema]) -> Schema:
    """A schema in place of a reference to it."""
    return known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def places(schema: Schema, example: Any, known: dict[str, Schema], at: Place = ()) -> Iterator[tuple[Place, set[str]]]:
    """Where an example has a word of a closed set, and the words."""
    if isinstance(example, str) and (words := words_of(schema, known)):
        yield at, words
    for each in (schema, *schema.get("anyOf", ())):
        inner = resolved(each, known)
        if isinstance(example, dict):
            for name, field in inner.get("properties", {}).items():
                yield from places(field, example.get(name), known, (*at, name))
        elif isinstance(example, list):
            for number, value in enumerate(example):
                yield from places(inner.get("items", {}), value, known, (*at, number))


def with_wrong(example: Any, at: Place) -> Any:
    """The example with a word at one place that is none."""
    made = inner = copy.deepcopy(example)
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = WRONG
    return made


def named(message: str) -> set[str]:
    """The words that an error names."""
    return set(message.rpartition(f"'{WRONG}' is none of ")[2].removesuffix(".").split(", "))
