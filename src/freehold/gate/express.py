"""The short way of a verification: a connection asks again in the same words as before.

A client that keeps its connection sends the same head with every question, but for its body's length.
The parser and all checks of a head are functions of its bytes alone, so what they made of it once they
would make of it again; the long way (`http_reader`, `http_head`, `verify`) has answered such a head
before this one is ever asked. What is not to the byte the same, more than one request, or a part of
one, takes the long way again. Must never decide anything that the long way would not.
"""

import re
from typing import Final

from freehold.gate.exchange import Exchange

_LENGTH: Final = re.compile(rb"\r\nContent-Length: *([0-9]{1,7})\r\n", re.IGNORECASE)


class KnownHead:
    """A head that was read and found clear, around the digits of its body's length."""

    __slots__ = ("_before", "_behind", "_body_bytes_max", "_last", "_last_length")

    def __init__(self, before: bytes, behind: bytes, body_bytes_max: int) -> None:
        self._before = before
        self._behind = behind
        self._body_bytes_max = body_bytes_max
        # The whole head of the last request, and its body's length: most often the next one's too.
        self._last = before + behind
        self._last_length = -1

    def body_of(self, data: bytes) -> bytes | None:
        """The body of a whole request with this head, or None where the bytes are anything else."""
        head = self._last
        if data.startswith(head):
            body = data[len(head) :]
            if len(body) == self._last_length:
                return body
        before, behind = self._before, self._behind
        if not data.startswith(before):
            return None
        at = len(before)
        end = data.find(b"\r", at, at + 8)
        digits = data[at:end]
        if not digits.isdigit() or not data.startswith(behind, end):
            return None
        body_at = end + len(behind)
        length = int(digits)
        if len(data) - body_at != length or length > self._body_bytes_max:
            return None
        self._last, self._last_length = data[:body_at], length
        return data[body_at:]


def known_head(exchange: Exchange, data: bytes) -> KnownHead | None:
    """What is to be remembered of an exchange that came whole, and alone, in these bytes; None where it did not."""
    end = data.find(b"\r\n\r\n") + 4
    if end < 4 or not exchange.keep_alive or exchange.version != "1.1" or len(data) - end != exchange.content_length:
        return None
    lengths = list(_LENGTH.finditer(data, 0, end))
    if len(lengths) != 1 or b"expect" in exchange.fields or b"upgrade" in exchange.fields:
        return None
    return KnownHead(data[: lengths[0].start(1)], data[lengths[0].end(1) : end], exchange.body_bytes_max)
