"""A key's text: how it is composed, recognised and kept.

    <brand>_test_<selector 12>_<secret 32><check 6>      sandbox
    <brand>_live_<selector 12>_<secret 32><check 6>      production

All of it base 62, case-sensitive. The check is the CRC-32 of every character before it, most
significant digit first, filled with `0` on the left to six characters (62^6 > 2^32): a mistyped or
invented key is refused for the price of a checksum, before anything is looked up.

What is kept is a keyed digest of the 32 secret characters alone. The selector names the row that the
digest is compared with, the pepper is the environment's own, and the brand is only a label, so that
digesting them as well would bind nothing that is not bound already. Because the pepper is chosen by
the prefix that was *presented*, a sandbox secret under a `live` prefix has another digest: it opens
nothing, whatever the tables say.

Never holds a key longer than one decision, and shows none in `repr`.
"""

import hashlib
import re
import zlib
from functools import lru_cache
from typing import Final

import msgspec

from freehold.keys.records import Environment
from freehold.kit.secrets import BASE62, InstanceSecret, keyed_digest

SELECTOR_LENGTH: Final = 12
SECRET_LENGTH: Final = 32
CHECK_LENGTH: Final = 6

_PREFIXES: Final[dict[Environment, str]] = {"sandbox": "test", "production": "live"}
_ENVIRONMENTS: Final[dict[str, Environment]] = {word: name for name, word in _PREFIXES.items()}
_PEPPERS: Final[dict[Environment, str]] = {"sandbox": "key-pepper-sandbox", "production": "key-pepper-production"}
# Base 62 is written and read two digits at a time.
_PAIRS: Final = [a + b for a in BASE62 for b in BASE62]
_PAIR_COUNT: Final = len(_PAIRS)
_PAIR_VALUES: Final = {pair: value for value, pair in enumerate(_PAIRS)}


class Credential(msgspec.Struct, frozen=True, gc=False):
    """The parts of a key that has the right form. It may still name nothing."""

    environment: Environment
    selector: str
    secret: str

    def __repr__(self) -> str:
        return f"Credential({self.environment}, {self.selector}, …)"


def compose(brand: str, environment: Environment, selector: str, secret: str) -> str:
    """The text of a key from its parts; ValueError where a part has the wrong length."""
    if len(selector) != SELECTOR_LENGTH or len(secret) != SECRET_LENGTH:
        raise ValueError(f"a selector has {SELECTOR_LENGTH} characters and a secret {SECRET_LENGTH}")
    unchecked = f"{brand}_{_PREFIXES[environment]}_{selector}_{secret}"
    return unchecked + check(unchecked)


def check(text: str) -> str:
    """The CRC-32 of a text in six base-62 characters, with leading zeros."""
    rest, low = divmod(zlib.crc32(text.encode()), _PAIR_COUNT)
    high, middle = divmod(rest, _PAIR_COUNT)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def parse(text: str, brand: str) -> Credential | None:
    """The parts of a key's text, or None where form or checksum is wrong."""
    match = form(brand).fullmatch(text)
    return None if match is None else checked(text, match)


def checked(text: str, match: re.Match[str]) -> Credential | None:
    """The parts of a text that has a key's form, or None where its checksum is wrong."""
    prefix, selector, secret, high, middle, low = match.groups()
    value = (_PAIR_VALUES[high] * _PAIR_COUNT + _PAIR_VALUES[middle]) * _PAIR_COUNT + _PAIR_VALUES[low]
    if zlib.crc32(text[:-CHECK_LENGTH].encode()) != value:
        return None
    return Credential(_ENVIRONMENTS[prefix], selector, secret)


@lru_cache(maxsize=8)
def form(brand: str) -> re.Pattern[str]:
    """What a brand's keys look like; the check in three pairs of digits."""
    pair = "([0-9A-Za-z]{2})"
    return re.compile(rf"{re.escape(brand)}_(test|live)_([0-9A-Za-z]{{12}})_([0-9A-Za-z]{{32}}){pair * 3}")


def has_prefix(text: str, brand: str) -> bool:
    """Whether a text begins as this instance's keys do, valid or not: such a text is never passed on."""
    return text.startswith((f"{brand}_test_", f"{brand}_live_"))


def pepper(secret: InstanceSecret, environment: Environment) -> bytes:
    """The key of the digests of one environment's secrets."""
    return secret.derive(_PEPPERS[environment])


def digest(environment_pepper: bytes, secret_part: str) -> bytes:
    """What is kept of a secret: 32 bytes, keyed BLAKE2b-256. `secret_part`: its 32 characters."""
    return keyed_digest(environment_pepper, secret_part)


class Digester:
    """Digests the secrets of one environment, as `digest` does, with the pepper taken in beforehand."""

    __slots__ = ("_keyed",)

    def __init__(self, environment_pepper: bytes) -> None:
        self._keyed = hashlib.blake2b(key=environment_pepper, digest_size=32)

    def digest(self, secret_part: str) -> bytes:
        """What is kept of a secret."""
        keyed = self._keyed.copy()
        keyed.update(secret_part.encode())
        return keyed.digest()
