"""The dispatcher: makes messages of announcements, claims due deliveries, sends them, records what came back.

Claim and commit → send → record and commit. Several dispatchers may share a database. A process that
dies between send and record leaves a lease that runs out, and the message goes out again: at least once.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import uvloop
from sqlalchemy.exc import DBAPIError

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store import announcements
from freehold.store.engine import Store
from freehold.webhooks import delivery_actions, open_files, queue, queue_queries
from freehold.webhooks.lanes import AHEAD_MAX, Lanes
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.recorder import Recorder
from freehold.webhooks.records import Dispatch, Tried
from freehold.webhooks.sender import Sender

AT_ONCE: Final = 256
AT_ONCE_PER_ENDPOINT: Final = 8
SLOW_AT_ONCE: Final = 4096
# How many endpoints one look goes through: as many as there is room for, and what a turn costs at most.
_STEPS: Final = AT_ONCE
_POLL_S: Final = 0.05
# A claim of few is followed by a pause, so that claims of many are made under load.
_FEW: Final = 16
_GATHER_S: Final = 0.01
_DATABASE_AWAY_S: Final = 1.0

_log: Final = logging.getLogger(__name__)
_dice: Final = random.SystemRandom()
T = TypeVar("T")


def run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    """Deliver until told to stop; then let running requests end within the drain time."""
    uvloop.run(_run(store, settings, secret, stop))


async def _run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    async with Sender.of(settings) as sender:
        with ThreadPoolExecutor(2 if store.is_sqlite else 4, thread_name_prefix="webhook-store") as threads:
            dispatcher = Dispatcher(
                store, secret, sender, threads, pages_url=settings.control_url,
                slow_at_once=open_files.room(SLOW_AT_ONCE),
            )  # fmt: skip
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
        slow_at_once: int = SLOW_AT_ONCE,
        pages_url: str = "",
    ) -> None:
        self._store = store
        self._secret = secret
        self._sender = sender
        self._threads = threads
        self._lanes = Lanes(at_once, per_endpoint, slow_at_once)
        self._news = asyncio.Event()
        self._recorder = Recorder(store, threads, pages_url, self._news.set)
        self._running: set[asyncio.Task[None]] = set()
        # Where the next look goes on, and how far it counts what is due of one endpoint: no further than there is room.
        self._after = ""
        self._count_to = AHEAD_MAX

    async def turn(self) -> int:
        """Claim what is due and there is room for, and begin to send it; rest where there is nothing. How many."""
        self._recorder.give_back(self._lanes.slow_down(time.monotonic()))
        self._lanes.forget()
        self._news.clear()
        started_after = self._after
        try:
            claimed = await self._in_thread(self._claim_now) if self._lanes.has_room else []
        except DBAPIError:
            _log.warning("the database does not answer; deliveries wait", exc_info=True)
            await asyncio.sleep(_DATABASE_AWAY_S)
            return 0
        for dispatch in claimed:
            self._lanes.take(dispatch)
        for endpoint_id in dict.fromkeys(dispatch.endpoint.id for dispatch in claimed):
            self._send_next(endpoint_id)
        # Not at the end of a round: the rest of the endpoints is looked at before it rests.
        if not claimed and not (self._after and self._after != started_after):
            await self._rest()
        elif len(claimed) < _FEW:
            await asyncio.sleep(_GATHER_S)
        return len(claimed)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), _POLL_S)
        except TimeoutError:
            return

    async def drain(self, within_s: float) -> None:
        """Let what is being sent end; give up what takes longer, which its lease brings back."""
        self._recorder.give_back(self._lanes.give_all_back())
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._recorder.flush()

    def _claim_now(self) -> list[Dispatch]:
        now = clock.now()
        with self._store.read() as tx:
            # Looking takes no lock, so an idle dispatcher is in no writer's way.
            announced = announcements.any_waiting(tx)
            look = queue_queries.look(tx, now, self._after, _STEPS, self._count_to)
        self._count_to = max(1, min(AHEAD_MAX, 2 * self._lanes.room // max(1, len(look.waiting))))
        if announced:
            with self._store.write() as tx:
                delivery_actions.publish_announced(tx, self._lanes.room)
        wanted = self._lanes.wanted(look.waiting, now)
        # Where the room ends before the endpoints do, the next look goes on with the one that had to wait.
        self._after = wanted.each[-1][0].endpoint_id if wanted.is_cut and wanted.each else look.go_on_after
        if not wanted.each:
            return []
        # A lease that a power loss takes back is one that had run out: it need not wait for the disk.
        with self._store.write(durable=False) as tx:
            return queue.claim(tx, now, wanted.each)

    def _send_next(self, endpoint_id: str) -> None:
        """Begin to send as many of an endpoint's claimed deliveries as may be on their way."""
        while (dispatch := self._lanes.begin(endpoint_id, time.monotonic())) is not None:
            task = asyncio.create_task(self._deliver(dispatch))
            self._running.add(task)
            task.add_done_callback(self._ended)

    async def _deliver(self, dispatch: Dispatch) -> None:
        accepted = False
        try:
            at = clock.now()
            sent = request_of(dispatch, self._secret, at)
            result = await self._sender.send(sent, dispatch.endpoint.environment)
            accepted = result.outcome == "accepted"
            self._recorder.record(Tried(dispatch, sent, at, result, _dice.uniform(-1, 1)))
        finally:
            had_room = self._lanes.has_room
            self._recorder.give_back(self._lanes.end(dispatch, accepted=accepted))
            if self._lanes.has_room and not had_room:
                self._news.set()
        self._send_next(dispatch.endpoint.id)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a delivery failed on our side; its lease brings it back", exc_info=error)
