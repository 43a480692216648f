"""One HTTP request to a receiver, bounded in every direction, and what came of it.

Follows no redirect, keeps no cookie, asks no proxy, unpacks nothing. Touches no database: what to
send comes in whole, what came back goes out whole.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Final, Self, get_args

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from freehold.projects.records import Environment
from freehold.settings import Settings
from freehold.webhooks.addresses import AddressPolicy
from freehold.webhooks.connector import Lookup, Marks, guarded_connector, marks, note_address, note_sent, system_lookup
from freehold.webhooks.failures import blocked_cause, failure_words
from freehold.webhooks.inbox_route import InboxRoute
from freehold.webhooks.policy import policy_of
from freehold.webhooks.records import BODY_BYTES_MAX, AttemptResult, HeaderPairs, Outcome, Outgoing
from freehold.webhooks.rules import judge

# Names are looked up anew after so long. No safety hangs on it: addresses are checked at each connection.
NAMES_CACHED_S: Final = 10
CONNECT_S: Final = 5.0
ANSWER_S: Final = 20.0
_HEAD_LINE_BYTES_MAX: Final = 8 * 1024
_HEADERS_MAX: Final = 100
_LOOKUP_THREADS: Final = 32


class Sender:
    """A client for webhook requests, with a pool of connections for each environment. One event loop's own.

    The pools are apart, because what a sandbox endpoint may reach, a production endpoint may not.
    """

    def __init__(
        self,
        policies: Mapping[Environment, AddressPolicy],
        lookup: Lookup = system_lookup,
        connect_s: float = CONNECT_S,
        answer_s: float = ANSWER_S,
        names_cached_s: int = NAMES_CACHED_S,
        inbox: InboxRoute | None = None,
    ) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="webhook-names")
        self._timeout = aiohttp.ClientTimeout(total=answer_s, connect=connect_s)
        self._sessions: dict[str, aiohttp.ClientSession] = {
            environment: self._session(guarded_connector(policy, lookup, self._threads, names_cached_s))
            for environment, policy in policies.items()
        }
        self._inbox = inbox
        if inbox:
            self._sessions["inbox"] = self._session(guarded_connector(inbox.policy, lookup, self._threads, 0))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The sender that the operator's settings describe."""
        policies = {environment: policy_of(settings, environment) for environment in get_args(Environment)}
        return cls(policies, inbox=InboxRoute.of(settings))

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            response_class=_Answer,
            max_line_size=_HEAD_LINE_BYTES_MAX,
            max_field_size=_HEAD_LINE_BYTES_MAX,
            max_headers=_HEADERS_MAX,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, outgoing: Outgoing, environment: Environment) -> AttemptResult:
        """Send one request; every failure of the network or the receiver is a result, not an exception."""
        result, reused = await self._send_once(outgoing, environment)
        if reused and result.outcome == "unreachable" and result.status is None:
            # The receiver closed a kept-alive connection as we took it. A delivery may be repeated
            # (its id says so), so this is no failure of the receiver: once more, anew.
            result, _ = await self._send_once(outgoing, environment)
        return result

    async def _send_once(self, outgoing: Outgoing, environment: Environment) -> tuple[AttemptResult, bool]:
        mine = Marks(started=time.perf_counter_ns())
        marks.set(mine)
        exchange = _Exchange(mine)
        session, there = self._way(outgoing, environment)
        try:
            await exchange.run(session, there)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            exchange.fail(error, self._timeout)
        result = exchange.result()
        # Where the control plane listens is no tenant's to learn.
        return (result if there is outgoing else replace(result, address=None)), bool(mine.reused)

    def _way(self, outgoing: Outgoing, environment: Environment) -> tuple[aiohttp.ClientSession, Outgoing]:
        """The pool that a request goes through. A sandbox project's inbox has one of its own, and is where we listen."""
        target = self._inbox.target(outgoing.url) if self._inbox and environment == "sandbox" else None
        if target is None:
            return self._sessions[environment], outgoing
        return self._sessions["inbox"], replace(outgoing, url=target)


class _Answer(aiohttp.ClientResponse):
    """An answer that notes when its request had gone out and whom it comes from, on a kept-alive connection too."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the answer's head."""
        note_sent()
        peer = connection.transport.get_extra_info("peername") if connection.transport else None
        if peer:
            note_address(peer[0])
        return await super().start(connection)


class _Exchange:
    """One request and as much of its answer as came."""

    def __init__(self, mine: Marks) -> None:
        self._marks = mine
        self._status: int | None = None
        self._headers: HeaderPairs | None = None
        self._body: bytearray | None = None
        self._failure: tuple[Outcome, str] | None = None

    async def run(self, session: aiohttp.ClientSession, outgoing: Outgoing) -> None:
        """Send the request and read what is kept of the answer; where there is more, hang up rather than take it in."""
        async with session.post(
            URL(outgoing.url, encoded=True), data=outgoing.body, headers=outgoing.headers, allow_redirects=False
        ) as answer:
            self._marks.answered = time.perf_counter_ns()
            self._status = answer.status
            self._headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers
            )
            self._body = body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) >= BODY_BYTES_MAX:
                    answer.close()
                    break

    def fail(self, error: Exception, timeout: aiohttp.ClientTimeout) -> None:
        """Note why there is no complete answer."""
        blocked = blocked_cause(error)
        if blocked is not None:
            self._failure = (
                "blocked",
                f"Not sent: the host is, or leads to, {blocked}, which webhooks may not be sent to.",
            )
        else:
            self._failure = "unreachable", failure_words(error, self._marks, timeout)

    def result(self) -> AttemptResult:
        """What came of it."""
        outcome, error = self._failure or judge(self._status or 0)
        # A refused address is not told: where names inside the operator's network lead is no tenant's to learn.
        address = None if outcome == "blocked" else self._marks.address
        body = None if self._body is None else bytes(self._body[:BODY_BYTES_MAX])
        return AttemptResult(outcome, self._status, error, address, self._marks.timing(), self._headers, body)
