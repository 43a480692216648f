"""Fetching what the keyring is missing: one thread, one query for all that waits.

Requests that miss the same thing wait for the same answer. While a query runs, what comes next
gathers for the next one, so a flood of new selectors costs queries by the batch. Nobody waits longer
than the staleness bound: by then the gate cannot promise anything anyway.

Who waits for a lease of quota waits here too; what is granted is the lease keeper's to say (`arrived`).
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.gate import records_query
from freehold.gate.keyring import Found, Keyring, Missing
from freehold.store.engine import Store

_log: Final = logging.getLogger("freehold.gate")
# One statement's worth of names: well under SQLite's bound of 32,766 variables.
_BATCH_MAX: Final = 1000
# More than this at once is a flood; what comes on top is refused and costs nothing.
_WAITING_MAX: Final = 20_000

# Called with whether the thing is known now; if not, the gate cannot decide.
Resume = Callable[[bool], None]


class Loader:
    """The thread that reads for the keyring, and those who wait for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, keyring: Keyring, patience_s: float) -> None:
        self._loop = loop
        self._store = store
        self._keyring = keyring
        self._patience_s = patience_s
        # Of the event loop's thread: who waits for what.
        self._waiting: dict[Missing, list[Resume]] = {}
        # Shared, under the condition: what is to be read next.
        self._wanted: dict[Missing, None] = {}
        self._condition = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="keyring-load", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()

    def fetch(self, missing: Missing, resume: Resume) -> None:
        """Read what is missing, then call `resume` in the event loop."""
        waiting = self._waiting.get(missing)
        if waiting is not None:
            waiting.append(resume)
        elif len(self._waiting) >= _WAITING_MAX:
            self._loop.call_soon(resume, False)
        else:
            self._waiting[missing] = waiting = [resume]
            self._loop.call_later(self._patience_s, self._give_up, missing, waiting)
            if missing.kind != "quota":
                self._want((missing,))

    def arrived(self, missing: Missing, known: bool) -> None:
        """Let those go on who wait for something that was fetched elsewhere. `known`: whether it is known now."""
        self._resume((missing,), known=known)

    def _want(self, asked: tuple[Missing, ...]) -> None:
        with self._condition:
            self._wanted.update(dict.fromkeys(asked))
            self._condition.notify()

    def _give_up(self, missing: Missing, waiting: list[Resume]) -> None:
        if self._waiting.get(missing) is waiting:
            del self._waiting[missing]
            for resume in waiting:
                resume(False)

    def _answer(self, found: Found) -> None:
        if not self._keyring.take_in(found):
            # Something changed while we read: read again, of a moment after it.
            self._want(found.asked)
            return
        self._resume(found.asked, known=True)

    def _resume(self, asked: tuple[Missing, ...], *, known: bool) -> None:
        for missing in asked:
            for resume in self._waiting.pop(missing, ()):
                resume(known)

    def _refuse(self, asked: tuple[Missing, ...]) -> None:
        self._resume(asked, known=False)

    # --- the thread ---

    def _run(self) -> None:
        while asked := self._next():
            try:
                with self._store.read() as tx:
                    found = records_query.read(tx, asked)
            except SQLAlchemyError as error:
                _log.warning("The gate cannot read the database: %s", type(error).__name__)
                self._post(self._refuse, asked)
            else:
                self._post(self._answer, found)

    def _next(self) -> tuple[Missing, ...]:
        """What to read next; empty at the end."""
        with self._condition:
            while not self._wanted and not self._stopping:
                self._condition.wait()
            if self._stopping:
                return ()
            asked = tuple(self._wanted)[:_BATCH_MAX]
            for each in asked:
                del self._wanted[each]
            return asked

    def _post(self, act: Callable[..., None], what: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, what)
