"""Reading cursors that callers hand back: a forged one is their mistake, never ours."""

from datetime import datetime
from typing import Final

from freehold.errors import FieldError, Problem, invalid
from freehold.kit import clock, paging

_ID_CHARACTERS_MAX: Final = 100
# Milliseconds up to the year 6429: later ones are none that we gave out, and not all of them are datetimes.
_MS_END: Final = 1 << 47


def read_cursor(cursor: str, id_characters_max: int = _ID_CHARACTERS_MAX) -> paging.Cursor:
    """A cursor's place; Problem `invalid` for one that is not ours."""
    try:
        place = paging.from_text(cursor)
    except paging.BadCursor:
        raise foreign_cursor() from None
    if len(place.id) > id_characters_max or not place.id.isprintable():
        raise foreign_cursor()
    return place


def after_id(cursor: str | None) -> str | None:
    """The id after which a list ordered by id goes on; Problem `invalid` for a cursor that is not ours."""
    return None if cursor is None else read_cursor(cursor).id


def after_instant(cursor: str | None) -> tuple[datetime, str] | None:
    """The (instant, id) after which a list ordered by time goes on; Problem `invalid` for a cursor of another list."""
    if cursor is None:
        return None
    place = read_cursor(cursor)
    if not isinstance(place.value, int) or not 0 <= place.value < _MS_END:
        raise foreign_cursor()
    return clock.from_ms(place.value), place.id


def foreign_cursor() -> Problem:
    """What is said of a cursor that this list did not give out."""
    return invalid(FieldError("cursor", "This cursor was not given out here. Start without one.", "bad_cursor"))
