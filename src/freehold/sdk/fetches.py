"""Asking the gate for what a request cannot be decided without: once for all that wait for the same thing.

Whoever waits gets a future that says whether there is an answer; it never raises. Threads do the
asking, so that an event loop can wait without standing still.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from freehold.sdk.gate_link import GateAway, GateRefuses

_log: Final = logging.getLogger("freehold.sdk")
_THREADS: Final = 4
# More than this at once is a flood; what comes on top is refused and costs nothing.
_WAITING_MAX: Final = 1000


class Wanting(Exception):
    """Something that is not here: `ask` gets it (False where it must be tried again), then the request is decided anew."""

    def __init__(self, name: Hashable, ask: Callable[[], bool]) -> None:
        super().__init__("something has to be asked of the gate first")
        self.name: Final = name
        self.ask: Final = ask


class Fetches:
    """The threads that ask, and those who wait."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, "freehold-fetch")
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[bool]] = {}

    def begin(self, wanting: Wanting) -> Future[bool]:
        """Begin to ask, or join those who wait already. The result says whether to decide anew."""
        with self._lock:
            running = self._running.get(wanting.name)
            if running is not None:
                return running
            if len(self._running) < _WAITING_MAX:
                future = self._running[wanting.name] = self._pool.submit(self._run, wanting)
                return future
        refused: Future[bool] = Future()
        refused.set_result(False)
        return refused

    def close(self) -> None:
        """Begin nothing any more, and wait for what runs."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, wanting: Wanting) -> bool:
        try:
            return wanting.ask()
        except (GateAway, GateRefuses) as error:
            _log.warning("Freehold cannot decide for now: %s", error)
            return False
        finally:
            with self._lock:
                del self._running[wanting.name]
