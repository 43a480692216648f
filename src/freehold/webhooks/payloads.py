"""Whether an event's payload may be published: its size, its depth and its type's JSON Schema. Pure.

A schema never reaches out: what it refers to is in it, or the payload cannot be checked.
"""

from itertools import islice
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from freehold.errors import FieldError

PAYLOAD_BYTES_MAX: Final = 256 * 1024
PAYLOAD_DEPTH_MAX: Final = 64
_FAULTS_MAX: Final = 10
_WORDS_MAX: Final = 300


def payload_faults(payload: Any, schema: dict[str, Any] | bool | None) -> list[FieldError]:
    """What is wrong with a payload, the first ten faults; empty where it may be published."""
    if payload is None:
        return [FieldError("payload", "A payload is a JSON value other than null.", "required")]
    if _deeper_than(payload, PAYLOAD_DEPTH_MAX):
        return [FieldError("payload", f"A payload is nested at most {PAYLOAD_DEPTH_MAX} levels deep.", "too_deep")]
    if len(msgspec.json.encode(payload)) > PAYLOAD_BYTES_MAX:
        return [FieldError("payload", f"A payload is at most {PAYLOAD_BYTES_MAX} bytes of JSON.", "too_large")]
    if schema is None:
        return []
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        return [_fault(error) for error in islice(validator.iter_errors(payload), _FAULTS_MAX)]
    except (Unresolvable, RecursionError):
        return [
            FieldError(
                "payload", "The event type's schema in the catalogue cannot be followed to its end.", "bad_schema"
            )
        ]


def _fault(error: ValidationError) -> FieldError:
    place = ".".join(("payload", *(str(step) for step in error.absolute_path)))
    return FieldError(place[:_WORDS_MAX], error.message[:_WORDS_MAX], "schema")


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    while layer and levels:
        levels -= 1
        layer = [
            inner
            for each in layer
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
    return bool(layer)
