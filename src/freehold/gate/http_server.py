"""The listening side: accepts connections up to a bound, holds what they share, drains.

Knows no route: what is asked is the application's business.
"""

import asyncio
import contextlib
import socket
import ssl
from typing import Final, Protocol

from freehold.gate import answers
from freehold.gate.exchange import Exchange
from freehold.gate.http_connection import Connection
from freehold.gate.outbox import Outbox
from freehold.gate.request_ids import RequestIds
from freehold.settings import Settings

_BACKLOG: Final = 2048


class Application(Protocol):
    """What answers requests."""

    def open(self, exchange: Exchange) -> None:
        """A request's head is there: give it a sink, or the size that its body may have, or an answer."""

    def handle(self, exchange: Exchange) -> None:
        """A request that was given no sink is whole."""


class Server:
    """All connections of one worker."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, settings: Settings, application: Application, outbox: Outbox
    ) -> None:
        self.loop = loop
        self.settings = settings
        self.application = application
        self.outbox = outbox
        self.request_ids = RequestIds()
        self.dates = answers.DateLine()
        self.draining = False
        self._connections: set[Connection] = set()
        self._listeners: list[asyncio.Server] = []
        self._all_left = asyncio.Event()

    async def listen(self, sockets: list[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        """Accept connections on these sockets; with a context, by TLS alone."""
        # A handshake is a client's head as much as what follows it, and may take no longer.
        handshake_s = None if tls is None else self.settings.gate_head_s
        for each in sockets:
            self._listeners.append(
                await self.loop.create_server(
                    lambda: Connection(self), sock=each, backlog=_BACKLOG, ssl=tls, ssl_handshake_timeout=handshake_s
                )
            )

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    def joined(self, connection: Connection) -> None:
        """A connection was made; one too many is told so and closed."""
        self._connections.add(connection)
        if len(self._connections) > self.settings.gate_connections_max:
            body = answers.denial_body("unavailable", "Not ready", 503, "The gate has too many connections.", "")
            fields = answers.PROBLEM_JSON + b"Retry-After: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(
                body
            )
            connection.transport.write(answers.STATUS_LINES[503] + fields + body)
            connection.transport.close()

    def left(self, connection: Connection) -> None:
        """A connection is over."""
        self._connections.discard(connection)
        if not self._connections:
            self._all_left.set()

    async def drain(self) -> None:
        """Accept nothing more, let what runs come to its end within `drain_s`, then break the rest off."""
        self.draining = True
        for listener in self._listeners:
            listener.close()
        for connection in list(self._connections):
            connection.drain()
        if self._connections:
            self._all_left.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_left.wait(), self.settings.drain_s)
        for connection in list(self._connections):
            connection.abort()
        # One more turn of the loop, in which those connections learn that they are over.
        await asyncio.sleep(0)
