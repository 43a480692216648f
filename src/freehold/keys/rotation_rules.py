"""How one secret of a key follows another: how long both serve, and when the older one ends. Pure.

A rotation makes the new secret `active` and the one before it `retiring` until `retires_at`. The older
secret ends at that time, by the gate's own clock. Where it is `held`, the time is moved on for as long
as the secret is still in use, but never past `retires_by`. No more than two secrets of a key serve at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from freehold.errors import FieldError
from freehold.keys.records import KeyState, Secret

OVERLAP_S: Final = 24 * 3600
# No overlap is longer, held or not: a secret that was replaced must end at some time.
OVERLAP_MAX: Final = timedelta(days=90)
OVERLAP_S_MAX: Final = int(OVERLAP_MAX.total_seconds())
# A held secret that made no call for so long is taken for unused: a day, and an hour more for the jobs that
# run once a day and not on the second.
UNUSED_FOR: Final = timedelta(hours=25)
# How long before its time a held secret is looked at: long enough for a call just made to be counted and for
# the new time to reach every gate.
LOOK_AHEAD: Final = timedelta(minutes=10)


class Ending(NamedTuple):
    """What becomes of a retiring secret now: it waits, its time is moved on, or it retires; `reason` in words."""

    retires: bool
    moves_to: datetime | None = None
    reason: str = ""


WAITS: Final = Ending(retires=False)


def overlap_faults(overlap_s: int, hold: bool) -> list[FieldError]:
    """What is wrong with how long the old secret is to serve on."""
    if not 0 <= overlap_s <= OVERLAP_S_MAX:
        return [FieldError("overlap_s", f"From 0 to {OVERLAP_S_MAX:,} seconds (90 days).", "out_of_range")]
    if hold and overlap_s == 0:
        words = "An overlap of 0 ends the old secret at once, so there is nothing to hold. Give an overlap."
        return [FieldError("hold", words, "nothing_to_hold")]
    return []


def rotation_refusal(state: KeyState, secrets: Sequence[Secret], overlap_s: int) -> str | None:
    """Why a key cannot be rotated now, in words; None where it can.

    A second overlap would end a secret that somebody was promised, or let three serve: it is refused
    while the first one runs. An overlap of 0 is asked for by who wants only the new secret to serve.
    """
    if state == "revoked":
        return "The key is revoked, which is for good. Issue another one."
    if state == "expired":
        return "The key has expired. Move its expiry first, then rotate it."
    retiring = next((each for each in secrets if each.state == "retiring"), None)
    if retiring is not None and overlap_s > 0:
        return (
            f"Version {retiring.version} still serves beside the current one. End its overlap first, "
            "or rotate with an overlap of 0, which ends both."
        )
    return None


def retirement_refusal(secret: Secret) -> str | None:
    """Why a secret cannot be retired, in words; None where it can, or has ended already."""
    if secret.state == "active":
        return "This is the key's current secret. Rotate the key to replace it, or revoke the key to end it."
    return None


def overlap_change_refusal(secret: Secret) -> str | None:
    """Why a secret's overlap cannot be changed, in words; None where it can."""
    if secret.state == "active":
        return "This is the key's current secret: it has no end. Rotate the key to give it one."
    if secret.state != "retiring":
        return f"This secret is {secret.state}, which is for good."
    return None


def overlap_change_faults(retires_at: datetime, superseded_at: datetime, now: datetime) -> list[FieldError]:
    """What is wrong with a new time for an overlap to end."""
    if retires_at <= now:
        return [
            FieldError("retires_at", "This time has passed. To end the overlap now, retire the secret.", "in_the_past")
        ]
    if retires_at > retires_by(superseded_at):
        words = f"At most 90 days after the rotation: {retires_by(superseded_at):%Y-%m-%d %H:%M} UTC."
        return [FieldError("retires_at", words, "too_late")]
    return []


def retires_by(superseded_at: datetime) -> datetime:
    """When a secret ends at the latest, though it be held and in use."""
    return superseded_at + OVERLAP_MAX


def held_until(retires_at: datetime, last_used_at: datetime | None, superseded_at: datetime) -> datetime:
    """When a held secret ends by what is known of its use: never before its time, never after the bound."""
    unused_at = retires_at if last_used_at is None else max(retires_at, last_used_at + UNUSED_FOR)
    return min(unused_at, retires_by(superseded_at))


def ending(secret: Secret, now: datetime) -> Ending:
    """What becomes of a secret now. One that is not retiring waits for nothing."""
    if secret.state != "retiring" or secret.retires_at is None or secret.superseded_at is None:
        return WAITS
    if not secret.held:
        return Ending(True, reason="its overlap ended") if secret.retires_at <= now else WAITS
    if secret.retires_at > now + LOOK_AHEAD:
        return WAITS
    until = held_until(secret.retires_at, secret.last_used_at, secret.superseded_at)
    if until <= now:
        in_use = until == retires_by(secret.superseded_at)
        return Ending(True, reason="it was held for 90 days, the longest" if in_use else "it is no longer in use")
    return Ending(False, until) if until > secret.retires_at else WAITS
