"""Rate limits that the workers of one node share exactly: a table of arrival times in one mapped file.

The file `limits.table` in the data directory's `run/` is 32,768 buckets of eight slots; a slot is the
16-byte BLAKE2b of a limit's place (owner's id and label) and its arrival time (nanoseconds, 8 bytes). All
limits of one owner live in the bucket that the owner's digest names. While a worker decides, it holds a
POSIX record lock on the bytes of those buckets: no other worker can decide by a limit of theirs, and the
kernel gives the locks back when their holder dies, so a killed worker leaves nothing locked. What it costs
is two system calls for the key and two for the project, and only where they have limits.

A slot whose arrival time is past is free, because a limit that is whole again is as good as new. When
all eight slots of a bucket are in use at once (some 100,000 keys at work within their windows at one
time), the one that is whole again soonest is given up: its key may get up to one burst more.

The table holds nothing that must survive; a start of the instance finds old arrival times past, or
within one window of now.
"""

import fcntl
import hashlib
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final

from freehold.keys.quota_rules import Allowance
from freehold.keys.rate_limit import UNUSED, Left, spend_all
from freehold.keys.records import Decision, Meter, ProjectRecord, SecretRecord
from freehold.keys.rules import Ask, decide

FILE: Final = "limits.table"
_BUCKETS: Final = 1 << 15
_SLOTS: Final = 8
_SLOT: Final = struct.Struct("<16sq")
_ARRIVAL: Final = struct.Struct("<q")
_DIGEST_BYTES: Final = _SLOT.size - _ARRIVAL.size
_BUCKET_BYTES: Final = _SLOT.size * _SLOTS

# What a limit is known by in the table, and where its bucket begins.
_Place = tuple[bytes, int]


class SharedLimiter:
    """Arrival times in a file that several processes map."""

    __slots__ = ("_descriptor", "_table")

    def __init__(self, folder: Path) -> None:
        """Open the table, made where it is absent; OSError where that is not possible."""
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Growing to the size that it has already changes nothing, so it does not matter who is first. The room is
        # taken now: writing to a page that a full disk has no room for would kill the process.
        os.posix_fallocate(self._descriptor, 0, _BUCKETS * _BUCKET_BYTES)
        self._table = mmap.mmap(self._descriptor, _BUCKETS * _BUCKET_BYTES)

    def decide(
        self,
        ask: Ask,
        record: SecretRecord,
        project: ProjectRecord,
        now_ns: int,
        allowances: Sequence[Allowance] = (),
    ) -> Decision:
        """Decide, and keep what was spent, while no other worker can."""
        placed = _places(record.key_id, record.meters, project.id, project.meters)
        with self._locked(placed):
            found = [self._find(digest, offset) for digest, offset in placed]
            before = [arrival for _, arrival in found]
            decision, after = decide(ask, record, project, before, now_ns, allowances)
            if after is not before:
                self._keep(placed, found, after)
            return decision

    def spend(
        self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...], cost: int, now_ns: int
    ) -> Left | None:
        """Spend on all limits or on none of them, while no other worker can."""
        placed, left = _places(key_id, own, project_id, shared), Left()
        with self._locked(placed):
            found = [self._find(digest, offset) for digest, offset in placed]
            after = spend_all(own + shared, [arrival for _, arrival in found], cost, now_ns, left)
            if after is None:
                return None
            self._keep(placed, found, after)
            return left

    @contextmanager
    def _locked(self, placed: list[_Place]) -> Iterator[None]:
        """Hold the buckets of these limits. Everybody locks from the lowest on, so that no two can wait for each other."""
        buckets = sorted({offset for _, offset in placed})
        for offset in buckets:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _BUCKET_BYTES, offset)
        try:
            yield
        finally:
            for offset in buckets:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _BUCKET_BYTES, offset)

    def _keep(self, placed: list[_Place], found: list[tuple[int, int]], after: Sequence[int]) -> None:
        """Keep new arrival times, each in its slot."""
        for (digest, offset), (slot, known), arrival in zip(placed, found, after, strict=True):
            # One that is new is looked for again: two of one bucket would else be given the same free slot.
            at = slot if known != UNUSED else self._find(digest, offset)[0]
            _SLOT.pack_into(self._table, at, digest, arrival)

    def close(self) -> None:
        """Unmap and close the table."""
        self._table.close()
        os.close(self._descriptor)

    def _find(self, digest: bytes, offset: int) -> tuple[int, int]:
        """The slot of a limit and its arrival time; where it has none, the slot that it may take."""
        bucket = self._table[offset : offset + _BUCKET_BYTES]
        at = bucket.find(digest)
        if at >= 0 and at % _SLOT.size == 0:
            return offset + at, _ARRIVAL.unpack_from(bucket, at + _DIGEST_BYTES)[0]
        free, free_arrival = offset, -1
        for slot in range(offset, offset + _BUCKET_BYTES, _SLOT.size):
            owner, arrival = _SLOT.unpack_from(self._table, slot)
            if owner == digest:
                return slot, arrival
            if free_arrival < 0 or arrival < free_arrival:
                free, free_arrival = slot, arrival
        return free, UNUSED


def _places(key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...]) -> list[_Place]:
    """Where the limits of a key and its project are, the key's first."""
    placed = [_place(key_id, meter.label) for meter in own]
    placed += [_place(project_id, meter.label) for meter in shared]
    return placed


@lru_cache(maxsize=65_536)
def _place(owner_id: str, label: str) -> _Place:
    """What a limit is known by in the table, and where its bucket begins."""
    owner = hashlib.blake2b(owner_id.encode(), digest_size=8).digest()
    digest = hashlib.blake2b(f"{owner_id}:{label}".encode(), digest_size=_DIGEST_BYTES).digest()
    return digest, int.from_bytes(owner) % _BUCKETS * _BUCKET_BYTES
