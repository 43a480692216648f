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
from collections.abc import Sequence
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

# Of how many keys is remembered where their limits are; beyond it that is worked out anew.
_REMEMBERED_MAX: Final = 65_536

# What a limit is known by in the table, and where its bucket begins.
_Place = tuple[bytes, int]


class _Places:
    """Where the limits of one key and its project are. `slots`: where each was found last, or -1."""

    __slots__ = ("buckets", "meters", "own", "placed", "shared", "slots")

    def __init__(self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...]) -> None:
        self.own, self.shared = own, shared
        self.meters = own + shared
        self.placed = [_place(key_id, meter.label) for meter in own]
        self.placed += [_place(project_id, meter.label) for meter in shared]
        # Everybody locks buckets from the lowest on, so that no two can wait for each other.
        self.buckets = sorted({offset for _, offset in self.placed})
        self.slots = [-1] * len(self.placed)


class SharedLimiter:
    """Arrival times in a file that several processes map."""

    __slots__ = ("_by_key", "_descriptor", "_table")

    def __init__(self, folder: Path) -> None:
        """Open the table, made where it is absent; OSError where that is not possible."""
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Growing to the size that it has already changes nothing, so it does not matter who is first. The room is
        # taken now: writing to a page that a full disk has no room for would kill the process.
        os.posix_fallocate(self._descriptor, 0, _BUCKETS * _BUCKET_BYTES)
        self._table = mmap.mmap(self._descriptor, _BUCKETS * _BUCKET_BYTES)
        self._by_key: dict[str, _Places] = {}

    def decide(
        self,
        ask: Ask,
        record: SecretRecord,
        project: ProjectRecord,
        now_ns: int,
        allowances: Sequence[Allowance] = (),
    ) -> Decision:
        """Decide, and keep what was spent, while no other worker can."""
        places = self._places(record.key_id, record.meters, project.id, project.meters)
        self._lock(places, fcntl.LOCK_EX)
        try:
            before = self._arrivals(places)
            decision, after = decide(ask, record, project, before, now_ns, allowances)
            if after is not before:
                self._keep(places, after)
            return decision
        finally:
            self._lock(places, fcntl.LOCK_UN)

    def spend(
        self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...], cost: int, now_ns: int
    ) -> Left | None:
        """Spend on all limits or on none of them, while no other worker can."""
        places, left = self._places(key_id, own, project_id, shared), Left()
        self._lock(places, fcntl.LOCK_EX)
        try:
            after = spend_all(places.meters, self._arrivals(places), cost, now_ns, left)
            if after is None:
                return None
            self._keep(places, after)
            return left
        finally:
            self._lock(places, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unmap and close the table."""
        self._table.close()
        os.close(self._descriptor)

    def _places(self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...]) -> _Places:
        """Where these limits are. A key has one project for good, so its id is enough to look by."""
        places = self._by_key.get(key_id)
        if places is None or places.own is not own or places.shared is not shared:
            if len(self._by_key) >= _REMEMBERED_MAX:
                self._by_key.clear()
            places = self._by_key[key_id] = _Places(key_id, own, project_id, shared)
        return places

    def _lock(self, places: _Places, kind: int) -> None:
        """Hold the buckets of these limits, or let go of them."""
        for offset in places.buckets:
            fcntl.lockf(self._descriptor, kind, _BUCKET_BYTES, offset)

    def _arrivals(self, places: _Places) -> list[int]:
        """The arrival times of these limits, whose buckets are held."""
        table, slots, arrivals = self._table, places.slots, []
        for number, (digest, offset) in enumerate(places.placed):
            at = slots[number]
            # Where it was last it still is, unless another limit has taken the slot meanwhile.
            if at >= 0 and table[at : at + _DIGEST_BYTES] == digest:
                arrivals.append(_ARRIVAL.unpack_from(table, at + _DIGEST_BYTES)[0])
            else:
                at, arrival = self._find(digest, offset)
                slots[number] = -1 if arrival == UNUSED else at
                arrivals.append(arrival)
        return arrivals

    def _keep(self, places: _Places, after: Sequence[int]) -> None:
        """Keep new arrival times, each in its slot."""
        slots = places.slots
        for number, ((digest, offset), arrival) in enumerate(zip(places.placed, after, strict=True)):
            if slots[number] < 0:
                # One that is new is looked for here: two of one bucket would else be given the same free slot.
                slots[number] = self._find(digest, offset)[0]
            _SLOT.pack_into(self._table, slots[number], digest, arrival)

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


@lru_cache(maxsize=65_536)
def _place(owner_id: str, label: str) -> _Place:
    """What a limit is known by in the table, and where its bucket begins."""
    owner = hashlib.blake2b(owner_id.encode(), digest_size=8).digest()
    digest = hashlib.blake2b(f"{owner_id}:{label}".encode(), digest_size=_DIGEST_BYTES).digest()
    return digest, int.from_bytes(owner) % _BUCKETS * _BUCKET_BYTES
