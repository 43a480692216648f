"""Answers on their way out, and the journal that they wait for.

All answers of one turn of the event loop are staged here; at its end their usage events are written
with one write, and only then does any of them leave. What could not be written down is not answered
as if it had been. Answers without an event pass through the same queue, so that the answers of a
connection keep their order.
"""

import asyncio
import logging
import threading
from typing import Final, Protocol

from freehold.gate.tally import Tally
from freehold.keys.records import ALLOWED, Via
from freehold.kit.clock import now_ns
from freehold.usage.journal import JournalWriter
from freehold.usage.records import EventFields, UsageEvent

_log: Final = logging.getLogger("freehold.gate")


class Sender(Protocol):
    """What an answer goes out by."""

    @property
    def void(self) -> bool:
        """Whether what is still staged for it is not to be sent."""

    def send(self, data: bytes, *, last: bool) -> None:
        """Send bytes of an answer now; `last`: it ends with them."""

    def send_unrecorded(self) -> None:
        """Answer in place of one whose decision could not be written down."""


class Outbox:
    """The answers and the journal of one worker. Belongs to the event loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, journal: JournalWriter) -> None:
        self._loop = loop
        self._journal = journal
        self._staged: list[tuple[Sender, bytes, bool, bool]] = []
        # Whether the last write failed: then nothing is begun that cannot be taken back.
        self.failing = False
        self.tally: Final = Tally()
        self._decisions: Final = self.tally.decisions
        # When the present turn had its first answer. What was asked before `_turn_since_ms` has waited longer than
        # a turn; and how many have not.
        self._turn_ns = self._turn_since_ms = self._turn_answers = 0

    def stage(self, sender: Sender, data: bytes, event: UsageEvent | None, *, last: bool) -> None:
        """Send these bytes at the end of this turn, if the event is written by then. `last`: the answer ends with them."""
        if not self._staged:
            self._loop.call_soon(self.let_out)
            self._turn_ns = turn_ns = now_ns()
            self._turn_since_ms = turn_ns // 1_000_000 - 1
        if event is not None:
            self._journal.append(event)
            self._decisions[event.via][event.outcome] += 1
            if event.at_ms < self._turn_since_ms:
                self.tally.answered(self._turn_ns - event.at_ms * 1_000_000, 1)
            else:
                self._turn_answers += 1
        self._staged.append((sender, data, event is not None, last))

    def stage_allowed(self, sender: Sender, data: bytes, via: Via, fields: EventFields) -> None:
        """Send a whole answer at the end of this turn, if its event is written by then; decided in this turn, and allowed."""
        if not self._staged:
            self._loop.call_soon(self.let_out)
            self._turn_ns = turn_ns = now_ns()
            self._turn_since_ms = turn_ns // 1_000_000 - 1
        self._journal.append(fields)
        self._decisions[via][ALLOWED] += 1
        self._turn_answers += 1
        self._staged.append((sender, data, True, True))

    def record(self, event: UsageEvent) -> None:
        """Write down a decision that nobody waits for any more."""
        self._journal.append(event)
        self._decisions[event.via][event.outcome] += 1
        self._loop.call_soon(self.let_out)

    def let_out(self) -> None:
        """Write the events of this turn, then send what waited for them."""
        staged, self._staged = self._staged, []
        written = self._write_out()
        for sender, data, has_event, last in staged:
            if sender.void:
                continue
            if written or not has_event:
                sender.send(data, last=last)
            else:
                sender.send_unrecorded()
        if self._turn_answers:
            self.tally.answered(now_ns() - self._turn_ns, self._turn_answers)
            self._turn_answers = 0

    def _write_out(self) -> bool:
        try:
            self._journal.write_out()
        except OSError as error:
            if not self.failing:
                _log.error("The journal cannot be written, so the gate answers 503: %s", error)
            self.failing = True
            return False
        if self.failing:
            _log.warning("The journal can be written again.")
            self.failing = False
        return True


class Flusher:
    """A thread that forces the journal to the disk every so many milliseconds."""

    def __init__(self, journal: JournalWriter, every_ms: int) -> None:
        self._journal = journal
        self._every_s = every_ms / 1000
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-flush", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        failing = False
        while not self._stop.wait(self._every_s):
            try:
                self._journal.flush()
                failing = False
            except OSError as error:
                if not failing:
                    _log.error("The journal cannot be forced to the disk: %s", error)
                failing = True
