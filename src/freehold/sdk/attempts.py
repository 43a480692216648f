"""When a call is sent again: the one place that decides it, without any input or output.

The clients send, wait and tell what came; this says whether that was the answer, how long to wait
before the next attempt, or which error to raise.

A call that no server has begun is always sent again. One whose answer was lost is sent again only if
that does no harm: it changes nothing, or sets what it sets, or carries an Idempotency-Key.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import httpx

from freehold.sdk.answers import error_of, retry_after_s, value_of
from freehold.sdk.calls import Call
from freehold.sdk.errors import AnswerLost, FreeholdError, NotReached

T = TypeVar("T")

# Refused before anything was done.
_NOT_BEGUN: Final = frozenset({429, 503})
# From something in between, which does not know what the server did.
_UNKNOWN: Final = frozenset({502, 504})
# Beyond that a float is of no use, whatever the first wait was.
_DOUBLINGS_MAX: Final = 64
_NOT_CONNECTED: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is sent, and how long to wait in between.

    The wait doubles from `first_wait_s` up to `longest_wait_s`, less up to a half by chance, so that
    many clients do not come back at one instant; it comes after the wait that an answer asks for
    with `Retry-After`. An answer that asks for more than `longest_wait_s` is raised instead.
    """

    attempts: int = 4
    first_wait_s: float = 0.25
    longest_wait_s: float = 8.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or not 0 <= self.first_wait_s <= self.longest_wait_s:
            raise ValueError("at least one attempt, and 0 <= first_wait_s <= longest_wait_s")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The call is carried out."""

    value: T


@dataclass(frozen=True, slots=True)
class Again:
    """The call is to be sent again, after a wait."""

    wait_s: float


class Attempts(Generic[T]):
    """The attempts of one call so far. `server`: the address that it is sent to."""

    def __init__(
        self, call: Call[T], retries: Retries, server: str, chance: Callable[[], float] = random.random
    ) -> None:
        self._call = call
        self._server = server
        self._retries = retries
        self._chance = chance
        self.number = 1
        # Whether an earlier attempt may have been carried out, its answer lost.
        self._maybe_done = False

    def after(self, came: httpx.Response | httpx.RequestError) -> Done[T] | Again:
        """What an answer, or a broken connection, means; raises the error that it is, where the call is not sent again."""
        return self._answered(came) if isinstance(came, httpx.Response) else self._failed(came)

    def _answered(self, response: httpx.Response) -> Done[T] | Again:
        status = response.status_code
        if response.is_success:
            return Done(value_of(self._call, response))
        if status == 404 and self._maybe_done and self._call.method == "DELETE":
            gone: Any = None
            return Done(gone)
        self._maybe_done = self._maybe_done or status in _UNKNOWN
        error = error_of(response, datetime.now(UTC))
        if status in _NOT_BEGUN or (status in _UNKNOWN and self._call.repeatable):
            return self._again(error, retry_after_s(response, datetime.now(UTC)))
        raise error

    def _failed(self, error: httpx.RequestError) -> Again:
        why = str(error) or type(error).__name__
        said = f"Freehold does not answer at {self._server} ({self._call.method} {self._call.path}: {why})."
        if isinstance(error, _NOT_CONNECTED):
            return self._again(AnswerLost(said) if self._maybe_done else NotReached(said), None)
        self._maybe_done = True
        lost = AnswerLost(said)
        if not self._call.repeatable:
            raise lost
        return self._again(lost, None)

    def _again(self, error: FreeholdError, asked_s: float | None) -> Again:
        retries = self._retries
        if self.number >= retries.attempts or (asked_s or 0.0) > retries.longest_wait_s:
            raise error
        doublings = min(self.number - 1, _DOUBLINGS_MAX)
        wait_s: float = min(retries.longest_wait_s, retries.first_wait_s * 2**doublings)
        self.number += 1
        return Again((asked_s or 0.0) + wait_s * (1 - self._chance() / 2))
