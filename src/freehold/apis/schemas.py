"""Whether a payload's JSON Schema can be used, and an example of what it accepts.

A schema that passed `check_schema` can be handed to a validator for any payload: it is a schema,
its patterns can be read, and it does not refer to itself without end. Pure.
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator

from freehold.apis.json_pointers import dotted
from freehold.apis.keywords import wrong_keywords
from freehold.apis.references import subschemas
from freehold.errors import FieldError

SCHEMA_DEPTH_MAX: Final = 40
_ERRORS_MAX: Final = 10
# Schemas that one value may be checked by, and how many of them in each other: without a bound, forty
# definitions that each name the next one twice would keep a validator busy for a day.
_APPLIED_MAX: Final = 2_000
_CHAINED_MAX: Final = 50
# Keywords that apply their schema to the very value that the schema around them is applied to.
_IN_PLACE: Final = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "$ref")


def check_schema(schema: Any, pointer: str) -> list[FieldError]:
    """What is wrong with a self-contained schema that stands at a pointer; nothing where it can be used."""
    if _depth(schema) > SCHEMA_DEPTH_MAX:
        return [_error(pointer, f"The schema is nested more than {SCHEMA_DEPTH_MAX} levels deep.", "too_deep")]
    wrong = list(islice(wrong_keywords(schema, pointer), _ERRORS_MAX))
    if wrong:
        return [_error(place, f"This is no JSON Schema 2020-12: {message}", "bad_schema") for place, message in wrong]
    applied, chained = _application(schema)
    if math.isinf(applied):
        return [
            _error(pointer, "The schema refers to itself without end, so that nothing can be checked by it.", "cycle")
        ]
    if applied > _APPLIED_MAX or chained > _CHAINED_MAX:
        return [_error(pointer, "To check one value by this schema takes too many steps.", "too_many")]
    return []


def _error(pointer: str, message: str, code: str) -> FieldError:
    return FieldError(dotted(pointer), message, code)


def _depth(schema: Any) -> int:
    level, depth = [schema], 0
    while level:
        depth += 1
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
    return depth


def _every_schema(schema: Any) -> Iterator[dict[str, Any]]:
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(subschemas(each))


def _application(root: Any) -> tuple[float, float]:
    """How many schemas are applied to one value at the most, and how far in each other; infinite where it never ends."""
    costs: dict[int, tuple[int, int]] = {}
    entered: set[int] = set()
    waiting = [(False, each) for each in _every_schema(root)]
    while waiting:
        leaving, schema = waiting.pop()
        if leaving:
            entered.discard(id(schema))
            inner = [costs[id(each)] for each in _in_place(schema, root)]
            costs[id(schema)] = (1 + sum(each[0] for each in inner), 1 + max((each[1] for each in inner), default=0))
        elif id(schema) in entered:
            return math.inf, math.inf
        elif id(schema) not in costs:
            entered.add(id(schema))
            waiting.append((True, schema))
            waiting.extend((False, each) for each in _in_place(schema, root))
    return max((each[0] for each in costs.values()), default=0), max((each[1] for each in costs.values()), default=0)


def _in_place(schema: dict[str, Any], root: Any) -> list[dict[str, Any]]:
    applied: list[Any] = []
    for keyword in _IN_PLACE:
        value = schema.get(keyword)
        if keyword == "$ref" and isinstance(value, str):
            applied.append(definition(root, value))
        elif isinstance(value, list):
            applied.extend(value)
        elif keyword == "dependentSchemas" and isinstance(value, dict):
            applied.extend(value.values())
        else:
            applied.append(value)
    return [each for each in applied if isinstance(each, dict)]


def definition(root: Any, reference: str) -> Any:
    """What a `#/$defs/<name>` of a self-contained schema names."""
    return root["$defs"][reference.rpartition("/")[2]]


def accepts(schema: Any, value: Any) -> bool:
    """Whether a schema that passed `check_schema` accepts a value; not, where the value is nested too deep to tell."""
    try:
        return bool(Draft202012Validator(schema).is_valid(value))
    except (RecursionError, OverflowError):
        return False
