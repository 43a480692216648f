"""SIGKILL of applications and of the gate at any moment: nothing that was answered is lost, nothing is counted twice.

SDK_KILLS makes a campaign of it.
"""

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from freehold.sdk.guard import Guard
from freehold.store.schema import quota_counters, usage_events
from freehold.usage.journal_reader import is_locked
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import call, guarded
from tests.store.usage_sums import assert_sums_are_right

KILLS = int(os.environ.get("SDK_KILLS", "3"))
_REPOSITORY = Path(__file__).parents[3]


class Applications:
    """Two applications that share a folder, and what they have answered."""

    def __init__(self, gate: str, token: str, folder: Path, key: str) -> None:
        read_end, self._write_end = os.pipe()
        self.answered: list[str] = []
        arguments = [gate, token, str(folder), key, str(self._write_end)]
        self._factory = subprocess.Popen(
            [sys.executable, "-m", "tests.sdk.middleware.applications", *arguments],
            cwd=_REPOSITORY, pass_fds=[self._write_end], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=[read_end])
        self._reader.start()
        self._pids: list[int] = []

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as lines:
            self.answered.extend(line.strip() for line in lines)

    def start(self) -> None:
        assert self._factory.stdin is not None
        assert self._factory.stdout is not None
        self._factory.stdin.write("start\n")
        self._factory.stdin.flush()
        self._pids.append(int(self._factory.stdout.readline()))

    def kill_one(self, dice: random.Random) -> None:
        os.kill(self._pids.pop(dice.randrange(len(self._pids))), 9)

    def end(self) -> None:
        for pid in self._pids:
            os.kill(pid, 9)
        with self._factory:
            pass
        os.close(self._write_end)
        self._reader.join()


@contextlib.contextmanager
def applications(gate: str, token: str, folder: Path, key: str) -> Iterator[Applications]:
    made = Applications(gate, token, folder, key)
    try:
        yield made
    finally:
        made.end()


def test_nothing_is_lost_and_nothing_doubled(own_instance: Instance, tmp_path: Path) -> None:
    dice, folder = random.Random(KILLS), tmp_path / "usage"
    with GateProcess(own_instance.data) as gate:
        token, key = own_instance.service_token(), own_instance.issue(quota=10_000_000, quota_period="month")
        with applications(gate.url, token, folder, key.text) as running:
            running.start()
            running.start()
            eventually(lambda: len(list(folder.glob("sdk_*"))) == 2)
            for kill in range(KILLS):
                time.sleep(dice.uniform(0.05, 0.5))
                if kill % 3 == 2:
                    gate.processes[0].kill()
                    gate.processes[0].wait()
                    gate.processes[0] = gate._spawn()
                else:
                    running.kill_one(dice)
                    running.start()
            time.sleep(0.5)
        assert len(set(running.answered)) == len(running.answered) > 0
        last = Guard(gate.url, token, folder)
        try:
            assert call(guarded(last), key=key.text).status_code == 200
            eventually(lambda: not [each for each in folder.glob("sdk_*") if not is_locked(each)], 60)
        finally:
            last.close()
        assert not list(folder.glob("sdk_*"))
    with own_instance.store.read() as tx:
        rows = tx.execute(select(usage_events.c.id, usage_events.c.outcome)).all()
        granted = tx.execute(select(quota_counters.c.granted).where(quota_counters.c.owner_id == key.id)).scalar_one()
    # While the gate is away some are refused; what the applications tell of are those that passed.
    passed = {row.id for row in rows if row.outcome == "allowed"}
    lost = set(running.answered) - passed
    assert not lost
    # An application may have written down one that nobody heard of when it was killed; and there is the last one.
    assert len(passed) - len(running.answered) <= KILLS + 3
    assert assert_sums_are_right(own_instance.store) == len(rows)
    assert granted >= len(passed)


def test_a_fork_begins_anew(own_instance: Instance, tmp_path: Path) -> None:
    """A server that decides before it forks its workers: each of them has a journal of its own, and none speaks for another."""
    script = """
import asyncio, os, sys
from freehold.sdk.guard import Guard
from tests.sdk.middleware.calling import call, guarded
gate, token, folder, key = sys.argv[1:]
guard = Guard(gate, token, folder)
first = call(guarded(guard), key=key)
child = os.fork()
answers = [call(guarded(guard), key=key) for _ in range(3)]
print(os.getpid(), *[each.status_code for each in answers], guard.process.id, flush=True)
guard.close()
if child:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""
    with GateProcess(own_instance.data) as gate:
        token, key, folder = own_instance.service_token(), own_instance.issue(), tmp_path / "usage"
        arguments = [gate.url, token, str(folder), key.text]
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=_REPOSITORY, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        lines = [line.split() for line in done.stdout.splitlines()]
        assert [line[1:4] for line in lines] == [["200"] * 3] * 2
        assert len({line[4] for line in lines}) == 2
        assert not list(folder.glob("sdk_*"))
    with own_instance.store.read() as tx:
        assert len(tx.execute(select(usage_events.c.id)).all()) == 7
