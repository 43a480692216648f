"""Dispatchers killed at every step of a delivery, and what is left: a campaign for both databases.

A child process sends; at a random attempt, at a chosen step, it kills itself. Its leases are let run
out at once, and the next one is started. What arrived is counted by the receiver, message by message.
"""

import os
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select, update

from freehold.store.schema import deliveries
from tests.webhooks.receivers import Receiver
from tests.webhooks.world import World

STEPS: Final = ("after claim", "after send", "before record", "within record")
_PATIENCE_S: Final = 60.0

# `at` counts what passes the step: the process dies when it has passed so often.
_CHILD: Final = """
    import os, signal, sys, threading
    from pathlib import Path
    from freehold.kit.secrets import InstanceSecret
    from freehold.settings import Settings
    from freehold.store.engine import open_store
    from freehold.webhooks import queue, recorder, tasks

    data, url, step, at = sys.argv[1:]
    left = int(at)

    def pass_step(count=1):
        global left
        left -= count
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if step == "after claim":
        request_of = tasks.request_of
        def before_sending(*given):
            pass_step()
            return request_of(*given)
        tasks.request_of = before_sending
    elif step == "after send":
        record = recorder.Recorder.record
        def sent(self, tried):
            pass_step()
            record(self, tried)
        recorder.Recorder.record = sent
    else:
        record_attempts = queue.record_attempts
        def recording(tx, batch, *more):
            if step == "before record":
                pass_step(len(batch))
            made = record_attempts(tx, batch, *more)
            if step == "within record":
                pass_step(len(batch))
            return made
        queue.record_attempts = recording
    settings = Settings(data=Path(data), database_url=url, webhook_allow="127.0.0.0/8")
    tasks.run(open_store(settings), settings, InstanceSecret(bytes(range(32))), threading.Event())
"""


@dataclass
class Outcome:
    """What a campaign came to."""

    kills: Counter[str] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)
    # Messages that arrived more than once, and how many kills fell where that may happen.
    repeated: int = 0
    may_repeat: int = 0


def campaign(world: World, there: Receiver, kills: int, each: int, seed: int) -> Outcome:
    """So many kills at steps in turn, with `each` messages published before every one; then all is let go out."""
    dice, found = random.Random(seed), Outcome()
    for number in range(kills):
        step = STEPS[number % len(STEPS)]
        found.messages += [world.publish().id for _ in range(each)]
        before = len(there.requests)
        died = _run(world, step, dice.randrange(each), lambda: _pending(world) == 0)
        _let_leases_run_out(world)
        if died:
            found.kills[step] += 1
            # Only what was on its way when it died can come a second time.
            found.may_repeat += len(there.requests) - before if step != "after claim" else 0
    _run(world, "none", 1 << 30, lambda: _pending(world) == 0)
    arrived = Counter(request.by_name["webhook-id"] for request in there.requests)
    found.repeated = sum(count - 1 for count in arrived.values())
    return found


def _run(world: World, step: str, at: int, done: Callable[[], bool]) -> bool:
    """One dispatcher until it kills itself, or is killed when all is done; whether it died by itself."""
    arguments = [str(world.settings.data), world.settings.database_url, step, str(at)]
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(_CHILD), *arguments])
    end = time.monotonic() + _PATIENCE_S
    try:
        while process.poll() is None and not done() and time.monotonic() < end:
            time.sleep(0.02)
        return process.poll() is not None
    finally:
        process.kill()
        process.wait()


def _pending(world: World) -> int:
    with world.store.read() as tx:
        query = select(func.count()).where(deliveries.c.state == "pending")
        return int(tx.execute(query).scalar_one())


def _let_leases_run_out(world: World) -> None:
    """As if a minute had passed since the process died."""
    with world.store.write() as tx:
        tx.execute(update(deliveries).where(deliveries.c.state == "pending").values(leased_until_at=None))


def kills_wanted(default: int) -> int:
    """How many kills: DELIVERY_KILLS, or the default."""
    return int(os.environ.get("DELIVERY_KILLS") or default)
