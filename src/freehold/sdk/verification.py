"""Verifies a webhook's signature (Standard Webhooks 1.0): the standard library, and for `v1a` the package cryptography.

Raises what is wrong and never says "not valid" by a value that could be overlooked. Keeps no secret,
and shows none: neither secrets nor signatures are in an error's text.
"""

import base64
import binascii
import hashlib
import hmac
import importlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from freehold.sdk.errors import FreeholdError

TOLERANCE_S: Final = 300
_SECRET_MARK: Final = "whsec_"  # noqa: S105 — what every secret begins with
_PUBLIC_KEY_MARK: Final = "whpk_"
_DIGITS_MAX: Final = 12

RefusalCode = Literal["missing_header", "bad_timestamp", "too_old", "too_new", "bad_signature", "bad_body"]


class WebhookRefused(FreeholdError):
    """A request that is not to be believed: answer it with 401. `code` is stable, the text is for your log."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An event whose signature is right. `id` is the same at each attempt; `sent_at` is this attempt's own time."""

    id: str
    type: str
    data: Any = field(repr=False)
    timestamp: datetime
    sent_at: datetime
    project: str
    environment: str


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> WebhookEvent:
    """The event of a webhook request; WebhookRefused says why it is not to be believed.

    `body`: the raw bytes as they came, before anything has parsed them.
    `headers`: the request's; their names in any case.
    `secrets`: the endpoint's signing secret (`whsec_…`), or several of which one must fit, as while the secret is
    rotated; or public keys (`whpk_…`). ValueError for one that is none.
    `tolerance_s`: how far the timestamp may be from this machine's clock, either way.
    `now`: the time to hold the timestamp against, in Unix seconds; the clock's unless given.
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    keys = [_Key.read(each) for each in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys:
        raise ValueError("give at least one signing secret")
    lowered = {name.lower(): value for name, value in headers.items()}
    message_id, stamp, signatures = (_header(lowered, f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    sent_s = _seconds(stamp)
    content = f"{message_id}.{stamp}.".encode() + raw
    if not _any_fits(keys, content, signatures):
        raise WebhookRefused("bad_signature", "None of the signatures fits the body, the id, the time and the secret.")
    _check_age(sent_s, time.time() if now is None else now, tolerance_s)
    return _event(message_id, sent_s, raw)


def is_secret(text: str) -> bool:
    """Whether a text has the form of a signing secret or public key."""
    try:
        _Key.read(text)
    except ValueError:
        return False
    return True


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise WebhookRefused("missing_header", f"The header {name} is missing: this was not sent by Freehold.")
    return value


def _seconds(stamp: str) -> int:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _DIGITS_MAX):
        raise WebhookRefused("bad_timestamp", "The header webhook-timestamp is no whole number of Unix seconds.")
    return int(stamp)


def _check_age(sent_s: int, now_s: float, tolerance_s: float) -> None:
    if now_s - sent_s > tolerance_s:
        words = f"The timestamp is {now_s - sent_s:.0f} s old, and {tolerance_s:g} s are tolerated."
        raise WebhookRefused("too_old", words)
    if sent_s - now_s > tolerance_s:
        words = f"The timestamp is {sent_s - now_s:.0f} s ahead of this machine's clock, and {tolerance_s:g} s are tolerated."
        raise WebhookRefused("too_new", words)


@dataclass(frozen=True, slots=True)
class _Key:
    """What a signature is held against: a shared secret (`v1`), or a public key (`v1a`)."""

    version: Literal["v1", "v1a"]
    material: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "_Key":
        version: Literal["v1", "v1a"] = "v1a" if text.startswith(_PUBLIC_KEY_MARK) else "v1"
        encoded = text.strip().removeprefix(_PUBLIC_KEY_MARK).removeprefix(_SECRET_MARK)
        try:
            material = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            material = b""
        if not material:
            raise ValueError(f"a signing secret is {_SECRET_MARK} and base64; is all of it there?")
        return cls(version, material)

    def fits(self, content: bytes, given: bytes) -> bool:
        if self.version == "v1":
            return hmac.compare_digest(hmac.digest(self.material, content, hashlib.sha256), given)
        return _ed25519_fits(self.material, content, given)


def _ed25519_fits(public_key: bytes, content: bytes, given: bytes) -> bool:
    # By name, so that nothing but a receiver which uses public keys needs the package.
    try:
        ed25519 = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
        invalid = importlib.import_module("cryptography.exceptions").InvalidSignature
    except ImportError:
        raise ValueError("a public key (whpk_…) needs the package cryptography: pip install cryptography") from None
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(given, content)
    except invalid:
        return False
    return True


def _any_fits(keys: Sequence[_Key], content: bytes, signatures: str) -> bool:
    """Whether one of the signatures is one of the keys'; looks at all of them, whichever fits."""
    fits = False
    for signature in signatures.split(" "):
        version, _, encoded = signature.partition(",")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        for key in keys:
            if key.version == version:
                fits |= key.fits(content, given)
    return fits


def _event(message_id: str, sent_s: int, raw: bytes) -> WebhookEvent:
    try:
        said = json.loads(raw)
        if said["id"] != message_id:
            raise ValueError("another id")
        return WebhookEvent(
            id=message_id, type=str(said["type"]), data=said["data"], timestamp=datetime.fromisoformat(said["timestamp"]),
            sent_at=datetime.fromtimestamp(sent_s, UTC), project=str(said["project"]),
            environment=str(said["environment"]),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, RecursionError):
        raise WebhookRefused("bad_body", "The signature is right, but the body is no event of Freehold's.") from None
