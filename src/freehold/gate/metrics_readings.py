"""What one worker's metrics are at this moment, read from its parts. Changes none of them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from freehold.gate.http_server import Server
from freehold.gate.keyring import Keyring
from freehold.gate.tally import BOUNDS_S
from freehold.kit.exposition import Sample, histogram
from freehold.usage.journal import JournalWriter

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_MEMORY: Final = Path("/proc/self/statm")


class Readings:
    """The numbers of one worker, by the metric's name."""

    def __init__(self, server: Server, keyring: Keyring, journal: JournalWriter) -> None:
        self._server = server
        self._keyring = keyring
        self._journal = journal

    def __call__(self) -> Iterator[tuple[str, list[Sample]]]:
        """Every metric's samples."""
        tally, journal, keyring = self._server.outbox.tally, self._journal, self._keyring
        failing = journal.shedding or self._server.outbox.failing
        yield (
            "freehold_gate_decisions_total",
            [
                Sample(count, {"via": via, "outcome": outcome})
                for via, outcomes in tally.decisions.items()
                for outcome, count in outcomes.items()
            ],
        )
        yield "freehold_gate_answer_seconds", histogram(BOUNDS_S, tally.answers(), tally.answer_ns_sum / 1e9, {})
        yield "freehold_gate_problems_total", [Sample(count, {"code": code}) for code, count in tally.problems.items()]
        yield (
            "freehold_gate_keyring_entries",
            [Sample(count, {"kind": kind}) for kind, count in keyring.sizes().items()],
        )
        if keyring.epoch >= 0:
            yield "freehold_gate_heard_age_seconds", [Sample(time.monotonic() - keyring.heard_at, {})]
        for name, value in (
            ("connections", self._server.connections),
            ("keyring_misses_total", tally.lookups),
            ("epoch", keyring.epoch),
            ("journal_bytes_total", journal.written_bytes),
            ("journal_flush_age_seconds", journal.flush_age_s),
            ("journal_failing", int(failing)),
            ("unrecorded_total", journal.unrecorded),
            ("resident_bytes", int(_MEMORY.read_text().split()[1]) * _PAGE_BYTES if _MEMORY.exists() else 0),
        ):
            yield f"freehold_gate_{name}", [Sample(value, {})]
