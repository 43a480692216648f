"""Cursors: where a list goes on, as an opaque text that a caller hands back.

A cursor names the last row that was shown (its sort value and id), not an offset, so that rows
which arrive in between are neither shown twice nor skipped.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import msgspec

LIMIT_MAX: Final = 200

Row = TypeVar("Row")


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The place after one row: its sort value (an integer or a text) and its id."""

    value: int | str
    id: str


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page of a list, and the cursor of the next page or None at the end."""

    data: list[Row]
    next_cursor: str | None = None


class BadCursor(ValueError):
    """A cursor that this program did not write."""


def to_text(cursor: Cursor) -> str:
    """A cursor as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def from_text(text: str) -> Cursor:
    """The cursor of a text; BadCursor where it is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise BadCursor(text) from error


def page_of_whole(rows: Sequence[Row], limit: int, after: Cursor | None, id_of: Callable[[Row], str]) -> Page[Row]:
    """Cut a page out of a list that was read whole: it goes on after the cursor's row, or where that row stood."""
    ids = [id_of(row) for row in rows]
    start = 0
    if after is not None:
        place = after.value if isinstance(after.value, int) else 0
        start = ids.index(after.id) + 1 if after.id in ids else max(place, 0)
    places = range(start, len(rows))[: limit + 1]
    cut = page(places, limit, lambda place: Cursor(place, ids[place]))
    return Page([rows[place] for place in cut.data], cut.next_cursor)


def page(rows: Sequence[Row], limit: int, cursor_of: Callable[[Row], Cursor]) -> Page[Row]:
    """Cut a page out of up to `limit + 1` rows: the one too many only says that there is more."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(shown, to_text(cursor_of(shown[-1])) if more and shown else None)
