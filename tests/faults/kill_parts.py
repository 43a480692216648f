"""The processes that the kill tests kill, forked from one that has everything imported.

    python -m tests.faults.kill_parts

Reads one JSON command a line and answers with the process id of the child that carries it out. A
child is a whole process of its own: only the time for starting Python is saved, so that fifty of
them can be killed in seconds. What a journal's writer has answered goes to a pipe, one line in one
write; what a gate has answered, its callers know.
"""

import json
import os
import random
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.gate.worker import run
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import open_store
from freehold.usage import costs, tasks
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent
from freehold.usage.retention import Retention
from freehold.webhooks import replay_tasks
from tests.databases import SECRET
from tests.faults.alert_parts import alert_collector, alert_tasks, alert_writer
from tests.faults.report_parts import report_maker
from tests.faults.schedule_parts import schedule_runner
from tests.faults.usage_events import AT_MS, event

BATCH_MAX: Final = 12
# What the reporter says that each request cost.
REPORTED: Final = 40


def numbered(life: int, number: int) -> UsageEvent:
    """The event of one decision of one writer's life."""
    at_ms = AT_MS + number * 37
    return msgspec.structs.replace(event(number, AT_MS), id=request_id(life, number), at_ms=at_ms)


def request_id(life: int, number: int) -> str:
    """What the decision is called in the database."""
    return "req_" + ids.encode(AT_MS << 80 | life << 40 | number)


def writer(answers: int, data: str, life: int, segment_bytes: int) -> None:
    """Decide without end, as a gate does: journal a batch, then answer it."""
    journal = JournalWriter(Path(data) / tasks.JOURNAL_FOLDER / ids.new_id("jrn"), segment_bytes)
    flusher = threading.Thread(target=_flush, args=[journal], daemon=True)
    flusher.start()
    dice, number = random.Random(life), 0
    while True:
        count = dice.randint(1, BATCH_MAX)
        for each in range(number, number + count):
            journal.append(numbered(life, each))
        journal.write_out()
        os.write(answers, f"{life} {number} {count}\n".encode())
        number += count
        time.sleep(0.001)


def _flush(journal: JournalWriter) -> None:
    while True:
        time.sleep(0.1)
        journal.flush()


def collector(data: str, database_url: str) -> None:
    """What the tasks process does for usage."""
    settings = Settings(data=Path(data), database_url=database_url, collect_ms=5)
    tasks.run(open_store(settings), settings, threading.Event())


def keeper(data: str, database_url: str, archive: str) -> None:
    """What the tasks process does for what is old, at a time when every event here is."""
    clock.set_source(lambda: AT_MS / 1000 + 40 * 86_400)
    settings = Settings(data=Path(data), database_url=database_url, archive=archive)
    keeping = Retention(open_store(settings), settings)
    while True:
        keeping.step()


def reporter(data: str, database_url: str, lives: int) -> None:
    """Report and report again what requests cost that may not be counted yet, as an API that is sure of nothing."""
    store = open_store(Settings(data=Path(data), database_url=database_url))
    dice = random.Random(lives)
    system = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
    while True:
        with store.write() as tx:
            costs.report_cost(tx, system, request_id(dice.randint(1, 3), dice.randint(0, 300)), REPORTED)
        costs.count_waiting(store)


def gate(data: str, database_url: str, listening: int, segment_bytes: int) -> None:
    """A gate process, as the supervisor starts it: on a socket that outlives it."""
    settings = Settings(data=Path(data), database_url=database_url, segment_bytes=segment_bytes)
    run(settings, SECRET, [socket.socket(fileno=listening)])


def replayer(data: str, database_url: str, batch: int) -> None:
    """What the tasks process does for replays, in batches so small that a kill falls between and within them."""
    store = open_store(Settings(data=Path(data), database_url=database_url))
    while True:
        if not replay_tasks.turn(store, batch):
            time.sleep(0.005)


PARTS: Final = {
    part.__name__: part
    for part in (
        writer,
        collector,
        gate,
        keeper,
        reporter,
        replayer,
        alert_writer,
        alert_collector,
        alert_tasks,
        report_maker,
        schedule_runner,
    )
}


def _fork(command: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        PARTS[command.pop("part")](**command)
    except BaseException:  # noqa: BLE001 — a child that fails must never go on as its parent
        traceback.print_exc()
    os._exit(1)


def main() -> None:
    """Fork what is asked for until the input ends."""
    # Nobody waits for the children: they only ever end by being killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
