"""The operations of the API's OpenAPI document as methods that compose calls."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scripts import sdk_names as names
from scripts.sdk_types import Schema, Types, referred

_METHODS: Final = ("get", "put", "post", "delete", "patch", "options", "head")
_PAGE: Final = "Page_"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as its method needs it."""

    id: str
    noun: str
    name: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    in_path: tuple[Schema, ...]
    query: tuple[Schema, ...]
    body: Schema | None
    media_types: tuple[str, ...]
    answer: Schema | None
    is_document: bool
    is_idempotent: bool
    takes_if_match: bool
    codes: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """Whether it answers page by page."""
        return self.answer is not None and referred(self.answer).startswith(_PAGE)

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2; RFC 7396)."""
        return self.method != "post" or self.is_idempotent or self.id in names.REPEATABLE


def operations(document: Schema) -> list[Operation]:
    """All operations that the SDK calls, in the document's order."""
    described = {
        item[method]["operationId"]: (method, path, item)
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    }
    if unknown := names.NOT_CALLED.keys() - described.keys():
        raise LookupError(f"there is no operation {', '.join(sorted(unknown))}: sdk_names.NOT_CALLED")
    return [_operation(document, *found) for name, found in described.items() if name not in names.NOT_CALLED]


def _operation(document: Schema, method: str, path: str, item: Schema) -> Operation:
    said = item[method]
    noun, name = names.place(said["operationId"])
    parameters = [*said.get("parameters", ()), *item.get("parameters", ())]
    shared = {referred(each) for each in parameters if "$ref" in each}
    content = said.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", next(iter(content.values()), {})).get("schema")
    [success] = [each for status, each in said["responses"].items() if status.startswith("2")]
    answers = success.get("content", {})
    return Operation(
        id=said["operationId"], noun=noun, name=name, tag=said["tags"][0], method=method, path=path,
        summary=said["summary"], description=said.get("description", ""),
        in_path=tuple(each for each in parameters if each.get("in") == "path"),
        query=tuple(each for each in parameters if each.get("in") == "query"),
        body=schema if schema and "$ref" in schema else None,
        media_types=tuple(content) if schema and "$ref" not in schema else (),
        answer=answers["application/json"]["schema"] if len(answers) == 1 else None, is_document=len(answers) > 1,
        is_idempotent="IdempotencyKey" in shared, takes_if_match="IfMatch" in shared,
        codes=tuple(_codes(document, said)),
    )  # fmt: skip


def _codes(document: Schema, said: Schema) -> Iterator[str]:
    """The codes of all errors that an operation answers with."""
    for response in said["responses"].values():
        answer = document["components"]["responses"][referred(response)] if "$ref" in response else response
        for content in answer.get("content", {}).values():
            yield from content.get("examples", ())


def method(operation: Operation, types: Types) -> str:
    """The method that composes an operation's calls."""
    decorator = "listing" if operation.is_list else "operation"
    arguments = ", ".join(["self", *_positional(operation, types), *_named(operation, types)])
    lines = [f"@{decorator}", f"def {operation.name}({arguments}) -> Call[{_answer(operation, types)}]:"]
    lines += textwrap.indent(_docstring(operation, types), "    ").splitlines()
    lines += [f"    return Call({', '.join(_passed(operation, types))})"]
    return textwrap.indent("\n".join(lines), "    ") + "\n"


def _answer(operation: Operation, types: Types) -> str:
    if operation.is_document:
        return "Document"
    return "None" if operation.answer is None else types.answer(operation.answer)


def _positional(operation: Operation, types: Types) -> Iterator[str]:
    properties, _ = _fields(operation, types)
    for each in operation.in_path:
        yield f"{each['name']}: {types.input(each['schema'])}"
    if operation.media_types:
        yield "content: bytes"
    for name in _by_position(operation, types):
        yield f"{names.argument(name)}: {types.input(properties[name])}"


