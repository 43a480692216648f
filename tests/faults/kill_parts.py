"""The processes that the kill test kills, forked from one that has everything imported.

    python -m tests.faults.kill_parts <answers descriptor>

Reads one JSON command a line and answers with the process id of the child that carries it out. A
child is a whole process of its own: only the time for starting Python is saved, so that fifty of
them can be killed in seconds. What was answered goes to the answers' pipe, one line in one write.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.kit import ids
from freehold.settings import Settings
from freehold.store.engine import open_store
from freehold.usage import tasks
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent
from tests.faults.usage_events import AT_MS, event

BATCH_MAX: Final = 12


def numbered(life: int, number: int) -> UsageEvent:
    """The event of one decision of one writer's life."""
    at_ms = AT_MS + number * 37
    return msgspec.structs.replace(event(number, AT_MS), id=request_id(life, number), at_ms=at_ms)


def request_id(life: int, number: int) -> str:
    """What the decision is called in the database."""
    return "req_" + ids.encode(AT_MS << 80 | life << 40 | number)


def write_journal(answers: int, root: str, life: int, segment_bytes: int) -> None:
    """Decide without end, as a gate does: journal a batch, then answer it."""
    writer = JournalWriter(Path(root) / ids.new_id("jrn"), segment_bytes)
    flusher = threading.Thread(target=_flush, args=[writer], daemon=True)
    flusher.start()
    dice, number = random.Random(life), 0
    while True:
        count = dice.randint(1, BATCH_MAX)
        for each in range(number, number + count):
            writer.append(numbered(life, each))
        writer.write_out()
        os.write(answers, f"{life} {number} {count}\n".encode())
        number += count
        time.sleep(0.001)


def _flush(writer: JournalWriter) -> None:
    while True:
        time.sleep(0.1)
        writer.flush()


def collect(data: str, database_url: str) -> None:
    """What the tasks process does for usage."""
    settings = Settings(data=Path(data), database_url=database_url, collect_ms=5)
    tasks.run(open_store(settings), settings, threading.Event())


def _fork(answers: int, command: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        if command.pop("part") == "writer":
            write_journal(answers, **command)
        else:
            collect(**command)
    finally:
        os._exit(1)


def main() -> None:
    """Fork what is asked for until the input ends."""
    # Nobody waits for the children: they only ever end by being killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    answers = int(sys.argv[1])
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(answers, json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
