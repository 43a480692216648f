"""The clients: one that answers at once, one that is awaited. They send, wait and tell; nothing else.

What can be called stands in `surface`, what is sent again in `attempts`, what an answer means in `answers`.
A client may be shared by threads (`Freehold`) or by the tasks of one event loop (`AsyncFreehold`).
"""

import asyncio
import time
from types import TracebackType
from typing import Any, Final, Self

import httpx

from freehold.sdk.attempts import Attempts, Done, Retries
from freehold.sdk.calls import Async, Call, Sync
from freehold.sdk.connection import LIMITS, Connection, Observer, address, checked_token, no_cookies
from freehold.sdk.listings import AsyncListing, Listing
from freehold.sdk.surface import Surface

_RETRIES: Final = Retries()
_TIMEOUT_S: Final = 30.0


class Freehold(Surface[Sync]):
    """A Freehold instance, as one caller: `Freehold("https://freehold.example.com", token).projects.list(…)`.

    `token`: an access token (`fhp_…`) or a service token (`fho_…`). `gate_url`: where keys are verified.
    `timeout_s`: the longest wait for a connection, and for each part of an answer. `on_attempt` is told of
    every attempt, with its request id. `http`: an httpx client of your own, for proxies or certificates;
    it stays open when this one is closed.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        gate_url: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        retries: Retries = _RETRIES,
        on_attempt: Observer | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        super().__init__(self._carry_out, Listing)
        self._connection = _connection(url, token, gate_url, timeout_s, retries, on_attempt)
        self._http = http or httpx.Client(cookies=no_cookies(), limits=LIMITS)
        self._owns_http = http is None

    def _carry_out(self, call: Call[Any]) -> Any:
        request = self._http.build_request(**self._connection.request(call))
        attempts = Attempts(call, self._connection.retries, self._connection.server(call))
        while True:
            try:
                came: httpx.Response | httpx.RequestError = self._http.send(request, follow_redirects=False)
            except httpx.RequestError as error:
                came = error
            self._connection.tell(call, attempts.number, came)
            outcome = attempts.after(came)
            if isinstance(outcome, Done):
                return outcome.value
            time.sleep(outcome.wait_s)

    def close(self) -> None:
        """Close the connections."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Freehold({self._connection.url!r})"


class AsyncFreehold(Surface[Async]):
    """A Freehold instance, as one caller, for asyncio: the same operations and arguments as `Freehold`, awaited."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        gate_url: str | None = None,
        timeout_s: float = _TIMEOUT_S,
        retries: Retries = _RETRIES,
        on_attempt: Observer | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(self._carry_out, AsyncListing)
        self._connection = _connection(url, token, gate_url, timeout_s, retries, on_attempt)
        self._http = http or httpx.AsyncClient(cookies=no_cookies(), limits=LIMITS)
        self._owns_http = http is None

    async def _carry_out(self, call: Call[Any]) -> Any:
        request = self._http.build_request(**self._connection.request(call))
        attempts = Attempts(call, self._connection.retries, self._connection.server(call))
        while True:
            try:
                came: httpx.Response | httpx.RequestError = await self._http.send(request, follow_redirects=False)
            except httpx.RequestError as error:
                came = error
            self._connection.tell(call, attempts.number, came)
            outcome = attempts.after(came)
            if isinstance(outcome, Done):
                return outcome.value
            await asyncio.sleep(outcome.wait_s)

    async def close(self) -> None:
        """Close the connections."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncFreehold({self._connection.url!r})"


def _connection(
    url: str, token: str | None, gate_url: str | None, timeout_s: float, retries: Retries, on_attempt: Observer | None
) -> Connection:
    gate = None if gate_url is None else address(gate_url)
    return Connection(address(url), gate, checked_token(token), timeout_s, retries, on_attempt)
