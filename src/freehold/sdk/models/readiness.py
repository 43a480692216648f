# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about readiness."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.production import DriftAcceptance
from freehold.sdk.models.projects import Readiness
from freehold.sdk.models.words import (
    AcceptanceFinding,
    AttestationRole,
    CheckState,
    EvidenceKind,
    OwnCheckKind,
    PolicyBlocking,
    PolicyMaterial,
)


class Evidence(Model, frozen=True, kw_only=True):
    """What proves how a check stands."""

    kind: EvidenceKind
    id: str
    at: datetime | None
    href: str
    words: str


class Fix(Model, frozen=True, kw_only=True):
    """The one action that clears a check: the page where it is done, and the command that does it."""

    title: str
    href: str
    command: str


class Check(Model, frozen=True, kw_only=True):
    """One condition for production. `since`: since when it stands so. `own`: the id of a check of the operator's."""

    code: str
    title: str
    blocking: bool
    state: CheckState
    detail: str
    since: datetime | None
    evidence: Evidence | None
    fix: Fix | None
    own: str | None


class ProjectReadiness(Model, frozen=True, kw_only=True):
    """A sandbox project's checks: what blocks first, then what is open, then what passed."""

    project: str
    ready: bool
    summary: Readiness
    next: str | None
    at: datetime
    checks: list[Check]


class Attestation(Model, frozen=True, kw_only=True):
    """What a person of a role said of a project, until it expires or is withdrawn."""

    id: str
    project: str
    check: str
    user: str
    user_name: str
    role: AttestationRole
    words: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class Called(Model, frozen=True, kw_only=True):
    """An HTTP check that is called within seconds: look at `GET …/readiness` for what it comes to."""

    check: str
    asked_at: datetime


class HttpResult(Model, frozen=True, kw_only=True):
    """What one call of an HTTP check came to. `passed` null: the answer does not say, `detail` says why."""

    id: str
    check: str
    asked_by: str
    at: datetime
    passed: bool | None
    detail: str
    status: int | None


class Acceptance(DriftAcceptance, frozen=True, kw_only=True):
    """A finding about a key that a person accepts until it expires."""

    project: str
    key: str
    key_name: str
    finding: AcceptanceFinding
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class Policy(Model, frozen=True, kw_only=True):
    """What the operator asks of an API's projects; the defaults where `changed_at` is null."""

    api: str
    blocking: list[PolicyBlocking]
    failure_rate_max: float
    material: list[PolicyMaterial]
    exercise_days: int
    lookup_days: int
    denial_days: int
    delivery_days: int
    alert_days: int
    failure_days: int
    unused_days: int
    rotation_days: int
    approval_days: int
    promotion_needs_approval: bool
    changed_by: str | None
    changed_at: datetime | None
    etag: str


class OwnCheck(Model, frozen=True, kw_only=True):
    """A check of the operator's."""

    id: str
    api: str
    kind: OwnCheckKind
    code: str
    title: str
    instruction: str
    blocking: bool
    role: AttestationRole | None
    url: str | None
    valid_days: int
    created_by: str
    created_at: datetime
    etag: str
