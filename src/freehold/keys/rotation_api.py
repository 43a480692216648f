"""HTTP of rotation: a new secret for a key, and how long the old one serves on. Thin: parse, one action, present."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, cast

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from freehold.errors import not_found
from freehold.keys import rotation
from freehold.keys.rotation_rules import OVERLAP_S, OVERLAP_S_MAX
from freehold.keys.views import ConfirmedKeyView, IssuedKeyView, RotatedKeyView, key_fields
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.inputs import Body, number, with_time_zone

_VERSION_DIGITS_MAX = 9


class KeyRotationBody(Body, frozen=True):
    """How long the old secret serves beside the new one. With `hold` it does not end while it is still in use."""

    overlap_s: Annotated[
        int, number(OVERLAP_S, "Seconds from now; 0 ends every older secret at once.", 0, OVERLAP_S_MAX)
    ] = OVERLAP_S
    hold: Annotated[
        bool, msgspec.Meta(description="Wait until no call came for 25 hours, at most 90 days.", examples=[True])
    ] = False


class OverlapPatch(Body, frozen=True):
    """New values of an overlap; what is absent stays."""

    retires_at: Annotated[
        datetime | UnsetType, msgspec.Meta(description="When the old secret ends, at most 90 days after the rotation.")
    ] = UNSET
    held: Annotated[
        bool | UnsetType, msgspec.Meta(description="Whether that time is moved on while it is still in use.")
    ] = UNSET


def rotate_key(call: Call, key_id: str, data: KeyRotationBody | None = None) -> Response[RotatedKeyView]:
    """Give a key a new secret, shown in this answer and nowhere else; the old one serves until the overlap ends.

    Id, limits and history stay the key's. At most two secrets serve at once: while one retires, only an overlap
    of 0 is taken, which ends both older ones. Answers when every live gate process decides by it.
    """
    wanted = data or KeyRotationBody()

    def act(tx: Transaction) -> IssuedKeyView:
        rotated = rotation.rotate_key(
            tx, call.actor, call.secret, call.settings.brand, key_id, wanted.overlap_s, wanted.hold, call.revision()
        )
        return IssuedKeyView(secret=rotated.text, **key_fields(rotated.detail))

    body = cast("RotatedKeyView", call.once_confirmed(act))
    return Response(body, status_code=200, media_type="application/json")


def change_overlap(call: Call, key_id: str, version: str, data: OverlapPatch) -> ConfirmedKeyView:
    """Let an old secret end sooner or later, or hold it while it is in use (RFC 7396)."""
    retires_at = None if data.retires_at is UNSET else with_time_zone("retires_at", data.retires_at)
    held = None if data.held is UNSET else data.held
    detail, confirmation = call.confirmed(
        lambda tx: rotation.change_overlap(
            tx, call.actor, key_id, version_number(version), retires_at, held, call.revision()
        )
    )
    return ConfirmedKeyView(**key_fields(detail), **asdict(confirmation))


def retire_secret(call: Call, key_id: str, version: str) -> ConfirmedKeyView:
    """End an old secret now, for good; answers when every live gate process refuses it."""
    detail, confirmation = call.confirmed(
        lambda tx: rotation.retire_secret(tx, call.actor, key_id, version_number(version))
    )
    return ConfirmedKeyView(**key_fields(detail), **asdict(confirmation))


def version_number(text: str) -> int:
    """A version as an address names it; Problem `not_found` where that is no number."""
    if not (text.isascii() and text.isdigit() and len(text) <= _VERSION_DIGITS_MAX):
        raise not_found("version of this key's secret")
    return int(text)
