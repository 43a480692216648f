"""Guarantee 1: what was journalled and answered is counted once, whatever is killed, whenever.

Two writers journal and answer decisions, a collector moves them into the database, and all along one
of the three is chosen by lot and killed with SIGKILL. KILLS and DECISIONS in the environment make it
longer. (The same through the gate's HTTP: test_collector_kill_gate.py.)
"""

import os
import random
import threading
from typing import Final

from freehold.settings import Settings
from freehold.store.engine import Store
from tests.faults.kill_parts import BATCH_MAX, request_id
from tests.faults.kill_run import SEGMENT_BYTES, assert_counted_once, collector_command, parts_of

KILLS: Final = int(os.environ.get("KILLS", "50"))
# On each of the two databases: 100,000 together.
DECISIONS: Final = int(os.environ.get("DECISIONS", "50000"))


class Answers:
    """What the writers said they had answered, read as it comes."""

    def __init__(self, descriptor: int) -> None:
        self.count = 0
        self._batches: list[tuple[int, int, int]] = []
        self._thread = threading.Thread(target=self._read, args=[descriptor])
        self._thread.start()

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "r") as lines:
            for line in lines:
                life, first, count = map(int, line.split())
                self._batches.append((life, first, count))
                self.count += count

    def all(self) -> set[str]:
        """The request ids of all answered decisions, once every writer is gone."""
        self._thread.join()
        return {
            request_id(life, number) for life, first, count in self._batches for number in range(first, first + count)
        }


def test_what_was_answered_is_counted_once_after_any_kill(settings: Settings, store: Store) -> None:
    reading, writing = os.pipe()

    def writer(life: int) -> dict[str, object]:
        return {
            "part": "writer",
            "answers": writing,
            "data": str(settings.data),
            "life": life,
            "segment_bytes": SEGMENT_BYTES,
        }

    commands = {"collector": collector_command(settings), "writer 1": writer, "writer 2": writer}
    with parts_of(commands, [writing]) as parts:
        os.close(writing)
        answers = Answers(reading)
        parts.kill_by_lot(KILLS, lambda: answers.count >= DECISIONS, random.Random(20261122))
    answered = answers.all()
    assert parts.lives == KILLS + len(commands)
    assert len(answered) >= DECISIONS
    assert_counted_once(settings, store, answered, parts.lives * BATCH_MAX)
