"""One connection to an upstream: a request out, its response back, and whether it can be used again.

Tells a listener what happens and decides nothing of it.
"""

import asyncio
import enum
from typing import Final, Protocol, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

_HEAD_BYTES_MAX: Final = 64 * 1024


class Failure(enum.Enum):
    """Why a response did not come, or not whole."""

    UNREACHABLE = "The upstream refused the connection, or could not be found."
    CLOSED = "The upstream closed the connection before its answer was complete."
    BROKEN = "The upstream's answer was no HTTP/1.1 that the gateway can pass on."
    TIMEOUT = "The upstream did not answer in time."


class Head:
    """The head of a response. `length`: of its body; None where it ends in another way."""

    __slots__ = ("fields", "headers", "length", "reason", "status")

    def __init__(self, status: int, reason: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.fields = dict(headers)
        length = self.fields.get(b"content-length")
        self.length = None if length is None else int(length)


class Listener(Protocol):
    """Who hears what comes back."""

    def on_head(self, head: Head) -> None:
        """The response has begun."""

    def on_part(self, data: bytes) -> None:
        """A part of its body."""

    def on_end(self) -> None:
        """It is complete."""

    def on_turn(self) -> None:
        """All that came at once has been told."""

    def on_failure(self, failure: Failure) -> None:
        """It will not come, or not whole."""

    def on_full(self) -> None:
        """The upstream takes no more of the request for now."""

    def on_room(self) -> None:
        """It does again."""


class UpstreamConnection(asyncio.Protocol):
    """One connection, used by one request at a time."""

    __slots__ = (
        "_bodiless",
        "_ended",
        "_fed",
        "_head",
        "_headers",
        "_held",
        "_keeps_alive",
        "_listener",
        "_parser",
        "_reason",
        "heard",
        "idle_since",
        "reused",
        "transport",
    )  # fmt: skip

    def __init__(self) -> None:
        self._listener: Listener | None = None
        self._parser = HttpResponseParser(self)
        self._head: Head | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._reason = b""
        # Bytes before the head was whole.
        self._fed = 0
        self._ended = self._bodiless = self._keeps_alive = False
        # Whether anything of the response has come.
        self.heard = False
        self._held = False
        self.reused = False
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        """Whether a request can be sent on it."""
        return not self.transport.is_closing()

    def begin(self, listener: Listener, *, is_head: bool) -> None:
        """Use the connection for one request. `is_head`: its response has no body, whatever it says."""
        self._reset()
        self._listener = listener
        self._bodiless = is_head

    def write(self, data: bytes) -> None:
        """Send a part of the request."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def hold(self) -> None:
        """Read no more of the response for now."""
        if not self._held and not self.transport.is_closing():
            self._held = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._held and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()

    def let_go(self) -> bool:
        """The response is complete; whether the connection can be used again."""
        self._listener = None
        self.go_on()
        if self._reusable():
            self.reused = True
            return True
        self.transport.close()
        return False

    def abort(self) -> None:
        """Break it off; the listener hears no more."""
        self._listener = None
        self.transport.abort()

    # --- what the event loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of a response."""
        listener = self._listener
        if listener is None or self._ended:
            # What nobody asked for: the connection's state is not what we think it is.
            self.transport.abort()
            return
        self.heard = True
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserCallbackError, HttpParserUpgrade):
            self._fail(Failure.BROKEN)
            return
        if self._head is None:
            self._fed += len(data)
            if self._fed > _HEAD_BYTES_MAX:
                self._fail(Failure.BROKEN)
                return
        listener.on_turn()

    def eof_received(self) -> bool:
        """The upstream sends no more: the end of a body that has no other."""
        listener = self._listener
        if listener is not None and self._head is not None and not self._ended and self._until_close():
            self._end()
            listener.on_turn()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the event loop's interface)
        """It is over."""
        if self._listener is not None and not self._ended:
            self._fail(Failure.CLOSED)

    def pause_writing(self) -> None:
        """The upstream reads more slowly than we write."""
        if self._listener is not None:
            self._listener.on_full()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._listener is not None:
            self._listener.on_room()

    # --- what the parser calls ---

    def on_status(self, reason: bytes) -> None:
        """The words behind the status, or a part of them."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer, which is not passed on."""
        if self._head is None:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole; an interim response (1xx) is not the one that was asked for."""
        status = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                raise ValueError("an upgrade that was not asked for")
            return
        head = Head(status, self._reason, self._headers)
        codings = [value.lower() for name, value in self._headers if name == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]):
            raise ValueError("a transfer coding that cannot be passed on")
        self._head = head
        # Asked here, because the parser forgets it once the message is complete.
        self._keeps_alive = self._parser.should_keep_alive()
        if self._listener is not None:
            self._listener.on_head(head)
        if self._bodiless:
            self._end()

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        if self._listener is not None and not self._ended:
            self._listener.on_part(data)

    def on_message_complete(self) -> None:
        """The response is whole."""
        if self._head is None:
            self._headers, self._reason = [], b""
        elif not self._ended:
            self._end()

    # --- within ---

    def _reset(self) -> None:
        self._parser = HttpResponseParser(self)
        self._head = None
        self._headers = []
        self._reason = b""
        self._fed = 0
        self._ended = self._bodiless = self._keeps_alive = self.heard = False

    def _until_close(self) -> bool:
        """Whether the response's body ends where the connection does (RFC 9112, section 6.3)."""
        head = self._head
        return head is not None and head.length is None and b"transfer-encoding" not in head.fields

    def _reusable(self) -> bool:
        return self._ended and self._keeps_alive and not self.transport.is_closing()

    def _end(self) -> None:
        self._ended = True
        if self._listener is not None:
            self._listener.on_end()

    def _fail(self, failure: Failure) -> None:
        listener, self._listener = self._listener, None
        self.transport.abort()
        if listener is not None:
            listener.on_failure(failure)
