"""Sealing what must be recovered but never kept in the clear: authenticated encryption at rest.

A sealed value opens only with the same key and in the same context (which row and column it is of),
so that a value moved to another row does not open there. Knows no product noun; never logs.
"""

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_FORM: Final = b"\x01"
_SALT_BYTES: Final = 24
_NONCE: Final = bytes(12)


class CannotOpen(ValueError):
    """A sealed value that was not sealed with this key in this context, or was changed since."""


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt and authenticate with ChaCha20-Poly1305 (RFC 8439); `key` has 32 bytes. Never the same twice."""
    salt = os.urandom(_SALT_BYTES)
    return _FORM + salt + ChaCha20Poly1305(_own_key(key, salt)).encrypt(_NONCE, plain, context.encode())


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """The plain bytes of a sealed value; CannotOpen with another key, another context or changed bytes."""
    if not sealed.startswith(_FORM):
        raise CannotOpen("this is not a sealed value")
    salt, body = sealed[1 : 1 + _SALT_BYTES], sealed[1 + _SALT_BYTES :]
    try:
        return ChaCha20Poly1305(_own_key(key, salt)).decrypt(_NONCE, body, context.encode())
    except InvalidTag:
        raise CannotOpen("sealed with another key or in another context, or changed since") from None


def _own_key(key: bytes, salt: bytes) -> bytes:
    # Each value has a key of its own, from 192 random bits. So the nonce can stand still, and no
    # number of sealed values brings two under one key and nonce, as 96-bit random nonces would.
    if len(key) != 32:
        raise ValueError("sealing needs a key of 32 bytes")
    return hashlib.blake2b(salt, key=key, digest_size=32).digest()
