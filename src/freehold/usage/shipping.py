"""What an SDK process ships of its journal, and what the gate says to it: its form alone.

MessagePack around the journal's own frames, so that the process that has the frames need not read
them. A shipment may be of another version than its reader: fields are only added, at the end, with a
default.
"""

from typing import Annotated

import msgspec

from freehold.keys.sharing import ProcessId

# A shipment holds a whole segment at most; with what is around it, it fits the gate's bound for a body.
SEGMENT_BYTES = 1 << 20
_Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
Point = tuple[_Number, _Number]


class Shipment(msgspec.Struct, array_like=True):
    """A piece of one journal: whole frames, between two places in it.

    A place is a segment's number and an offset. `complete_to_ms`: all that was decided before it, in
    Unix milliseconds, is shipped then. `ended`: the journal's writer is gone, and this is its end.
    """

    process: ProcessId
    start: Point
    end: Point
    frames: bytes
    complete_to_ms: _Number
    ended: bool


class Receipt(msgspec.Struct):
    """How far a journal is counted, whatever the shipment was. `refused`: events that may not be reported with this token."""

    segment: int
    offset: int
    ended: bool
    refused: int
