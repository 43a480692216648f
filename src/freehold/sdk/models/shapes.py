# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about shapes."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import (
    AlertComparison,
    AlertMetric,
    AlertNotify,
    AlertSeverity,
    BindingKind,
    ChannelKind,
    Duty,
    QuotaPeriod,
    RevisionCause,
    ShapeChangeChange,
    ShapeScheduleFormat,
    ShapeScheduleKind,
    ShapeSchedulePeriod,
)


class ShapeLabels(Model, frozen=True, kw_only=True):
    """What a project is called and for."""

    name: str
    purpose: str
    product_line: str | None = None
    use_case: str | None = None


class ShapeScope(Model, frozen=True, kw_only=True):
    """The endpoints that a project calls (operation ids) and the events that it receives."""

    endpoints: list[str] | None = None
    event_types: list[str] | None = None


class ShapeRateLimit(Model, frozen=True, kw_only=True):
    """So many units of cost in a window of so many seconds."""

    limit: int
    window_s: int


class ShapeQuota(Model, frozen=True, kw_only=True):
    """So many units of cost in each hour, day or month of UTC."""

    limit: int
    period: QuotaPeriod


class ShapeLimits(Model, frozen=True, kw_only=True):
    """What the project as a whole may spend."""

    rate_limits: dict[str, ShapeRateLimit] | None = None
    quota: ShapeQuota | None = None


class ShapeKey(Model, frozen=True, kw_only=True):
    """A key: what it is for, and what it may do."""

    workload: str | None = None
    # Endpoints of the scope that it is narrowed to; absent: all of them.
    endpoints: list[str] | None = None
    # Whether it is called from certain networks alone, which are a binding.
    restricted: bool | None = None
    rate_limits: dict[str, ShapeRateLimit] | None = None
    quota: ShapeQuota | None = None
    expires_after_days: int | None = None


class ShapeWebhook(Model, frozen=True, kw_only=True):
    """A webhook endpoint. Its URL and the values of its headers are bindings."""

    description: str | None = None
    event_types: list[str] | None = None
    # The names of headers of its own.
    headers: list[str] | None = None
    fifo: bool | None = None
    max_per_second: int | None = None
    v1a: bool | None = None


class ShapeChannel(Model, frozen=True, kw_only=True):
    """A chat channel. Its URL is a binding."""

    name: str
    kind: ChannelKind


class ShapeThreshold(Model, frozen=True, kw_only=True):
    """One step of an alert rule."""

    at: str | int | float
    resolve_below: str | int | float | None = None


class ShapeFilter(Model, frozen=True, kw_only=True):
    """What of a metric is meant: a key by its name, a webhook endpoint by its slot."""

    key: str | None = None
    webhook: str | None = None
    endpoint: str | None = None
    reason: str | None = None
    percentile: int | None = None


class ShapeAlert(Model, frozen=True, kw_only=True):
    """An alert rule."""

    name: str
    metric: AlertMetric
    thresholds: list[ShapeThreshold]
    comparison: AlertComparison | None = None
    period: QuotaPeriod | None = None
    timezone: str | None = None
    window_s: int | None = None
    filter: ShapeFilter | None = None
    minimum_count: int | None = None
    severity: AlertSeverity | None = None
    next_action: str | None = None
    notify: list[AlertNotify] | None = None
    enabled: bool | None = None


class ShapeSchedule(Model, frozen=True, kw_only=True):
    """A report schedule. Who is mailed is a binding, which may be left out."""

    name: str
    kind: ShapeScheduleKind
    format: ShapeScheduleFormat | None = None
    # Minute, hour, day of the month, month, day of the week; at most once an hour.
    cron: str
    # IANA: by whose clock it runs, and of whose days.
    time_zone: str | None = None
    # What each run reports: the last whole one before it; absent for kinds without one.
    period: ShapeSchedulePeriod | None = None


class ShapeDocument(Model, frozen=True, kw_only=True):
    """What a project declares, whole.

    `keys` by their names, the rest by slots: 1 to 60 small letters, digits, hyphens.
    """

    version: int | None = None
    # The API's slug.
    api: str
    labels: ShapeLabels
    # The duties that somebody holds; who does is a binding.
    owners: list[Duty] | None = None
    scope: ShapeScope | None = None
    limits: ShapeLimits | None = None
    keys: dict[str, ShapeKey] | None = None
    webhooks: dict[str, ShapeWebhook] | None = None
    alert_channels: dict[str, ShapeChannel] | None = None
    alerts: dict[str, ShapeAlert] | None = None
    report_schedules: dict[str, ShapeSchedule] | None = None


class BindingSlot(Model, frozen=True, kw_only=True):
    """A value that an environment has to be given, never the value. `filled`: whether the slot holds one."""

    slot: str
    kind: BindingKind
    label: str
    filled: bool


class Shape(Model, frozen=True, kw_only=True):
    """What a project declares. `etag`: of the shape, for `If-Match`. `number`: of its newest revision."""

    project: str
    etag: str
    fingerprint: str
    number: int
    changed_at: datetime | None
    shape: ShapeDocument
    bindings: list[BindingSlot]


class ShapeChange(Model, frozen=True, kw_only=True):
    """One field that is other than before.

    `item`: the part of the shape that it belongs to; both are JSON Pointers.
    """

    path: str
    item: str
    change: ShapeChangeChange
    before: Any
    after: Any


class ShapePlan(Model, frozen=True, kw_only=True):
    """What applying a shape would do. `fingerprint`: of the plan, to apply exactly this one."""

    fingerprint: str
    changes: int
    differences: list[ShapeChange]
    bindings_changed: list[str]
    bindings_missing: list[BindingSlot]
    consequences: list[str]
    shape_before: str
    shape_after: str


class ConfirmedShape(Model, frozen=True, kw_only=True):
    """A shape that was applied, once every live gate process decides by it."""

    SECRETS = frozenset({"signing_secrets"})

    applied: bool
    project: str
    plan: ShapePlan
    signing_secrets: dict[str, str]
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class ShapeChanger(Model, frozen=True, kw_only=True):
    """Who did something."""

    kind: str
    id: str
    name: str


class ShapePath(Model, frozen=True, kw_only=True):
    """One field that a revision changed."""

    path: str
    item: str
    change: ShapeChangeChange


class Revision(Model, frozen=True, kw_only=True):
    """What a project declared from one change on: who made it, when, and why."""

    number: int
    fingerprint: str
    cause: RevisionCause
    by: ShapeChanger
    at: datetime
    request_id: str | None
    changes: list[ShapePath]


class RevisionDetail(Revision, frozen=True, kw_only=True):
    """A revision with its shape, and how that differs from the one of the revision `against`."""

    shape: ShapeDocument
    against: int | None
    differences: list[ShapeChange]
