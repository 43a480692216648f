"""Readiness of a sandbox project, and what the operator asks of an API's projects."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Link, NextStep

CheckState = Literal["passed", "failed", "waiting", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check. `attest_form`: of an attestation (`words`); `run_form`: of an HTTP check (nothing to fill in)."""

    code: str
    title: str
    state: CheckState
    blocking: bool
    detail: str
    since: datetime | None
    evidence: Link | None = None
    evidence_at: datetime | None = None
    fix: Link | None = None
    command: str = ""
    instruction: str = ""
    attest_form: Form | None = None
    run_form: Form | None = None
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """Checks that stand alike, under one heading."""

    slug: str
    title: str
    rows: tuple[CheckRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding about a key that nobody accepted; form: `reason`, `days`."""

    key_id: str
    key_name: str
    finding: str
    words: str
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """What a person attested or accepted: `about` what, until when, and how it ended if it did."""

    id: str
    about: str
    words: str
    by: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """What one call of an HTTP check came to."""

    title: str
    passed: bool | None
    detail: str
    status: int | None
    asked_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessPageView:
    """A project's readiness (`readiness/show.html.j2`)."""

    project_id: str
    api_id: str
    api_name: str
    passed: int
    total: int
    blocking: int
    next_step: NextStep | None
    open: tuple[CheckGroup, ...]
    closed: tuple[CheckGroup, ...]
    findings: tuple[FindingRow, ...]
    accepted: tuple[SaidRow, ...]
    attested: tuple[SaidRow, ...]
    answers: tuple[AnswerRow, ...]
    days: tuple[Choice, ...] = (Choice("30", "30 days"), Choice("90", "90 days"), Choice("180", "180 days"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCheckRow:
    """A check of the operator's in the list."""

    id: str
    code: str
    title: str
    kind: str
    asks: str
    blocking: bool
    valid_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPageView:
    """What is asked of an API's projects (`readiness/policy.html.j2`). Form: the policy's fields, and `revision`."""

    api_id: str
    api_name: str
    revision: int
    changed_by: str
    changed_at: datetime | None
    checks: tuple[Choice, ...]
    items: tuple[Choice, ...]
    own: tuple[OwnCheckRow, ...]
    add_blocked: str | None
    form: Form = field(default_factory=Form)
    promotion: tuple[Choice, ...] = (
        Choice("yes", "Needs an approved request", "Of material items; others go over by themselves."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCheckPageView:
    """A check of the operator's, or a new one (`readiness/own_check.html.j2`).

    Form: `kind`, `code`, `title`, `instruction`, `blocking`, `role`, `url`, `valid_days`, `revision`.
    """

    api_id: str
    api_name: str
    check_id: str | None
    title: str
    revision: int
    roles: tuple[Choice, ...]
    form: Form = field(default_factory=Form)
    kinds: tuple[Choice, ...] = (
        Choice("attestation", "Attestation", "A person of a role says yes, in words, for so long."),
        Choice("http", "HTTP check", "Freehold posts the project's facts to a URL, which answers whether it passes."),
    )
    blocks: tuple[Choice, ...] = (Choice("yes", "Blocks production", "Until it passes, no request can be approved."),)
