"""The journal of one gate process: every decision is in it before its answer goes out.

A folder of append-only segments, one folder a process life, named by its `jrn_` id. The kernel
holds what `write_out` wrote, so it survives the death of the process; `flush` makes it survive the
loss of power. Must never write behind torn bytes: a reader could take them and what follows for
something else. After a failed write they are cut off; where even that fails, the segment is left as it
is and the next one is begun, at a position that no frame before it can have. What the disk refuses is either not answered,
or counted as a gap (`journal_gaps`): never is it answered and forgotten.
"""

import errno
import fcntl
import logging
import os
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from freehold.usage.journal_frames import (
    FRAME_PARTS,
    PAYLOAD_BYTES_MAX,
    SegmentHead,
    encode_frame,
    encode_head,
    whole_frames,
)
from freehold.usage.journal_gaps import NO_PROJECT, GapWriter
from freehold.usage.records import EventFields, UsageEvent

LOCK_FILE: Final = "lock"
SEGMENT_SUFFIX: Final = ".seg"
# A folder bears this until its writer holds the lock: before that, nobody could tell it from a dead one's.
UNBORN_PREFIX: Final = ".new-"
# What a disk says that takes nothing now and may take something later.
_REFUSALS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)

_log: Final = logging.getLogger(__name__)
_decode_event: Final = msgspec.msgpack.Decoder(UsageEvent).decode


def segment_path(folder: Path, number: int) -> Path:
    """Where a segment lies. Numbers begin at 1 and sort as text."""
    return folder / f"{number:010d}{SEGMENT_SUFFIX}"


