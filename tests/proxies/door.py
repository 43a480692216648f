"""The gate as a proxy reaches it: a relay on loopback that counts connections, and can be shut or fall silent.

The gate behind it is the real one, and every byte passes as it is. Only so can a test count what a
proxy opens, and take the gate away from it without ending the gate.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

from tests.proxies.background import Background, Connections


class Door:
    """Relays to one port of loopback. `connections`: how many were opened so far."""

    def __init__(self, background: Background, to_port: int) -> None:
        self.connections = 0
        self._background = background
        self._to_port = to_port
        self._silent = False
        self._open = Connections()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self._server = background.run(asyncio.start_server(self._relay, sock=listener))

    @contextlib.contextmanager
    def shut(self) -> Iterator[None]:
        """Nobody listens, and what was open is gone: a gate that has died."""
        self._background.run(self._shut())
        # Bound and not listening: the port stays ours, and whoever connects is refused.
        with socket.socket() as reserved:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.bind(("127.0.0.1", self.port))
            yield
        self._server = self._background.run(asyncio.start_server(self._relay, "127.0.0.1", self.port))

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Whoever connects is heard and never answered: a gate that hangs."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def close(self) -> None:
        self._background.run(self._shut())

    async def _shut(self) -> None:
        self._server.close()
        await self._open.end()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.note()
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
            try:
                await asyncio.gather(self._pump(reader, to_writer), self._pump(to_reader, writer))
            finally:
                to_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not self._silent:
                    writer.write(data)
                    await writer.drain()
        writer.close()
