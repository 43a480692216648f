"""The event types under a document's `webhooks`: name, summary, the payload's schema and an example of it.

The schema is cut out of the document to stand alone. Pure.
"""

from collections.abc import Iterator
from typing import Any

from freehold.apis import examples, references, schemas
from freehold.apis.json_pointers import join
from freehold.apis.operations import METHODS
from freehold.apis.reading import Reading, is_name
from freehold.apis.records import FREEHOLD_EVENT_TYPES, EventType
from freehold.apis.references import BadReference, References
from freehold.errors import FieldError


def event_types_of(reading: Reading) -> Iterator[EventType]:
    """Every event type of the document, in its order."""
    for name, item in reading.mapping(reading.document.get("webhooks", {}), "/webhooks").items():
        if name.startswith("x-"):
            continue
        pointer = join("/webhooks", name)
        if not is_name(name) or not name.isascii() or " " in name:
            reading.wrong(pointer, "An event type's name has printable ASCII characters and no spaces.", "bad_name")
        elif name in FREEHOLD_EVENT_TYPES:
            reading.wrong(
                pointer, f"{name} is one of Freehold's own event types; choose another name.", "reserved_name"
            )
        else:
            yield _event_type(reading, name, item, pointer)


def _event_type(reading: Reading, name: str, item: Any, pointer: str) -> EventType:
    found = len(reading.errors)
    item, place = reading.followed(item, pointer)
    method = next((each for each in ("post", *METHODS) if each in item), None)
    if method is None:
        if len(reading.errors) == found:
            reading.wrong(pointer, f"The webhook {name} has no operation: give it a `post`.", "no_operation")
        return EventType(name, "", None, None)
    at = join(place, method)
    operation = reading.mapping(item[method], at)
    summary = reading.summary(operation, item, at) or name.replace(".", " ").replace("_", " ").capitalize()
    try:
        content, content_at = _content_of(reading.references, operation, at)
        schema, errors = _schema_of(reading.references, content, content_at)
        reading.errors.extend(errors)
        example = None if errors else _example_of(reading.references, content, content_at, schema)
    except BadReference as bad:
        reading.errors.append(bad.error)
        return EventType(name, summary, None, None)
    if not errors and not _agrees(schema, example):
        reading.warnings.append(f"The example of {name} does not agree with its schema.")
    return EventType(name, summary, schema, example)


def _content_of(document: References, operation: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
    """The media type object of an operation's request body, JSON before any other; empty where there is none."""
    at = join(pointer, "requestBody")
    body, at = document.follow(operation.get("requestBody", {}), at)
    content = body.get("content", {}) if isinstance(body, dict) else None
    at = join(at, "content")
    if not isinstance(content, dict) or not all(isinstance(each, dict) for each in content.values()):
        raise BadReference(at, "A request body's content should be an object of media types.", "bad_type")
    if not content:
        return {}, at
    kind = next((each for each in content if _is_json(each)), next(iter(content)))
    return content[kind], join(at, kind)


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _schema_of(document: References, content: dict[str, Any], pointer: str) -> tuple[Any, list[FieldError]]:
    """A media type's schema, self-contained, or None where there is none; and what is wrong with it."""
    if "schema" not in content:
        return None, []
    at = join(pointer, "schema")
    schema = references.self_contained(document, content["schema"], at)
    return schema, schemas.check_schema(schema, at)


def _example_of(document: References, content: dict[str, Any], pointer: str, schema: Any) -> Any:
    """The first example that a media type gives, or one made from the schema; None where neither can be had."""
    if "example" in content:
        return content["example"]
    named = content.get("examples")
    if isinstance(named, dict) and named:
        name, example = next(iter(named.items()))
        example, _ = document.follow(example, join(join(pointer, "examples"), name))
        if isinstance(example, dict) and "value" in example:
            return example["value"]
    return None if schema is None else examples.example_of(schema)


def _agrees(schema: Any, example: Any) -> bool:
    """Whether an example is what its schema accepts; yes, where either is missing."""
    return schema is None or example is None or schemas.accepts(schema, example)
