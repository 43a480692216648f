"""Signing by Standard Webhooks 1.0: secrets, signatures (`v1`, `v1a`) and the three headers.

Pure: the time and the random bytes come in. Never logs or keeps a secret.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from freehold.kit import clock

_MARK: Final = "whsec_"
SECRET_BYTES: Final = 32
_SECRET_BYTES_MIN: Final = 24
_SECRET_BYTES_MAX: Final = 64


def secret_text(secret: bytes) -> str:
    """A secret as its receiver is given it: `whsec_` and base64; ValueError outside 24 to 64 bytes."""
    if not _SECRET_BYTES_MIN <= len(secret) <= _SECRET_BYTES_MAX:
        raise ValueError(f"a signing secret has {_SECRET_BYTES_MIN} to {_SECRET_BYTES_MAX} bytes")
    return _MARK + base64.b64encode(secret).decode()


def secret_bytes(text: str) -> bytes:
    """The bytes of a secret's text; ValueError where it is none."""
    if not text.startswith(_MARK):
        raise ValueError(f"a signing secret begins with {_MARK}")
    try:
        secret = base64.b64decode(text.removeprefix(_MARK), validate=True)
    except binascii.Error:
        raise ValueError(f"a signing secret is base64 after {_MARK}") from None
    secret_text(secret)
    return secret


def signed_content(message_id: str, at: datetime, body: bytes) -> bytes:
    """What is signed: id, whole Unix seconds and body, with full stops between; ValueError for an id with one."""
    if "." in message_id:
        raise ValueError("a message id has no full stop: it would blur where the id ends")
    return f"{message_id}.{clock.to_ms(at) // 1000}.".encode() + body


def signature(secret: bytes, content: bytes) -> str:
    """The `v1` signature of signed content: HMAC-SHA256 in base64."""
    return "v1," + base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()


def public_key_text(seed: bytes) -> str:
    """The public key of an ed25519 seed of 32 bytes, as its receiver is given it: `whpk_` and base64."""
    return (
        "whpk_" + base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()
    )


def signature_v1a(seed: bytes, content: bytes) -> str:
    """The `v1a` signature of signed content: ed25519 (RFC 8032) in base64."""
    return "v1a," + base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(content)).decode()


def signature_headers(
    secrets: Sequence[bytes], message_id: str, at: datetime, body: bytes, seeds: Sequence[bytes] = ()
) -> dict[str, str]:
    """The three headers of a request. Several secrets (a rotation's overlap) give several signatures, and so do `seeds` (`v1a`)."""
    if not secrets:
        raise ValueError("a message is never sent unsigned")
    content = signed_content(message_id, at, body)
    signatures = [signature(secret, content) for secret in secrets] + [signature_v1a(seed, content) for seed in seeds]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(clock.to_ms(at) // 1000),
        "webhook-signature": " ".join(signatures),
    }
