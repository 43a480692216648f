"""The cursors of lists of requests."""

from datetime import datetime

from freehold.errors import FieldError, invalid
from freehold.kit import clock
from freehold.web.call import read_cursor


def after_request(cursor: str | None) -> tuple[datetime, str] | None:
    """The request after which a list goes on; Problem `invalid` for a cursor that is not of such a list."""
    if cursor is None:
        return None
    place = read_cursor(cursor)
    if not isinstance(place.value, int) or not 0 <= place.value < 1 << 47:
        raise invalid(FieldError("cursor", "This cursor was not given out here. Start without one.", "bad_cursor"))
    return clock.from_ms(place.value), place.id
