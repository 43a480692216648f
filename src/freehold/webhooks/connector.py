"""The guarded way out: every connection's address is checked at the moment it is made.

aiohttp asks `socket_factory` for a socket for each resolved address it is about to connect to, IP
literals included. The factory refuses there, so no second look-up can come between check and
connect. The resolver refuses earlier, where any of a name's addresses may not be contacted.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection

from freehold.webhooks.addresses import AddressPolicy, refusal
from freehold.webhooks.records import Timing

Lookup = Callable[[str, int], list[tuple[Any, ...]]]

# Receivers commonly close an idle connection after 5 s; we give it up first, not half-way into a request.
_KEEPALIVE_S: Final = 4.0


class Blocked(OSError):
    """An address that webhooks may not be sent to. Says what it is, never which it is: names inside are no tenant's to map."""


@dataclass(slots=True)
class Marks:
    """When each step of one request was reached, in nanoseconds of the performance counter."""

    started: int = 0
    dns_started: int = 0
    dns_ended: int = 0
    connect_started: int = 0
    tls_started: int = 0
    connected: int = 0
    sent: int = 0
    answered: int = 0
    reused: int = 0
    address: str | None = None

    def timing(self) -> Timing:
        """The marks as lengths of time; the whole runs until now."""
        connect_ended = self.tls_started or self.connected
        return Timing(
            dns_us=_us(self.dns_started, self.dns_ended),
            connect_us=_us(self.connect_started, connect_ended),
            tls_us=_us(self.tls_started, self.connected),
            first_byte_us=_us(self.sent, self.answered),
            total_us=(time.perf_counter_ns() - self.started) // 1000,
        )


def _us(start: int, end: int) -> int | None:
    return (end - start) // 1000 if start and end else None


# The marks of the request that the running task makes.
marks: ContextVar[Marks] = ContextVar("marks")


def _mark(name: str) -> None:
    current = marks.get(None)
    if current is not None:
        setattr(current, name, time.perf_counter_ns())


def note_address(address: str) -> None:
    """The running task's request goes to this address."""
    current = marks.get(None)
    if current is not None:
        current.address = address


def note_sent() -> None:
    """The running task's request has gone out."""
    _mark("sent")


def guard(policy: AddressPolicy) -> Callable[[tuple[Any, ...]], socket.socket]:
    """A socket factory that refuses every address outside the policy with Blocked."""

    def make_socket(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = address_info
        check_address(str(place[0]), int(place[1]), policy)
        _mark("connect_started")
        note_address(str(place[0]))
        return socket.socket(family, kind, protocol)

    return make_socket


def check_address(host: str, port: int, policy: AddressPolicy) -> None:
    """Raise Blocked where a resolved address, or the port, is none that webhooks may go to."""
    what = refusal(ip_address(host), policy)
    if what is not None:
        raise Blocked(what)
    if not policy.allows_port(port):
        raise Blocked(f"port {port}")


class GuardedResolver(AbstractResolver):
    """Looks names up in threads of its own; refuses a name as soon as one of its addresses is refused."""

    def __init__(self, policy: AddressPolicy, lookup: Lookup, threads: ThreadPoolExecutor) -> None:
        self._policy = policy
        self._lookup = lookup
        self._threads = threads

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name (RFC 6724 order); Blocked, or OSError where it has none."""
        _mark("dns_started")
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._lookup, host, port)
        _mark("dns_ended")
        results = [
            ResolveResult(hostname=host, host=place[0], port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, _, _, _, place in found
            if family in {socket.AF_UNSPEC, kind}
        ]
        if not results:
            raise OSError("the name has no address")
        for result in results:
            check_address(result["host"], port, self._policy)
        return results

    async def close(self) -> None:
        """Nothing is held here: the threads belong to whoever made them."""


def system_lookup(host: str, port: int) -> list[tuple[Any, ...]]:
    """The machine's own resolver."""
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class TimedContext(ssl.SSLContext):
    """Certificates and names checked by the system's trust store; notes when a handshake begins."""

    def wrap_bio(self, *given: Any, **named: Any) -> ssl.SSLObject:
        """Begin a handshake, as SSLContext does."""
        _mark("tls_started")
        return super().wrap_bio(*given, **named)


def trusting_context() -> ssl.SSLContext:
    """A context that verifies receivers against the system's certificate authorities."""
    context = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


class _NotedConnector(aiohttp.TCPConnector):
    """A pool that notes whether a request's connection is new. aiohttp's traces tell that too, at the cost of a call a step."""

    async def connect(self, *given: Any, **named: Any) -> Connection:
        """A connection from the pool, or a new one."""
        connection = await super().connect(*given, **named)
        current = marks.get(None)
        _mark("connected" if current is not None and current.connect_started else "reused")
        return connection


def guarded_connector(
    policy: AddressPolicy, lookup: Lookup, threads: ThreadPoolExecutor, names_cached_s: int
) -> aiohttp.TCPConnector:
    """A pool of connections, none of which was ever made to an address outside the policy."""
    return _NotedConnector(
        resolver=GuardedResolver(policy, lookup, threads),
        socket_factory=guard(policy),
        ssl=trusting_context(),
        limit=0,  # The dispatcher bounds how many requests run.
        ttl_dns_cache=names_cached_s,
        keepalive_timeout=_KEEPALIVE_S,
    )
