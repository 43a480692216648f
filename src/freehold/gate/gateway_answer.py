"""The head of an upstream's answer as the client gets it."""

from typing import Final

from freehold.gate import answers
from freehold.gate.exchange import Exchange
from freehold.gate.upstream_connection import Head
from freehold.gate.upstream_head import response_fields

_BODILESS: Final = frozenset({204, 304})
_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"


def answer_head(exchange: Exchange, head: Head, decision_fields: bytes) -> tuple[bytes, bool]:
    """The head, with what the answer says of the decision; and whether its body goes out in chunks."""
    delimiter = _delimiter(exchange, head)
    fields = response_fields(head.headers, head.fields) + decision_fields + delimiter
    if b"date" not in head.fields:
        fields += exchange.connection.server.dates.at(exchange.at_ms)
    if b"x-request-id" not in head.fields:
        fields += b"X-Request-Id: %b\r\n" % exchange.request_id.encode()
    return exchange.head(answers.status_line(head.status, head.reason), fields), delimiter == _CHUNKED


def _delimiter(exchange: Exchange, head: Head) -> bytes:
    """How the client finds the end of the body (RFC 9112, section 6.3)."""
    if head.status in _BODILESS or (exchange.method == b"HEAD" and head.length is None):
        return b""
    if head.length is not None:
        return b"Content-Length: %d\r\n" % head.length
    if exchange.version == "1.1":
        return _CHUNKED
    exchange.keep_alive = False
    return b""
