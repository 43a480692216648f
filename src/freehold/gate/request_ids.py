"""Ids of decisions, made in bulk: the same ids as `kit.ids.new_id("req")`, several times faster.

The ten characters that hold the millisecond are kept until it passes, and the sixteen random ones
are cut from a block of the system's entropy, five bits of each byte.
"""

import os
from typing import Final

from freehold.kit.ids import ALPHABET, new_id

_BLOCK_BYTES: Final = 4096
_RANDOM: Final = 16
_DIGITS: Final = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_HEAD_LENGTH: Final = len("req_") + 10


class RequestIds:
    """A source of `req_` ids for one thread."""

    __slots__ = ("_at", "_block", "_head", "_ms")

    def __init__(self) -> None:
        self._block = ""
        self._at = 0
        self._ms = -1
        self._head = ""

    def new(self, at_ms: int) -> str:
        """A fresh id of the given Unix millisecond."""
        if at_ms != self._ms:
            self._ms, self._head = at_ms, new_id("req", at_ms)[:_HEAD_LENGTH]
        at = self._at
        if at >= len(self._block):
            self._block = os.urandom(_BLOCK_BYTES).translate(_DIGITS).decode("ascii")
            at = 0
        self._at = at + _RANDOM
        return self._head + self._block[at : at + _RANDOM]