class JournalWriter:
    """Writes one journal. `append` and `write_out` belong to one thread; `flush` may be another's.

    `sheds`: what the disk refuses is counted as a gap, and may be answered.
    """

    def __init__(self, folder: Path, segment_bytes: int, *, sheds: bool = False) -> None:
        """Make the folder and take its lock; FileExistsError where it is there, OSError where it cannot be made.

        On a disk that takes nothing now, the folder is made by the first `write_out` that can.
        """
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._sheds = sheds
        self._encode = msgspec.msgpack.Encoder().encode
        self._frames: list[bytes] = []
        # The next event's position, the first one in `_frames`, and how far all are written out whole.
        self._position = self._first_pending = self._settled = 0
        self._number = 0
        self._descriptor = -1
        self._size = 0
        self._written = self._flushed = 0
        # Segments that are left but not yet flushed and closed, and whether the folder has new names.
        self._left: list[int] = []
        self._new_names = False
        self._swap = threading.Lock()
        self._flushing = threading.Lock()
        self._gaps = GapWriter()
        # Whether decisions are going by without a record now, and why the disk could not be forced, if it could not.
        self._shedding = False
        self._flush_error: OSError | None = None
        self._flushed_at = time.monotonic()
        self._lock_descriptor = -1
        try:
            self._be_born()
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            _log.error("The journal cannot be begun yet: %s", error)

    @property
    def written_bytes(self) -> int:
        """How many bytes of events were written out."""
        return self._written

    @property
    def unrecorded(self) -> int:
        """How many decisions have no record, because the disk refused it."""
        return self._gaps.decisions

    @property
    def shedding(self) -> bool:
        """Whether decisions are going by without a record now."""
        return self._shedding

    @property
    def flush_age_s(self) -> float:
        """Seconds since all that was written by then was forced to the disk: what a power loss could take."""
        return time.monotonic() - self._flushed_at

    def append(self, event: UsageEvent | EventFields) -> None:
        """Take an event; nothing is on its way to the disk until `write_out`."""
        payload = self._encode(event)
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise ValueError("the usage event is larger than a journal frame can be")
        self._frames += encode_frame(self._position, payload)
        self._position += 1

    def write_out(self) -> None:
        """Write all that was appended, in one write.

        OSError where that failed (a full disk, say): the events are given up, so their answers must
        not go out. Some of them may still be counted, if the write failed only half-way. A journal
        that sheds counts those without a record instead, and their answers may go out.
        """
        if not self._frames:
            return
        frames, self._frames = self._frames, []
        data = b"".join(frames)
        written = 0
        try:
            if self._descriptor < 0 or self._size >= self._segment_bytes or self._flush_error is not None:
                self._prepare_to_write()
            written = os.write(self._descriptor, data)
            while written < len(data):
                written += os.write(self._descriptor, memoryview(data)[written:])
        except OSError as error:
            whole = self._take_back(frames, written)
            if not self._sheds:
                raise
            self._shed(frames[whole * FRAME_PARTS :], error)
            return
        self._size += len(data)
        self._written += len(data)
        self._first_pending = self._settled = self._position
        if self._shedding:
            self._recover()

    def flush(self) -> None:
        """Force all that was written out to the disk; OSError where the disk refuses."""
        with self._flushing:
            started_at = time.monotonic()
            with self._swap:
                written, current = self._written, self._descriptor
                left, self._left = self._left, []
                new_names, self._new_names = self._new_names, False
            try:
                while left:
                    os.fdatasync(left[0])
                    os.close(left.pop(0))
                if written != self._flushed and current >= 0:
                    os.fdatasync(current)
                if new_names:
                    _sync_folder(self.folder)
                    _sync_folder(self.folder.parent)
                self._gaps.flush()
            except OSError as error:
                with self._swap:
                    self._left[:0] = left
                    self._new_names |= new_names
                self._flush_error = error
                raise
            self._flushed, self._flushed_at, self._flush_error = written, started_at, None

    def close(self) -> None:
        """Write out and flush what there is, then let go of the lock: the journal is finished."""
        try:
            self.write_out()
            self._leave_segment()
            self.flush()
        finally:
            if not self._gaps.write_out():
                _log.error("%d decisions have no record, and the disk did not even take their number", self.unrecorded)
            self._gaps.close()
            for descriptor in (*self._left, self._lock_descriptor):
                if descriptor >= 0:
                    os.close(descriptor)
            self._left = []

    def _be_born(self) -> None:
        unborn = self.folder.with_name(UNBORN_PREFIX + self.folder.name)
        # There already where an earlier attempt met a full disk.
        unborn.mkdir(parents=True, exist_ok=True)
        lock = os.open(unborn / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._gaps.open(unborn)
            self._begin_segment(unborn)
            if self.folder.exists():
                raise FileExistsError(f"{self.folder} belongs to another process life")
            unborn.rename(self.folder)
        except BaseException:
            self._leave_segment()
            self._gaps.close()
            os.close(lock)
            raise
        self._lock_descriptor = lock

    def _prepare_to_write(self) -> None:
        """See to it that there is a segment with room; OSError where the disk takes nothing."""
        error = self._flush_error
        if error is not None and not self._sheds:
            # What cannot be forced to the disk would be lost with the power, however long ago it was answered.
            raise OSError(error.errno, error.strerror)
        if self._lock_descriptor < 0:
            self._be_born()
        elif self._descriptor < 0 or self._size >= self._segment_bytes:
            self._begin_segment(self.folder)

    def _begin_segment(self, folder: Path) -> None:
        self._leave_segment()
        path = segment_path(folder, self._number + 1)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
        head = encode_head(SegmentHead(self._first_pending, self._settled))
        try:
            _write_whole(descriptor, head)
        except OSError:
            # Without its whole head nobody has read a frame of it: the number can be used again.
            os.close(descriptor)
            path.unlink()
            raise
        with self._swap:
            self._descriptor, self._size, self._number = descriptor, len(head), self._number + 1
            self._new_names = True

    def _take_back(self, frames: list[bytes], written: int) -> int:
        """Cut off what a failed write has torn; how many of its frames are whole, and stay."""
        whole, end = whole_frames(frames, written)
        self._settled = self._first_pending + whole
        try:
            if self._descriptor >= 0:
                os.ftruncate(self._descriptor, self._size + end)
            self._position = self._settled
        except OSError:
            self._leave_segment()
        self._size += end
        self._written += end
        self._first_pending = self._position
        return whole

    def _shed(self, frames: list[bytes], error: OSError) -> None:
        """Count the events of frames that could not be written."""
        events = map(_decode_event, frames[FRAME_PARTS - 1 :: FRAME_PARTS])
        self._gaps.add((event.project_id or NO_PROJECT, event.at_ms) for event in events)
        if not self._shedding:
            _log.error("The journal cannot be written; decisions are answered without a record, and counted: %s", error)
        self._shedding = True

    def _recover(self) -> None:
        """Writing works again: whatever of the gaps is not written down by now, is now."""
        self._shedding = not self._gaps.write_out()
        _log.warning("The journal can be written again; %d decisions have no record.", self.unrecorded)

    def _leave_segment(self) -> None:
        """Close it once it is flushed: closing here would let its last bytes miss the flush."""
        with self._swap:
            if self._descriptor >= 0:
                self._left.append(self._descriptor)
            self._descriptor = -1


def _write_whole(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
