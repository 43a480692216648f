"""Hearing of changes: polls the configuration epoch, applies what changed, says how far it has come.

Two threads, because hearing must never wait for writing. The *follower* reads: it hands changes to
the event loop's thread and waits until they are applied there. The *reporter* writes the epoch that
was reached to the database: what `POST /v1/keys/{key}/revoke` waits for. It therefore reports only
what has been applied. A database that is locked, gone or back again is lived through.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.gate.keyring import Keyring
from freehold.keys.secret_records import selectors_of
from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Store

_log: Final = logging.getLogger("freehold.gate")
# At least this often a worker says that it lives, whether anything changed or not.
_REPORT_S: Final = 1.0


class Follower:
    """The thread that listens."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        store: Store,
        keyring: Keyring,
        poll_s: float,
        on_reached: Callable[[int], None],
        on_applied: Callable[[Sequence[epoch.Change] | None, int], None] = lambda _changes, _at: None,
    ) -> None:
        """`on_reached`: called here once an epoch is applied. `on_applied`: in the event loop, with what it brought; None: all is new."""
        self._loop = loop
        self._store = store
        self._watch = epoch.Watch(store)
        self._keyring = keyring
        self._poll_s = poll_s
        self._on_reached = on_reached
        self._on_applied = on_applied
        # Set once the database was heard for the first time.
        self.first_heard = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="epoch-follow", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._thread.join()
        self._watch.close()

    def _run(self) -> None:
        cut_off = False
        while not self._stop.is_set():
            try:
                self._poll()
                cut_off = False
            except SQLAlchemyError as error:
                if not cut_off:
                    _log.warning("The gate cannot hear its database: %s", type(error).__name__)
                cut_off = True
            self._stop.wait(self._poll_s)

    def _poll(self) -> None:
        # What we hear is at least as new as the moment before we asked.
        asked_at = time.monotonic()
        reached = self._keyring.epoch
        if self._watch.current() == reached:
            self._keyring.heard_at = asked_at
            return
        with self._store.read() as tx:
            current = epoch.current(tx)
            changes = epoch.changes_after(tx, reached) if 0 <= reached < current else []
            changed_keys = {each.subject_id for each in changes if each.subject_kind == "key"}
            selectors = selectors_of(tx, changed_keys) if changed_keys else []
        # Each epoch has one change. Where one is missing, what it was about is gone, and cannot be told from what is left.
        is_untold = len(changes) < min(current - reached, epoch.READ_AT_ONCE)
        if reached < 0 or current < reached or is_untold:
            self._in_loop(lambda: self._start_anew(current))
        else:
            # The last change of this reading is as far as we have come: there may be more than one reading's worth.
            current = changes[-1].epoch if changes else current
            self._in_loop(lambda: self._apply(changes, selectors, current))
        self._keyring.heard_at = asked_at
        self.first_heard.set()
        self._on_reached(current)

    def _start_anew(self, at: int) -> None:
        self._keyring.forget_all(at)
        self._on_applied(None, at)

    def _apply(self, changes: list[epoch.Change], selectors: list[str], at: int) -> None:
        self._keyring.apply(changes, selectors, at)
        self._on_applied(changes, at)

    def _in_loop(self, act: Callable[[], None]) -> None:
        """Run in the event loop's thread and wait for it, or for the end."""
        done: Future[None] = Future()

        def run() -> None:
            act()
            done.set_result(None)

        self._loop.call_soon_threadsafe(run)
        while not self._stop.is_set() and not done.done():
            with contextlib.suppress(FutureTimeout):
                done.result(self._poll_s)


class Reporter:
    """The thread that says which epoch this worker decides by."""

    def __init__(self, store: Store, verifier_id: str, node: str, started_at: datetime) -> None:
        self._store = store
        self._verifier_id = verifier_id
        self._node = node
        self._started_at = started_at
        self._condition = threading.Condition()
        self._epoch = -1
        self._reported = -1
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="epoch-report", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def reached(self, at: int) -> None:
        """This epoch has been applied."""
        with self._condition:
            self._epoch = at
            self._condition.notify()

    def stop(self) -> None:
        """End, and tell the database that nobody need wait for this worker any more."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()
        try:
            with self._store.write() as tx:
                epoch.leave(tx, self._verifier_id)
        except SQLAlchemyError as error:
            _log.warning("The gate could not say that it stops: %s", type(error).__name__)

    def _run(self) -> None:
        while True:
            with self._condition:
                if not self._stopping and self._epoch == self._reported:
                    self._condition.wait(_REPORT_S)
                if self._stopping:
                    return
                at = self._epoch
            if at >= 0 and not self._report(at):
                time.sleep(_REPORT_S / 10)

    def _report(self, at: int) -> bool:
        try:
            with self._store.write() as tx:
                epoch.report(tx, self._verifier_id, self._node, self._started_at, at, clock.now())
        except SQLAlchemyError as error:
            _log.warning("The gate could not report its epoch: %s", type(error).__name__)
            return False
        self._reported = at
        return True
