"""The journal of one process that decides with the SDK: `usage/journal`'s format, written through memory.

The same folder, segments and frames as a gate's journal, and read by the same reader; only how the
bytes get into the file differs. A gate writes many decisions with one system call; a process in which
each answer leaves by itself would pay for one a decision, so here each segment is mapped and a
decision is copied into it. The kernel holds what was copied, so it survives the death of the process.

Must never touch a page that the disk has no room for (the kernel would end the process): a segment's
room is allocated before it is mapped, and where that fails `write` raises OSError.
"""

import fcntl
import mmap
import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from freehold.usage.journal import LOCK_FILE, UNBORN_PREFIX, segment_path
from freehold.usage.journal_frames import HEAD_BYTES, SegmentHead, decode_frame, encode_head, whole_frame
from freehold.usage.journal_reader import Place
from freehold.usage.records import UsageEvent
from freehold.usage.shipping import SEGMENT_BYTES

_UNBORN_SEGMENT: Final = "segment.new"
_encode = msgspec.msgpack.Encoder().encode


class MappedJournal:
    """Writes one journal, from any thread."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Make the folder and take its lock; OSError where that cannot be done."""
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._position = self._number = self._at = self._end = 0
        self._map: mmap.mmap
        self._is_closed = False
        self._descriptor = -1
        # Segments that are left and not flushed yet, and how far the disk has what was written.
        self._left: list[int] = []
        self._flushed = (0, 0)
        self._lock_descriptor = self._be_born()

    def write(self, event: UsageEvent) -> None:
        """Write an event down; OSError, and nothing written, where there is no room for it."""
        payload = _encode(event)
        with self._lock:
            position = self._position
            frame = whole_frame(position, payload)
            end = self._at + len(frame)
            if end > self._end:
                self._begin_segment(self.folder)
                end = self._at + len(frame)
            self._map[self._at : end] = frame
            self._at = end
            self._position = position + 1

    def place(self) -> Place:
        """Where the next event will be: before it, all is whole."""
        with self._lock:
            return Place(self._number, self._at)

    def flush(self) -> None:
        """Force all that was written to the disk; OSError where the disk refuses."""
        with self._flushing:
            with self._lock:
                reached, current = (self._number, self._at), self._descriptor
                left, self._left = self._left, []
            try:
                while left:
                    os.fdatasync(left[0])
                    os.close(left.pop(0))
                if reached != self._flushed and current >= 0:
                    os.fdatasync(current)
            except OSError:
                with self._lock:
                    self._left[:0] = left
                raise
            self._flushed = reached

    def close(self) -> None:
        """Flush, and let go of the lock: the journal is finished."""
        with self._lock:
            self._is_closed, self._end = True, 0
            self._leave_segment()
        try:
            self.flush()
        finally:
            os.close(self._lock_descriptor)

    def abandon(self) -> None:
        """Let go of what a fork has copied here; the journal is the parent's."""
        self._map.close()
        for descriptor in (*self._left, self._descriptor, self._lock_descriptor):
            if descriptor >= 0:
                os.close(descriptor)

    def _be_born(self) -> int:
        unborn = self.folder.with_name(UNBORN_PREFIX + self.folder.name)
        unborn.mkdir(parents=True)
        lock = os.open(unborn / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._begin_segment(unborn)
            unborn.rename(self.folder)
        except BaseException:
            os.close(lock)
            raise
        return lock

    def _begin_segment(self, folder: Path) -> None:
        """Go on in a new segment, which bears its name only once it has its room and its head."""
        if self._is_closed:
            raise OSError("the journal is closed")
        unborn = folder / _UNBORN_SEGMENT
        descriptor = os.open(unborn, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._segment_bytes)
            mapped = mmap.mmap(descriptor, self._segment_bytes)
            mapped[:HEAD_BYTES] = encode_head(SegmentHead(self._position, self._position))
            unborn.rename(segment_path(folder, self._number + 1))
        except BaseException:
            os.close(descriptor)
            unborn.unlink(missing_ok=True)
            raise
        self._leave_segment()
        self._map, self._descriptor, self._number = mapped, descriptor, self._number + 1
        self._at, self._end = HEAD_BYTES, self._segment_bytes

    def _leave_segment(self) -> None:
        """Cut off the room that was not used: what follows the last event must not look like a torn one."""
        if self._descriptor < 0:
            return
        self._map.close()
        os.ftruncate(self._descriptor, self._at)
        self._left.append(self._descriptor)
        self._descriptor = -1


def trim(folder: Path) -> None:
    """Cut off the unused room of a dead process's segments, which are then as any other journal's."""
    for path in folder.glob("*.seg"):
        data = path.read_bytes()
        at = HEAD_BYTES
        while frame := decode_frame(data, at):
            at = frame.end
        # Of a frame that was torn something may stand there; it stays, as it would in a gate's journal.
        end = max(at, len(data.rstrip(b"\0")))
        if end < len(data):
            os.truncate(path, end)
