"""Calls as values: what is sent, what comes back, and whether it may be sent again. Sends nothing.

Each operation of the HTTP API is written once, as a method that composes a `Call`. The `operation` and
`listing` descriptors turn it into a plain method on a synchronous client and into a coroutine on an
asynchronous one; the types follow.
"""

import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from inspect import Signature, signature
from types import GenericAlias, MethodType
from typing import Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar, get_args, overload
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from freehold.sdk.listings import AsyncListing, Listing, Page

# What an argument is that was left out: not sent at all, which is not the same as None.
Unset = UnsetType

P = ParamSpec("P")
T = TypeVar("T")


class Sync:
    """Marks what answers at once."""


class Async:
    """Marks what answers when it is awaited."""


Mode = TypeVar("Mode", Sync, Async)


class Document(msgspec.Struct, frozen=True):
    """A document as it was sent, with its media type."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of the API. `repeatable`: sent twice, it does no more than sent once."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = field(default=UNSET, repr=False)
    content: Document | None = field(default=None, repr=False)
    if_match: str | None = None
    idempotency_key: str | None = None
    repeatable: bool = False
    at_gate: bool = False

    def headers(self) -> dict[str, str]:
        """The call's own headers, beside those of every call; ValueError for one that cannot be sent."""
        named = {
            "If-Match": self.if_match,
            "Idempotency-Key": self.idempotency_key,
            "Content-Type": self.content.media_type if self.content else None if self.body is UNSET else _JSON,
        }
        given = {name: value for name, value in named.items() if value is not None}
        for name, value in given.items():
            if not (value and value.isascii() and value.isprintable()):
                raise ValueError(f"{name} takes printable ASCII, and something of it")
        return given

    def encoded(self) -> bytes | None:
        """The body's bytes; None where there is no body."""
        if self.content:
            return self.content.content
        return None if self.body is UNSET else msgspec.json.encode(self.body)

    def parameters(self) -> dict[str, str | list[str]]:
        """The query's parameters, as text or several texts; those that are None are left out."""
        return {name: _texts(value) for name, value in self.query.items() if value is not None}

    def after(self, cursor: str) -> Self:
        """The same list from a cursor on."""
        return replace(self, query={**self.query, "cursor": cursor})


_JSON: Final = "application/json"


def segment(value: str | int) -> str:
    """An id or a number as one segment of a path, whatever is in it. ValueError for what would name another address."""
    if value in ("", ".", ".."):
        raise ValueError(f"{value!r} is no id")
    return quote(str(value), safe="")


def sent(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of a body that were given."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def key_or_new(idempotency_key: str | None) -> str:
    """The key that was given, or a new one, under which a call is carried out once however often it is sent."""
    return str(uuid.uuid4()) if idempotency_key is None else idempotency_key


def _texts(value: object) -> str | list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_text(each) for each in value]
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


Perform = Callable[[Call[Any]], Any]
Walk = Callable[[Callable[[str | None], Any]], Any]


class Resource(Generic[Mode]):
    """A group of operations, in a client's mode: `perform` carries a call out, `walk` walks a list."""

    def __init__(self, perform: Perform, walk: Walk) -> None:
        self._perform = perform
        self._walk = walk

    def carry_out(self, call: Call[Any]) -> Any:
        """The answer of a call, or the coroutine that gives it."""
        return self._perform(call)

    def walk(self, call: Call[Page[Any]]) -> Any:
        """The list whose pages a call asks for."""
        return self._walk(lambda cursor: self._perform(call if cursor is None else call.after(cursor)))


class operation(Generic[P, T]):  # noqa: N801 — used as a decorator, like property
    """A method that composes a call, as the method that carries it out."""

    def __init__(self, compose: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._compose = compose
        self._signature = _shown(compose)
        self.__doc__ = compose.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: Resource[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: type) -> Any:
        """The operation of one client."""
        if resource is None:
            return self
        return _bound(self._compose, resource, resource.carry_out, self._signature)


class listing(Generic[P, T]):  # noqa: N801 — used as a decorator, like property
    """A method that composes the call of a list's page, as the method that gives the whole list to walk."""

    def __init__(self, compose: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        self._compose = compose
        shown = _shown(compose)
        self._signature = shown.replace(return_annotation=GenericAlias(Listing, get_args(shown.return_annotation)))
        self.__doc__ = compose.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: Resource[Sync], owner: type) -> Callable[P, Listing[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: type) -> Callable[P, AsyncListing[T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: type) -> Any:
        """The list of one client."""
        if resource is None:
            return self
        return _bound(self._compose, resource, resource.walk, self._signature)


def _bound(
    compose: Callable[..., Call[Any]], resource: Resource[Any], act: Callable[[Call[Any]], Any], shown: Signature
) -> Callable[..., Any]:
    """A composing method as the method of a resource that acts on what it composes."""
    composing = MethodType(compose, resource)

    @wraps(composing)
    def carry_out(*arguments: Any, **named: Any) -> Any:
        return act(composing(*arguments, **named))

    vars(carry_out)["__signature__"] = shown
    return carry_out


def _shown(compose: Callable[..., Call[Any]]) -> Signature:
    """The signature that `help` shows: without `self`, and with the answer in place of the call."""
    found = signature(compose)
    [answer] = get_args(found.return_annotation)
    return found.replace(parameters=list(found.parameters.values())[1:], return_annotation=answer)
