"""What a project is and what it declares. No behaviour."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from msgspec import UNSET, UnsetType

from freehold.projects.limits import Quota, QuotaState, RateLimit

Environment = Literal["sandbox", "production"]
ProjectState = Literal["active", "archived"]
Duty = Literal["technical", "billing", "audit"]

# How a sandbox project stands with production: of its newest request for access, and whether it is cloned.
ProductionAccess = Literal["not_requested", "requested", "approved", "denied", "withdrawn", "live"]

DUTIES: Final[tuple[Duty, ...]] = get_args(Duty)


@dataclass(frozen=True, slots=True)
class Project:
    """One workload of an organization in one environment."""

    id: str
    organization_id: str
    api_id: str
    environment: Environment
    sandbox_id: str | None
    name: str
    slug: str
    purpose: str
    product_line: str | None
    use_case: str | None
    state: ProjectState
    revision: int
    created_by: str
    created_at: datetime
    archived_at: datetime | None
    rate_limits: tuple[RateLimit, ...] = ()
    quota: Quota | None = None
    # Of a production project: only what is promoted changes what it declares.
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """A member who answers for a project, and for what."""

    user_id: str
    email: str
    name: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class NewOwner:
    """An owner as a caller names one: a member by id or by e-mail address."""

    member: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class NewProject:
    """What it takes to make a sandbox project."""

    name: str
    purpose: str
    api: str
    product_line: str | None = None
    use_case: str | None = None
    owners: tuple[NewOwner, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """New values of a project's labels, owners and limits.

    None leaves one as it is, an empty text clears an optional one. Of the quota, None takes it away.
    """

    name: str | None = None
    purpose: str | None = None
    product_line: str | None = None
    use_case: str | None = None
    owners: tuple[NewOwner, ...] | None = None
    rate_limits: tuple[RateLimit, ...] | None = None
    quota: Quota | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class Scope:
    """What a project declares: the endpoints it calls (operation ids) and the events it receives."""

    endpoints: list[str] = field(default_factory=list)
    event_types: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each asset a project has."""

    serving_keys: int
    webhook_endpoints: int
    failing_webhook_endpoints: int
    alerts_firing: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sandbox project has come on its first journey: ids are the evidence, None where there is none."""

    scope_declared: bool
    first_key_id: str | None
    allowed_request_id: str | None
    webhook_endpoint_id: str | None
    accepted_attempt_delivery_id: str | None


@dataclass(frozen=True, slots=True)
class ReadinessSummary:
    """How many checks for production apply to a sandbox project, how many passed, and how many of the others block."""

    passed: int
    total: int
    blocking: int


@dataclass(frozen=True, slots=True)
class DriftSummary:
    """In how many fields a project and its sibling differ, and in how many of them nobody accepted that."""

    differences: int
    unaccepted: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks at a project: `reviews` requests for production access, may ask for them (`edits`)."""

    user_id: str | None = None
    reviews: bool = False
    edits: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands on its way to production; the same for a production project as for its sandbox sibling.

    `lost`: how an approval came to nothing (`lapsed`, `expired`). `blocking`: blocking readiness checks that fail.
    `differences`: of the siblings' shapes, accepted ones aside. `change_id`: the open review of a direct edit of production.
    `promotion`: of a live project, how its open request stands to promote what has changed since.
    """

    access: ProductionAccess = "not_requested"
    lost: str | None = None
    request_id: str | None = None
    waiting_on: str | None = None
    requested_by: str | None = None
    change_id: str | None = None
    change_by: str | None = None
    promotion: ProductionAccess | None = None
    blocking: int = 0
    differences: int = 0


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do next: a stable action, its title, why, and the page where it is done."""

    action: str
    title: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Posture:
    """A project with everything that is asked about it at a glance."""

    project: Project
    owners: list[Owner]
    sibling: Project | None
    counts: Counts
    progress: Progress
    next_step: NextStep | None
    quota: QuotaState | None
    # As it was looked at last, within a minute. None: not yet, or not a sandbox project.
    readiness: ReadinessSummary | None = None
    # None: there is no sibling.
    drift: DriftSummary | None = None
    standing: Standing = field(default_factory=Standing)
