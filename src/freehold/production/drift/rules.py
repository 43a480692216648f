"""Which acceptances stand, which side is ahead, and what of a drift is new. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.errors import FieldError
from freehold.kit import canonical_json
from freehold.production.drift.records import Acceptance, Drifted, Mark, WhyEnded
from freehold.production.shape.records import Difference, Revision
from freehold.projects.records import Environment

REASON_MAX: Final = 500
ACCEPTED_DAYS_MAX: Final = 365
# Of mails about one pair of siblings.
MAIL_GAP: Final = timedelta(hours=1)


def digest(value: Any) -> str:
    """What an acceptance remembers of a value: SHA-256 of its canonical JSON, an absent one being null."""
    return canonical_json.fingerprint(value)


def why_ended(acceptance: Acceptance, difference: Difference | None, now: datetime) -> WhyEnded | None:
    """Why an acceptance stands no more: its time is over, or a value changed; None where it stands."""
    if acceptance.expires_at <= now:
        return "expired"
    if difference is None:
        return "changed"
    same = (digest(difference.sandbox), digest(difference.production)) == (
        acceptance.sandbox_digest,
        acceptance.production_digest,
    )
    return None if same else "changed"


def ahead(item: str, path: str, marks: Mapping[Environment, Mapping[str, Revision]]) -> Mark | None:
    """The side that changed a field last. A field has the mark of its own or of the item that it came with."""
    found = [
        Mark(environment, revision.actor_name, revision.at, revision.number)
        for environment, of in marks.items()
        for name, revision in of.items()
        if name in (path, item)
    ]
    return max(found, key=lambda mark: (mark.at, mark.environment == "sandbox"), default=None)


def drifted(
    found: Sequence[Difference],
    marks: Mapping[Environment, Mapping[str, Revision]],
    standing: Mapping[str, Acceptance],
) -> tuple[Drifted, ...]:
    """Differences with who is ahead and what was accepted."""
    return tuple(Drifted(each, ahead(each.item, each.path, marks), standing.get(each.path)) for each in found)


def news(before: Collection[str], after: Iterable[str]) -> list[str]:
    """The paths that differ now, unaccepted, and did not before."""
    return [path for path in after if path not in before]


def acceptance_faults(reason: str, days: int, *, withdrawn: bool = False) -> list[FieldError]:
    """What is wrong with an acceptance: nobody can look back on one that gives no reason or never ends.

    `withdrawn`: with what is said as it is withdrawn, which needs no reason.
    """
    errors = []
    if not (0 if withdrawn else 1) <= len(reason) <= REASON_MAX:
        errors.append(
            FieldError("reason", f"Say why in 1 to {REASON_MAX} characters: others will rely on it.", "required")
        )
    if not 1 <= days <= ACCEPTED_DAYS_MAX:
        errors.append(FieldError("days", f"From 1 to {ACCEPTED_DAYS_MAX} days.", "out_of_range"))
    return errors
