"""Readiness as the API shows it and takes it."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.production.readiness.actions import Readiness
from freehold.production.readiness.records import (
    Acceptance,
    Attestation,
    AttestingRole,
    Check,
    CheckState,
    EvidenceKind,
    HttpResult,
    KeyFinding,
)
from freehold.projects.views import ReadinessView
from freehold.web.inputs import Body, text

_WORDS_MAX = 500


class EvidenceView(msgspec.Struct, kw_only=True):
    """What proves how a check stands."""

    kind: EvidenceKind
    id: str
    at: datetime | None
    href: str
    words: str


class FixView(msgspec.Struct, kw_only=True):
    """The one action that clears a check: the page where it is done, and the command that does it."""

    title: str
    href: str
    command: str


class CheckView(msgspec.Struct, kw_only=True):
    """One condition for production. `since`: since when it stands so. `own`: the id of a check of the operator's."""

    code: str
    title: str
    blocking: bool
    state: CheckState
    detail: str
    since: datetime | None
    evidence: EvidenceView | None
    fix: FixView | None
    own: str | None


class ProjectReadinessView(msgspec.Struct, kw_only=True):
    """A sandbox project's checks: what blocks first, then what is open, then what passed."""

    project: str
    ready: bool
    summary: ReadinessView
    next: str | None
    at: datetime
    checks: list[CheckView]


class AttestationBody(Body, frozen=True):
    """What a person attests of a project, in words."""

    check: Annotated[str, text("security_review", "The check's code.", minimum=2, maximum=40)]
    words: Annotated[str, text("Read on 26 November; nothing open.", minimum=1, maximum=_WORDS_MAX)]


class AttestationView(msgspec.Struct, kw_only=True):
    """What a person of a role said of a project, until it expires or is withdrawn."""

    id: str
    project: str
    check: str
    user: str
    user_name: str
    role: AttestingRole
    words: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class AcceptanceBody(Body, frozen=True):
    """A finding about a key that you accept for a while, and why."""

    key: Annotated[str, text("key_01m84nefafrfwrcrmv8qcndk0q", "The key's id.", minimum=1)]
    finding: Annotated[KeyFinding, msgspec.Meta(examples=["never_expires"])]
    reason: Annotated[str, text("A batch job that runs once a quarter", minimum=1, maximum=_WORDS_MAX)]
    expires_at: Annotated[
        datetime, msgspec.Meta(description="At most a year from now.", examples=["2027-03-01T00:00:00Z"])
    ]


class AcceptanceView(msgspec.Struct, kw_only=True):
    """A finding about a key that a person accepts until it expires."""

    id: str
    project: str
    key: str
    key_name: str
    finding: KeyFinding
    reason: str
    accepted_by: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class RunBody(Body, frozen=True):
    """Which HTTP check of a project is to be called."""

    check: Annotated[str, text("capacity", "The check's code.", minimum=2, maximum=40)]


class CalledView(msgspec.Struct, kw_only=True):
    """An HTTP check that is called within seconds: look at `GET …/readiness` for what it comes to."""

    check: str
    asked_at: datetime


class HttpResultView(msgspec.Struct, kw_only=True):
    """What one call of an HTTP check came to. `passed` null: the answer does not say, `detail` says why."""

    id: str
    check: str
    asked_by: str
    at: datetime
    passed: bool | None
    detail: str
    status: int | None


def readiness_view(found: Readiness) -> ProjectReadinessView:
    """A project's readiness."""
    summary = ReadinessView(passed=found.summary.passed, total=found.summary.total, blocking=found.summary.blocking)
    return ProjectReadinessView(
        project=found.project.id, ready=not found.summary.blocking, summary=summary,
        next=found.next.code if found.next else None, at=found.at, checks=[check_view(each) for each in found.checks],
    )  # fmt: skip


def check_view(check: Check) -> CheckView:
    """One check."""
    shown, fix = check.evidence, check.fix
    return CheckView(
        code=check.code, title=check.title, blocking=check.blocking, state=check.state, detail=check.detail,
        since=check.since, own=check.own_id,
        evidence=EvidenceView(kind=shown.kind, id=shown.id, at=shown.at, href=shown.href, words=shown.words) if shown else None,
        fix=FixView(title=fix.title, href=fix.href, command=fix.command) if fix else None,
    )  # fmt: skip


def attestation_view(made: Attestation) -> AttestationView:
    """What a person said."""
    return AttestationView(
        id=made.id, project=made.project_id, check=made.check_id, user=made.user_id, user_name=made.user_name,
        role=made.role, words=made.words, at=made.at, expires_at=made.expires_at, withdrawn_at=made.withdrawn_at,
        withdrawn_by=made.withdrawn_by,
    )  # fmt: skip


def acceptance_view(made: Acceptance) -> AcceptanceView:
    """What a person accepts."""
    return AcceptanceView(
        id=made.id, project=made.project_id, key=made.key_id, key_name=made.key_name, finding=made.finding,
        reason=made.reason, accepted_by=made.accepted_by, at=made.at, expires_at=made.expires_at,
        withdrawn_at=made.withdrawn_at, withdrawn_by=made.withdrawn_by,
    )  # fmt: skip


def http_result_view(made: HttpResult) -> HttpResultView:
    """What a call came to."""
    return HttpResultView(
        id=made.id, check=made.check_id, asked_by=made.asked_by, at=made.at, passed=made.passed, detail=made.detail,
        status=made.status,
    )  # fmt: skip
