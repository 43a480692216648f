# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about projects."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.words import Duty, Environment, ProjectProductionAccess, ProjectState, QuotaPeriod


class Owner(Model, frozen=True, kw_only=True):
    """A member who answers for a project."""

    user: str
    email: str
    name: str
    duty: Duty


class Readiness(Model, frozen=True, kw_only=True):
    """How many checks for production apply, how many passed, and how many of the others block."""

    passed: int
    total: int
    blocking: int


class DriftSummary(Model, frozen=True, kw_only=True):
    """In how many fields a project and its sibling differ, and in how many of them nobody accepted that."""

    differences: int
    unaccepted: int


class RateLimit(Model, frozen=True, kw_only=True):
    """So much cost in a window of so many seconds, evenly refilled."""

    name: str
    limit: int
    window_s: int


class Quota(Model, frozen=True, kw_only=True):
    """So much cost in each hour, day or month of UTC."""

    limit: int
    period: QuotaPeriod


class QuotaState(Model, frozen=True, kw_only=True):
    """A quota in its present period, in units of cost.

    `used`: by requests that were let through and are counted. `reserved`: granted to gate processes, which
    spend it or give it back within seconds. `remaining`: the rest.
    """

    used: int
    reserved: int
    remaining: int
    began_at: datetime
    resets_at: datetime


class NextStep(Model, frozen=True, kw_only=True):
    """The one thing to do next."""

    action: str
    title: str
    detail: str
    href: str


class Project(Model, frozen=True, kw_only=True):
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
    owners: list[Owner]
    sibling: str | None
    serving_keys: int
    webhook_endpoints: int
    alerts_firing: int
    readiness: Readiness | None
    drift: DriftSummary | None
    locked: bool
    rate_limits: list[RateLimit]
    quota: Quota | None
    quota_state: QuotaState | None
    production_access: ProjectProductionAccess
    next_step: NextStep | None
    created_by: str
    created_at: datetime
    archived_at: datetime | None
    etag: str


class ConfirmedProject(Project, frozen=True, kw_only=True):
    """A project that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for APIs
    that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class ObservedEndpoint(Model, frozen=True, kw_only=True):
    """A declared endpoint and its use in the last 30 days. `last_at` is cut to the hour."""

    operation_id: str
    allowed: int
    denied: int
    keys: int
    last_at: datetime | None


class ObservedEventType(Model, frozen=True, kw_only=True):
    """A declared event type: messages of the last 30 days, and the webhook endpoints that receive it."""

    name: str
    messages: int
    webhook_endpoints: int
    last_at: datetime | None


class RefusedEndpoint(Model, frozen=True, kw_only=True):
    """An endpoint whose calls were refused in the last 30 days, since the project, or the key, does not declare it.."""

    operation_id: str
    refused: int
    last_at: datetime | None


class UndeclaredCall(Model, frozen=True, kw_only=True):
    """A method and path that is called and not declared: `endpoint_not_in_scope`, or `endpoint_unknown` to the catalogue.."""

    method: str | None
    path: str | None
    outcome: str
    endpoint: str | None
    requests: int
    last_at: datetime


class ObservedScope(Model, frozen=True, kw_only=True):
    """What a project declares, what was observed of each item, and where the two differ.

    `unused_endpoints` and `unused_event_types` are declared, and were not called or received in 30 days.
    `undeclared_calls` are counted among the newest 1,000 such requests of 30 days, the 20 of the most.
    """

    endpoints: list[str]
    event_types: list[str]
    observed_endpoints: list[ObservedEndpoint]
    observed_event_types: list[ObservedEventType]
    unused_endpoints: list[str]
    unused_event_types: list[str]
    refused_endpoints: list[RefusedEndpoint]
    undeclared_calls: list[UndeclaredCall]


class ConfirmedScope(Model, frozen=True, kw_only=True):
    """What a project declares: `confirmed_by` gate processes decide by it after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for APIs
    that fail open.
    """

    endpoints: list[str]
    event_types: list[str]
    confirmed_by: int
    silent: int
    propagation_ms: int
