"""The words that a place takes, from its type alone, and how an error names them."""

from enum import Enum, StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
import pytest
from litestar.exceptions import ValidationException

from freehold.web.choices import choices_at
from freehold.web.problems import Taken, problem_of

Item = TypeVar("Item")


class Colour(StrEnum):
    """Not in the order of the alphabet."""

    RED = "red"
    BLUE = "blue"
    AMBER = "amber"


class Size(Enum):
    """Of numbers."""

    SMALL = 1
    LARGE = 9


class Inner(msgspec.Struct):
    """Half-way in."""

    colour: Colour | None = None
    data: "Inner | None" = None
    until: Literal["noon", "dusk"] = msgspec.field(name="to", default="noon")


class Box(msgspec.Struct, Generic[Item]):
    """Of something."""

    item: Item


class Outer(msgspec.Struct):
    """All kinds of places."""

    inner: Inner
    inners: list[Inner] | None = None
    colours: Annotated[list[Annotated[Colour, msgspec.Meta(title="x")]], msgspec.Meta(max_length=3)] | None = None
    by_name: dict[str, Colour] = {}
    by_colour: dict[Colour, int] = {}
    some: tuple[Colour, ...] = ()
    mixed: Literal["any"] | int | Colour = 0
    box: Box[Size] | None = None
    plain: str = ""


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("inner.colour", ["red", "blue", "amber"]), ("inner.data.data.colour", ["red", "blue", "amber"]), ("inner.to", ["noon", "dusk"]),
        ("inners[17].colour", ["red", "blue", "amber"]), ("colours[0]", ["red", "blue", "amber"]), ("colours", ["red", "blue", "amber"]),
        ("by_name[...]", ["red", "blue", "amber"]), ("by_colour", ["red", "blue", "amber"]), ("by_name", []),
        ("some[1]", ["red", "blue", "amber"]), ("mixed", ["any", "red", "blue", "amber"]), ("box.item", ["1", "9"]),
        ("plain", []), ("plain.colour", []), ("inner.until", []), ("nothing[0].of.it", []), ("inner", []), ("", []),
    ],
)  # fmt: skip
def test_words_stand_in_the_order_of_their_definition(path: str, words: list[str]) -> None:
    assert choices_at(Outer, path) == words


@pytest.mark.parametrize("declared", [Any, None, str, list, Item, "Outer", Literal[()]])
def test_a_type_without_words_has_none(declared: Any) -> None:
    assert choices_at(declared, "a[0].b") == choices_at(declared, "") == []


def said(declared: Any, **extra: str) -> str:
    message = {"message": "Invalid enum value 'a\nb'", **extra}
    return problem_of(ValidationException(extra=[message]), Taken({"kinds": "kind"}, declared)).errors[0].message


def test_at_most_twenty_words_are_named() -> None:
    words = tuple(f"w{number:02}" for number in range(23))
    twenty = Literal[words[:20]]  # type: ignore[valid-type]  # a closed set of so many words
    more = Literal[words]  # type: ignore[valid-type]
    assert said({"slot": twenty}, key="slot", source="path") == f"slot: 'a\nb' is none of {', '.join(words[:20])}."
    assert said({"kinds": list[more]}, key="kinds", source="query") == (
        f"kind: 'a\nb' is none of {', '.join(words[:20])} and 3 more."
    )


def test_where_no_type_is_known_the_error_stays_as_it_was() -> None:
    assert said({}, key="kinds", source="query") == "kind: invalid enum value 'a\nb'."
    assert said({"data": Outer}, key="plain", source="body") == "plain: invalid enum value 'a\nb'."
