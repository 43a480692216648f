"""How much each kind of abuse slows an honest caller: measured beside itself, in turns, and said as a ratio.

    python -m tests.faults.abuse_campaign [ROUNDS]

One honest caller verifies on a kept-alive connection, one call after the other, for a second without
abuse and a second with it. Wants `ulimit -n` of some 25,000 for the idle connections.
"""

import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.databases import make_sqlite_template
from tests.faults.test_abuse import abused
from tests.faults.verify_load import VerifyLoad
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance

COUNTS: Final = {"idle": 10_000, "slowloris": 2_000, "oversize": 100, "garbage": 100, "invented": 20}
_ROUND_S: Final = 1.0


def main() -> None:
    """Measure every kind."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance.create(make_sqlite_template(Path(folder) / "template.db"), Path(folder) / "data")
        token, key = instance.service_token(), instance.issue().text
        for kind, count in COUNTS.items():
            with GateProcess(instance.data) as gate:
                _measure(gate, kind, count, token, key, rounds)
        instance.close()


def _measure(gate: GateProcess, kind: str, count: int, token: str, key: str, rounds: int) -> None:
    process = gate.processes[0].pid
    load = VerifyLoad(gate.port, token, [key], callers=1)
    time.sleep(_ROUND_S)
    empty, full, ratios = _resident(process), 0, []
    for _ in range(rounds):
        without = _answers(load)
        with abused(kind, gate.port, count):
            time.sleep(_ROUND_S)
            ratios.append(_answers(load) / without)
            full = max(full, _resident(process))
        # Those that were hung up on are let go of.
        time.sleep(_ROUND_S)
    load.stop()
    print(
        f"{kind:10} {count:6} clients: an honest caller gets {statistics.median(ratios):.2f} of what it gets without"
        f" ({min(ratios):.2f} to {max(ratios):.2f}); memory {empty >> 20} MiB, with them {full >> 20} MiB"
    )


def _answers(load: VerifyLoad) -> float:
    count, began = load.count, time.monotonic()
    time.sleep(_ROUND_S)
    return (load.count - count) / (time.monotonic() - began)


def _resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
