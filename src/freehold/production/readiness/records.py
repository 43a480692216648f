"""What readiness is made of: checks with their evidence, the operator's policy and own checks. No behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

CheckState = Literal["passed", "failed", "waiting", "not_applicable"]
Code = Literal[
    "purpose", "technical_owner", "second_owner", "billing_owner", "scope_declared", "scope_exercised", "recent_lookup",
    "recent_denial", "failure_rate", "webhook_check", "delivery_verified", "key_hygiene", "alert_channel",
    "usage_reconciles", "bindings", "traffic_band",
]  # fmt: skip
EvidenceKind = Literal[
    "project", "person", "scope", "request", "usage", "webhook_check", "delivery", "key", "alert_rule", "notification",
    "reconciliation", "attestation", "http_result", "access_request",
]  # fmt: skip
OwnKind = Literal["attestation", "http"]
AttestingRole = Literal["owner", "admin", "developer", "billing", "auditor", "operator"]
KeyFinding = Literal["rotation_overdue", "unused", "never_expires"]
MaterialItem = Literal[
    "labels", "owners", "scope", "limits", "keys", "webhooks", "alerts", "alert_channels", "report_schedules"
]

CODES: Final[tuple[Code, ...]] = get_args(Code)
ATTESTING_ROLES: Final[tuple[AttestingRole, ...]] = get_args(AttestingRole)
KEY_FINDINGS: Final[tuple[KeyFinding, ...]] = get_args(KeyFinding)
MATERIAL_ITEMS: Final[tuple[MaterialItem, ...]] = get_args(MaterialItem)

# What each of Freehold's own checks is called, in the order in which a team comes to it.
TITLES: Final[dict[Code, str]] = {
    "purpose": "Purpose and product line are labelled",
    "technical_owner": "A technical owner is named",
    "second_owner": "A second owner can rotate keys",
    "billing_owner": "A billing owner is named",
    "scope_declared": "The scope is declared",
    "scope_exercised": "Every declared endpoint was called",
    "recent_lookup": "A protected lookup was allowed",
    "recent_denial": "The protection was seen to refuse",
    "failure_rate": "Few requests fail",
    "webhook_check": "Every webhook endpoint passed its check",
    "delivery_verified": "A real event was delivered",
    "key_hygiene": "Keys are in use, young enough, and expire",
    "alert_channel": "An alert rule reaches somebody",
    "usage_reconciles": "Usage adds up",
    "bindings": "Every binding for production is given",
    "traffic_band": "The expected traffic is stated",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves how a check stands: the row, when it came to be, the page that shows it, and it in words."""

    kind: EvidenceKind
    id: str
    at: datetime | None
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The one action that clears a check: what to do, the page where it is done, and the command that does it."""

    title: str
    href: str
    command: str


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for production. `since`: since when it stands so; `detail`: why, in a sentence."""

    code: str
    title: str
    blocking: bool
    state: CheckState
    detail: str
    since: datetime | None
    evidence: Evidence | None
    fix: Fix | None
    # Of an own check: its id, and what it asks.
    own_id: str | None = None
    own_kind: OwnKind | None = None
    instruction: str = ""

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in ("failed", "waiting")

    @property
    def blocks(self) -> bool:
        """Whether it keeps the project from production now."""
        return self.blocking and self.open


# --- the operator's ------------------------------------------------------------------------------------------------

_BLOCKING: Final = frozenset(CODES) - {"billing_owner", "usage_reconciles", "traffic_band"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator asks of an API's projects. `revision` 0: never changed, these are the defaults.

    Days count back from today in UTC. `failure_rate_max` in percent. `material`: the items of a shape whose change ends
    an approval, or asks for review where production is edited directly. `approval_days`: how long an approval lasts.
    `promotion_needs_approval`: whether material items reach a live production project by an approved request alone.
    """

    api_id: str
    blocking: frozenset[Code] = _BLOCKING
    exercise_days: int = 30
    lookup_days: int = 7
    denial_days: int = 7
    delivery_days: int = 30
    alert_days: int = 30
    failure_days: int = 7
    failure_rate_max: float = 5.0
    unused_days: int = 30
    rotation_days: int = 90
    material: tuple[MaterialItem, ...] = ("scope", "limits", "keys", "webhooks")
    approval_days: int = 30
    promotion_needs_approval: bool = False
    revision: int = 0
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A check that the operator added: a person of `role` says yes, or what answers at `url` does.

    `asked_at`: when what it asks was changed last; what was said or found before counts no more.
    """

    id: str
    api_id: str
    kind: OwnKind
    code: str
    title: str
    instruction: str
    blocking: bool
    role: AttestingRole | None
    url: str | None
    valid_days: int
    revision: int
    created_by: str
    created_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person of a role said of a project, until it expires or is withdrawn."""

    id: str
    project_id: str
    check_id: str
    user_id: str
    user_name: str
    role: AttestingRole
    words: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


@dataclass(frozen=True, slots=True)
class HttpResult:
    """What one call of an HTTP check came to. `passed` None: the answer does not say, `detail` says why."""

    id: str
    project_id: str
    check_id: str
    asked_by: str
    at: datetime
    facts_sha256: str
    passed: bool | None
    detail: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding about a key that a person accepts for a while, and why."""

    id: str
    project_id: str
    key_id: str
    key_name: str
    finding: KeyFinding
    reason: str
    accepted_by: str
    at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
