"""The dispatcher: makes messages of announcements, claims due deliveries, sends them, records what came back.

Claim and commit → send → record and commit. Several dispatchers may share a database. A process that
dies between send and record leaves a lease that runs out, and the message goes out again: at least once.
"""

import asyncio
import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store import announcements
from freehold.store.engine import Store
from freehold.webhooks import delivery_actions, delivery_queries
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import AttemptResult, Dispatch, Outgoing
from freehold.webhooks.sender import Sender

AT_ONCE: Final = 256
AT_ONCE_PER_ENDPOINT: Final = 8
_POLL_S: Final = 0.1
_DATABASE_AWAY_S: Final = 1.0
# How long a result waits for the database to come back before it is left to the lease, in seconds.
_RECORD_PAUSES_S: Final = (0.2, 1.0, 5.0)

_log: Final = logging.getLogger(__name__)
_dice: Final = random.SystemRandom()
T = TypeVar("T")


def run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    """Deliver until told to stop; then let running requests end within the drain time."""
    asyncio.run(_run(store, settings, secret, stop))


async def _run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    async with Sender.of(settings) as sender:
        with ThreadPoolExecutor(1 if store.is_sqlite else 4, thread_name_prefix="webhook-store") as threads:
            dispatcher = Dispatcher(store, secret, sender, threads)
            while not stop.is_set():
                await dispatcher.turn()
            await dispatcher.drain(settings.drain_s)


class Dispatcher:
    """What one process sends at one time. `threads` run the transactions: one for SQLite, which has one writer."""

    def __init__(
        self,
        store: Store,
        secret: InstanceSecret,
        sender: Sender,
        threads: ThreadPoolExecutor,
        at_once: int = AT_ONCE,
        per_endpoint: int = AT_ONCE_PER_ENDPOINT,
    ) -> None:
        self._store = store
        self._secret = secret
        self._sender = sender
        self._threads = threads
        self._at_once = at_once
        self._per_endpoint = per_endpoint
        self._running: dict[asyncio.Task[None], str] = {}

    async def turn(self) -> int:
        """Claim what is due and there is room for, and begin to send it; rest where there is nothing. How many."""
        try:
            claimed = await self._claim()
        except DBAPIError:
            _log.warning("the database does not answer; deliveries wait", exc_info=True)
            await asyncio.sleep(_DATABASE_AWAY_S)
            return 0
        for dispatch in claimed:
            task = asyncio.create_task(self._deliver(dispatch))
            self._running[task] = dispatch.endpoint.id
            task.add_done_callback(self._ended)
        if not claimed:
            await self._rest()
        return len(claimed)

    async def _rest(self) -> None:
        if len(self._running) >= self._at_once:
            await asyncio.wait(self._running, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(_POLL_S)

    async def drain(self, within_s: float) -> None:
        """Let what is being sent end; give up what takes longer, which its lease brings back."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _claim(self) -> list[Dispatch]:
        room = self._at_once - len(self._running)
        if room <= 0:
            return []
        busy = Counter(self._running.values())
        return await self._in_thread(lambda: self._claim_now(room, busy))

    def _claim_now(self, room: int, busy: Counter[str]) -> list[Dispatch]:
        now = clock.now()
        with self._store.read() as tx:
            # Looking takes no lock, so an idle dispatcher is in no writer's way.
            announced, due = announcements.any_waiting(tx), delivery_queries.any_due(tx, now)
        if announced:
            with self._store.write() as tx:
                delivery_actions.publish_announced(tx, room)
        if not (announced or due):
            return []
        with self._store.write() as tx:
            return delivery_actions.claim_due(tx, now, room, busy, self._per_endpoint)

    async def _deliver(self, dispatch: Dispatch) -> None:
        at = clock.now()
        sent = request_of(dispatch, self._secret, at)
        result = await self._sender.send(sent, dispatch.endpoint.environment)
        await self._record(dispatch, sent, at, result)

    async def _record(self, dispatch: Dispatch, sent: Outgoing, at: datetime, result: AttemptResult) -> None:
        jitter = _dice.uniform(-1, 1)

        def write() -> None:
            with self._store.write() as tx:
                delivery_actions.record_attempt(tx, dispatch, sent, at, result, jitter)

        for pause_s in _RECORD_PAUSES_S:
            try:
                return await self._in_thread(write)
            except DBAPIError:
                _log.warning("what came of %s could not be recorded yet", dispatch.delivery_id, exc_info=True)
                await asyncio.sleep(pause_s)
        return await self._in_thread(write)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()):
            _log.error("a delivery failed on our side; its lease brings it back", exc_info=error)