def _named(operation: Operation, types: Types) -> list[str]:
    properties, required = _fields(operation, types)
    named = []
    if operation.media_types:
        kinds = ", ".join(f'"{each}"' for each in operation.media_types)
        named.append(f'media_type: Literal[{kinds}] = "{operation.media_types[0]}"')
    by_position = _by_position(operation, types)
    named += [
        f"{names.argument(name)}: {types.input(properties[name])}" for name in required if name not in by_position
    ]
    named += [
        f"{names.argument(name)}: {_or_unset(types.input(each))}"
        for name, each in properties.items()
        if name not in required
    ]
    named += [
        f"{names.argument(each['name'])}: {_one_or_several(each['schema'], types)} | None = None"
        for each in operation.query
    ]
    if operation.takes_if_match:
        named.append("if_match: str | None = None")
    if operation.is_idempotent:
        named.append("idempotency_key: str | None = None")
    return ["*", *named] if named else []


def _one_or_several(schema: Schema, types: Types) -> str:
    """The type of a parameter of the query: where it may stand several times, one value will do too."""
    several = types.input(schema)
    # A text is a sequence of texts already, to Python.
    return several if schema.get("type") != "array" else f"{types.input(schema['items'])} | {several}"


def _or_unset(kind: str) -> str:
    """The type of an argument that may be left out: None, where it is meant, stays last."""
    plain = kind.removesuffix(" | None")
    return f"{plain} | Unset{kind[len(plain) :]} = UNSET"


def _fields(operation: Operation, types: Types) -> tuple[dict[str, Schema], list[str]]:
    """The fields of an operation's body, and which of them are required."""
    if operation.body is None:
        return {}, []
    schema = types.schemas[referred(operation.body)]
    return schema["properties"], schema["required"]


def _by_position(operation: Operation, types: Types) -> list[str]:
    """The one field that is plain without its name: what a call without ids is about."""
    _, required = _fields(operation, types)
    return required if len(required) == 1 and not operation.in_path else []


def _passed(operation: Operation, types: Types) -> Iterator[str]:
    properties, _ = _fields(operation, types)
    yield f'"{operation.method.upper()}"'
    yield _path(operation)
    yield "NoneType" if _answer(operation, types) == "None" else _answer(operation, types)
    if operation.query:
        given = ", ".join(f'"{each["name"]}": {names.argument(each["name"])}' for each in operation.query)
        yield f"query={{{given}}}"
    if properties:
        given = ", ".join(f'"{name}": {names.argument(name)}' for name in properties)
        yield f"body=sent({{{given}}})"
    if operation.media_types:
        yield "content=Document(content, media_type)"
    if operation.takes_if_match:
        yield "if_match=if_match"
    if operation.is_idempotent:
        yield "idempotency_key=key_or_new(idempotency_key)"
    if operation.is_repeatable:
        yield "repeatable=True"
    if operation.tag == "Gate":
        yield "at_gate=True"


def _path(operation: Operation) -> str:
    if not operation.in_path:
        return f'"{operation.path}"'
    return 'f"' + re.sub(r"\{(\w+)\}", r"{segment(\1)}", operation.path) + '"'


def _docstring(operation: Operation, types: Types) -> str:
    properties, _ = _fields(operation, types)
    said = {names.argument(name): each.get("description") for name, each in properties.items()}
    said |= {names.argument(each["name"]): each["description"] for each in operation.query}
    arguments = "\n".join(_wrapped(f"`{name}`: {text}") for name, text in said.items() if text)
    about = types.schemas[referred(operation.body)]["description"] if operation.body else ""
    errors = sorted({names.camel(code) for code in operation.codes if code not in names.EVERYWHERE})
    raised = f"Raises {', '.join(errors)}." if errors else ""
    text = names.sentences([operation.summary, _wrapped(operation.description), _wrapped(about), arguments, _wrapped(raised)])  # fmt: skip
    return f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(" ".join(text.split()), 108))
