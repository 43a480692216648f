"""How long a connection may keep us waiting, for each thing that it can keep us waiting for.

One timer a connection. It runs at least as often as the shortest bound, looks what is waited for now,
and comes back exactly when that is due: so no request has to set a timer.
"""

import asyncio
import enum
from collections.abc import Callable
from typing import Final, Protocol

from freehold.errors import Problem
from freehold.settings import Settings


class Wait(enum.Enum):
    """What a connection is waiting for."""

    US = enum.auto()  # an answer of ours, or of an upstream: that has a bound of its own
    REQUEST = enum.auto()  # the next request
    HEAD = enum.auto()  # the rest of a head
    BODY = enum.auto()  # the rest of a short body
    STREAM = enum.auto()  # the next part of a body that is passed on as it comes
    READER = enum.auto()  # that the client takes what was sent


class Waiting(Protocol):
    """A connection, as its patience sees it."""

    transport: asyncio.Transport

    def waits_for(self) -> Wait:
        """What is waited for now."""

    def refuse(self, problem: Problem) -> None:
        """Answer a Problem to what is being read, and end."""


class Patience:
    """The timer of one connection. Times are the event loop's, in seconds; 0 where there is none."""

    __slots__ = ("_check_s", "_connection", "_loop", "_settings", "_timer", "body_since", "head_since", "progress_at")

    def __init__(self, connection: Waiting, loop: asyncio.AbstractEventLoop, settings: Settings) -> None:
        self._connection = connection
        self._loop = loop
        self._settings: Final = settings
        self._check_s = min(settings.gate_head_s, settings.gate_idle_s)
        self.head_since = self.body_since = 0.0
        self.progress_at = loop.time()
        self._timer = loop.call_later(self._check_s, self._check)

    def progress(self) -> None:
        """Something came or went."""
        self.progress_at = self._loop.time()

    def end(self) -> None:
        """The connection is over."""
        self._timer.cancel()

    def _check(self) -> None:
        now = self._loop.time()
        due, act = self._due(now)
        if due <= now:
            act()
            due = now + self._check_s
        self._timer = self._loop.call_later(min(due - now, self._check_s), self._check)

    def _due(self, now: float) -> tuple[float, Callable[[], None]]:
        """When what is waited for has taken too long, and what happens then."""
        head_s, idle_s = self._settings.gate_head_s, self._settings.gate_idle_s
        match self._connection.waits_for():
            case Wait.READER:
                return self.progress_at + idle_s, self._connection.transport.abort
            case Wait.HEAD:
                return self.head_since + head_s, self._time_out
            case Wait.BODY:
                return self.body_since + head_s, self._time_out
            case Wait.STREAM:
                return self.progress_at + head_s, self._time_out
            case Wait.REQUEST:
                return self.progress_at + idle_s, self._connection.transport.close
            case Wait.US:
                return now + self._check_s, self.progress

    def _time_out(self) -> None:
        self.head_since = 0.0
        self._connection.refuse(Problem("request_timeout", "The rest of the request did not come in time."))
