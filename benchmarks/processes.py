"""Processes that are measured: started on a core, their CPU time and memory read from /proc, stopped again."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.plan import CannotMeasure, pinned

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_READY_S: Final = 90.0


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in each.read_text().split():
            found += family(int(child))
    return found


def cpu_s(pids: Sequence[int]) -> float:
    """User and system seconds of these processes, all their threads."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * _TICK_S


def rss_mib(pids: Sequence[int]) -> float:
    """Resident memory of these processes together: what they share is counted once (PSS, where the kernel tells)."""
    total_kib = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total_kib += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total_kib / 1024


def free_port() -> int:
    """A port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    command: Sequence[str | Path],
    *,
    core: int,
    port: int,
    log: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """A server on one core while the block runs, once something listens on its port; its process id."""
    with log.open("wb") as output, pinned(core):
        process = subprocess.Popen(
            [str(each) for each in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(environment or {})},
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_it_listens(process, port, log)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _READY_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > end:
            last = " | ".join(log.read_text(errors="replace").splitlines()[-3:])
            raise CannotMeasure(f"{process.args[0]!r} did not start: {last}")  # type: ignore[index]
        time.sleep(0.05)


def status_of(
    url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: bytes | None = None
) -> tuple[int, bytes]:
    """One request by hand: its status and body, whatever the status."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
