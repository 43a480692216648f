"""Following `$ref` inside one document, and cutting a schema out of it with all that it refers to.

References are JSON pointers into the same document (RFC 6901) and nothing else: one that names a
file or a host is refused and never fetched. What is cut out is bounded, however often a document
refers to the same large schema. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Final
from urllib.parse import unquote

from freehold.apis.json_pointers import dotted, join, tokens
from freehold.errors import FieldError

_CHAIN_MAX: Final = 32
# Values in all the schemas that are cut out of one document, together.
_VALUES_MAX: Final = 500_000

# JSON Schema 2020-12: the keywords whose values are schemas, lists of them, or mappings to them.
SCHEMA: Final = frozenset(
    {"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items", "contains", "not", "if", "then",
     "else", "propertyNames", "contentSchema"}
)  # fmt: skip
SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED_SCHEMAS: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
# These give a schema an address of its own, which a schema that was cut out no longer has.
_ADDRESSES: Final = frozenset({"$id", "$anchor", "$dynamicAnchor", "$dynamicRef"})

_DIALECTS: Final = frozenset(
    {"https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base",
     "https://spec.openapis.org/oas/3.1/dialect/2024-11-10"}
)  # fmt: skip


class BadReference(Exception):
    """A reference that cannot be followed. Carries where it stands and why, as a field error."""

    def __init__(self, pointer: str, message: str, code: str = "bad_ref") -> None:
        super().__init__(message)
        self.error = FieldError(dotted(pointer), message, code)


@dataclass(slots=True)
class References:
    """The references of one document."""

    document: dict[str, Any]
    values: int = 0

    def follow(self, value: Any, pointer: str) -> tuple[Any, str]:
        """What a value is once its `$ref`s are followed, and where that stands; BadReference where they lead nowhere."""
        for _ in range(_CHAIN_MAX):
            if not (isinstance(value, dict) and "$ref" in value):
                return value, pointer
            target, path = self.find(value["$ref"], join(pointer, "$ref"))
            # A path item may refine what it refers to, a summary too (OpenAPI 3.1, 4.8.9 and 4.8.23).
            beside = {name: own for name, own in value.items() if name != "$ref"}
            value, pointer = ({**target, **beside} if isinstance(target, dict) else target), path
        raise BadReference(pointer, "The references go in a circle, or through more than 32 steps.", "cycle")

    def find(self, reference: Any, pointer: str) -> tuple[Any, str]:
        """The value that a reference names, and its pointer; BadReference where there is none."""
        place: Any = self.document
        path = ""
        for token in _tokens(reference, pointer):
            if isinstance(place, dict) and token in place:
                place = place[token]
            elif isinstance(place, list) and re.fullmatch(r"0|[1-9][0-9]{0,6}", token) and int(token) < len(place):
                place = place[int(token)]
            else:
                raise BadReference(pointer, f"{str(reference)[:200]} names nothing in this document.")
            path = join(path, token)
        return place, path

    def spend(self, pointer: str) -> None:
        """Count one value that is copied out of the document; BadReference where they are too many."""
        self.values += 1
        if self.values > _VALUES_MAX:
            raise BadReference(pointer, "The schemas, with all that they refer to, are too large.", "too_many")


def check_dialect(dialect: Any, pointer: str) -> None:
    """Raise BadReference where schemas are written in another dialect than JSON Schema 2020-12 or OpenAPI's of it."""
    if dialect not in _DIALECTS:
        raise BadReference(
            pointer, "Freehold reads JSON Schema 2020-12 and OpenAPI 3.1's own dialect of it.", "bad_dialect"
        )


def _tokens(reference: Any, pointer: str) -> list[str]:
    if not isinstance(reference, str):
        raise BadReference(pointer, "A $ref is a text.")
    if not reference.startswith("#"):
        raise BadReference(
            pointer,
            f"{reference[:200]} points out of this document. Nothing is fetched: bundle it into one document first.",
            "remote_ref",
        )
    fragment = unquote(reference[1:])
    if fragment and not fragment.startswith("/"):
        raise BadReference(pointer, f"{reference[:200]} is no JSON pointer; only #/… is followed.")
    return tokens(fragment)


def subschemas(schema: dict[str, Any]) -> Iterator[Any]:
    """Every schema directly inside a schema."""
    for keyword, value in schema.items():
        if keyword in SCHEMA:
            yield value
        elif keyword in SCHEMAS and isinstance(value, list):
            yield from value
        elif keyword in NAMED_SCHEMAS and isinstance(value, dict):
            yield from value.values()


@dataclass(slots=True)
class _Cut:
    """One schema on its way out of its document."""

    references: References
    names: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    waiting: list[tuple[str, Any, str]] = field(default_factory=list)

    def copy(self, schema: Any, pointer: str) -> Any:
        self.references.spend(pointer)
        if not isinstance(schema, dict):
            return schema
        made: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword == "$schema":
                check_dialect(value, join(pointer, keyword))
                continue
            made[keyword] = self._keyword(keyword, value, join(pointer, keyword))
        return made

    def _keyword(self, keyword: str, value: Any, pointer: str) -> Any:
        if keyword in _ADDRESSES:
            raise BadReference(pointer, f"{keyword} is not read in a payload's schema; refer with #/… instead.")
        if keyword == "$ref":
            return self._definition(value, pointer)
        if keyword in SCHEMA:
            return self.copy(value, pointer)
        if keyword in SCHEMAS and isinstance(value, list):
            return [self.copy(each, join(pointer, str(index))) for index, each in enumerate(value)]
        if keyword in NAMED_SCHEMAS and isinstance(value, dict):
            return {name: self.copy(each, join(pointer, name)) for name, each in value.items()}
        return self._data(value, pointer)

    def _data(self, value: Any, pointer: str) -> Any:
        self.references.spend(pointer)
        if isinstance(value, dict):
            return {name: self._data(each, pointer) for name, each in value.items()}
        return [self._data(each, pointer) for each in value] if isinstance(value, list) else value

    def _definition(self, reference: Any, pointer: str) -> str:
        target, path = self.references.find(reference, pointer)
        if path not in self.names:
            self.names[path] = _free_name(path, self.taken)
            self.taken.add(self.names[path])
            self.waiting.append((self.names[path], target, path))
        return f"#/$defs/{self.names[path]}"


def self_contained(references: References, schema: Any, pointer: str) -> Any:
    """A schema with all that it refers to under its own `$defs`; BadReference where a reference cannot be followed."""
    for _ in range(_CHAIN_MAX):
        if not (isinstance(schema, dict) and schema.keys() == {"$ref"}):
            return _cut_out(references, schema, pointer)
        schema, pointer = references.find(schema["$ref"], join(pointer, "$ref"))
    raise BadReference(pointer, "The references go in a circle, or through more than 32 steps.", "cycle")


def _cut_out(references: References, schema: Any, pointer: str) -> Any:
    own = schema.get("$defs") if isinstance(schema, dict) else None
    cut = _Cut(references, taken=set(own) if isinstance(own, dict) else set())
    made = cut.copy(schema, pointer)
    definitions: dict[str, Any] = {}
    while cut.waiting:
        name, target, path = cut.waiting.pop()
        definitions[name] = cut.copy(target, path)
    if definitions:
        made["$defs"] = {**made.get("$defs", {}), **dict(sorted(definitions.items()))}
    return made


def _free_name(path: str, taken: set[str]) -> str:
    """A name for a definition, plain enough to need no escaping in a pointer."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", tokens(path)[-1] if path else "") or "schema"
    return next(each for each in chain([name], (f"{name}_{number}" for number in count(2))) if each not in taken)
