"""Ids: a prefix that says what it names, then 26 characters that sort by time.

The 26 characters are 128 bits in Crockford's base 32, lower case: 48 bits of Unix milliseconds,
then 80 random bits. Digits and lower-case letters sort alike in every database collation.
"""

import os
import re
from typing import Final, Literal

from freehold.kit import clock

Prefix = Literal[
    "org", "usr", "inv", "api", "proj", "key", "whe", "msg", "dlv", "att",
    "req", "alr", "fir", "chn", "ntf", "rep", "prl", "sch", "acr", "ace", "tok", "aud", "jrn", "sdk",
    "wck", "wad", "inr", "mail", "rpl", "rck", "ats", "rhr", "acc", "dac", "fwd",
]  # fmt: skip

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = [a + b for a in ALPHABET for b in ALPHABET]
_ORDER_MAX: Final = (1 << 40) - 1
_SHAPE: Final = re.compile(r"[a-z]{3,4}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def new_id(prefix: Prefix, at_ms: int | None = None) -> str:
    """A fresh id, of this moment or of the given Unix millisecond."""
    ms = clock.now_ms() if at_ms is None else at_ms
    return f"{prefix}_{encode(ms << 80 | int.from_bytes(os.urandom(10)))}"


def ordered_id(prefix: Prefix, order: int) -> str:
    """A fresh id of this moment that sorts after those of the same moment with a smaller order, up to 2^40."""
    return f"{prefix}_{encode(clock.now_ms() << 80 | (order & _ORDER_MAX) << 40 | int.from_bytes(os.urandom(5)))}"


def first_id(prefix: Prefix, at_ms: int) -> str:
    """What sorts after every id that was made before a Unix millisecond, and before all that were made since."""
    return f"{prefix}_{encode(at_ms << 80)}"


def encode(number: int) -> str:
    """128 bits as 26 characters of Crockford's base 32, most significant first."""
    pairs = [""] * 13
    for place in range(12, -1, -1):
        pairs[place] = _PAIRS[number & 1023]
        number >>= 10
    return "".join(pairs)


def instant_ms(identifier: str) -> int:
    """The Unix millisecond at which an id was made; ValueError where it is no id."""
    if not _SHAPE.fullmatch(identifier):
        raise ValueError("not an id")
    number = 0
    for character in identifier.partition("_")[2][:10]:
        number = number << 5 | ALPHABET.index(character)
    return number


def is_id(text: str, prefix: Prefix) -> bool:
    """Whether a text has the form of an id of that prefix (it may still name nothing)."""
    return text.startswith(prefix + "_") and _SHAPE.fullmatch(text) is not None
