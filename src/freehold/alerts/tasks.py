"""The alerts' loops of the tasks process: look at the rules that are due, and tell chat channels.

Both survive a database that is away: rules stay due, and notifications stay pending.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.alerts import actions, channel_actions, chat, notification_queries
from freehold.alerts.notices import Voice
from freehold.alerts.records import Channel, Notification
from freehold.kit import clock
from freehold.kit.encryption import CannotOpen
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import rules as webhook_rules
from freehold.webhooks.records import AttemptResult, Origin
from freehold.webhooks.sender import Sender

# Longer than one request may take.
LEASE: Final = timedelta(seconds=60)
_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_RULES_AT_ONCE: Final = 200
_PROJECTS_AT_ONCE: Final = 20
_TELL_AT_ONCE: Final = 16

_log: Final = logging.getLogger(__name__)
_dice: Final = random.SystemRandom()


def run(store: Store, voice: Voice, stop: threading.Event) -> None:
    """Look for what is due, every second, until told to stop."""
    caught_up = False
    while not stop.is_set():
        try:
            caught_up = caught_up or catch_up(store)
            turn(store, voice)
        except SQLAlchemyError:
            _log.warning("alert rules wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
        stop.wait(_POLL_S)


def catch_up(store: Store) -> bool:
    """Give default rules to all projects that were made before rules came with them; whether it is done, which it is."""
    while True:
        with store.write() as tx:
            if not actions.catch_up_on_defaults(tx, _PROJECTS_AT_ONCE):
                return True


def turn(store: Store, voice: Voice) -> int:
    """Look at every rule that is due, each in a transaction; how many opened."""
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        due = actions.due_rules(tx, clock.now(), _RULES_AT_ONCE)
    opened = 0
    for rule in due:
        with store.write() as tx:
            opened += actions.look_at(tx, voice, rule.id, clock.now())
    return opened


# --- chat -----------------------------------------------------------------------------------------


def run_chat(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    """Tell chat channels until told to stop."""
    asyncio.run(_run_chat(store, settings, secret, stop))


async def _run_chat(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    async with Sender.of(settings) as sender:
        teller = Teller(store, secret, sender)
        while not stop.is_set():
            try:
                told = await teller.turn()
            except SQLAlchemyError:
                _log.warning("chat channels wait for the database", exc_info=True)
                told = 0
                await asyncio.sleep(_DATABASE_AWAY_S)
            if not told:
                await asyncio.sleep(_POLL_S)


class Teller:
    """Sends what is due to chat channels: claim and commit, send, record and commit. Several may share a database."""

    def __init__(self, store: Store, secret: InstanceSecret, sender: Sender) -> None:
        self._store = store
        self._secret = secret
        self._sender = sender

    async def turn(self) -> int:
        """Claim what is due, send it, record what came back; how many."""
        claimed = await asyncio.to_thread(self._claim)
        await asyncio.gather(*(self._tell(*each) for each in claimed))
        return len(claimed)

    def _claim(self) -> list[tuple[Notification, Channel]]:
        now = clock.now()
        with self._store.read() as tx:
            if not notification_queries.any_due(tx, now):
                return []
        with self._store.write() as tx:
            claimed = notification_queries.claim(tx, now, now + LEASE, _TELL_AT_ONCE)
            found = [(each, notification_queries.find_channel(tx, each.target)) for each in claimed]
            for notification, channel in found:
                if channel is None:
                    words = "The channel was removed before it was told."
                    notification_queries.settle(tx, notification, "failed", None, None, words, now)
        return [(notification, channel) for notification, channel in found if channel is not None]

    async def _tell(self, notification: Notification, channel: Channel) -> None:
        try:
            outgoing = chat.request_of(notification, channel, channel_actions.open_url(self._secret, channel))
        except CannotOpen:
            await asyncio.to_thread(self._give_up, notification, "The channel's URL was sealed with another secret.")
            return
        result = await self._sender.send(outgoing, channel.environment)
        await asyncio.to_thread(self._record, notification, result)

    def _record(self, notification: Notification, result: AttemptResult) -> None:
        now = clock.now()
        origin: Origin = "test" if notification.event == "test" else "freehold"
        follows = webhook_rules.consequence(result, notification.attempts + 1, origin, now, _dice.uniform(-1, 1))
        state = follows.state if follows.state in ("delivered", "pending") else "failed"
        self._write(lambda tx: notification_queries.settle(
            tx, notification, state, follows.due_at, result.status, result.error, now
        ))  # fmt: skip

    def _give_up(self, notification: Notification, words: str) -> None:
        now = clock.now()
        self._write(lambda tx: notification_queries.settle(tx, notification, "failed", None, None, words, now))

    def _write(self, act: Callable[..., None]) -> None:
        with self._store.write() as tx:
            act(tx)
