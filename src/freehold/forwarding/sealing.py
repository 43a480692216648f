"""The place of a forwarding at rest: its URL, headers and signing secrets, sealed to its row."""

from dataclasses import asdict
from typing import Final

import msgspec

from freehold.forwarding.records import Place
from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret

_USE: Final = "audit-forwardings"
# Said of a place that cannot be opened.
FOREIGN: Final = "Where it goes was sealed with another secret: remove this forwarding, and add it again."


def seal_place(secret: InstanceSecret, forwarding_id: str, place: Place) -> bytes:
    """A place, for one forwarding."""
    return seal(secret.derive(_USE), msgspec.json.encode(asdict(place)), forwarding_id)


def open_place(secret: InstanceSecret, forwarding_id: str, sealed: bytes) -> Place:
    """The place of a forwarding; CannotOpen where it is not that forwarding's."""
    return msgspec.json.decode(open_sealed(secret.derive(_USE), sealed, forwarding_id), type=Place)
