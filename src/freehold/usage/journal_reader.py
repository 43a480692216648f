"""Reading a journal, while it is written and after its writer died.

Never deletes and never writes. Tells three things apart that look alike: bytes that are still being
written (wait), bytes that a death cut off (they were never answered for) and damage (events are lost,
and that is reported, never passed over in silence).
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from freehold.usage.journal import LOCK_FILE, SEGMENT_SUFFIX, segment_path
from freehold.usage.journal_frames import (
    FRAME_HEAD_BYTES,
    HEAD_BYTES,
    PAYLOAD_BYTES_MAX,
    BadSegment,
    SegmentHead,
    decode_frame,
    decode_head,
    find_frame,
)
from freehold.usage.records import UsageEvent

# Any frame fits, so that a frame which cannot be read from here is damaged, not merely cut by the reading.
_READ_BYTES: Final = PAYLOAD_BYTES_MAX + FRAME_HEAD_BYTES
_UNREADABLE: Final = SegmentHead(-1, -1)

_decode_event = msgspec.msgpack.Decoder(UsageEvent).decode


class Place(NamedTuple):
    """How far a journal is read: a segment and an offset in it. Segment 0 is before the first."""

    segment: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that are no events. `events_lost`: how many were there, or None where nobody can know."""

    segment: int
    offset: int
    events_lost: int | None
    cause: str


@dataclass(slots=True)
class Batch:
    """What one reading found: events with their positions, and the place to go on from.

    `caught_up`: there was nothing more to read. `ended`: and there never will be, for the writer is gone.
    `due`: the position that an event at the place should have, as far as this reading has seen; None: look for it.
    """

    place: Place
    events: list[tuple[int, UsageEvent]] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    caught_up: bool = False
    ended: bool = False
    due: int | None = None


class JournalReader:
    """Reads the journal in one folder, from any place on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def is_written(self) -> bool:
        """Whether the writer lives, by the lock that dies with it."""
        return is_locked(self.folder)

    def segments(self) -> list[int]:
        """The numbers of the segments that are there, in order."""
        names = (path.name.removesuffix(SEGMENT_SUFFIX) for path in self.folder.glob(f"*{SEGMENT_SUFFIX}"))
        return sorted(int(name) for name in names if name.isdecimal())

    def read(self, place: Place, events_max: int) -> Batch:
        """Up to so many events from a place on."""
        batch = Batch(place)
        while len(batch.events) < events_max:
            # Whether more can come is asked before the reading: what is written in between is read the next time.
            alive = self.is_written()
            following = self._segment_after(batch.place.segment)
            if self._read_piece(batch, events_max, closed=bool(following) or not alive):
                continue
            if following is None:
                batch.caught_up, batch.ended = True, not alive
                break
            self._step(batch, *following)
        return batch

    def _read_piece(self, batch: Batch, events_max: int, *, closed: bool) -> bool:
        """Read on in the present segment; whether the place has moved."""
        data = self._bytes(batch.place, _READ_BYTES)
        end = 0
        while len(batch.events) < events_max and (frame := decode_frame(data, end)):
            try:
                batch.events.append((frame.position, _decode_event(frame.payload)))
            except msgspec.DecodeError as error:
                offset = batch.place.offset + end
                batch.damages.append(Damage(batch.place.segment, offset, 1, f"not a usage event: {error}"))
            end, batch.due = frame.end, frame.position + 1
        if not end and data and closed:
            end = self._pass_damage(batch)
        batch.place = Place(batch.place.segment, batch.place.offset + end)
        return end > 0

    def _pass_damage(self, batch: Batch) -> int:
        """How many bytes until the next whole frame; 0 where there is none and the rest was cut off."""
        data = self._bytes(batch.place, -1)
        skipped = find_frame(data, 1)
        if skipped is None:
            return 0
        frame, due = decode_frame(data, skipped), self._position_due(batch)
        lost = frame.position - due if frame and due is not None else None
        batch.damages.append(Damage(*batch.place, lost, "a checksum is wrong"))
        return skipped

    def _step(self, batch: Batch, number: int, head: SegmentHead) -> None:
        """Leave a segment for the next one, which says how far this one must have been whole."""
        if batch.place.segment:
            due = self._position_due(batch)
            if due is None or due < head.settled_position:
                missing = None if due is None else head.settled_position - due
                batch.damages.append(Damage(*batch.place, missing, "the segment ends too early"))
        if head is _UNREADABLE:
            batch.damages.append(Damage(number, 0, None, "the segment's head cannot be read"))
        batch.place, batch.due = Place(number, HEAD_BYTES), None

    def _segment_after(self, number: int) -> tuple[int, SegmentHead] | None:
        """The next segment with a whole head. One without was only just begun, or its first write failed."""
        for candidate in self.segments():
            if candidate > number and (head := self._head(candidate)):
                return candidate, head
        return None

    def _head(self, number: int) -> SegmentHead | None:
        try:
            return decode_head(self._bytes(Place(number, 0), HEAD_BYTES))
        except BadSegment:
            return _UNREADABLE

    def _position_due(self, batch: Batch) -> int | None:
        """The position that an event at the batch's place should have, if need be by walking there from the segment's head."""
        if batch.due is not None:
            return batch.due
        place = batch.place
        data = self._bytes(Place(place.segment, 0), place.offset)
        head = self._head(place.segment)
        position = None if head is None or head is _UNREADABLE else head.first_position
        at = HEAD_BYTES
        while at < len(data):
            frame = decode_frame(data, at)
            if frame:
                position, at = frame.position + 1, frame.end
            else:
                at = find_frame(data, at + 1) or len(data)
        return position

    def _bytes(self, place: Place, count: int) -> bytes:
        """Up to so many bytes of a segment (all with -1); none where it is gone."""
        try:
            with segment_path(self.folder, place.segment).open("rb", buffering=0) as segment:
                segment.seek(place.offset)
                return segment.read(count) or b""
        except FileNotFoundError:
            return b""


def is_locked(folder: Path) -> bool:
    """Whether a living process holds a journal folder's lock."""
    try:
        lock = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two readers that ask at one moment do not take each other for the writer.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)
