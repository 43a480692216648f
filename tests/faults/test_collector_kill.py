"""Guarantee 1: what was answered is counted once, whatever is killed, whenever.

Two writers journal and answer decisions, a collector moves them into the database, and all along one
of the three is chosen by lot and killed with SIGKILL, fifty times. KILLS and DECISIONS in the
environment make it longer.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import usage_events
from freehold.usage.collector import Collector
from freehold.usage.tasks import JOURNAL_FOLDER
from tests.faults.kill_parts import BATCH_MAX, request_id
from tests.store.usage_sums import assert_sums_are_right

KILLS: Final = int(os.environ.get("KILLS", "50"))
# On each of the two databases: 100,000 together.
DECISIONS: Final = int(os.environ.get("DECISIONS", "50000"))
WRITERS: Final = 2
# Small, so that segments are left, passed and deleted all the time.
SEGMENT_BYTES: Final = 64 * 1024


class Answers:
    """What the writers said they had answered, read as it comes."""

    def __init__(self, descriptor: int) -> None:
        self.batches: list[tuple[int, int, int]] = []
        self.count = 0
        self._thread = threading.Thread(target=self._read, args=[descriptor])
        self._thread.start()

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "r") as lines:
            for line in lines:
                life, first, count = map(int, line.split())
                self.batches.append((life, first, count))
                self.count += count

    def all(self) -> set[str]:
        """The request ids of all answered decisions, once every writer is gone."""
        self._thread.join()
        return {
            request_id(life, number) for life, first, count in self.batches for number in range(first, first + count)
        }


class Parts:
    """The processes under fire. `start` one by name; `kill` it and start it again."""

    def __init__(self, factory: subprocess.Popen[str], settings: Settings) -> None:
        self._factory = factory
        self._settings = settings
        self._pids: dict[str, int] = {}
        self.lives = 0

    @property
    def names(self) -> list[str]:
        """What is running."""
        return sorted(self._pids)

    def start(self, name: str) -> None:
        """Start a writer or the collector."""
        command: dict[str, Any] = {
            "part": "collector", "data": str(self._settings.data), "database_url": self._settings.database_url
        }  # fmt: skip
        if name != "collector":
            self.lives += 1
            root = str(self._settings.data / JOURNAL_FOLDER)
            command = {"part": "writer", "root": root, "life": self.lives, "segment_bytes": SEGMENT_BYTES}
        assert self._factory.stdin is not None
        assert self._factory.stdout is not None
        self._factory.stdin.write(json.dumps(command) + "\n")
        self._factory.stdin.flush()
        self._pids[name] = int(self._factory.stdout.readline())

    def kill(self, name: str) -> None:
        """End a part as the kernel does when memory is out: at once, with nothing said."""
        os.kill(self._pids.pop(name), signal.SIGKILL)


@contextmanager
def parts_of(settings: Settings) -> Iterator[tuple[Parts, Answers]]:
    """The process that forks the parts, and the pipe that they answer into."""
    reading, writing = os.pipe()
    factory = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.kill_parts", str(writing)],
        cwd=Path(__file__).parents[2], pass_fds=[writing], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    answers, parts = Answers(reading), Parts(factory, settings)
    try:
        with factory:
            yield parts, answers
    finally:
        for name in parts.names:
            parts.kill(name)


def kill_by_lot(parts: Parts, answers: Answers, dice: random.Random) -> int:
    """Kill and start again until there were enough kills and enough answers; how many kills."""
    kills = 0
    while kills < KILLS or answers.count < DECISIONS:
        time.sleep(dice.uniform(0.01, 0.3))
        if kills < KILLS:
            name = dice.choice(parts.names)
            parts.kill(name)
            parts.start(name)
            kills += 1
    for name in parts.names:
        parts.kill(name)
    return kills


def drain(store: Store, root: Path) -> None:
    collector = Collector(store, root, "node")
    while collector.collect() or any(root.glob("jrn_*")):
        pass


@pytest.mark.parametrize("seed", [20261122])
def test_what_was_answered_is_counted_once_after_any_kill(settings: Settings, store: Store, seed: int) -> None:
    dice = random.Random(seed)
    with parts_of(settings) as (parts, answers):
        for name in ("collector", *(f"writer {number}" for number in range(WRITERS))):
            parts.start(name)
        kills = kill_by_lot(parts, answers, dice)
    answered = answers.all()
    drain(store, settings.data / JOURNAL_FOLDER)
    with store.read() as tx:
        counted = set(tx.execute(select(usage_events.c.id)).scalars())
    assert kills >= KILLS
    assert len(answered) >= DECISIONS
    lost = answered - counted
    assert not lost
    # Written, and killed before the answer: at most one batch a writer's life.
    assert len(counted - answered) <= parts.lives * BATCH_MAX
    # Rows are unique by id, so a second count would show in the sums.
    assert assert_sums_are_right(store) == len(counted)
