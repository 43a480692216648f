"""The gaps of a journal: decisions that were answered without a record, because the disk took none.

A file of fixed size beside the segments, whose blocks are the file's before anything goes wrong: so a
full disk cannot refuse it, and what it says survives the death of the process. A slot is written in
place, whole, and says how many decisions of one project went unrecorded from when to when. Must never
say less than happened: what cannot be written down here either is kept and tried again.

    slot   CRC-32 u32 · project's id, 32 bytes · decisions u64 · first and last instant u64 (64 bytes in all)
"""

import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

GAP_FILE: Final = "gaps"
# The gap of decisions whose key belongs to no project, and the one that the rest goes to where slots run out.
NO_PROJECT: Final = ""
ANY_PROJECT: Final = "*"

_SLOT: Final = struct.Struct("<32sQQQ")
_CRC: Final = struct.Struct("<I")
_SLOT_BYTES: Final = 64
_FILE_BYTES: Final = 64 * 1024
_SLOTS: Final = _FILE_BYTES // _SLOT_BYTES
_PROJECT_BYTES_MAX: Final = 32
# A project's gap goes on where it lost another decision within this time; later begins a new one.
_QUIET_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Gap:
    """Decisions of one project that have no record. `slot` numbers the journal's gaps; times in Unix milliseconds."""

    slot: int
    project_id: str
    decisions: int
    first_ms: int
    last_ms: int


class GapWriter:
    """The gaps of one journal. Belongs to the journal's thread; the file is there once `open` was called."""

    def __init__(self) -> None:
        self.decisions = 0
        self._gaps: list[Gap] = [Gap(0, ANY_PROJECT, 0, 0, 0)]
        # The present gap of each project, and those that the file does not say yet.
        self._present: dict[str, int] = {}
        self._unwritten: set[int] = set()
        self._descriptor = -1
        self._dirty = False

    def open(self, folder: Path) -> None:
        """Make the file in a journal's folder and write what is known by now; OSError where there is no room for it."""
        descriptor = os.open(folder / GAP_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, _FILE_BYTES)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self.write_out()

    def add(self, decisions: Iterable[tuple[str, int]]) -> None:
        """Count decisions without a record, each by its project's id and instant, and write that down."""
        for project_id, at_ms in decisions:
            self._count(project_id, at_ms)
        self.write_out()

    def write_out(self) -> bool:
        """Write down what the file does not say yet; False where some of it has to wait for the next time."""
        if self._descriptor < 0:
            return not self._unwritten
        for slot in sorted(self._unwritten):
            data = _encode(self._gaps[slot])
            try:
                written = os.pwrite(self._descriptor, data, slot * _SLOT_BYTES)
            except OSError:
                return False
            if written < len(data):
                return False
            self._unwritten.discard(slot)
            self._dirty = True
        return True

    def flush(self) -> None:
        """Force the file to the disk where it has changed; OSError where the disk refuses. May be another thread's."""
        if self._dirty:
            self._dirty = False
            try:
                os.fdatasync(self._descriptor)
            except OSError:
                self._dirty = True
                raise

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _count(self, project_id: str, at_ms: int) -> None:
        self.decisions += 1
        slot = self._slot_for(project_id, at_ms)
        gap = self._gaps[slot]
        first_ms = min(gap.first_ms, at_ms) if gap.decisions else at_ms
        self._gaps[slot] = replace(gap, decisions=gap.decisions + 1, first_ms=first_ms, last_ms=max(gap.last_ms, at_ms))
        self._unwritten.add(slot)

    def _slot_for(self, project_id: str, at_ms: int) -> int:
        slot = self._present.get(project_id)
        if slot is not None and at_ms - self._gaps[slot].last_ms <= _QUIET_MS:
            return slot
        if len(self._gaps) == _SLOTS or len(project_id.encode()) > _PROJECT_BYTES_MAX:
            return 0
        slot = self._present[project_id] = len(self._gaps)
        self._gaps.append(Gap(slot, project_id, 0, 0, 0))
        return slot


def read_gaps(folder: Path) -> list[Gap]:
    """The gaps that a journal's file tells of, now; none where it has no file."""
    try:
        data = (folder / GAP_FILE).read_bytes()
    except FileNotFoundError:
        return []
    return [gap for slot in range(len(data) // _SLOT_BYTES) if (gap := _decode(data, slot))]


def changed_at_ns(folder: Path) -> int:
    """When a journal's gaps last changed, by the file system's clock; 0 where it has no file of them."""
    try:
        return (folder / GAP_FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _encode(gap: Gap) -> bytes:
    packed = _SLOT.pack(gap.project_id.encode(), gap.decisions, gap.first_ms, gap.last_ms)
    return _CRC.pack(_checksum(packed, gap.slot)) + packed


def _decode(data: bytes, slot: int) -> Gap | None:
    """A slot's gap; None where it was never written, or is being written now."""
    start = slot * _SLOT_BYTES
    packed = data[start + _CRC.size : start + _CRC.size + _SLOT.size]
    name, decisions, first_ms, last_ms = _SLOT.unpack(packed)
    if not decisions or _CRC.unpack_from(data, start) != (_checksum(packed, slot),):
        return None
    return Gap(slot, name.rstrip(b"\0").decode(), decisions, first_ms, last_ms)


def _checksum(packed: bytes, slot: int) -> int:
    # The slot's number is in it, so that no slot can pass for another one.
    return zlib.crc32(packed, slot + 1)
