"""What the kill tests share: parts that are killed by lot, and the proof that nothing was lost or doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import usage_events
from freehold.usage.collector import Collector
from freehold.usage.tasks import JOURNAL_FOLDER
from tests.store.usage_sums import assert_sums_are_right

# Small, so that segments are left, passed and deleted all the time; and so small that every turn begins one.
SEGMENT_BYTES = 64 * 1024
SEGMENT_BYTES_MIN = 4096


class Parts:
    """The processes under fire, each made by a command that is told how many lives there were before."""

    def __init__(
        self, factory: "subprocess.Popen[str]", commands: Mapping[str, Callable[[int], dict[str, Any]]]
    ) -> None:
        self._factory = factory
        self._commands = commands
        self._pids: dict[str, int] = {}
        self.lives = 0
        for name in commands:
            self.start(name)

    def start(self, name: str) -> None:
        """Start a part."""
        self.lives += 1
        assert self._factory.stdin is not None
        assert self._factory.stdout is not None
        self._factory.stdin.write(json.dumps(self._commands[name](self.lives)) + "\n")
        self._factory.stdin.flush()
        self._pids[name] = int(self._factory.stdout.readline())

    def kill(self, name: str) -> None:
        """End a part as the kernel does when memory is out: at once, with nothing said."""
        os.kill(self._pids.pop(name), signal.SIGKILL)

    def kill_all(self) -> None:
        """End what still runs."""
        for name in sorted(self._pids):
            self.kill(name)

    def kill_by_lot(self, kills: int, enough: Callable[[], bool], dice: random.Random) -> None:
        """Kill parts by lot and start them again, so many and on until there was enough work.

        Mostly one alone, often several at one moment.
        """
        while kills or not enough():
            time.sleep(dice.uniform(0.01, 0.3))
            count = min(kills, dice.choice((1, 1, 1, 2, len(self._pids))))
            names = dice.sample(sorted(self._pids), count)
            for name in names:
                self.kill(name)
            for name in names:
                self.start(name)
            kills -= count


@contextmanager
def parts_of(commands: Mapping[str, Callable[[int], dict[str, Any]]], descriptors: Sequence[int]) -> Iterator[Parts]:
    """Running parts, which inherit these descriptors; all are ended at the end."""
    factory = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.kill_parts"],
        cwd=Path(__file__).parents[2], pass_fds=descriptors, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with factory:
        parts = Parts(factory, commands)
        try:
            yield parts
        finally:
            parts.kill_all()


def collector_command(settings: Settings) -> Callable[[int], dict[str, Any]]:
    """The collector of an instance."""
    return lambda _life: {"part": "collector", "data": str(settings.data), "database_url": settings.database_url}


def assert_counted_once(settings: Settings, store: Store, answered: set[str], unanswered_max: int) -> None:
    """Collect what is left, and compare: every answer is there, hardly anything else is, and the sums are theirs."""
    root = settings.data / JOURNAL_FOLDER
    collector = Collector(store, root, "node")
    while collector.collect() or any(root.glob("jrn_*")):
        pass
    with store.read() as tx:
        counted = set(tx.execute(select(usage_events.c.id)).scalars())
    lost = answered - counted
    assert not lost
    # Written down, and killed before the answer.
    assert len(counted - answered) <= unanswered_max
    # Rows are unique by id, so a second count would show in the sums.
    assert assert_sums_are_right(store) == len(counted)
