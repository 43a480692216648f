"""Keeping a set of processes alive until somebody says stop, then stopping them in order.

One thread: it sleeps until a signal, a `ready`, or the time to start a process again.
"""

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, Final

from freehold.supervisor.processes import Process, Program
from freehold.supervisor.refusals import ProcessFailed

_READY_WITHIN_S: Final = 60.0
_STOP_WITHIN_S: Final = 8.0
_LOOK_EVERY_S: Final = 5.0


class Watch:
    """The processes of one instance, and the signals that end it.

    Use as a context: whatever happens inside, no process outlives it.
    """

    def __init__(self, programs: Sequence[Program], drain_s: float) -> None:
        self._life_of_children, self._life = os.pipe()
        self._go_of_children, self._go = os.pipe()
        self._processes = [Process(program, self._life_of_children, self._go_of_children) for program in programs]
        self._awaited = [process for process in self._processes if not process.program.in_background]
        self._drain_s = drain_s
        self._stops_asked = 0
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        self._signals_before: dict[int, Any] = {}

    def __enter__(self) -> "Watch":
        for end in (self._woken, self._wake):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        # A child's end has a handler that does nothing: having one is what wakes the selector.
        handlers = {signal.SIGINT: self._on_stop, signal.SIGTERM: self._on_stop, signal.SIGCHLD: _nothing}
        self._signals_before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.force()
            process.close_ready_pipe()
        for number, handler in self._signals_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._woken.close()
        self._wake.close()
        self.release()
        for end in (self._life, self._life_of_children, self._go_of_children):
            os.close(end)

    @property
    def stopping(self) -> bool:
        """Whether somebody said stop."""
        return self._stops_asked > 0

    def start(self) -> None:
        """Start those that are waited for, all at once. They import what they need, and wait to be released."""
        for process in self._awaited:
            self._start(process)

    def release(self) -> None:
        """Let the processes begin their work."""
        if self._go >= 0:
            os.close(self._go)
        self._go = -1

    def wait_until_ready(self) -> None:
        """Wait until each started process has said `ready`, or stop was said; ProcessFailed where one does not come up.

        Then those in the background are started.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        while not self.stopping and (waiting := [process for process in self._awaited if not process.ready]):
            self._sleep(deadline - time.monotonic())
            self._fail_where_dead(waiting)
            if time.monotonic() >= deadline:
                raise ProcessFailed(
                    f"The {waiting[0].program.name} process was not ready after {_READY_WITHIN_S:g} seconds."
                )
        for process in self._processes:
            if process.program.in_background and not self.stopping:
                self._start(process)

    def run(self) -> None:
        """Keep all alive until stop is said."""
        while not self.stopping:
            due = [process.restart_at for process in self._processes if process.restart_at is not None]
            self._sleep(min([_LOOK_EVERY_S, *(at - time.monotonic() for at in due)]))
            for process in self._processes:
                self._mend(process)

    def stop(self) -> bool:
        """Stop the draining ones first, then the rest; whether all went by themselves."""
        gates = [process for process in self._processes if process.program.drains]
        others = [process for process in self._processes if not process.program.drains]
        drained = self._end(gates, self._drain_s + 2)
        return self._end(others, _STOP_WITHIN_S) and drained

    def _start(self, process: Process) -> None:
        if process.ready_pipe >= 0:
            self._selector.unregister(process.ready_pipe)
        process.start()
        self._selector.register(process.ready_pipe, selectors.EVENT_READ, process)

    def _sleep(self, seconds: float) -> None:
        """Until something happens; hears `ready` on the way."""
        for key, _ in self._selector.select(max(seconds, 0)):
            if isinstance(key.data, Process):
                self._selector.unregister(key.fd)
                key.data.hear_ready()
            else:
                _empty(self._woken)

    def _fail_where_dead(self, waiting: Sequence[Process]) -> None:
        for process in waiting:
            if not process.alive and not self.stopping:
                raise ProcessFailed(
                    f"The {process.program.name} process ended with {process.ended} before it was ready; what it said is above."
                )

    def _mend(self, process: Process) -> None:
        if process.alive or self.stopping:
            return
        if process.restart_at is None:
            pause_s = process.plan_restart()
            say(f"The {process.program.name} process ended with {process.ended}; starting it again in {pause_s:g} s.")
        elif time.monotonic() >= process.restart_at:
            self._start(process)

    def _end(self, processes: Sequence[Process], within_s: float) -> bool:
        for process in processes:
            process.ask_to_stop()
        deadline = time.monotonic() + within_s
        while self._stops_asked < 2 and time.monotonic() < deadline and any(each.alive for each in processes):
            self._sleep(deadline - time.monotonic())
        left = [process for process in processes if process.alive]
        for process in left:
            say(f"The {process.program.name} process did not stop in time and was killed.")
            process.force()
        return not left

    def _on_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stops_asked += 1


def say(sentence: str) -> None:
    """Tell the operator something, on standard error."""
    print(f"freehold: {sentence}", file=sys.stderr, flush=True)


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    pass


def _empty(end: socket.socket) -> None:
    while True:
        try:
            if not end.recv(4096):
                return
        except BlockingIOError:
            return
