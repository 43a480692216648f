"""One process of an instance: what it is started with, whether it is up, when it is started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from freehold.supervisor.child import GO_FD, LIFE_FD

READY_FD: Final = "FREEHOLD_READY_FD"
_PAUSE_S: Final = 0.5
_PAUSE_MAX_S: Final = 30.0
# A process that ran this long had a good start: its pauses begin anew.
_HEALTHY_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a process runs: a module with a `main`, its environment, and the sockets that it is handed by variable."""

    name: str
    module: str
    environment: Mapping[str, str]
    sockets: Mapping[str, socket.socket] = field(default_factory=dict)
    # Stops, and has drained, before the others are asked to stop.
    drains: bool = False
    # Nobody waits for its answer: started once the others are ready, to leave them the processors.
    in_background: bool = False


class Process:
    """A program's present process."""

    def __init__(self, program: Program, life: int, go: int) -> None:
        self.program = program
        self.ready = False
        self.ready_pipe = -1
        self.restart_at: float | None = None
        self._life = life
        self._go = go
        self._popen: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause_s = _PAUSE_S

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def ended(self) -> str:
        """How the process ended, in words."""
        status = self._popen.returncode if self._popen else 0
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"

    def start(self) -> None:
        """Start it, in a process group of its own so that a terminal's Ctrl-C reaches the supervisor alone."""
        self.close_ready_pipe()
        self.ready_pipe, write_end = os.pipe()
        handed = {name: each.fileno() for name, each in self.program.sockets.items()}
        handed |= {READY_FD: write_end, LIFE_FD: self._life, GO_FD: self._go}
        environment = {**self.program.environment, **{name: str(number) for name, number in handed.items()}}
        self.ready, self.restart_at, self._started_at = False, None, time.monotonic()
        self._popen = subprocess.Popen(  # noqa: S603 — our own interpreter and modules
            [sys.executable, "-m", "freehold.supervisor.child", self.program.name, self.program.module],
            env=environment,
            pass_fds=tuple(handed.values()),
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        os.close(write_end)

    def hear_ready(self) -> bool:
        """Read the ready pipe, once it can be read; whether the process said that it serves."""
        self.ready = os.read(self.ready_pipe, 64).startswith(b"ready")
        self.close_ready_pipe()
        return self.ready

    def close_ready_pipe(self) -> None:
        """Stop listening for `ready`."""
        if self.ready_pipe >= 0:
            os.close(self.ready_pipe)
        self.ready_pipe = -1

    def plan_restart(self) -> float:
        """Set when a process that died is started again; in how many seconds. The pause doubles each time."""
        now = time.monotonic()
        if now - self._started_at > _HEALTHY_S:
            self._pause_s = _PAUSE_S
        pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, _PAUSE_MAX_S)
        self.restart_at = now + pause_s
        return pause_s

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._popen and self.alive:
            self._popen.terminate()

    def force(self) -> None:
        """Send SIGKILL, and wait for the end."""
        if self._popen and self.alive:
            self._popen.kill()
            self._popen.wait()
