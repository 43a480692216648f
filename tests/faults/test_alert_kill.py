"""Guarantee 6: each crossing fires once and each firing is told at least once, whatever is killed, whenever.

A writer journals decisions of many hours; a collector counts them and crosses thresholds; the tasks look at the rules,
resolve what is over and tell a chat channel. One of the three is chosen by lot and killed with SIGKILL, again and
again. ALERT_KILLS in the environment makes it longer (500 for a campaign).
"""

import asyncio
import os
import random
from collections import Counter
from dataclasses import replace
from typing import Final

from sqlalchemy import select, update

from freehold.alerts import channel_actions
from freehold.alerts.records import RuleSettings, Threshold
from freehold.alerts.tasks import Teller, turn
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import (
    alert_firings,
    alert_notifications,
    announcements,
    messages,
    usage_rollups,
)
from freehold.usage.tasks import JOURNAL_FOLDER
from freehold.webhooks.sender import Sender
from tests.faults.alert_parts import ChatReceiver
from tests.faults.kill_run import parts_of
from tests.store.alert_world import AlertWorld, make_alert_world

KILLS: Final = int(os.environ.get("ALERT_KILLS", "9"))
STEPS: Final = (5.0, 20.0, 45.0)


def test_each_crossing_fires_once_and_is_told_whatever_is_killed(
    settings: Settings, store: Store, secret: InstanceSecret
) -> None:
    settings = replace(settings, webhook_allow="127.0.0.0/8")
    world = make_alert_world(store, settings.data / JOURNAL_FOLDER)
    with ChatReceiver() as receiver:
        with store.write() as tx:
            channel_actions.create_channel(
                tx, world.owner, secret, settings, world.usage.project_id, "generic", "#ops", receiver.url
            )
        world.add_rule(
            RuleSettings("Many", "requests", tuple(map(Threshold, STEPS)), period="hour", notify=("webhooks", "chat"))
        )
        here = {"data": str(settings.data), "database_url": settings.database_url}
        owned = {"project_id": world.usage.project_id, "organization_id": world.usage.organization_id}
        commands = {
            "writer": lambda life: {"part": "alert_writer", "data": here["data"], "life": life, **owned},
            "collector": lambda _life: {"part": "alert_collector", **here},
            "tasks": lambda _life: {"part": "alert_tasks", **here},
        }
        with parts_of(commands, []) as parts:
            parts.kill_by_lot(KILLS, lambda: receiver.count >= KILLS, random.Random(20261128))
        finish(world, settings, secret)
        assert_each_crossing_fired_once(store)
        assert_each_firing_was_told(store, receiver)


def finish(world: AlertWorld, settings: Settings, secret: InstanceSecret) -> None:
    """What the next processes would do: count what is left, look at what is due, tell what is pending, a lease later."""
    world.collect()
    while any(world.usage.root.glob("jrn_*")):
        world.collect()
    turn(world.store, world.voice)
    with world.store.write() as tx:
        tx.execute(update(alert_notifications).values(leased_until_at=None))
    asyncio.run(_tell(world, settings, secret))


async def _tell(world: AlertWorld, settings: Settings, secret: InstanceSecret) -> None:
    async with Sender.of(settings) as sender:
        teller = Teller(world.store, secret, sender)
        while await teller.turn():
            pass


def assert_each_crossing_fired_once(store: Store) -> None:
    counts: Counter[int] = Counter()
    with store.read() as tx:
        hours = select(usage_rollups.c.bucket_at, usage_rollups.c.requests).where(usage_rollups.c.grain == "hour")
        for bucket, requests in tx.execute(hours):
            counts[bucket] += requests
        fired = list(tx.execute(select(alert_firings.c.period_at, alert_firings.c.threshold)).all())
    expected = {(bucket, step) for bucket, count in counts.items() for step in STEPS if count >= step}
    assert len(expected) > len(STEPS), "the campaign was too short to say anything"
    assert sorted(map(tuple, fired)) == sorted(expected)


def assert_each_firing_was_told(store: Store, receiver: ChatReceiver) -> None:
    with store.read() as tx:
        firings = set(tx.execute(select(alert_firings.c.id)).scalars())
        told = list(tx.execute(select(alert_notifications).where(alert_notifications.c.event == "opened")).all())
        announced = Counter(
            [*tx.execute(select(announcements.c.id)).scalars(), *tx.execute(select(messages.c.id)).scalars()]
        )
    for way in ("webhooks", "chat"):
        assert Counter(row.firing_id for row in told if row.way == way) == Counter(dict.fromkeys(firings, 1))
    chat = {row.id: row.state for row in told if row.way == "chat"}
    assert set(chat.values()) == {"delivered"}
    assert chat.keys() <= receiver.received.keys()
    assert all(announced[row.handed_over_id] == 1 for row in told if row.way == "webhooks")
