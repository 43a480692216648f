"""The loop that sends audit entries on: claim and commit, send, move the cursor and commit. Several nodes may run it."""

import asyncio
import logging
import random
import threading
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.forwarding import batches, queries, sealing
from freehold.forwarding.records import Batch, Sent
from freehold.forwarding.sending import Forwards
from freehold.kit import clock, ids
from freehold.kit.encryption import CannotOpen
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store

_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_AT_ONCE: Final = 8

_log: Final = logging.getLogger(__name__)
_dice: Final = random.SystemRandom()


def run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    """Send on until told to stop."""
    asyncio.run(_run(store, settings, secret, stop))


async def _run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    async with Forwards(settings) as forwards:
        forwarder = Forwarder(store, secret, forwards, settings.control_url)
        while not stop.is_set():
            try:
                sent = await forwarder.turn()
            except SQLAlchemyError:
                _log.warning("forwarding waits for the database", exc_info=True)
                sent = 0
                await asyncio.sleep(_DATABASE_AWAY_S)
            if not sent:
                await asyncio.sleep(_POLL_S)


class Forwarder:
    """Sends what forwardings are behind with. Several may share a database: a forwarding is one's at a time.

    `pages_url`: where the dashboard is, for the letters that tell of an outage.
    """

    def __init__(self, store: Store, secret: InstanceSecret, forwards: Forwards, pages_url: str) -> None:
        self._store = store
        self._secret = secret
        self._forwards = forwards
        self._pages_url = pages_url

    async def turn(self) -> int:
        """A batch for each forwarding that is behind, at most eight; how many entries were taken."""
        claimed = await asyncio.to_thread(self._claim)
        return sum(await asyncio.gather(*map(self._forward, claimed)))

    def _claim(self) -> list[Batch]:
        now = clock.now()
        with self._store.read() as tx:
            # Looking takes no lock, so an idle loop is in no writer's way.
            waiting = queries.behind(tx, now, _AT_ONCE)
        claimed = []
        for forwarding_id in waiting:
            with self._store.write(durable=False) as tx:
                batch = batches.claim(tx, forwarding_id, ids.new_id("fwd"), now)
            if batch is not None:
                claimed.append(batch)
        return claimed

    async def _forward(self, batch: Batch) -> int:
        sent = await self._send(batch)
        await asyncio.to_thread(self._record, batch, sent)
        return sent.taken

    async def _send(self, batch: Batch) -> Sent:
        forwarding = batch.forwarding
        try:
            place = sealing.open_place(self._secret, forwarding.id, forwarding.sealed)
        except CannotOpen:
            return Sent(0, sealing.FOREIGN)
        return await self._forwards.send(place, batch.entries, forwarding.organization_id is None)

    def _record(self, batch: Batch, sent: Sent) -> None:
        with self._store.write() as tx:
            batches.record(tx, batch, sent, clock.now(), _dice.uniform(-1, 1), self._pages_url)
