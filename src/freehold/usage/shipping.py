"""What an SDK process ships of its journal, and what the gate says to it: its form alone.

MessagePack, because the events are in it as the journal has them. Like the journal itself, a shipment
may be of another version than its reader: fields are only added, at the end, with a default.
"""

from typing import Annotated

import msgspec

from freehold.keys.sharing import ProcessId
from freehold.usage.records import UsageEvent

EVENTS_MAX = 500
_Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
Point = tuple[_Number, _Number]


class Shipment(msgspec.Struct, array_like=True):
    """A piece of one journal: the events between two places in it, each with its position.

    A place is a segment's number and an offset. `complete_to_ms`: all that was decided before it, in
    Unix milliseconds, is shipped then. `ended`: the journal's writer is gone, and this is its end.
    """

    process: ProcessId
    start: Point
    end: Point
    events: Annotated[list[tuple[_Number, UsageEvent]], msgspec.Meta(max_length=EVENTS_MAX)]
    complete_to_ms: _Number
    ended: bool


class Receipt(msgspec.Struct):
    """How far a journal is counted, whatever the shipment was. `refused`: events that may not be reported with this token."""

    segment: int
    offset: int
    ended: bool
    refused: int
