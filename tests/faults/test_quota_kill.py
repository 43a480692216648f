"""Guarantee 4 under guarantee 1's fire: gates are killed by lot while they spend quotas, and no quota is passed or lost.

Two gates and the collector are killed with SIGKILL under load, while leases of the dead are settled beside
them. QUOTA_KILLS and QUOTA_DECISIONS in the environment make it longer.
"""

import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, update

from freehold.keys.quota_settling import settle
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import projects, quota_counters, quota_leases, usage_events
from tests.databases import SECRET
from tests.faults.kill_run import SEGMENT_BYTES, assert_counted_once, collector_command, parts_of
from tests.faults.verify_load import VerifyLoad
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance

KILLS: Final = int(os.environ.get("QUOTA_KILLS", "12"))
DECISIONS: Final = int(os.environ.get("QUOTA_DECISIONS", "2500"))
_KEPT: Final = timedelta(days=30)


def test_a_quota_is_neither_passed_nor_lost_whatever_is_killed(settings: Settings, store: Store) -> None:
    instance = Instance(settings.data, store, SECRET)
    with store.write() as tx:
        instance._fill(tx)
        tx.execute(update(projects).values(quota=100 * DECISIONS, quota_period="month"))
    limits = {"large": 100 * DECISIONS, "small": DECISIONS // 10}
    keys = {name: instance.issue(quota=limit, quota_period="month") for name, limit in limits.items()}
    token = instance.service_token()

    def gate(_life: int) -> dict[str, object]:
        return {
            "part": "gate", "data": str(settings.data), "database_url": settings.database_url,
            "listening": listening.fileno(), "segment_bytes": SEGMENT_BYTES,
        }  # fmt: skip

    commands = {"collector": collector_command(settings), "gate 1": gate, "gate 2": gate}
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    with listening, settling(store), parts_of(commands, [listening.fileno()]) as parts:
        load = VerifyLoad(listening.getsockname()[1], token, [each.text for each in keys.values()])
        try:
            parts.kill_by_lot(KILLS, lambda: load.count >= DECISIONS, random.Random(20261124))
        finally:
            answered = load.stop()
    assert load.outcomes >= {"allowed", "quota_exhausted"}
    assert_counted_once(settings, store, answered, KILLS * load.under_way_max)
    # The last gates were killed too: once they are settled, what is spoken for is what was spent, to the unit.
    while settle(store, clock.now(), _KEPT, 100):
        pass
    with store.read() as tx:
        assert tx.execute(select(quota_leases)).first() is None
    for name, key in keys.items():
        assert spoken_for(store, key.id) == spent(store, key.id) <= limits[name]
    assert spoken_for(store, instance.sandbox_id) == sum(spent(store, key.id) for key in keys.values())
    assert spend_the_rest(settings, token, keys["small"].text) == limits["small"] - spent(store, keys["small"].id)


@contextmanager
def settling(store: Store) -> Iterator[None]:
    """The loop of the tasks process that settles, going all the time."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.05):
            settle(store, clock.now(), _KEPT, 100)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


def spend_the_rest(settings: Settings, token: str, key: str) -> int:
    """How much more a key can spend, asked of one gate that starts afterwards."""
    environment = {"FREEHOLD_SECRET": settings.secret, "FREEHOLD_DATABASE_URL": settings.database_url}
    with GateProcess(settings.data, environment) as gate:
        passed = 0
        while gate.verify(token, key=key, method="GET", path="/v1/countries/DK")["allowed"]:
            passed += 1
    return passed


def spoken_for(store: Store, owner_id: str) -> int:
    """What of an owner's quota is granted."""
    with store.read() as tx:
        query = select(func.sum(quota_counters.c.granted)).where(quota_counters.c.owner_id == owner_id)
        return int(tx.execute(query).scalar() or 0)


def spent(store: Store, key_id: str) -> int:
    """What a key's usage events say that it spent."""
    with store.read() as tx:
        allowed = usage_events.c.outcome == "allowed"
        query = select(func.sum(usage_events.c.cost)).where(usage_events.c.key_id == key_id, allowed)
        return int(tx.execute(query).scalar() or 0)
