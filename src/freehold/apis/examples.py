"""An example payload, made from its JSON Schema where the document gives none.

The same schema always gives the same example, and an example is only given when the schema accepts
it: there are schemas (a `pattern`, a contradiction) for which none is made. Pure.
"""

import math
from typing import Any, Final

from freehold.apis.schemas import accepts, definition

_DEPTH_MAX: Final = 12
# Values in one example.
_VALUES_MAX: Final = 500
_LENGTH_MAX: Final = 1_000
_ITEMS_MAX: Final = 20

# Texts by `format` (JSON Schema 2020-12 validation, section 7.3), with example names from RFC 2606 and RFC 5737.
_FORMATS: Final[dict[str, str]] = {
    "date-time": "2026-01-15T09:30:00Z", "date": "2026-01-15", "time": "09:30:00Z", "duration": "PT15M",
    "email": "person@example.com", "idn-email": "person@example.com", "hostname": "api.example.com",
    "idn-hostname": "api.example.com", "ipv4": "192.0.2.10", "ipv6": "2001:db8::10", "uri": "https://example.com/",
    "uri-reference": "/path", "iri": "https://example.com/", "iri-reference": "/path",
    "uri-template": "/path/{id}", "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "json-pointer": "/name",
    "relative-json-pointer": "1/name", "regex": "^[a-z]+$", "byte": "RnJlZWhvbGQ=", "password": "********",
}  # fmt: skip


def example_of(schema: Any) -> Any:
    """An example that a self-contained schema accepts, or None where none could be made."""
    try:
        example = _Maker(schema).make(schema, 0)
    except (OverflowError, RecursionError):
        return None
    return example if accepts(schema, example) else None


class _Maker:
    """Makes one example, counting its values so that a bushy schema cannot grow without bound."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.values = 0
        # The references on the way to where we are: what refers to one of them goes round.
        self.inside: list[str] = []

    def make(self, schema: Any, depth: int) -> Any:
        self.values += 1
        if not isinstance(schema, dict):
            return None
        self.inside.append(schema.get("$ref", ""))
        whole = self._whole(schema)
        given = _given(schema) or _given(whole)
        made = given[0] if given else self._by_type(whole, depth)
        self.inside.pop()
        return made

    def _goes_round(self, schema: Any) -> bool:
        if not isinstance(schema, dict):
            return False
        near = [schema, schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        return any(isinstance(each, dict) and each.get("$ref") in self.inside for each in near)

    def _whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema together with what it applies in place: its reference, all of `allOf`, the first that it offers."""
        whole: dict[str, Any] = {}
        applied = [*schema.get("allOf", ()), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]]
        if "$ref" in schema:
            applied.append(definition(self.root, schema["$ref"]))
        for each in applied:
            if isinstance(each, dict):
                _merge(whole, self._whole(each))
        _merge(whole, schema)
        return whole

    def _by_type(self, schema: dict[str, Any], depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return _text(schema)
            case "integer":
                return _number(schema, 1)
            case "number":
                return _number(schema, 0.5)
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        properties: dict[str, Any] = schema.get("properties", {})
        names = [name for name in properties if name in required or not self._goes_round(properties[name])]
        made: dict[str, Any] = {}
        for name in [*names, *(each for each in required if each not in properties)]:
            if depth < _DEPTH_MAX and self.values < _VALUES_MAX and properties.get(name, True) is not False:
                made[name] = self.make(properties.get(name, schema.get("additionalProperties")), depth + 1)
        return made

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first = list(schema.get("prefixItems", ()))
        least = min(max(schema.get("minItems", 1), len(first)), schema.get("maxItems", _ITEMS_MAX), _ITEMS_MAX)
        each = schema.get("items", schema.get("contains", {}))
        if depth >= _DEPTH_MAX or self.values >= _VALUES_MAX:
            return []
        return [self.make(first[index] if index < len(first) else each, depth + 1) for index in range(int(least))]


def _given(schema: dict[str, Any]) -> list[Any]:
    """What the schema itself says: a constant, an example, a default, the first of an enumeration."""
    if "const" in schema:
        return [schema["const"]]
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[:1]
    for keyword in ("example", "default"):
        if keyword in schema:
            return [schema[keyword]]
    choices = schema.get("enum")
    return choices[:1] if isinstance(choices, list) else []


def _merge(whole: dict[str, Any], schema: dict[str, Any]) -> None:
    for keyword, value in schema.items():
        if keyword == "properties":
            whole[keyword] = {**whole.get(keyword, {}), **value}
        elif keyword == "required":
            whole[keyword] = [*whole.get(keyword, ()), *value]
        else:
            whole[keyword] = value


def _type(schema: dict[str, Any]) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "required" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "string"


def _text(schema: dict[str, Any]) -> str:
    text = _FORMATS.get(schema.get("format", ""), "text")
    least = min(schema.get("minLength", 0), _LENGTH_MAX)
    text += "x" * int(least - len(text))
    return text[: int(min(schema.get("maxLength", len(text)), len(text)))]


def _number(schema: dict[str, Any], usual: float) -> Any:
    """A number near the usual one, within the schema's bounds; whole ones come out as integers."""
    step = schema.get("multipleOf", 1 if isinstance(usual, int) else 0)
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    number = min(max(usual, low), high)
    if not step:
        inside = low < number < high or math.isinf(low) or math.isinf(high)
        return number if inside else (low + high) / 2
    number = math.ceil(number / step) * step
    if number == schema.get("exclusiveMinimum"):
        number += step
    return number if number <= high else number - step
