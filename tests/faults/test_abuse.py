"""Honest callers beside abusers: all of them are answered, and abuse leaves nothing behind in the gate's memory.

How much honest callers are slowed is measured by `python -m tests.faults.abuse_campaign`.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.abuse import KINDS
from tests.faults.verify_load import VerifyLoad
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance
from tests.gate.test_metrics import scrape, total

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


@contextlib.contextmanager
def abused(kind: str, port: int, count: int) -> Iterator[None]:
    """Abusers at work while the block runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.abuse", kind, str(port), str(count)],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_honest_callers_are_all_answered_beside_abusers(own_instance: Instance, kind: str) -> None:
    token, key = own_instance.service_token(), own_instance.issue().text
    with GateProcess(own_instance.data, {"FREEHOLD_GATE_HEAD_S": "2"}) as gate, abused(kind, gate.port, 100):
        load = VerifyLoad(gate.port, token, [key], callers=2)
        try:
            eventually(lambda: load.count > 1000)
        finally:
            load.stop()
        assert load.outcomes == {"allowed"}
        # The gate still knows how to let them go.
        assert gate.stop() == 0


def test_keys_that_could_not_have_been_issued_cost_no_look_up_and_no_memory(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue().text
    with GateProcess(own_instance.data) as gate:
        gate.verify(token, key=key, **COUNTRY)
        before = scrape(gate)
        load = VerifyLoad(gate.port, token, [f"{key[:-12]}{number:012d}" for number in range(2000)], callers=2)
        try:
            eventually(lambda: load.count > 4000)
        finally:
            load.stop()
        after = scrape(gate)
        assert load.outcomes == {"malformed_key"}
        for name in ("freehold_gate_keyring_misses_total", "freehold_gate_keyring_entries"):
            assert total(after, name) == total(before, name)
