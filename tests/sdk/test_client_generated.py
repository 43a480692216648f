"""The generated part of the SDK is current, complete, and reads every answer that the API can give."""

import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_args, get_origin

import msgspec
import pytest
from scripts import sdk, sdk_names
from scripts.sdk_modules import ROOT
from scripts.sdk_operations import Operation, operations

from freehold import routes
from freehold.errors import KINDS
from freehold.gate.verify_words import VerifyAnswer
from freehold.sdk import problems
from freehold.sdk.calls import Call, Resource, listing, operation
from freehold.sdk.listings import Page
from freehold.sdk.surface import Surface
from freehold.web import openapi

DOCUMENT = sdk.document()
OPERATIONS = operations(DOCUMENT)
WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_the_modules_are_current() -> None:
    made = sdk.modules()
    assert sdk.generated() == made.keys(), "run: make docs"
    for path, text in made.items():
        assert (ROOT / path).read_text("utf-8") == text, f"{path}: run make docs"


def test_every_operation_is_a_method_or_is_left_out_for_a_reason() -> None:
    described = {
        said["operationId"] for item in DOCUMENT["paths"].values() for said in item.values() if isinstance(said, dict)
    }
    assert described == {each.id for each in OPERATIONS} | sdk_names.NOT_CALLED.keys()
    assert all(sdk_names.NOT_CALLED.values())
    places = [(each.noun, each.name) for each in OPERATIONS]
    assert len(set(places)) == len(places)


def test_the_problems_have_the_api_s_codes() -> None:
    assert problems.PROBLEMS.keys() <= KINDS.keys()
    for code, kind in problems.PROBLEMS.items():
        assert kind.__doc__ == f"{KINDS[code].title} ({KINDS[code].status} `{code}`)."


def test_posts_that_may_be_sent_again_are_posts_that_there_are() -> None:
    posts = {each.id for each in OPERATIONS if each.method == "post" and not each.is_idempotent}
    assert posts >= sdk_names.REPEATABLE


# --- each operation against what its handler answers with -----------------------------------------------


def call_of(each: Operation) -> Call[Any]:
    """The call that an operation's method composes from plain arguments."""
    surface: Any = Surface(lambda call: call, lambda fetch: fetch(None))
    resource = getattr(surface, sdk_names.attribute(each.noun)) if each.noun else surface
    method: Callable[..., Any] = getattr(resource, each.name)
    needed = [one for one in inspect.signature(method).parameters.values() if one.default is one.empty]
    positional = [7 for one in needed if one.kind is one.POSITIONAL_OR_KEYWORD]
    composed = method(*positional, **{one.name: "x" for one in needed if one.kind is one.KEYWORD_ONLY})
    assert isinstance(composed, Call)
    return composed


def answer_of(each: Operation) -> Any:
    """The type that the operation's handler answers with."""
    if each.id == "verify_key":
        return VerifyAnswer
    [handler] = [route.handler for route in routes.api_operations() if route.handler.__name__ == each.id]
    return openapi._answer(handler)


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda each: str(each.id))
def test_a_call_goes_where_the_document_says(each: Operation) -> None:
    call = call_of(each)
    names = [parameter["name"] for parameter in each.in_path]
    assert (call.method, call.path) == (each.method.upper(), each.path.format(**dict.fromkeys(names, 7)))
    assert call.at_gate == ("servers" in DOCUMENT["paths"][each.path])
    assert bool(call.idempotency_key) == each.is_idempotent
    assert call.repeatable == each.is_repeatable


@pytest.mark.parametrize("each", [each for each in OPERATIONS if not each.is_document], ids=lambda each: str(each.id))
def test_an_answer_is_read_whole(each: Operation) -> None:
    kind, call = answer_of(each), call_of(each)
    if kind is None:
        assert call.answer is type(None)
        return
    for given in (filled(kind, many=True), filled(kind, many=False)):
        text = msgspec.json.encode(given)
        read = msgspec.json.decode(text, type=call.answer)
        assert without_defaults(json.loads(msgspec.json.encode(read))) == without_defaults(json.loads(text))


def filled(kind: Any, *, many: bool) -> Any:
    """A value of a type: with something in every field, or with nothing wherever that may be."""
    info = msgspec.inspect.type_info(kind)
    return msgspec.convert(value(info, many), type=kind)


def value(node: Any, many: bool) -> Any:  # noqa: PLR0911 — a line for each kind of type
    types = msgspec.inspect
    match node:
        case types.StructType() | types.DataclassType():
            return {each.encode_name: value(each.type, many) for each in node.fields if many or each.required}
        case types.Metadata():
            return value(node.type, many)
        case types.UnionType():
            plain = [each for each in node.types if not isinstance(each, types.NoneType)]
            return value(plain[0], many) if many or len(plain) == len(node.types) else None
        case types.CollectionType():
            return [value(node.item_type, many)] * many
        case types.DictType():
            return {"a": value(node.value_type, many)} if many else {}
        case types.LiteralType():
            return node.values[0]
        case types.EnumType():
            return next(iter(node.cls)).value
        case types.DateTimeType():
            return WHEN
        case types.DateType():
            return WHEN.date()
    plain_values = {"str": "text", "int": 3, "float": 1.5, "bool": True, "any": {"a": [1]}}
    return plain_values[type(node).__name__.removesuffix("Type").lower()]


def without_defaults(given: Any) -> Any:
    """JSON without the fields that are null: whether an absent one is there as null says nothing."""
    if isinstance(given, dict):
        return {name: without_defaults(each) for name, each in given.items() if each is not None}
    return [without_defaults(each) for each in given] if isinstance(given, list) else given


# --- how the methods look ------------------------------------------------------------------------------------


def methods() -> Iterator[tuple[type, str, operation[..., Any] | listing[..., Any]]]:
    surface: Any = Surface(lambda call: call, lambda fetch: fetch)
    for resource in [surface, *(each for each in vars(surface).values() if isinstance(each, Resource))]:
        for name, found in vars(type(resource)).items():
            if isinstance(found, operation | listing):
                yield type(resource), name, found


def test_methods_say_what_they_do_and_take() -> None:
    found = list(methods())
    assert len(found) == len(OPERATIONS)
    for owner, name, method in found:
        bound: Any = method.__get__(owner(lambda call: call, lambda fetch: fetch), owner)
        assert bound.__doc__, (owner, name)
        shown = inspect.signature(bound)
        assert "self" not in shown.parameters
        assert get_origin(shown.return_annotation) not in (Call, Page)
        assert getattr(owner, name) is method


def test_lists_are_lists_and_nothing_else_is() -> None:
    for owner, name, method in methods():
        annotation = inspect.signature(method._compose).return_annotation
        [answer] = get_args(annotation)
        assert (get_origin(answer) is Page) == isinstance(method, listing), (owner, name)
