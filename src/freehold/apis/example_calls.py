"""One call of an operation that can be tried as it is: its path filled in, what its query must have, a body.

Made of the document's own examples, and of its schemas where it gives none. Pure, and never an error:
an operation of which no call can be made simply has no example.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, TypedDict
from urllib.parse import quote

from freehold.apis import bodies, examples, references
from freehold.apis.json_pointers import join
from freehold.apis.references import BadReference, References

_BODY_BYTES_MAX: Final = 4_000
_VALUE_LENGTH_MAX: Final = 200


class ExampleCall(TypedDict):
    """A path without parameters, the query as names and values, and a JSON body or None."""

    path: str
    query: dict[str, str]
    body: Any


def example_call(
    document: References, path: str, item: dict[str, Any], operation: dict[str, Any], item_pointer: str, pointer: str
) -> ExampleCall | None:
    """An example call of the operation at a place, or None where a part of it cannot be made up."""
    query: dict[str, str] = {}
    try:
        for parameter, at in _parameters(document, item, operation, item_pointer, pointer):
            place, name = parameter.get("in"), str(parameter.get("name"))
            if place not in ("path", "query") or (place == "query" and parameter.get("required") is not True):
                continue
            text = _text(_value(document, parameter, at))
            if not text:
                return None
            if place == "query":
                query[name] = text
            path = path.replace("{" + name + "}", quote(text, safe="")) if place == "path" else path
        body = _body(document, operation, pointer)
    except (BadReference, TypeError, ValueError):
        return None
    return None if "{" in path else ExampleCall(path=path, query=query, body=body)


def _parameters(
    document: References, item: dict[str, Any], operation: dict[str, Any], item_pointer: str, pointer: str
) -> Iterator[tuple[dict[str, Any], str]]:
    for owner, place in ((item, item_pointer), (operation, pointer)):
        at = join(place, "parameters")
        listed = owner.get("parameters", [])
        for index, parameter in enumerate(listed if isinstance(listed, list) else ()):
            found, found_at = document.follow(parameter, join(at, str(index)))
            if isinstance(found, dict):
                yield found, found_at


def _value(document: References, parameter: dict[str, Any], pointer: str) -> Any:
    given = bodies.example_of(document, parameter, pointer, None)
    if given is not None or "schema" not in parameter:
        return given
    return examples.example_of(references.self_contained(document, parameter["schema"], join(pointer, "schema")))


def _text(value: Any) -> str:
    """A value as it stands in a path or query; empty for one that does not stand there in one way alone."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if text.isprintable() and len(text) <= _VALUE_LENGTH_MAX else ""


def _body(document: References, operation: dict[str, Any], pointer: str) -> Any:
    if "requestBody" not in operation:
        return None
    content, at = bodies.content_of(document, operation, pointer)
    schema, errors = bodies.schema_of(document, content, at)
    body = None if errors else bodies.example_of(document, content, at, schema)
    if body is None or len(json.dumps(body)) > _BODY_BYTES_MAX:
        raise ValueError("an operation with a body of which no example can be given")
    return body
