"""A replay that is killed goes on, and replays each delivery once.

Two processes carry one job on in small batches; one of them is chosen by lot and killed with SIGKILL,
again and again, until the job is done. REPLAY_KILLS in the environment makes it longer.
"""

import os
import random
import time
from collections import Counter
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, select

from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import deliveries, messages, replayed_deliveries
from freehold.webhooks import replay_actions
from freehold.webhooks.replay_records import Replay
from tests.faults.kill_run import parts_of
from tests.webhooks.world import World, make_world

KILLS: Final = int(os.environ.get("REPLAY_KILLS", "6"))
_BATCH: Final = 3
_DELIVERIES: Final = KILLS * 40


def fill(world: World) -> set[str]:
    """Deliveries that failed, half as many that did not, each a millisecond after the one before."""
    begin, failed = clock.now() - timedelta(hours=1), set()
    said, left = [], []
    for number in range(_DELIVERIES + _DELIVERIES // 2):
        at, message, delivery = begin + timedelta(milliseconds=number), ids.new_id("msg"), ids.new_id("dlv")
        state = "delivered" if number % 3 == 2 else "failed"
        said.append(
            {
                "id": message,
                "project_id": world.project_id,
                "event_type": "lookup.completed",
                "payload": {},
                "origin": "published",
                "created_at": at,
            }
        )
        left.append(
            {
                "id": delivery,
                "message_id": message,
                "webhook_endpoint_id": world.endpoint_id,
                "project_id": world.project_id,
                "state": state,
                "attempts": 8,
                "created_at": at,
                "finished_at": at,
            }
        )
        if state == "failed":
            failed.add(delivery)
    with world.store.write() as tx:
        tx.execute(insert(messages), said)
        tx.execute(insert(deliveries), left)
    return failed  # fmt: skip


def test_a_killed_replay_goes_on_and_replays_each_delivery_once(
    settings: Settings, store: Store, secret: InstanceSecret
) -> None:
    world = make_world(store, settings, secret)
    world.endpoint_id = world.add_endpoint("http://example.com/hooks").endpoint.id
    failed = fill(world)
    with store.write() as tx:
        # Paused, so that no backlog holds the job up: what is replayed waits.
        world.pause(tx)
        replay = replay_actions.recover(tx, world.owner, world.endpoint_id, clock.now() - timedelta(days=1))

    def seen() -> Replay:
        with store.read() as tx:
            return replay_actions.read_replay(tx, world.owner, replay.id)[0]

    command = {"part": "replayer", "data": str(settings.data), "database_url": settings.database_url, "batch": _BATCH}
    dice, kills, killed_at_work = random.Random(20261128), 0, 0
    with parts_of({"one": lambda _: dict(command), "two": lambda _: dict(command)}, []) as parts:
        while seen().state != "done":
            if kills == KILLS:
                time.sleep(0.05)
                continue
            before = seen().replayed
            while seen().replayed == before and seen().state != "done":
                time.sleep(0.002)
            name = dice.choice(("one", "two"))
            parts.kill(name)
            kills += 1
            killed_at_work += seen().state == "running"
            parts.start(name)
    # Most of them in the middle of it; or the job is longer than this machine is quick.
    assert killed_at_work >= KILLS // 2
    done = seen()
    assert (done.total, done.replayed) == (len(failed), len(failed))
    with store.read() as tx:
        counted = Counter(tx.execute(select(replayed_deliveries.c.delivery_id)).scalars())
        pending = set(tx.execute(select(deliveries.c.id).where(deliveries.c.state == "pending")).scalars())
    assert counted == Counter(failed)
    assert pending == failed
