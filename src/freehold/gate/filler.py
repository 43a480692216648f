"""Filling the keyring when a gate starts, so that the first request of each key need not wait for the database.

A thread reads the secrets that are in force, all of one moment, and hands them to the event loop's
thread in small lots. The gate serves meanwhile: what is asked for earlier is fetched as ever, and what
changes is not filled in. Must never hold up the loop, and never bring back what was forgotten.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from freehold.gate.keyring import Keyring
from freehold.keys.live_secrets import Unreadable, live_secrets
from freehold.store.engine import Store

_log: Final = logging.getLogger("freehold.gate")
_LOOK_S: Final = 0.2

Answer = TypeVar("Answer")


class _Stopped(Exception):
    """The gate ends."""


class Filler:
    """The thread that fills the keyring, once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, keyring: Keyring, secrets_max: int) -> None:
        self._loop = loop
        self._store = store
        self._keyring = keyring
        self._secrets_max = secrets_max
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyring-fill", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            began = time.monotonic()
            self._in_loop(self._keyring.begin_filling)
            self._fill()
            count = self._in_loop(self._keyring.end_filling)
            _log.info("The keyring holds %d secrets after %.2f s.", count, time.monotonic() - began)
        except (SQLAlchemyError, Unreadable) as error:
            _log.warning(
                "The keyring could not be filled, so keys are read when they are used: %s", type(error).__name__
            )
        except _Stopped:
            pass

    def _fill(self) -> None:
        with self._store.read() as tx:
            for lot in live_secrets(tx, self._secrets_max):
                if not self._in_loop(partial(self._keyring.fill, lot)):
                    return

    def _in_loop(self, act: Callable[[], Answer]) -> Answer:
        """What an act in the event loop's thread comes to."""
        done: Future[Answer] = Future()
        if self._stop.is_set() or self._loop.is_closed():
            raise _Stopped
        self._loop.call_soon_threadsafe(lambda: done.set_result(act()))
        while True:
            try:
                return done.result(_LOOK_S)
            except FutureTimeout:
                if self._stop.is_set():
                    raise _Stopped from None
