"""Requests for production access, and their history. No behaviour."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from freehold.organizations.records import ActorKind

RequestKind = Literal["access", "change"]
RequestState = Literal["requested", "approved", "denied", "withdrawn", "lapsed", "expired", "live"]
WaitingOn = Literal["reviewer", "requester"]
EntryKind = Literal[
    "requested", "commented", "asked_for_changes", "answered", "shape_changed", "approved", "denied", "withdrawn",
    "lapsed", "expired", "live",
]  # fmt: skip
RiskLevel = Literal["low", "medium", "high"]

REQUEST_STATES: Final[tuple[RequestState, ...]] = get_args(RequestState)


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What Freehold does not know of a project that wants to go to production.

    `requests_a_day_from` and `_to`: the band of requests that is expected on a day; `peak_a_second`: the most in one
    second. `launch_on`: a date, as YYYY-MM-DD.
    """

    use_case: str
    requests_a_day_from: int
    requests_a_day_to: int
    peak_a_second: int
    launch_on: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request for production access, or whether a direct edit of production may stay (`kind`).

    `fingerprint`, `number`: the shape's when it was asked; of a change, production's. `covered_fingerprint`: the newest
    shape that its approval holds for. `requested_by` is None where an edit was made by no person.
    """

    id: str
    project_id: str
    organization_id: str
    kind: RequestKind
    asked: NewRequest | None
    requested_by: str | None
    requested_name: str
    requested_at: datetime
    fingerprint: str
    number: int
    base_fingerprint: str | None
    state: RequestState
    waiting_on: WaitingOn | None
    reviewer_id: str | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    approved_fingerprint: str | None
    approved_number: int | None
    covered_fingerprint: str | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    revision: int
    # Names for those who read it.
    project_name: str = ""
    organization_name: str = ""
    reviewer_name: str | None = None
    decided_name: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something can still come of it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a request. `text`: what was said, or why a rule acted; `facts`: what it was about."""

    id: str
    request_id: str
    project_id: str
    kind: EntryKind
    actor_kind: ActorKind
    actor_name: str
    user_id: str | None
    at: datetime
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Risk:
    """Something of a request that a reviewer should know, and why it matters. Derived, never typed."""

    level: RiskLevel
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests to list; None means any. `min_age_days`: asked at least so long ago."""

    state: RequestState | None = None
    kind: RequestKind | None = None
    organization_id: str | None = None
    waiting_on: WaitingOn | None = None
    min_age_days: int | None = None
    only_open: bool = False
