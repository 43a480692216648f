"""The event types under a document's `webhooks`: name, summary, the payload's schema and an example of it.

The schema is cut out of the document to stand alone. Pure.
"""

from collections.abc import Iterator
from typing import Any

from freehold.apis import bodies, schemas
from freehold.apis.json_pointers import join
from freehold.apis.operations import METHODS
from freehold.apis.reading import Reading, is_name
from freehold.apis.records import FREEHOLD_EVENT_TYPES, EventType
from freehold.apis.references import BadReference


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
        content, content_at = bodies.content_of(reading.references, operation, at)
        schema, errors = bodies.schema_of(reading.references, content, content_at)
        reading.errors.extend(errors)
        example = None if errors else bodies.example_of(reading.references, content, content_at, schema)
    except BadReference as bad:
        reading.errors.append(bad.error)
        return EventType(name, summary, None, None)
    if not errors and not _agrees(schema, example):
        reading.warnings.append(f"The example of {name} does not agree with its schema.")
    return EventType(name, summary, schema, example)


def _agrees(schema: Any, example: Any) -> bool:
    """Whether an example is what its schema accepts; yes, where either is missing."""
    return schema is None or example is None or schemas.accepts(schema, example)
