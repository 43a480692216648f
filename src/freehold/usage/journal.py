"""The journal of one gate process: every decision is in it before its answer goes out.

A folder of append-only segments, one folder a process life, named by its `jrn_` id. The kernel
holds what `write_out` wrote, so it survives the death of the process; `flush` makes it survive the
loss of power. Must never write behind a failed write: a reader could take the torn bytes and what
follows them for something else. After a failure the segment is left as it is and the next one is
begun, at a position that no frame before it can have.
"""

import fcntl
import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from freehold.usage.journal_frames import PAYLOAD_BYTES_MAX, SegmentHead, encode_frame, encode_head
from freehold.usage.records import UsageEvent

LOCK_FILE: Final = "lock"
SEGMENT_SUFFIX: Final = ".seg"
# A folder bears this until its writer holds the lock: before that, nobody could tell it from a dead one's.
UNBORN_PREFIX: Final = ".new-"


def segment_path(folder: Path, number: int) -> Path:
    """Where a segment lies. Numbers begin at 1 and sort as text."""
    return folder / f"{number:010d}{SEGMENT_SUFFIX}"


class JournalWriter:
    """Writes one journal. `append` and `write_out` belong to one thread; `flush` may be another's."""

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        """Make the folder and take its lock; FileExistsError where it is there, OSError where it cannot be made."""
        self.folder = folder
        self._segment_bytes = segment_bytes
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
        self._lock_descriptor = self._be_born()

    def append(self, event: UsageEvent) -> None:
        """Take an event; nothing is on its way to the disk until `write_out`."""
        payload = self._encode(event)
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise ValueError("the usage event is larger than a journal frame can be")
        self._frames += encode_frame(self._position, payload)
        self._position += 1

    def write_out(self) -> None:
        """Write all that was appended, in one write.

        OSError where that failed (a full disk, say): the events are given up, so their answers must
        not go out. Some of them may still be counted, if the write failed only half-way.
        """
        if not self._frames:
            return
        data = b"".join(self._frames)
        self._frames.clear()
        try:
            if self._descriptor < 0 or self._size >= self._segment_bytes:
                self._begin_segment(self.folder)
            _write_whole(self._descriptor, data)
        except OSError:
            self._leave_segment()
            self._first_pending = self._position
            raise
        self._size += len(data)
        self._written += len(data)
        self._first_pending = self._settled = self._position

    def flush(self) -> None:
        """Force all that was written out to the disk; OSError where the disk refuses."""
        with self._flushing:
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
                self._flushed = written
            except OSError:
                with self._swap:
                    self._left[:0] = left
                    self._new_names |= new_names
                raise

    def close(self) -> None:
        """Write out and flush what there is, then let go of the lock: the journal is finished."""
        try:
            self.write_out()
            self._leave_segment()
            self.flush()
        finally:
            for descriptor in (*self._left, self._lock_descriptor):
                os.close(descriptor)
            self._left = []

    def _be_born(self) -> int:
        unborn = self.folder.with_name(UNBORN_PREFIX + self.folder.name)
        unborn.mkdir(parents=True)
        lock = os.open(unborn / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._begin_segment(unborn)
            if self.folder.exists():
                raise FileExistsError(f"{self.folder} belongs to another process life")
            unborn.rename(self.folder)
            _sync_folder(self.folder.parent)
        except BaseException:
            os.close(lock)
            raise
        return lock

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
