"""The instance's secret and everything derived from it: peppers, digests, encryption.

One 32-byte secret is the root. Each use has a key of its own, derived with keyed BLAKE2b and the
name of the use, so that no two uses share a key and no table holds anything that opens another.
Nothing here is logged, and no class here shows its bytes in `repr`.
"""

import hashlib
import hmac
import os
import secrets as entropy
from typing import Final

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES: Final = 32


class InstanceSecret:
    """The root secret of one Freehold instance."""

    __slots__ = ("_root",)

    def __init__(self, root: bytes) -> None:
        if len(root) < _SECRET_BYTES:
            raise ValueError(f"the instance secret needs at least {_SECRET_BYTES} bytes")
        self._root = root

    def __repr__(self) -> str:
        return "InstanceSecret(…)"

    @classmethod
    def generate(cls) -> "InstanceSecret":
        """A new random secret."""
        return cls(os.urandom(_SECRET_BYTES))

    @classmethod
    def from_hex(cls, text: str) -> "InstanceSecret":
        """The secret written by `to_hex`; ValueError where it is no hexadecimal or too short."""
        return cls(bytes.fromhex(text.strip()))

    def to_hex(self) -> str:
        """The secret as hexadecimal, for its file alone."""
        return self._root.hex()

    def derive(self, use: str) -> bytes:
        """A 32-byte key for one named use."""
        # BLAKE2b takes a key of 64 bytes at most: a longer root is first brought to 32.
        root = self._root if len(self._root) <= 64 else hashlib.blake2b(self._root, digest_size=32).digest()
        return hashlib.blake2b(use.encode(), key=root, digest_size=32).digest()


def keyed_digest(pepper: bytes, text: str) -> bytes:
    """BLAKE2b-256 of a text, keyed (RFC 7693, section 2.9): 32 bytes."""
    return hashlib.blake2b(text.encode(), key=pepper, digest_size=32).digest()


def same(left: bytes, right: bytes) -> bool:
    """Compare two digests in a time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


def random_base62(length: int) -> str:
    """Characters of base 62, each drawn evenly: 5.95 bits a character."""
    return "".join(entropy.choice(BASE62) for _ in range(length))
