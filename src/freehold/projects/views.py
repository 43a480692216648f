"""What the API takes and shows of projects. No IO."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from freehold.projects.limit_bodies import (
    OneQuota,
    QuotaIfSaid,
    QuotaStateView,
    QuotaView,
    RateLimits,
    RateLimitsIfSaid,
    RateLimitView,
    limit_fields,
)
from freehold.projects.records import (
    Duty,
    Environment,
    Posture,
    ProductionAccess,
    ProjectState,
)
from freehold.projects.rules import LABEL_MAX, PURPOSE_MAX
from freehold.web.call import etag
from freehold.web.inputs import Body, text


class OwnerBody(Body, frozen=True):
    """An owner: a member of the organization, by id or e-mail address, and what they answer for."""

    member: Annotated[str, text("ada@example.com", maximum=254)]
    duty: Annotated[Duty, msgspec.Meta(examples=["technical"])] = "technical"


class ProjectBody(Body, frozen=True):
    """A new sandbox project. `api` is an API's id or slug; without `owners` the caller owns it technically."""

    name: Annotated[str, text("Parcel lookup", minimum=1, maximum=LABEL_MAX)]
    purpose: Annotated[str, text("Looks up title records for conveyancing partners", minimum=1, maximum=PURPOSE_MAX)]
    api: Annotated[str, text("example", "The API's id or slug.", minimum=1)]
    product_line: Annotated[str | None, text("Conveyancing", maximum=LABEL_MAX)] = None
    use_case: Annotated[str | None, text("Title search", maximum=LABEL_MAX)] = None
    owners: list[OwnerBody] = msgspec.field(default_factory=list)
    rate_limits: RateLimits = None
    quota: OneQuota = None


class ProjectPatch(Body, frozen=True):
    """New values; what is absent stays, null or an empty text clears an optional one.

    `rate_limits` takes the place of all of them. The project's limits are spent by all its keys together.
    """

    name: Annotated[str, text("Parcel lookup", minimum=1, maximum=LABEL_MAX)] | UnsetType = UNSET
    purpose: Annotated[str, text("Looks up title records", minimum=1, maximum=PURPOSE_MAX)] | UnsetType = UNSET
    product_line: Annotated[str, text("Conveyancing", maximum=LABEL_MAX)] | UnsetType | None = UNSET
    use_case: Annotated[str, text("Title search", maximum=LABEL_MAX)] | UnsetType | None = UNSET
    owners: list[OwnerBody] | UnsetType = UNSET
    rate_limits: RateLimitsIfSaid = UNSET
    quota: QuotaIfSaid = UNSET
    locked: Annotated[
        bool | UnsetType,
        msgspec.Meta(description="Of a production project: only promotion changes what it declares.", examples=[True]),
    ] = UNSET


class OwnerView(msgspec.Struct, kw_only=True):
    """A member who answers for a project."""

    user: str
    email: str
    name: str
    duty: Duty


class NextStepView(msgspec.Struct, kw_only=True):
    """The one thing to do next."""

    action: str
    title: str
    detail: str
    href: str


class ReadinessView(msgspec.Struct, kw_only=True):
    """How many checks for production apply, how many passed, and how many of the others block."""

    passed: int
    total: int
    blocking: int


class DriftSummaryView(msgspec.Struct, kw_only=True):
    """In how many fields a project and its sibling differ, and in how many of them nobody accepted that."""

    differences: int
    unaccepted: int


class ProjectView(msgspec.Struct, kw_only=True):
    """A project with its posture."""

    id: str
    organization: str
    api: str
    environment: Environment
    state: ProjectState
    name: str
    slug: str
    purpose: str
    product_line: str | None
    use_case: str | None
    owners: list[OwnerView]
    sibling: str | None
    serving_keys: int
    webhook_endpoints: int
    alerts_firing: int
    readiness: ReadinessView | None
    drift: DriftSummaryView | None
    locked: bool
    rate_limits: list[RateLimitView]
    quota: QuotaView | None
    quota_state: QuotaStateView | None
    production_access: ProductionAccess
    next_step: NextStepView | None
    created_by: str
    created_at: datetime
    archived_at: datetime | None
    etag: str


class ConfirmedProjectView(ProjectView, kw_only=True):
    """A project that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for
    APIs that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class ScopeBody(Body, frozen=True):
    """What a project declares, whole: operation ids and event types of the catalogue."""

    endpoints: Annotated[
        list[str], msgspec.Meta(description="Operation ids of the catalogue.", examples=[["get_country"]])
    ]
    event_types: Annotated[
        list[str], msgspec.Meta(description="Event types of the catalogue.", examples=[["lookup.completed"]])
    ]


class ConfirmedScopeView(msgspec.Struct, kw_only=True):
    """What a project declares: `confirmed_by` gate processes decide by it after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for
    APIs that fail open.
    """

    endpoints: list[str]
    event_types: list[str]
    confirmed_by: int
    silent: int
    propagation_ms: int


def project_view(posture: Posture) -> ProjectView:
    """A project as the API shows it."""
    project, step = posture.project, posture.next_step
    return ProjectView(
        id=project.id, organization=project.organization_id, api=project.api_id, environment=project.environment,
        state=project.state, name=project.name, slug=project.slug, purpose=project.purpose,
        product_line=project.product_line, use_case=project.use_case,
        owners=[OwnerView(user=each.user_id, email=each.email, name=each.name, duty=each.duty) for each in posture.owners],
        sibling=posture.sibling.id if posture.sibling else None,
        serving_keys=posture.counts.serving_keys, webhook_endpoints=posture.counts.webhook_endpoints,
        alerts_firing=posture.counts.alerts_firing,
        readiness=ReadinessView(**asdict(posture.readiness)) if posture.readiness else None,
        drift=DriftSummaryView(**asdict(posture.drift)) if posture.drift else None, locked=project.locked,
        **limit_fields(project.rate_limits, project.quota, posture.quota),
        production_access=posture.standing.access,
        next_step=NextStepView(action=step.action, title=step.title, detail=step.detail, href=step.href) if step else None,
        created_by=project.created_by, created_at=project.created_at, archived_at=project.archived_at,
        etag=etag(project.revision),
    )  # fmt: skip
