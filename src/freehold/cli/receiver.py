"""The receiver behind `freehold listen`: an HTTP server of this machine that verifies, tells, and answers as it is told.

Bounded in what it reads; holds the signing secret in memory alone.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from freehold.sdk.seen_ids import SeenIds
from freehold.webhooks.rehearsal import CHUNK, RETRY_AFTER_S, Answer, Reading, Reply, as_repeat, read_request, reply_to

_BODY_BYTES_MAX: Final = 1024 * 1024
_SILENT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came, what it turned out to be, and what it is answered."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reading: Reading
    reply: Reply


@dataclass(slots=True)
class Receiver:
    """How to receive. `tell` is called for each request, one at a time, before it is answered."""

    tell: Callable[[Heard], None]
    secrets: list[str] = field(default_factory=list, repr=False)
    answer: Answer = "verify"
    retry_after_s: int = RETRY_AFTER_S
    seen: SeenIds = field(default_factory=SeenIds)
    ending: threading.Event = field(default_factory=threading.Event)
    telling: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Verify a request, tell of it, and say what to answer."""
        now_s = time.time()
        with self.telling:
            reading = read_request(body, headers, self.secrets, now_s)
            reply = reply_to(reading, self.answer, self.retry_after_s)
            # What is not accepted comes again, and is no repeat then.
            if reading.event and reply.accepts and not self.seen.claim(reading.event.id):
                reading = as_repeat(reading)
                reply = reply_to(reading, self.answer, self.retry_after_s)
            self.tell(Heard(now_s, method, path, headers, body, reading, reply))
        return reply


def server_of(receiver: Receiver, host: str, port: int) -> ThreadingHTTPServer:
    """A server for a receiver, bound but not yet serving; OSError where the port is taken."""

    class Handler(_Handler):
        hearing = receiver

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    return server


class _Handler(BaseHTTPRequestHandler):
    hearing: Receiver
    protocol_version = "HTTP/1.1"
    server_version = "freehold-listen"
    sys_version = ""
    timeout = _SILENT_S

    def do_POST(self) -> None:
        """Receive one event."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._send(Reply(411, b"say how long the body is\n"))
        elif int(length) > _BODY_BYTES_MAX:
            self._send(Reply(413, b"the body is too long\n"))
        else:
            body = self.rfile.read(int(length))
            self._send(self.hearing.hear(self.command, self.path, dict(self.headers.items()), body))

    def _send(self, reply: Reply) -> None:
        if reply.wait_s:
            self.hearing.ending.wait(reply.wait_s)
        self.close_connection = self.close_connection or reply.status in {411, 413} or reply.endless
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            if reply.endless:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self._go_on()
            else:
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
        except OSError:
            # The sender has hung up, as it should with a body that has no end.
            self.close_connection = True

    def _go_on(self) -> None:
        chunk = f"{len(CHUNK):x}\r\n".encode() + CHUNK + b"\r\n"
        while not self.hearing.ending.wait(0.01):
            self.wfile.write(chunk)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base class's name
        """Say nothing: requests are told of in full."""
