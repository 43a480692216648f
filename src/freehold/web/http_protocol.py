"""The server's HTTP/1.1 protocol with the bounds that it lacks: how large a request's head, and how long a request may take to come.

Without them one client could fill the memory with a header that never ends, or hold connections open
by sending nothing. Knows no routes.
"""

import asyncio
from typing import Any, ClassVar, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from freehold.errors import Problem
from freehold.kit import ids
from freehold.web.problems import problem_view

# What each field has beside its name and value: a colon, a space and the line's end.
_FIELD_BYTES: Final = 4


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A head has `head_bytes_max` bytes and `wait_s` seconds in all, each further part of a body `wait_s`."""

    head_bytes_max: ClassVar[int]
    wait_s: ClassVar[float]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        # Whether the present piece of data held the end of a head or of a request: it is not counted as a head's.
        self._ended = False
        self._head_bytes = 0
        self._unanswered = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn's own
        """Expect a head from the first moment on."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; refuse a head that has grown too large."""
        self._ended = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and not self._ended:
            self._head_bytes += len(data)
            if self._head_bytes > self.head_bytes_max:
                self._refuse_head()
            elif self._timer is None:
                self._start_timer()
        elif self._timer is not None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        """The head is there: from here on a body is expected, in parts."""
        self._in_head, self._ended = False, True
        if (
            len(self.url) + sum(len(name) + len(value) + _FIELD_BYTES for name, value in self.headers)
            > self.head_bytes_max
        ):
            self._refuse_head()
            # The parser stops at an exception, and uvicorn takes it for a request that cannot be read.
            raise ValueError("the head is too large")
        self._unanswered += 1
        self._start_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there: nothing is expected but the next one, which uvicorn's keep-alive waits for."""
        super().on_message_complete()
        self._in_head, self._ended, self._head_bytes = True, True, 0
        self._stop_timer()

    def on_response_complete(self) -> None:
        """One request less is waiting for its answer."""
        self._unanswered -= 1
        super().on_response_complete()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self.wait_s, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.flow.read_paused:
            # The client has sent all that we were ready to take.
            self._start_timer()
        elif self._in_head:
            self._refuse(Problem("request_timeout", "Send the request at once."))
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless it was refused already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self._refuse(Problem("head_too_large", f"A request's head has at most {self.head_bytes_max} bytes."))

    def _refuse(self, problem: Problem) -> None:
        request_id = ids.new_id("req")
        body = msgspec.json.encode(problem_view(problem, request_id))
        head = (
            f"HTTP/1.1 {problem.status} {problem.title}\r\nX-Request-Id: {request_id}\r\n"
            f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        # While a request is being answered, this would be taken for its answer.
        if not self._unanswered:
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()


def bounded_protocol(head_bytes_max: int, wait_s: float) -> type[BoundedProtocol]:
    """The protocol with these bounds, as uvicorn's configuration takes it."""
    return type("Bounded", (BoundedProtocol,), {"head_bytes_max": head_bytes_max, "wait_s": wait_s})
