"""A revision as addresses and cursors name it."""

from typing import Final

from freehold.errors import FieldError, invalid, not_found
from freehold.web.cursors import read_cursor

_DIGITS_MAX: Final = 15


def before_number(cursor: str | None) -> int | None:
    """The revision before which the history goes on; Problem `invalid` for a cursor of another list."""
    if cursor is None:
        return None
    place = read_cursor(cursor)
    if not isinstance(place.value, int) or not 0 <= place.value < 10**_DIGITS_MAX:
        raise invalid(FieldError("cursor", "This cursor was not given out here. Start without one.", "bad_cursor"))
    return place.value


def revision_number(text: str) -> int:
    """A revision as an address names it; Problem `not_found` where that is no number."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise not_found("revision of the project's shape")
    return int(text)
