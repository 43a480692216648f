"""Signing secrets and header values at rest: sealed, each to the row that it belongs to."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret

_SECRETS: Final = "webhook-signing-secrets"
_HEADERS: Final = "webhook-headers"
_SEEDS: Final = "webhook-ed25519-seeds"


def seal_signing_secret(instance: InstanceSecret, endpoint_id: str, version: int, secret: bytes) -> bytes:
    """A signing secret, for one version of one endpoint."""
    return seal(instance.derive(_SECRETS), secret, f"{endpoint_id} {version}")


def open_signing_secret(instance: InstanceSecret, endpoint_id: str, version: int, sealed: bytes) -> bytes:
    """The signing secret of a version of an endpoint; CannotOpen where it is not that version's."""
    return open_sealed(instance.derive(_SECRETS), sealed, f"{endpoint_id} {version}")


def ed25519_seed(instance: InstanceSecret, endpoint_id: str, version: int, secret: bytes) -> bytes:
    """The ed25519 seed of a version of an endpoint: from the instance's secret and the signing secret together.

    So it is as random as the signing secret and turns with it, needs no row of its own, and is none that a
    receiver, who has the signing secret, could work out.
    """
    context = f"{endpoint_id} {version} ".encode()
    return hashlib.blake2b(context + secret, key=instance.derive(_SEEDS), digest_size=32).digest()


def seal_headers(instance: InstanceSecret, endpoint_id: str, headers: Mapping[str, str]) -> str:
    """A person's headers, for one endpoint, as base64."""
    sealed = seal(instance.derive(_HEADERS), msgspec.json.encode(headers), endpoint_id)
    return base64.b64encode(sealed).decode()


def open_headers(instance: InstanceSecret, endpoint_id: str, sealed: str) -> dict[str, str]:
    """The headers of an endpoint; CannotOpen where they are not that endpoint's."""
    plain = open_sealed(instance.derive(_HEADERS), base64.b64decode(sealed), endpoint_id)
    return msgspec.json.decode(plain, type=dict[str, str])
