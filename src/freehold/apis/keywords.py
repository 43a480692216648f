"""Whether each keyword of a JSON Schema 2020-12 has a value that it can have.

Says the same as validating against JSON Schema's own schema (a test holds the two together), in a
thousandth of the time: a catalogue with a hundred event types repeats large schemas. Pure.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from freehold.apis.json_pointers import join
from freehold.apis.references import NAMED_SCHEMAS, SCHEMA, SCHEMAS

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    # 2.0 is an integer too (JSON Schema Core, section 4.2.3).
    return _is_number(value) and value >= 0 and value == int(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    if isinstance(value, str):
        return value in _TYPES
    return _is_names(value) and bool(value) and _TYPES.issuperset(value)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except (re.error, OverflowError, RecursionError):
        return False


_Check = Callable[[Any], bool]
_CHECKS: Final[dict[str, tuple[_Check, str]]] = {
    "type": (_is_type, "a type, or a list of different ones"),
    "enum": (_is_list, "a list"),
    "examples": (_is_list, "a list"),
    "required": (_is_names, "a list of different names"),
    "pattern": (_is_pattern, "a regular expression that can be read"),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "dependentRequired": (
        lambda value: isinstance(value, dict) and all(_is_names(each) for each in value.values()),
        "an object of lists of different names",
    ),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"), (_is_number, "a number")),
    **dict.fromkeys(
        ("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains", "maxProperties", "minProperties"),
        (_is_size, "a whole number from 0 on"),
    ),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), (_is_flag, "true or false")),
    **dict.fromkeys(
        ("$ref", "$comment", "title", "description", "format", "contentEncoding", "contentMediaType"), (_is_text, "a text")
    ),
}  # fmt: skip


def wrong_keywords(schema: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Where a schema that stands at a pointer is not one, and why: one whole sentence each."""
    waiting = [(schema, pointer)]
    while waiting:
        each, place = waiting.pop()
        if isinstance(each, dict):
            for keyword, value in each.items():
                at = join(place, keyword)
                yield from _wrong_value(keyword, value, at)
                waiting.extend(_inner(keyword, value, at))
        elif not isinstance(each, bool):
            yield place, "a schema is an object, or true or false."


def _wrong_value(keyword: str, value: Any, at: str) -> Iterator[tuple[str, str]]:
    check = _CHECKS.get(keyword)
    if check is not None and not check[0](value):
        yield at, f"{keyword} should be {check[1]}."
    elif keyword in SCHEMAS and not (isinstance(value, list) and value):
        yield at, f"{keyword} should be a list of one schema or more."
    elif keyword in NAMED_SCHEMAS and not isinstance(value, dict):
        yield at, f"{keyword} should be an object of schemas."
    elif keyword == "patternProperties":
        yield from (
            (at, f"{name[:100]} is no regular expression that can be read.") for name in value if not _is_pattern(name)
        )


def _inner(keyword: str, value: Any, at: str) -> Iterator[tuple[Any, str]]:
    if keyword in SCHEMA:
        yield value, at
    elif keyword in SCHEMAS and isinstance(value, list):
        yield from ((each, join(at, str(index))) for index, each in enumerate(value))
    elif keyword in NAMED_SCHEMAS and isinstance(value, dict):
        yield from ((each, join(at, name)) for name, each in value.items())
