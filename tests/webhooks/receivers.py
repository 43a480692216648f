"""Receivers of every temper, as real servers on loopback.

A receiver is told how to behave by the path it is asked for; it keeps what it was sent.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Received:
    """One request as it arrived."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def by_name(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}


@dataclass
class Receiver:
    """A server on a free port of loopback, with all requests it has had."""

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    hang_up_next: bool = False

    def url(self, path: str = "/accept") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")[:-2]
    headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in rest)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Received(line, headers, await reader.readexactly(length))


def plain(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


ANSWERS = {
    "/accept": plain("200 OK", "x-seen: yes", body=b"thanks"),
    "/empty": plain("204 No Content"),
    "/500": plain("500 Internal Server Error", body=b"broken"),
    "/410": plain("410 Gone"),
    "/429": plain("429 Too Many Requests", "retry-after: 77"),
    "/redirect": plain("302 Found", "location: /accept"),
    "/cookie": plain("200 OK", "set-cookie: a=b; path=/"),
    "/passes": plain("200 OK", body=b'{"passed": true, "detail": "  Room\\n enough\\u0007. "}'),
    "/v1/logs": plain("200 OK", body=b"{}"),
    "/rejects": plain("200 OK", body=b'{"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too old"}}'),
    "/refuses": plain("200 OK", body=b'{"passed": false}'),
    "/says-nothing": plain("200 OK", body=b'{"passed": "yes"}'),
    "/list": plain("200 OK", body=b"[true]"),
    "/deep": plain("200 OK", body=b"[" * 15_000),
    "/garbage": b"SSH-2.0-OpenSSH_9.9\r\n\x00\x01\x02\r\n\r\n",
    "/huge-head": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    "/many-headers": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000 + b"\r\n",
    "/broken-off": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
    "/gzip-bomb": plain("200 OK", "content-encoding: gzip", body=b"\x1f\x8b\x08\x00 not really"),
}


async def _slow(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _later(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.7)
    writer.write(ANSWERS["/accept"])
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _drip_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"z" * 4096 + b"\r\n")
        await writer.drain()


async def _endless_interim(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()


BEHAVIOURS: dict[str, Callable[[asyncio.StreamWriter], Awaitable[None]]] = {
    "/slow": _slow,
    "/later": _later,
    "/drip": _drip,
    "/drip-head": _drip_head,
    "/endless": _endless,
    "/endless-interim": _endless_interim,
    "/reset": _reset,
    "/close": _close,
}


@contextlib.asynccontextmanager
async def receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that serves until its block ends, then lets go of every connection."""
    state = Receiver()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        tasks.add(task)
        try:
            while await _serve_one(state, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    state.port = listening.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve_one(state: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    request = await read_request(reader)
    if request is None:
        return False
    state.requests.append(request)
    if state.hang_up_next:
        state.hang_up_next = False
        return False
    path = request.line.split(" ")[1].partition("?")[0]
    if path in BEHAVIOURS:
        await BEHAVIOURS[path](writer)
        return False
    writer.write(ANSWERS[path])
    await writer.drain()
    return path in {"/accept", "/empty", "/500", "/410", "/429", "/redirect", "/cookie"}


@contextlib.contextmanager
def served() -> Iterator[Receiver]:
    """A receiver in a thread of its own, as it is for the control plane."""
    started, stop = threading.Event(), threading.Event()
    found: list[Receiver] = []

    async def run() -> None:
        async with receiver() as there:
            found.append(there)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join()
