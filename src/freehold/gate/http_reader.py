"""From a client's bytes to exchanges: parses, counts, and refuses what is too large.

Owns the parser of one connection. Decides nothing about what is asked.
"""

from typing import TYPE_CHECKING, Final

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from freehold.errors import Problem
from freehold.gate.exchange import Exchange
from freehold.gate.http_head import check_head, origin_form

if TYPE_CHECKING:
    from freehold.gate.http_connection import Connection

TARGET_BYTES_MAX: Final = 8192


class RequestReader:
    """The requests of one connection, one after the other."""

    __slots__ = (
        "_carried", "_connection", "_exchange", "_fed", "_framing", "_head_bytes_max", "_head_ended", "_headers", "_parser", "_target",
        "in_head",
    )  # fmt: skip

    def __init__(self, connection: "Connection", head_bytes_max: int) -> None:
        self._connection = connection
        self._head_bytes_max = head_bytes_max
        # The exchange whose body is being read.
        self._exchange: Exchange | None = None
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        # Whether a head has begun and is not complete.
        self.in_head = False
        # Bytes of that head in earlier feeds, of this feed, and of chunk framing without a chunk.
        self._carried = self._fed = self._framing = 0
        # Whether a head was completed by this feed.
        self._head_ended = False
        self._parser = HttpRequestParser(self)

    @property
    def method(self) -> bytes:
        """The method of the head that is being read; empty where it is not known."""
        return self._parser.get_method() if self._target else b""

    @property
    def reading(self) -> Exchange | None:
        """The exchange whose body is not complete yet."""
        return self._exchange

    def feed(self, data: bytes | memoryview) -> None:
        """Read on; Problem where the bytes are no request that we take."""
        left: bytes | memoryview = data
        while len(left):
            left = self._feed(left)

    def _feed(self, data: bytes | memoryview) -> bytes | memoryview:
        """Read on; the bytes behind a request that asked for an upgrade."""
        self._fed = len(data)
        self._head_ended = False
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            # `Upgrade` is not done here, and what has no body goes on as if it had not been asked for.
            return memoryview(data)[upgrade.args[0] :]
        except HttpParserCallbackError as error:
            raise (error.__context__ or error) from None
        except HttpParserError as error:
            raise Problem("bad_request", f"The bytes are no HTTP/1.1 request: {error}.") from None
        if self.in_head:
            # Where another head ended in these bytes, only what is known of this one can be counted.
            self._carried = self._head_bytes() if self._head_ended else self._carried + len(data)
            self._check_head_bytes(self._carried)
        elif self._exchange is not None:
            self._framing += len(data)
            self._check_head_bytes(self._framing)
        return b""

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        self.in_head = True
        self._carried = 0

    def on_url(self, url: bytes) -> None:
        """The target, or a part of it."""
        self._target = self._target + url if self._target else url
        if len(self._target) > TARGET_BYTES_MAX:
            raise Problem("target_too_long", f"A request's target may have {TARGET_BYTES_MAX} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header field, or a trailer, which nobody here reads."""
        if self.in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole: an exchange begins."""
        if self._carried or self._fed > self._head_bytes_max:
            self._check_head_bytes(self._head_bytes())
        parser, target, headers = self._parser, self._target, self._headers
        self._target, self._headers = b"", []
        self.in_head = False
        self._head_ended = True
        fields = dict(headers)
        method, version = parser.get_method(), parser.get_http_version()
        check_head(method, target, version, headers, fields)
        if target[0] != 47:
            target = origin_form(target, fields)
        exchange = Exchange(self._connection, method, target, version, headers, fields)
        exchange.keep_alive = parser.should_keep_alive()
        if b"transfer-encoding" in fields:
            exchange.content_length = None
        elif b"content-length" in fields:
            exchange.content_length = int(fields[b"content-length"])
        if exchange.content_length != 0 and parser.should_upgrade():
            # The parser would take the body for what comes after an upgrade.
            raise Problem("not_implemented", "The gate upgrades no connection.")
        self._exchange = exchange
        self._framing = 0
        self._connection.begin(exchange)

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self._framing = -self._fed
        if self._exchange is not None:
            self._connection.take_body(self._exchange, data)

    def on_message_complete(self) -> None:
        """The body is whole."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.complete = True
            self._connection.end_body(exchange)

    # --- limits ---

    def _head_bytes(self) -> int:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers)

    def _check_head_bytes(self, count: int) -> None:
        if count <= self._head_bytes_max:
            return
        if 2 * len(self._target) > count:
            raise Problem(
                "target_too_long", f"A request's head may have {self._head_bytes_max} bytes, target included."
            )
        raise Problem("head_too_large", f"A request's head may have {self._head_bytes_max} bytes.")
