"""Connections to upstreams: made when needed, kept open for the next request, closed when idle.

One pool a worker. A connection is lent to one request and given back after a whole response.
"""

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from freehold.gate.upstream_connection import UpstreamConnection

_BUNDLED: Final = "bundled:example/"
# Shorter than the keep-alive of any common server (uvicorn's is 5 s), so that a kept connection is
# hardly ever closed by the other side at the moment that we use it.
_IDLE_S: Final = 4.0
_IDLE_MAX: Final = 256


class Origin(NamedTuple):
    """Where connections go."""

    host: str
    port: int
    tls: bool


class Upstream(NamedTuple):
    """An upstream: its origin, what its requests' Host says, and the path that stands before theirs."""

    origin: Origin
    host: bytes
    base_path: bytes


class NoUpstream(Exception):
    """An upstream that nothing can be sent to: not given, or not a URL."""


class UpstreamPool:
    """The connections of one worker."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connect_s: float, bundled: Mapping[str, str]) -> None:
        """`bundled`: the URLs of the bundled example API, by environment."""
        self._loop = loop
        self._connect_s = connect_s
        self._bundled = bundled
        self._idle: dict[Origin, list[UpstreamConnection]] = {}
        self._tls: ssl.SSLContext | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    def resolve(self, url: str | None) -> Upstream:
        """The upstream of a catalogue's entry; NoUpstream where there is none."""
        if url is not None and url.startswith(_BUNDLED):
            url = self._bundled.get(url.removeprefix(_BUNDLED))
        if url is None:
            raise NoUpstream
        return _parse(url)

    def take(self, origin: Origin) -> UpstreamConnection | None:
        """A connection that is open already, the one used last; None where there is none."""
        idle = self._idle.get(origin)
        oldest = self._loop.time() - _IDLE_S
        while idle:
            connection = idle.pop()
            if connection.usable and connection.idle_since >= oldest:
                return connection
            connection.abort()
        return None

    async def connect(self, origin: Origin) -> UpstreamConnection:
        """A new connection; OSError (TimeoutError among them) where there is none to be had."""
        tls = self._tls_context() if origin.tls else None
        async with asyncio.timeout(self._connect_s):
            _, connection = await self._loop.create_connection(
                UpstreamConnection, origin.host, origin.port, ssl=tls, server_hostname=origin.host if tls else None
            )
        return connection

    def give_back(self, origin: Origin, connection: UpstreamConnection) -> None:
        """A response is complete: keep the connection if it can be used again."""
        if not connection.let_go():
            return
        idle = self._idle.setdefault(origin, [])
        if len(idle) >= _IDLE_MAX:
            connection.abort()
            return
        connection.idle_since = self._loop.time()
        idle.append(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_IDLE_S, self._sweep)

    def close(self) -> None:
        """Close what is idle."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()

    def _sweep(self) -> None:
        oldest = self._loop.time() - _IDLE_S
        for origin, idle in list(self._idle.items()):
            kept = []
            for connection in idle:
                if connection.usable and connection.idle_since >= oldest:
                    kept.append(connection)
                else:
                    connection.abort()
            self._idle[origin] = kept
            if not kept:
                del self._idle[origin]
        self._sweeper = self._loop.call_later(_IDLE_S, self._sweep) if self._idle else None

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


@lru_cache(maxsize=4096)
def _parse(url: str) -> Upstream:
    try:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoUpstream(url)
        port = parts.port or (443 if tls else 80)
    except ValueError:
        raise NoUpstream(url) from None
    host = parts.netloc.rpartition("@")[2].encode("idna" if not parts.netloc.isascii() else "ascii")
    return Upstream(Origin(parts.hostname, port, tls), host, parts.path.rstrip("/").encode("ascii", "replace"))
