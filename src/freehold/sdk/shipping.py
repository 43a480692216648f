"""Bringing journals to the gate: this process's own while it is written, and those that dead processes left.

The gate says how far a journal is counted, and that alone is believed: after a lost answer, a restart
or a second shipper the next shipment begins where the gate's cursor is. A segment is deleted when the
cursor has passed it, a folder when its journal is counted to its end.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from freehold.kit import clock, ids
from freehold.sdk.gate_link import GateAway, GateLink, GateRefuses
from freehold.sdk.journal import MappedJournal, trim
from freehold.usage.journal import UNBORN_PREFIX, segment_path
from freehold.usage.journal_frames import HEAD_BYTES, whole_frame
from freehold.usage.journal_reader import JournalReader, Place, is_locked
from freehold.usage.shipping import Receipt, Shipment

_log: Final = logging.getLogger("freehold.sdk")
_EVERY_S: Final = 0.1
_PAUSE_MAX_S: Final = 5.0
# How often an idle journal is said to be complete, and how often others' journals are looked for.
_IDLE_S: Final = 2.0
_LOOK_S: Final = 1.0
_UNBORN_S: Final = 3600.0
# Of a dead process's journal at once: any such events fit the gate's bound for a body.
_EVENTS_MAX: Final = 500
_START: Final = Place()


class Shipper:
    """Ships one process's journal and its neighbours' leftovers. `flush` and `ship` belong to one thread."""

    def __init__(self, link: GateLink, journal: MappedJournal) -> None:
        self._link = link
        self._journal = journal
        self._root = journal.folder.parent
        self._process = journal.folder.name
        self._cursor = _START
        self._shipped_at = self._looked_at = 0.0

    def ship(self) -> None:
        """Ship what is there of one's own journal; GateAway or GateRefuses where that cannot be done now."""
        complete_to_ms, target = clock.now_ms(), self._journal.place()
        self._ship_to(target, complete_to_ms)
        if time.monotonic() - self._shipped_at > _IDLE_S:
            self._send(self._cursor, self._cursor, b"", complete_to_ms, ended=False)

    def finish(self) -> None:
        """Ship the end of one's own journal, which was closed, and delete it."""
        last = self._journal.place()
        self._ship_to(last, clock.now_ms())
        if self._send(self._cursor, last, b"", clock.now_ms(), ended=True).ended:
            shutil.rmtree(self._journal.folder, ignore_errors=True)

    def ship_leftovers(self) -> None:
        """Ship what processes left that are gone, now and then."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return
        self._looked_at = now
        for folder in sorted(self._root.iterdir()):
            if ids.is_id(folder.name, "sdk") and folder.name != self._process and not is_locked(folder):
                self._ship_leftover(folder)
        for folder in self._root.glob(f"{UNBORN_PREFIX}sdk_*"):
            if not is_locked(folder) and time.time() - folder.stat().st_mtime > _UNBORN_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _ship_to(self, target: Place, complete_to_ms: int) -> None:
        place = self._reading_place()
        while place != target:
            number, offset = place
            with segment_path(self._journal.folder, number).open("rb", buffering=0) as segment:
                segment.seek(offset)
                frames = segment.read(target.offset - offset if number == target.segment else -1) or b""
            if frames:
                self._send(self._cursor, Place(number, offset + len(frames)), frames, complete_to_ms, ended=False)
                place = self._reading_place()
            else:
                place = Place(number + 1, HEAD_BYTES)
            for passed in range(number - 1, 0, -1):
                try:
                    segment_path(self._journal.folder, passed).unlink()
                except FileNotFoundError:
                    break

    def _reading_place(self) -> Place:
        return self._cursor if self._cursor.segment else Place(1, HEAD_BYTES)

    def _send(self, start: Place, end: Place, frames: bytes, complete_to_ms: int, *, ended: bool) -> Receipt:
        receipt = _ship(self._link, Shipment(self._process, start, end, frames, complete_to_ms, ended))
        self._cursor = Place(receipt.segment, receipt.offset)
        self._shipped_at = time.monotonic()
        return receipt

    def _ship_leftover(self, folder: Path) -> None:
        try:
            trim(folder)
            cursor = place = _START
            while True:
                batch = JournalReader(folder).read(place, _EVENTS_MAX)
                for damage in batch.damages:
                    _log.error("%s: usage is damaged in segment %d: %s", folder.name, damage.segment, damage.cause)
                frames = b"".join([whole_frame(at, msgspec.msgpack.encode(event)) for at, event in batch.events])
                shipment = Shipment(folder.name, cursor, batch.place, frames, clock.now_ms(), batch.ended)
                receipt = _ship(self._link, shipment)
                cursor = place = Place(receipt.segment, receipt.offset)
                if receipt.ended:
                    shutil.rmtree(folder, ignore_errors=True)
                    return
        except FileNotFoundError:
            # A neighbour has shipped and deleted it.
            return


def _ship(link: GateLink, shipment: Shipment) -> Receipt:
    receipt = link.usage(shipment)
    if receipt.refused:
        _log.error(
            "The gate did not count %d requests of %s: this token may not report them.",
            receipt.refused,
            shipment.process,
        )
    return receipt


class ShippingThread:
    """Ships, flushes and gives idle leases back, every so often."""

    def __init__(self, shipper: Shipper, journal: MappedJournal, give_back: Callable[[], None]) -> None:
        self._shipper = shipper
        self._journal = journal
        self._give_back = give_back
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freehold-ship", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        failures, again_at = 0, 0.0
        while not self._stop.wait(_EVERY_S):
            try:
                self._journal.flush()
                if time.monotonic() >= again_at:
                    self._shipper.ship()
                    self._give_back()
                    self._shipper.ship_leftovers()
                    failures = 0
            except (GateAway, GateRefuses, OSError) as error:
                failures += 1
                again_at = time.monotonic() + min(_PAUSE_MAX_S, _EVERY_S * 2 ** min(failures, 10))
                if failures == 1:
                    _log.warning("Usage waits in the journal: %s", error)
