"""The server that tests put the application on: uvicorn's, without its pauses."""

import asyncio
import socket
from contextlib import suppress

import uvicorn


class QuickServer(uvicorn.Server):
    """A server that ends at once.

    Uvicorn's own looks every tenth of a second whether it should end and then waits another tenth, which is longer than most
    tests take. This one ends when it is told to, once every connection and every request has come to its end.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Tell it to end, from another thread, whether it has begun or not."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 — as uvicorn has it
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # Uvicorn tells nobody when the last of them has ended.
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
