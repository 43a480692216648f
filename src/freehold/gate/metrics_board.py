"""Where the workers of a node post their metrics, so that any one of them can show all.

The workers share a port, so a scrape reaches one of them by chance. Each keeps a file of its own in
the data directory's `run/`, held by a lock that dies with it, and writes its numbers into it every
second; who is asked reads them all. The files keep their size and are written in place, so that a full
disk, of all things, does not silence them. They may be lost: counters then begin anew.
"""

import contextlib
import fcntl
import logging
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from freehold.kit.exposition import Sample

_FILE_BYTES: Final = 32 * 1024
_HEAD: Final = struct.Struct("<II")
_NAME: Final = "metrics-{}"
_WORKERS_MAX: Final = 1024
# Of a file that is being written to.
_READINGS_MAX: Final = 3

# Samples by the name of their metric.
Posted = dict[str, list[Sample]]

_log: Final = logging.getLogger("freehold.gate")
_decode: Final = msgspec.json.Decoder(Posted).decode
_encode: Final = msgspec.json.Encoder().encode


class Board:
    """One worker's file, and a view of all."""

    def __init__(self, run: Path) -> None:
        """Take the first number that no living worker has. Where the disk has no room for its file, it is alone."""
        self._run = run
        self._own: Posted = {}
        self.number, self._descriptor = 0, -1
        try:
            run.mkdir(mode=0o700, exist_ok=True)
            self.number, self._descriptor = self._take()
        except OSError as error:
            _log.warning("The metrics of this worker cannot be shown by the others: %s", error)

    def post(self, samples: Iterable[tuple[str, list[Sample]]]) -> None:
        """Write this worker's numbers; what the disk refuses is shown at the next time."""
        self._own = dict(samples)
        data = _encode(self._own)
        if self._descriptor >= 0 and len(data) <= _FILE_BYTES - _HEAD.size:
            with contextlib.suppress(OSError):
                os.pwrite(self._descriptor, _HEAD.pack(len(data), zlib.crc32(data)) + data, 0)

    def read(self) -> dict[int, Posted]:
        """The numbers of every worker that lives, by its number."""
        found: dict[int, Posted] = {}
        for path in self._run.glob(_NAME.format("[0-9]*")):
            with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:
                posted = _read(file.fileno()) if _is_held(file.fileno()) else None
                if posted is not None:
                    found[int(path.name.rpartition("-")[2])] = posted
        found[self.number] = self._own
        return dict(sorted(found.items()))

    def close(self) -> None:
        """Let go of this worker's file. It stays for the next one: nobody shows it meanwhile."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _take(self) -> tuple[int, int]:
        for number in range(_WORKERS_MAX):
            descriptor = os.open(self._run / _NAME.format(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.posix_fallocate(descriptor, 0, _FILE_BYTES)
                # What a worker said that is gone is not this one's.
                os.pwrite(descriptor, bytes(_HEAD.size), 0)
            except BlockingIOError:
                os.close(descriptor)
            except OSError:
                os.close(descriptor)
                raise
            else:
                return number, descriptor
        raise OSError(f"{_WORKERS_MAX} workers run in {self._run} already")


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def _read(descriptor: int) -> Posted | None:
    """What a file says; None where it says nothing whole."""
    for _ in range(_READINGS_MAX):
        data = os.pread(descriptor, _FILE_BYTES, 0)
        if len(data) < _HEAD.size:
            return None
        length, checksum = _HEAD.unpack_from(data)
        text = data[_HEAD.size : _HEAD.size + length]
        if length and checksum == zlib.crc32(text):
            return _decode(text)
    return None
