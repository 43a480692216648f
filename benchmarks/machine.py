"""The machine under the figures and how quiet it is: cores, kernel, versions, the ceiling again and again."""

import importlib.metadata
import platform
import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.load import wrk
from benchmarks.plan import ROOT, Plan
from benchmarks.web import nginx, nginx_path

_OURS: Final = ("uvloop", "httptools", "msgspec", "sqlalchemy")


def describe(plan: Plan) -> dict[str, Any]:
    """What the figures were measured on."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return {
        "processor": model[1] if model else platform.processor(),
        "cores": plan.cores,
        "memory_gib": round(int(memory[1]) / 2**20, 1) if memory else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "commit": _commit(),
        "load_average": round(float(Path("/proc/loadavg").read_text().split()[0]), 2),
    }


def versions() -> dict[str, str]:
    """What both sides are made of."""
    found = {name: importlib.metadata.version(name) for name in _OURS}
    found["wrk"] = _output("wrk", "--version").partition(" [")[0].removeprefix("wrk ") if shutil.which("wrk") else ""
    found["nginx"] = _output(str(nginx_path()), "-v").rpartition("/")[2]
    return found


def pins(lock: str, *names: str) -> dict[str, str]:
    """The versions of these packages that a lock of peers/ pins."""
    text = (Path(__file__).with_name("peers") / lock).read_text(encoding="utf-8")
    if lock.endswith(".json"):
        given: dict[str, str] = msgspec.json.decode(text)["dependencies"]
        return {name: given[name] for name in names}
    return {name: re.findall(rf"^{re.escape(name)}==([^ ]+)", text, re.MULTILINE)[0] for name in names}


def ceiling(folder: Path, plan: Plan, seconds: float = 1.0) -> float:
    """What nginx's static answer reaches at this minute: the measure of the machine's mood."""
    with nginx(folder / "ceiling", plan.server_core) as (url, _):
        wrk(url, seconds, plan.load_core, None)
        return wrk(url, seconds, plan.load_core, None).rate


def spread(values: list[float]) -> float:
    """(max - min) / median."""
    return (max(values) - min(values)) / statistics.median(values)


def _commit() -> str:
    """What was measured: the commit, marked where src/ is not as it has it."""
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain", "--", "src")
    return _output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).partition("\n")[0].strip()
