"""Load: wrk for the most that a server can do; our own open loop for its latency at a given rate.

Refuses a run in which anything but success was answered.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.plan import BUILD, CONNECTIONS, CannotMeasure, pinned

_LUA: Final = Path(__file__).with_name("rotate.lua")
_SOURCE: Final = Path(__file__).with_name("open_loop.c")
_UNITS_US: Final = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


@dataclass(frozen=True)
class Run:
    """What one run of wrk saw."""

    requests: int
    seconds: float
    p50_us: float
    p99_us: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def wrk(url: str, seconds: float, core: int, requests: Path | None, connections: int = CONNECTIONS) -> Run:
    """Load a URL for so long from one thread on one core; with a file of requests, those in turn."""
    command = [wrk_path(), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s", "--latency"]
    command += [] if requests is None else ["-s", str(_LUA)]
    command += [url] if requests is None else [url, "--", str(requests)]
    with pinned(core):
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return _read(output, " ".join(command))


class Answered(msgspec.Struct):
    """What one run of open_loop saw; latencies count from the instant that a request was due."""

    answers: int
    errors: int
    rate: float
    p50_us: float
    p90_us: float
    p99_us: float
    p999_us: float
    max_us: float


def open_loop(
    port: int, rate: float, seconds: float, core: int, requests: Path, expected: str, connections: int = CONNECTIONS
) -> Answered:
    """Send requests at random instants of this mean rate, whatever the server does.

    Rate 0: as fast as answers come; with 0 seconds too: each request once.
    """
    command = [_open_loop_path(), port, rate, seconds, connections, requests, expected]
    with pinned(core):
        done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"open_loop: {done.stderr.strip()}")
    answered = msgspec.json.decode(done.stdout, type=Answered)
    if answered.errors or not answered.answers:
        raise CannotMeasure(f"{answered.errors} of {answered.answers} answers were not right: {done.stderr.strip()}")
    return answered


def _open_loop_path() -> Path:
    """The compiled generator; made where it is not, or is older than its source."""
    compiled = BUILD / "open_loop"
    if not compiled.exists() or compiled.stat().st_mtime < _SOURCE.stat().st_mtime:
        compiler = shutil.which("cc")
        if compiler is None:
            raise CannotMeasure("The open loop needs a C compiler. Debian and Ubuntu: apt-get install gcc libc6-dev.")
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O2", "-o", compiled, _SOURCE, "-lm"], check=True)
    return compiled


def wrk_path() -> str:
    """Where wrk is."""
    found = shutil.which("wrk")
    if found is None:
        raise CannotMeasure("There is no wrk. Debian and Ubuntu: apt-get install wrk; macOS: brew install wrk.")
    return found


def _read(output: str, command: str) -> Run:
    bad = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", output)
    done = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", output)
    if bad or not done or not int(done[1]):
        raise CannotMeasure(f"Not everything was answered with success: {bad[0] if bad else output[-200:]} ({command})")
    return Run(
        int(done[1]), float(done[2]) * _UNITS_US[done[3]] / 1e6, _percentile(output, "50"), _percentile(output, "99")
    )


def _percentile(output: str, which: str) -> float:
    found = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s|m)$", output, re.MULTILINE)
    if not found:
        raise CannotMeasure(f"wrk did not say its {which}th percentile.")
    return float(found[1]) * _UNITS_US[found[2]]
