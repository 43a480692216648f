"""Where a list of metered events goes on: their names are longer than ids, so their cursors are too."""

import json
from typing import Final

from freehold.kit import clock
from freehold.kit.paging import Cursor
from freehold.usage.metered_list import MeteredEvent, Place
from freehold.web.cursors import foreign_cursor, read_cursor

# Source and id of an event, each up to 500 characters, as JSON that escapes all it can.
_NAME_MAX: Final = 15_000


def place_of(event: MeteredEvent) -> Cursor:
    """The place after an event, for a cursor."""
    return Cursor(clock.to_ms(event.at), json.dumps([event.source, event.event_id]))


def after_event(cursor: str | None) -> Place | None:
    """The place that a cursor names; Problem `invalid` for a cursor of another list."""
    if cursor is None:
        return None
    place = read_cursor(cursor, _NAME_MAX)
    try:
        source, event_id = json.loads(place.id)
        return clock.from_ms(int(place.value)), str(source).replace("\0", ""), str(event_id).replace("\0", "")
    except (ValueError, TypeError, OverflowError):
        raise foreign_cursor() from None
