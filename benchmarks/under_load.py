"""A gate under load for a profiler to look at, and instructions a request.

    python -m benchmarks.under_load verify             load for 60 s (--seconds), and say what to run meanwhile
    python -m benchmarks.under_load verify --count     under callgrind: how many instructions one request takes

Of verify, authorize and healthz. profile.md shows what to do with it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.asked import request, write_requests
from benchmarks.gates import authorize_request, gate, verify_request, workshop
from benchmarks.instance import ManyKeys, sqlite_instance
from benchmarks.load import open_loop, wrk
from benchmarks.plan import BUILD, KEYS, CannotMeasure, Plan
from benchmarks.processes import free_port, server

_COUNTED: Final = 2_000
_KINDS: Final = ("verify", "authorize", "healthz")
# Nothing of the background should be counted, and a program under callgrind is fifty times slower.
_UNHURRIED: Final = {
    "FREEHOLD_EPOCH_POLL_MS": "1000", "FREEHOLD_JOURNAL_FLUSH_MS": "10000", "FREEHOLD_STALENESS_S": "3600",
    "FREEHOLD_GATE_HEAD_S": "600",
}  # fmt: skip


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=_KINDS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", action="store_true", help="count instructions with callgrind")
    asked = parser.parse_args()
    try:
        with workshop() as folder:
            made = sqlite_instance(folder / "data", KEYS)
            once = _requests(asked.kind, made)
            if asked.count:
                counted = (once[number % len(once)] for number in range(_COUNTED))
                _count(asked.kind, folder, write_requests(folder / "requests", counted))
            else:
                _load(asked.kind, folder, made, write_requests(folder / "requests", once), asked.seconds)
    except CannotMeasure as error:
        sys.exit(str(error))


def _requests(kind: str, made: ManyKeys) -> list[bytes]:
    if kind == "healthz":
        return [request("GET", "/healthz", {})]
    ask = verify_request if kind == "verify" else authorize_request
    return [ask(made.token, key, number) for number, key in enumerate(made.keys)]


def _load(kind: str, folder: Path, made: ManyKeys, requests: Path, seconds: float) -> None:
    plan = Plan.of_environment()
    with gate(folder / "data", made, plan.server_core) as ours:
        pid, py_spy = ours.pids[0], BUILD / "tools" / "bin" / "py-spy"
        print(f"The gate is process {pid}, loaded with {kind} for {seconds:g} s. Meanwhile, elsewhere:")
        print(f"  {py_spy} record --pid {pid} --duration 10 --rate 500 --format raw --output build/gate.folded")
        print(f"  perf record -e cpu-clock -F 2000 -g -p {pid} -o build/gate.perf -- sleep 10", flush=True)
        run = wrk(ours.url, seconds, plan.load_core, requests)
        print(f"{run.rate:,.0f} requests/s")


def _count(kind: str, folder: Path, requests: Path) -> None:
    """Two runs of so many requests; the second is counted, when every key is known and every path was taken."""
    valgrind, control = shutil.which("valgrind"), shutil.which("callgrind_control")
    if valgrind is None or control is None:
        raise CannotMeasure("There is no valgrind. Debian and Ubuntu: apt-get install valgrind.")
    plan, port, out = Plan.of_environment(), free_port(), BUILD / f"callgrind.{kind}"
    for each in BUILD.glob(f"{out.name}*"):
        each.unlink()
    command: list[str | Path] = [valgrind, "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
    # The first thread answers; what the others do (polling, reporting) goes by the clock, not by the request.
    command += ["--separate-threads=yes"]
    command += [sys.executable, "-m", "freehold.gate"]
    environment = {
        "FREEHOLD_DATA": str(folder / "data"), "FREEHOLD_GATE_PORT": str(port),
        # Two counts of the same code are the same.
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **_UNHURRIED,
    }  # fmt: skip
    with server(command, core=plan.server_core, port=port, log=folder / "log", environment=environment) as pid:
        expected = '"allowed":true' if kind == "verify" else ""
        for instrumented in ("off", "on"):
            subprocess.run([control, f"--instr={instrumented}", str(pid)], check=True, capture_output=True)
            open_loop(port, 0, 0, plan.load_core, requests, expected, 1)
        subprocess.run([control, "--instr=off", str(pid)], check=True, capture_output=True)
    loop = out.with_name(f"{out.name}-01")
    total = sum(int(each) for each in re.findall(r"^totals: (\d+)", loop.read_text(), re.MULTILINE))
    print(f"{kind}: {total / _COUNTED:,.0f} instructions a request ({_COUNTED:,} requests on one connection)")
    print(f"By function: callgrind_annotate {loop} | head -60")


if __name__ == "__main__":
    main()
