"""The words that one place of a request's input takes, read from the type that its handler declares. Pure."""

import re
import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

_STEP: Final = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_UNIONS: Final = (Union, types.UnionType)


def choices_at(declared: Any, path: str) -> list[str]:
    """What may stand at a place of a declared type, in the order of its definition; none where it takes anything.

    `path`: as msgspec writes it, without the `$`: `filter.kinds[0]`; `[...]` is some value of a map. Of a list or map
    itself, its items or keys are meant.
    """
    places = list(_alternatives(declared))
    for step in _STEP.findall(path):
        places = [each for place in places for inner in _within(place, step) for each in _alternatives(inner)]
    return list(dict.fromkeys(str(word) for place in places for word in _words(place)))


def _alternatives(declared: Any) -> Iterator[Any]:
    """A type without what is said about it; of a union, each of its types."""
    if get_origin(declared) is Annotated:
        yield from _alternatives(get_args(declared)[0])
    elif get_origin(declared) in _UNIONS:
        for each in get_args(declared):
            yield from _alternatives(each)
    else:
        yield declared


def _within(declared: Any, step: str) -> Iterator[Any]:
    """The type one step further in; nothing where there is no such step."""
    if step.startswith("["):
        # The last argument is a map's value and a list's item; behind a tuple's stands an ellipsis.
        yield from [each for each in get_args(declared) if each is not Ellipsis][-1:]
    elif _is_kind_of(get_origin(declared) or declared, msgspec.Struct):
        yield from (field.type for field in msgspec.structs.fields(declared) if field.encode_name == step)


def _words(declared: Any) -> Iterator[Any]:
    if _is_kind_of(declared, Enum):
        yield from (each.value for each in declared)
    elif get_origin(declared) is Literal:
        yield from get_args(declared)
    elif get_args(declared):
        for each in _alternatives(get_args(declared)[0]):
            yield from _words(each)


def _is_kind_of(declared: Any, kind: type) -> bool:
    return isinstance(declared, type) and issubclass(declared, kind)
