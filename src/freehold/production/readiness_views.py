"""Readiness as the API shows it and takes it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from freehold.production.readiness_actions import Readiness
from freehold.production.readiness_policies import INSTRUCTION_MAX, TITLE_MAX, OwnCheckSettings, policy_facts
from freehold.production.readiness_records import (
    Acceptance,
    Attestation,
    AttestingRole,
    Check,
    CheckState,
    Code,
    EvidenceKind,
    HttpResult,
    KeyFinding,
    MaterialItem,
    OwnCheck,
    OwnKind,
    Policy,
)
from freehold.projects.api import ReadinessView
from freehold.web.call import etag
from freehold.web.inputs import Body, number, text

_WORDS_MAX = 500
Days = Annotated[int, number(30, "Days, 1 to 365.", 1, 365)]


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


class PolicyBody(Body, frozen=True):
    """What the operator asks of an API's projects, whole. Days count back from today in UTC.

    `blocking`: the codes of Freehold's own checks that block. `failure_rate_max`: in percent. `material`: the items of a
    shape whose change ends an approval. `promotion_needs_approval`: whether material items reach a live production
    project by an approved request alone.
    """

    blocking: Annotated[list[Code], msgspec.Meta(examples=[["technical_owner", "recent_lookup"]])]
    failure_rate_max: Annotated[float, msgspec.Meta(examples=[5.0], extra_json_schema={"minimum": 0, "maximum": 100})]
    material: Annotated[list[MaterialItem], msgspec.Meta(examples=[["scope", "limits"]])]
    exercise_days: Days
    lookup_days: Days
    denial_days: Days
    delivery_days: Days
    alert_days: Days
    failure_days: Days
    unused_days: Days
    rotation_days: Days
    approval_days: Days
    promotion_needs_approval: Annotated[bool, msgspec.Meta(examples=[True])]


class PolicyView(msgspec.Struct, kw_only=True):
    """What the operator asks of an API's projects; the defaults where `changed_at` is null."""

    api: str
    blocking: list[Code]
    failure_rate_max: float
    material: list[MaterialItem]
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


class OwnCheckBody(Body, frozen=True):
    """A check of the operator's: an attestation by a person of a `role`, or an HTTP check that Freehold calls at a `url`."""

    kind: Annotated[OwnKind, msgspec.Meta(examples=["attestation"])]
    code: Annotated[str, text("security_review", "Names it among the API's checks.", minimum=2, maximum=40)]
    title: Annotated[str, text("Security review", minimum=1, maximum=TITLE_MAX)]
    instruction: Annotated[str, text("Read the threat model, and say what you found.", maximum=INSTRUCTION_MAX)] = ""
    blocking: bool = True
    role: Annotated[AttestingRole | None, msgspec.Meta(examples=["auditor"])] = None
    url: Annotated[str | None, text("https://checks.example.com/freehold", maximum=2048)] = None
    valid_days: Annotated[int, number(90, "For how long what was said or found counts.", 1, 365)] = 90


class OwnCheckPatch(Body, frozen=True):
    """New values; what is absent stays. Of a check that asks another thing, what was said before counts no more."""

    code: Annotated[str, text("security_review", minimum=2, maximum=40)] | UnsetType = UNSET
    title: Annotated[str, text("Security review", minimum=1, maximum=TITLE_MAX)] | UnsetType = UNSET
    instruction: Annotated[str, text("Read the threat model.", maximum=INSTRUCTION_MAX)] | UnsetType = UNSET
    blocking: bool | UnsetType = UNSET
    role: Annotated[AttestingRole, msgspec.Meta(examples=["auditor"])] | UnsetType = UNSET
    url: Annotated[str, text("https://checks.example.com/freehold", maximum=2048)] | UnsetType = UNSET
    valid_days: Annotated[int, number(90, "For how long it counts.", 1, 365)] | UnsetType = UNSET


class OwnCheckView(msgspec.Struct, kw_only=True):
    """A check of the operator's."""

    id: str
    api: str
    kind: OwnKind
    code: str
    title: str
    instruction: str
    blocking: bool
    role: AttestingRole | None
    url: str | None
    valid_days: int
    created_by: str
    created_at: datetime
    etag: str


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


def policy_of(data: PolicyBody, api: str) -> Policy:
    """What a body asks for."""
    values = msgspec.structs.asdict(data)
    return Policy(api, **values | {"blocking": frozenset(data.blocking), "material": tuple(data.material)})


def policy_view(policy: Policy) -> PolicyView:
    """A policy."""
    return PolicyView(
        api=policy.api_id, changed_by=policy.changed_by, changed_at=policy.changed_at, etag=etag(policy.revision),
        **policy_facts(policy),
    )  # fmt: skip


def own_settings_of(data: OwnCheckBody) -> OwnCheckSettings:
    """What a body chooses of a check."""
    return OwnCheckSettings(**msgspec.structs.asdict(data))


def own_patched(old: OwnCheckSettings, data: OwnCheckPatch) -> OwnCheckSettings:
    """Settings with what a body changes of them."""
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    return replace(old, **said)


def own_check_view(check: OwnCheck) -> OwnCheckView:
    """A check of the operator's."""
    return OwnCheckView(
        id=check.id, api=check.api_id, kind=check.kind, code=check.code, title=check.title, instruction=check.instruction,
        blocking=check.blocking, role=check.role, url=check.url, valid_days=check.valid_days,
        created_by=check.created_by, created_at=check.created_at, etag=etag(check.revision),
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
