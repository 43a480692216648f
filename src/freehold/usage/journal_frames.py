"""The bytes of a journal segment: its head, its frames, and what a checksum says of them.

Pure: bytes in, bytes out. A segment is a head and then frames, all little-endian:

    head   magic "FHJ1" · version u16 · first position u64 · settled position u64 · CRC-32 u32
    frame  CRC-32 u32 · payload length u32 · position u64 · payload (one UsageEvent, MessagePack)

A checksum covers all that follows (or, in the head, precedes) it, so that neither a torn write, a
page of zeros nor a frame of another place can pass for a frame of this one. The *settled* position
says how far the segments before this one are whole: what is missing before it was answered for and
is lost; what lies past it there was never answered for.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

MAGIC: Final = b"FHJ1"
VERSION: Final = 1
# More than the longest request head that the gate can be set to read, so that nothing real meets it.
PAYLOAD_BYTES_MAX: Final = 4 << 20

_HEAD: Final = struct.Struct("<4sHQQ")
_CRC: Final = struct.Struct("<I")
_BODY: Final = struct.Struct("<IQ")
_FRAME: Final = struct.Struct("<IIQ")
HEAD_BYTES: Final = _HEAD.size + _CRC.size
FRAME_HEAD_BYTES: Final = _FRAME.size
# In how many parts a frame is written; the last one is its payload.
FRAME_PARTS: Final = 3

_crc32 = zlib.crc32
_pack_body = _BODY.pack
_pack_crc = _CRC.pack


class SegmentHead(NamedTuple):
    """What a segment says of itself: the position of its first frame, and how far those before it are whole."""

    first_position: int
    settled_position: int


class Frame(NamedTuple):
    """One frame whose checksum is right. `end`: the offset of the byte after it."""

    position: int
    payload: bytes
    end: int


class BadSegment(ValueError):
    """A file that is no segment of this journal's format and version."""


def encode_head(head: SegmentHead) -> bytes:
    """The first bytes of a segment."""
    packed = _HEAD.pack(MAGIC, VERSION, head.first_position, head.settled_position)
    return packed + _pack_crc(_crc32(packed))


def decode_head(data: bytes) -> SegmentHead | None:
    """A segment's head, or None where it is not whole yet; BadSegment where it is something else."""
    if len(data) < HEAD_BYTES:
        return None
    magic, version, first_position, settled_position = _HEAD.unpack_from(data)
    (checksum,) = _CRC.unpack_from(data, _HEAD.size)
    if magic != MAGIC or checksum != _crc32(data[: _HEAD.size]):
        raise BadSegment("the segment's head is damaged")
    if version != VERSION:
        raise BadSegment(f"the segment has version {version}; this program reads version {VERSION}")
    return SegmentHead(first_position, settled_position)


def encode_frame(position: int, payload: bytes) -> tuple[bytes, bytes, bytes]:
    """A frame in three parts, which the writer joins with those of its other events."""
    body = _pack_body(len(payload), position)
    return _pack_crc(_crc32(payload, _crc32(body))), body, payload


def whole_frames(parts: Sequence[bytes], written: int) -> tuple[int, int]:
    """How many of the frames that these parts make up are whole in their first so many bytes, and where they end."""
    whole = end = 0
    for at in range(0, len(parts), FRAME_PARTS):
        next_end = end + sum(map(len, parts[at : at + FRAME_PARTS]))
        if next_end > written:
            break
        whole, end = whole + 1, next_end
    return whole, end


def whole_frame(position: int, payload: bytes) -> bytes:
    """A frame in one piece, for a writer that writes each event by itself."""
    framed = _pack_body(len(payload), position) + payload
    return _pack_crc(_crc32(framed)) + framed


def decode_frame(data: bytes, offset: int) -> Frame | None:
    """The frame at an offset, or None where none is there: incomplete, torn or damaged."""
    start = offset + FRAME_HEAD_BYTES
    if start > len(data):
        return None
    checksum, length, position = _FRAME.unpack_from(data, offset)
    end = start + length
    # No payload is empty: without this, zeros that a power loss left behind would be a frame.
    if not 0 < length <= PAYLOAD_BYTES_MAX or end > len(data):
        return None
    payload = data[start:end]
    if checksum != _crc32(payload, _crc32(data[offset + _CRC.size : start])):
        return None
    return Frame(position, payload, end)


def find_frame(data: bytes, offset: int) -> int | None:
    """The offset of the first whole frame at or after an offset: how reading goes on behind damage."""
    for start in range(offset, len(data) - FRAME_HEAD_BYTES):
        if decode_frame(data, start) is not None:
            return start
    return None
