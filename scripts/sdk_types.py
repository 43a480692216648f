"""The schemas of the API's OpenAPI document as Python types: structs for answers, typed dictionaries for bodies."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from scripts.sdk_names import SECRETS, WORDS, argument, camel, model

_PRIMITIVES: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_PAGE: Final = "Page_"
_WIDTH: Final = 108
# A struct of fewer fields than this is no special case of another by having the same ones.
_INHERITED_MIN: Final = 4

Schema = dict[str, Any]


_SECRET_KINDS: Final = ({"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}})


class Types:
    """All types of a document."""

    def __init__(self, document: Schema) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.words = dict(_words(document))

    def answer(self, schema: Schema) -> str:
        """The type of a part of an answer."""
        return self._annotation(schema, "list[{}]", "dict[str, {}]")

    def input(self, schema: Schema) -> str:
        """The type of an argument, or of a part of one: any sequence or mapping will do."""
        return self._annotation(schema, "Sequence[{}]", "Mapping[str, {}]")

    def _annotation(self, schema: Schema, many: str, named: str) -> str:
        if "$ref" in schema:
            return self._reference(referred(schema))
        if "anyOf" in schema:
            return " | ".join(self._annotation(each, many, named) for each in schema["anyOf"])
        if "enum" in schema:
            return self.words[frozenset(schema["enum"])]
        kind = schema.get("type")
        if kind == "array":
            return many.format(self._annotation(schema.get("items", {}), many, named))
        if kind == "object":
            values = schema.get("additionalProperties")
            return named.format(self._annotation(values, many, named) if isinstance(values, dict) else "Any")
        if kind == "string" and schema.get("format") == "date-time":
            return "datetime"
        return "Any" if kind is None else _PRIMITIVES[kind]

    def _reference(self, name: str) -> str:
        if name.startswith(_PAGE):
            return f"Page[{model(name.removeprefix(_PAGE).removesuffix('_'))}]"
        return model(name)

    def struct(self, name: str) -> str:
        """A schema of answers as a struct, built on another where it is that with more fields."""
        schema = self.schemas[name]
        base = self.base(name)
        inherited = self.schemas[base]["properties"] if base else {}
        own = {field: each for field, each in schema["properties"].items() if field not in inherited}
        secrets = [field for field, each in own.items() if field in SECRETS and each in _SECRET_KINDS]
        renamed = {argument(field): field for field in own if argument(field) != field}
        options = ["frozen=True", "kw_only=True", *([f"rename={renamed}"] if renamed else [])]
        lines = [f"class {model(name)}({', '.join([model(base) if base else 'Model', *options])}):"]
        lines += _docstring(schema["description"])
        if secrets:
            lines.append(f"    SECRETS = frozenset({{{', '.join(repr(each) for each in secrets)}}})\n")
        for field, each in own.items():
            default = "" if field in schema["required"] else " = None"
            kind = self.answer(each)
            optional = " | None" if default and "None" not in kind else ""
            lines += _comment(each)
            lines.append(f"    {argument(field)}: {kind}{optional}{default}")
        return "\n".join(lines)

    def body(self, name: str) -> str:
        """A schema of bodies as a typed dictionary."""
        schema = self.schemas[name]
        lines = [f"class {name}(TypedDict):", *_docstring(schema["description"])]
        for field, each in schema["properties"].items():
            kind = self.input(each)
            lines += _comment(each)
            lines.append(f"    {field}: {kind if field in schema['required'] else f'NotRequired[{kind}]'}")
        return "\n".join(lines)

    def base(self, name: str) -> str | None:
        """The largest other schema all of whose fields this one has too."""
        own = self.schemas[name]["properties"].items()
        found = [
            other
            for other, schema in self.schemas.items()
            if _INHERITED_MIN <= len(schema.get("properties", ())) < len(own)
            and schema["properties"].items() <= own
            and schema.get("required") == list(schema["properties"])
        ]
        return max(found, key=lambda other: len(self.schemas[other]["properties"]), default=None)

    def words_module(self) -> str:
        """The closed sets of words."""
        names = {name: " | ".join(sorted(words)) for words, name in self.words.items()}
        literals = [
            f"    {name} = Literal[{', '.join(repr(each) for each in text.split(' | '))}]"
            for name, text in sorted(names.items())
        ]
        plain = [f"    {name} = str" for name in sorted(names)]
        return "\n".join(["if TYPE_CHECKING:", *literals, "else:", "    # A newer server may know more words: they are read as they are.", *plain])  # fmt: skip


def referred(schema: Schema) -> str:
    """The name of the schema that a reference is to."""
    return str(schema["$ref"]).rpartition("/")[2]


def parts(schema: Schema) -> Iterator[str]:
    """The names of all schemas that a schema refers to directly; a page's items in place of the page."""
    if "$ref" in schema:
        name = referred(schema)
        yield f"{name.removeprefix(_PAGE).removesuffix('_')}" if name.startswith(_PAGE) else name
    for each in [*schema.get("anyOf", ()), *schema.get("properties", {}).values()]:
        yield from parts(each)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from parts(schema[key])


def _words(document: Schema) -> Iterator[tuple[frozenset[str], str]]:
    """The closed sets of words with their names; LookupError where two would be called the same."""
    found: dict[frozenset[str], str] = {}
    for owner, schema in document["components"]["schemas"].items():
        if owner == "ProblemView":
            continue
        for field, each in schema.get("properties", {}).items():
            for enum in _enums(each):
                found.setdefault(frozenset(enum), WORDS.get(f"{owner}.{field}") or f"{model(owner)}{camel(field)}")
    # Sets that are only asked with, and never answered, are named by their parameter.
    for operation_id, each in _parameters(document):
        name = WORDS.get(f"{operation_id}.{each['name']}") or WORDS.get(each["name"])
        if name:
            found |= {frozenset(enum): name for enum in _enums(each["schema"])}
    doubled = [name for name, count in Counter(found.values()).items() if count > 1]
    if doubled:
        raise LookupError(f"{doubled[0]} is two sets of words: name them in sdk_names.WORDS")
    yield from found.items()


def _parameters(document: Schema) -> Iterator[tuple[str, Schema]]:
    """The parameters of all operations with the operations' ids, those that are named elsewhere left out."""
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                named = (each for each in operation.get("parameters", ()) if "name" in each)
                yield from ((operation["operationId"], each) for each in named)


def _enums(schema: Schema) -> Iterator[list[str]]:
    if "enum" in schema:
        yield schema["enum"]
    for each in [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(each, dict):
            yield from _enums(each)


def _docstring(text: str) -> list[str]:
    """A docstring: on one line where it has room there, else its first sentence and what follows."""
    whole = " ".join(text.split())
    if len(whole) <= _WIDTH:
        return [f'    """{whole}"""\n']
    first, _, more = whole.partition(". ")
    return [textwrap.indent(f'"""{first}.\n\n{textwrap.fill(more, _WIDTH)}\n"""\n', "    ")]


def _comment(schema: Schema) -> list[str]:
    return [f"    # {line}" for line in textwrap.wrap(schema.get("description", ""), _WIDTH)]
