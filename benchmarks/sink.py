"""A receiver that answers at once, or never (`/hang`), and tells how it fared: `GET /figures` and begins anew.

    python -m benchmarks.sink PORT

How long a message took to come here is told by its id, whose first characters are the millisecond of its making.
"""

import asyncio
import sys
import time
from typing import cast

import msgspec
import uvloop

from freehold.kit.ids import instant_ms

_ACCEPTED = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


class Figures(msgspec.Struct):
    """Since it was last asked: requests that were answered, requests that hang, and how old each was in milliseconds."""

    answered: int = 0
    hanging: int = 0
    ages_ms: list[float] = []


class Sink(asyncio.Protocol):
    """One connection. Reads heads and lengths, and nothing else."""

    figures = Figures()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are of no class that says so.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            length = _number(head, b"\r\ncontent-length: ")
            if len(self._read) < end + 4 + length:
                return
            self._read = self._read[end + 4 + length :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        figures = Sink.figures
        if head.startswith(b"get "):
            body = msgspec.json.encode(figures)
            Sink.figures = Figures()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        elif head.startswith(b"post /hang"):
            figures.hanging += 1
        else:
            figures.answered += 1
            at = head.find(b"webhook-id: ")
            if at >= 0:
                identifier = head[at + 12 : head.index(b"\r\n", at)].decode()
                figures.ages_ms.append(time.time() * 1000 - instant_ms(identifier))
            self._transport.write(_ACCEPTED)


def _number(head: bytes, name: bytes) -> int:
    at = head.find(name)
    return int(head[at + len(name) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def _serve(port: int) -> None:
    listening = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=4096)
    await listening.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
