"""Dispatchers killed at every step of a delivery, and what is left: a campaign for both databases.

A child process sends; at a random attempt, at a chosen step, it kills itself. Its leases are let run
out at once, and the next one is started. What arrived is counted by the receiver, message by message.
"""

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, update
from sqlalchemy import select as select_rows

from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Transaction, open_store
from freehold.store.schema import deliveries
from freehold.webhooks import outgoing, queue, recorder, tasks
from freehold.webhooks.records import Attempt, Outgoing, Tried
from tests.webhooks.receivers import Receiver
from tests.webhooks.world import World

STEPS: Final = ("after claim", "after send", "before record", "within record")
_PATIENCE_S: Final = 60.0
_ROOT: Final = Path(__file__).resolve().parents[2]


def _fork_dispatchers(data: Path, url: str) -> None:
    """For each line `step at` of the input fork a dispatcher: its process id goes out, and `ended` once it is dead.

    So hundreds of them start in seconds: what they need is loaded once.
    """
    # Connects to nothing, but loads the database's driver.
    open_store(Settings(data=data, database_url=url)).close()
    for line in sys.stdin:
        step, at = line.rsplit(" ", 1)
        if (pid := os.fork()) == 0:
            _dispatch(data, url, step, int(at))
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("ended", flush=True)


def _dispatch(data: Path, url: str, step: str, at: int) -> None:
    """Send for ever, or until the step is passed for the time after `at`: then die."""
    left = at

    def pass_step(count: int = 1) -> None:
        nonlocal left
        left -= count
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if step == "after claim":
        request_of = outgoing.request_of

        def before_sending(*given: Any) -> Outgoing:
            pass_step()
            return request_of(*given)

        setattr(tasks, "request_of", before_sending)  # noqa: B010 — it is what the dispatcher calls
    elif step == "after send":
        record = recorder.Recorder.record

        def sent(self: recorder.Recorder, tried: Tried) -> None:
            pass_step()
            record(self, tried)

        recorder.Recorder.record = sent  # type: ignore[method-assign]
    else:
        record_attempts = queue.record_attempts

        def recording(tx: Transaction, batch: Sequence[Tried], *more: str) -> list[Attempt]:
            if step == "before record":
                pass_step(len(batch))
            made = record_attempts(tx, batch, *more)
            if step == "within record":
                pass_step(len(batch))
            return made

        setattr(queue, "record_attempts", recording)  # noqa: B010
    settings = Settings(data=data, database_url=url, webhook_allow="127.0.0.0/8")
    tasks.run(open_store(settings), settings, InstanceSecret(bytes(range(32))), threading.Event())


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
    command = [sys.executable, "-m", __name__, str(world.settings.data), world.settings.database_url]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forks:
        for number in range(kills):
            step = STEPS[number % len(STEPS)]
            found.messages += [world.publish().id for _ in range(each)]
            before = len(there.requests)
            died = _run(forks, step, dice.randrange(each), lambda: _pending(world) == 0)
            _let_leases_run_out(world)
            if died:
                found.kills[step] += 1
                # Only what was on its way when it died can come a second time.
                found.may_repeat += len(there.requests) - before if step != "after claim" else 0
        _run(forks, "none", 1 << 30, lambda: _pending(world) == 0)
    arrived = Counter(request.by_name["webhook-id"] for request in there.requests)
    found.repeated = sum(count - 1 for count in arrived.values())
    return found


def _run(forks: subprocess.Popen[str], step: str, at: int, done: Callable[[], bool]) -> bool:
    """One dispatcher until it kills itself, or is killed when all is done; whether it died by itself."""
    given, told = forks.stdin, forks.stdout
    if given is None or told is None:
        raise RuntimeError("both ends are pipes")
    given.write(f"{step} {at}\n")
    given.flush()
    pid, end, died = int(told.readline()), time.monotonic() + _PATIENCE_S, False
    while not died and not done() and time.monotonic() < end:
        died = bool(select.select([told], [], [], 0.02)[0])
    if not died:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    told.readline()
    return died


def _pending(world: World) -> int:
    with world.store.read() as tx:
        query = select_rows(func.count()).where(deliveries.c.state == "pending")
        return int(tx.execute(query).scalar_one())


def _let_leases_run_out(world: World) -> None:
    """As if a minute had passed since the process died."""
    with world.store.write() as tx:
        tx.execute(update(deliveries).where(deliveries.c.state == "pending").values(leased_until_at=None))


def kills_wanted(default: int) -> int:
    """How many kills: DELIVERY_KILLS, or the default."""
    return int(os.environ.get("DELIVERY_KILLS") or default)


if __name__ == "__main__":
    _fork_dispatchers(Path(sys.argv[1]), sys.argv[2])
