"""The collector: moves what the gates journalled into the database, once.

It may be killed at any moment and there may by mistake be two: what counts is the cursor in the
database, which moves in the same transaction as the counting. A segment is deleted only when the
committed cursor has passed it; damaged ones are kept aside, and said so.
"""

import gc
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.usage.gap_queries import note_gaps
from freehold.usage.intake import Cursor, Resent, Step, Watch, open_journal, pass_batch, touch_journals, without_known
from freehold.usage.journal import UNBORN_PREFIX, segment_path
from freehold.usage.journal_gaps import changed_at_ns, read_gaps
from freehold.usage.journal_reader import Batch, Damage, JournalReader, is_locked

QUARANTINE: Final = "quarantine"
# Events of one batch that have a slot in common are one row to add to: twice as many cost a quarter less each. Small
# enough that SQLite's one writer is never kept for a second.
_EVENTS_MAX: Final = 16_000
_IDLE_S: Final = 2.0
_UNBORN_S: Final = 3600.0
# Changes of a file within this time may bear the same instant.
_CLOCK_TICK_NS: Final = 1_000_000_000

_log: Final = logging.getLogger(__name__)


class Collector:
    """Collects the journals under one folder. For one thread."""

    def __init__(
        self, store: Store, root: Path, node: str, events_max: int = _EVENTS_MAX, watch: Watch | None = None
    ) -> None:
        self._store = store
        self._root = root
        self._node = node
        self._events_max = events_max
        self._watch = watch
        self._cursors: dict[str, Cursor] = {}
        # The journals that the present pass found nothing new in.
        self._idle: set[str] = set()
        # When each journal's gaps had last changed by the time they were noted.
        self._gaps_noted: dict[str, int] = {}
        self._touched_s = 0.0

    def collect(self) -> int:
        """Take one batch of every journal; how many events were counted. Zero: there is nothing more for now."""
        started_at, counted, failure = clock.now(), 0, None
        self._idle.clear()
        for folder in self._folders():
            try:
                with _without_looking_for_cycles():
                    counted += self._collect_from(folder)
            except OSError as error:
                # One journal that cannot be read must not keep the others waiting.
                failure = error
        if self._idle and time.monotonic() - self._touched_s > _IDLE_S:
            with self._store.write() as tx:
                touch_journals(tx, self._idle, started_at)
            self._touched_s = time.monotonic()
        if failure:
            raise failure
        return counted

    def sweep(self) -> None:
        """Remove what gates left behind that died before they had a journal."""
        for folder in self._root.glob(f"{UNBORN_PREFIX}*"):
            if not is_locked(folder) and time.time() - folder.stat().st_mtime > _UNBORN_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return sorted(folder for folder in self._root.iterdir() if ids.is_id(folder.name, "jrn"))

    def _collect_from(self, folder: Path) -> int:
        cursor = self._cursors.get(folder.name) or self._open(folder)
        if cursor.ended:
            self._forget(folder)
            return 0
        complete_to = clock.now()
        batch = JournalReader(folder).read(cursor.place, self._events_max)
        # After the reading: if the writer was gone then, these are its last.
        self._note_gaps(folder, last=batch.ended)
        if batch.place == cursor.place and not batch.ended:
            self._idle.add(folder.name)
            return 0
        self._keep_aside(folder, batch.damages)
        if not batch.caught_up and batch.events:
            complete_to = min(complete_to, clock.from_ms(batch.events[-1][1].at_ms))
        step = Step(folder.name, cursor.place, batch.place, complete_to, clock.now() if batch.ended else None)
        return self._commit(folder, step, batch)

    def _note_gaps(self, folder: Path, *, last: bool) -> None:
        """Keep what a journal says of decisions without a record. It says it anew, and more, each time."""
        changed_ns = changed_at_ns(folder)
        if changed_ns == self._gaps_noted.get(folder.name, 0) and not last:
            return
        gaps = read_gaps(folder)
        if gaps:
            with self._store.write() as tx:
                note_gaps(tx, folder.name, gaps)
        if time.time_ns() - changed_ns > _CLOCK_TICK_NS:
            self._gaps_noted[folder.name] = changed_ns

    def _open(self, folder: Path) -> Cursor:
        with self._store.write() as tx:
            cursor = open_journal(tx, folder.name, self._node, clock.now())
        self._cursors[folder.name] = cursor
        # A collector that died between its commit and the deletion left these.
        _delete_passed(folder, cursor)
        return cursor

    def _commit(self, folder: Path, step: Step, batch: Batch) -> int:
        counted = self._count(step, batch)
        if counted is None:
            # Another collector was first: what it left is looked up afresh.
            del self._cursors[folder.name]
            return 0
        self._report(folder, batch.damages)
        cursor = self._cursors[folder.name] = Cursor(batch.place, batch.ended)
        if batch.ended:
            self._forget(folder)
        elif batch.place.segment != step.start.segment:
            _delete_passed(folder, cursor)
        return counted

    def _count(self, step: Step, batch: Batch) -> int | None:
        try:
            with self._store.write() as tx:
                return len(batch.events) if pass_batch(tx, step, batch.events, self._watch) else None
        except Resent:
            with self._store.write() as tx:
                fresh = without_known(tx, step.journal_id, batch.events)
                _log.warning("%s: %d events were counted before", step.journal_id, len(batch.events) - len(fresh))
                return len(fresh) if pass_batch(tx, step, fresh, self._watch) else None

    def _forget(self, folder: Path) -> None:
        """Delete an ended journal. Its row stays, so that nothing counts again if the folder came back."""
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            self._cursors.pop(folder.name, None)
            self._gaps_noted.pop(folder.name, None)

    def _keep_aside(self, folder: Path, damages: list[Damage]) -> None:
        for segment in {damage.segment for damage in damages}:
            aside = self._root / QUARANTINE / f"{folder.name}-{segment}.seg"
            aside.parent.mkdir(exist_ok=True)
            if not aside.exists():
                try:
                    aside.hardlink_to(segment_path(folder, segment))
                except FileNotFoundError:
                    # Another collector has passed it; then this batch will not be counted.
                    continue

    def _report(self, folder: Path, damages: list[Damage]) -> None:
        for damage in damages:
            _log.error(
                "%s: usage is damaged in segment %d at byte %d (%s); events lost: %s; the segment is kept in %s",
                folder.name, damage.segment, damage.offset, damage.cause,
                "unknown" if damage.events_lost is None else damage.events_lost, QUARANTINE,
            )  # fmt: skip


@contextmanager
def _without_looking_for_cycles() -> Iterator[None]:
    """A batch makes some hundred thousand tuples and no cycle: Python would look for one dozens of times, an eighth of all."""
    was_looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_looking:
            gc.enable()


def _delete_passed(folder: Path, cursor: Cursor) -> None:
    for number in JournalReader(folder).segments():
        if number < cursor.place.segment:
            segment_path(folder, number).unlink(missing_ok=True)
