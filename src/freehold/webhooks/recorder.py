"""Writes down what came of attempts, many in one transaction, and gives back what was claimed and not begun.

While one batch is being written the next gathers. What cannot be written is tried again and in the
end left to its lease: the message then goes out once more.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy.exc import OperationalError

from freehold.store.engine import Store
from freehold.webhooks import queue, queue_queries
from freehold.webhooks.records import Dispatch, Tried

BATCH_MAX: Final = 256
# So long the first of a batch waits for company, in seconds.
_GATHER_S: Final = 0.005
# How long a batch waits for the database to come back before each is tried by itself, in seconds.
_PAUSES_S: Final = (0.2, 1.0, 5.0)

_log: Final = logging.getLogger(__name__)


class Recorder:
    """What waits to be written. `threads` run the transactions; `written` is called after each."""

    def __init__(self, store: Store, threads: ThreadPoolExecutor, pages_url: str, written: Callable[[], None]) -> None:
        self._store = store
        self._threads = threads
        self._pages_url = pages_url
        self._written = written
        self._tried: list[Tried] = []
        self._back: list[Dispatch] = []
        self._writing: asyncio.Task[None] | None = None

    def record(self, tried: Tried) -> None:
        """Write an attempt down soon."""
        self._tried.append(tried)
        self._begin()

    def give_back(self, back: list[Dispatch]) -> None:
        """Give deliveries back soon."""
        if back:
            self._back += back
            self._begin()

    async def flush(self) -> None:
        """Wait until everything is written, or given up."""
        while self._writing is not None:
            await self._writing

    def _begin(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            await asyncio.sleep(_GATHER_S)
            while self._tried or self._back:
                batch, self._tried = self._tried[:BATCH_MAX], self._tried[BATCH_MAX:]
                back, self._back = self._back, []
                await self._write(batch, back)
                self._written()
        finally:
            self._writing = None

    async def _write(self, batch: list[Tried], back: list[Dispatch]) -> None:
        for pause_s in _PAUSES_S:
            try:
                return await self._in_thread(batch, back)
            except OperationalError:
                _log.warning("%d attempts could not be recorded yet", len(batch), exc_info=True)
                await asyncio.sleep(pause_s)
            except Exception:  # noqa: BLE001 — said below, of the one that it is of
                break
        # One attempt that cannot be written must not cost the others theirs.
        for each in batch:
            try:
                await self._in_thread([each], [])
            except Exception:  # noqa: BLE001 — its lease brings it back
                _log.exception("what came of %s is not recorded; its lease brings it back", each.dispatch.delivery_id)
        return None

    async def _in_thread(self, batch: list[Tried], back: list[Dispatch]) -> None:
        def write() -> None:
            with self._store.write() as tx:
                if batch:
                    queue.record_attempts(tx, batch, self._pages_url)
                queue_queries.give_back(tx, [(each.delivery_id, each.leased_until_at) for each in back])

        await asyncio.get_running_loop().run_in_executor(self._threads, write)
