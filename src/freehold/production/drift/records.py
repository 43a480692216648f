"""How two siblings differ, who is ahead of whom, and what somebody accepted. No behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from freehold.production.shape.records import Difference
from freehold.projects.records import Environment, Project

WhyEnded = Literal["withdrawn", "expired", "changed", "replaced"]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A difference that somebody accepted: of these two values (by their digests), until an instant."""

    id: str
    sandbox_id: str
    path: str
    sandbox_digest: str
    production_digest: str
    reason: str
    accepted_by: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DriftHead:
    """How many differences two siblings have now. `known`: the paths of those that nobody accepted."""

    sandbox_id: str
    production_id: str
    differences: int
    unaccepted: int
    known: tuple[str, ...]
    changed_at: datetime
    owes_mail: bool
    mailed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Who changed a field last, in which environment and when: that side is ahead."""

    environment: Environment
    by: str
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Drifted:
    """One difference of siblings: the side that is ahead, where a change is on record, and its acceptance."""

    difference: Difference
    ahead: Mark | None
    acceptance: Acceptance | None


@dataclass(frozen=True, slots=True)
class Drift:
    """How two siblings differ now, field by field. `fingerprint`s are of their shapes."""

    sandbox: Project
    production: Project
    sandbox_fingerprint: str
    production_fingerprint: str
    differences: tuple[Drifted, ...]

    @property
    def unaccepted(self) -> int:
        """How many of the differences nobody accepted."""
        return sum(1 for each in self.differences if each.acceptance is None)
