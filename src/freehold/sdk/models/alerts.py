# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about alerts."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import (
    AlertComparison,
    AlertMetric,
    AlertNotify,
    AlertSeverity,
    ChannelKind,
    FiringState,
    NotificationEvent,
    NotificationState,
    QuotaPeriod,
)


class Threshold(Model, frozen=True, kw_only=True):
    """One step of a rule."""

    at: float
    resolve_below: float | None


class AlertFilter(Model, frozen=True, kw_only=True):
    """What of the metric is meant; null means any."""

    key: str | None
    endpoint: str | None
    reason: str | None
    percentile: int | None
    webhook: str | None


class Alert(Model, frozen=True, kw_only=True):
    """An alert rule. `firing`: how many of its firings are open. `evaluated_at`: when it was last looked at."""

    id: str
    project: str
    slot: str
    name: str
    metric: AlertMetric
    unit: str
    condition: str
    thresholds: list[Threshold]
    comparison: AlertComparison
    period: QuotaPeriod | None
    timezone: str
    window_s: int | None
    filter: AlertFilter
    minimum_count: int
    severity: AlertSeverity
    owner: str | None
    next_action: str
    notify: list[AlertNotify]
    muted_until: datetime | None
    enabled: bool
    is_default: bool
    firing: int
    evaluated_at: datetime | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    etag: str


class ReceiptDelivery(Model, frozen=True, kw_only=True):
    """One delivery of a notification to a webhook endpoint."""

    id: str
    state: str


class Notification(Model, frozen=True, kw_only=True):
    """What was told, by which way and to whom, and what came of it. `target`: a channel's name or an address."""

    id: str
    event: NotificationEvent
    way: AlertNotify
    target: str
    state: NotificationState
    error: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    message: str | None
    deliveries: list[ReceiptDelivery]


class AlertTest(Model, frozen=True, kw_only=True):
    """A test notification: what was written for each way; what comes of it shows on the rule's page."""

    notifications: list[Notification]


class Firing(Model, frozen=True, kw_only=True):
    """One crossing.

    `numbers`: what it saw; `from` to `to` and `requests`: where the requests behind it are. `acknowledged_by`:
    the user who took it on, and `acknowledged_by_name` what they are called now.
    """

    id: str
    alert: str
    project: str
    name: str
    metric: AlertMetric
    severity: AlertSeverity
    state: FiringState
    summary: str
    threshold: float
    subject: str | None
    subject_name: str | None
    period_at: datetime
    period_ends_at: datetime | None
    opened_at: datetime
    value: float
    peak: float
    peak_at: datetime
    numbers: dict[str, Any]
    requests: dict[str, str] | None
    told_at: datetime | None
    resolved_at: datetime | None
    resolved_value: float | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_by_name: str | None


class FiringDetail(Firing, frozen=True, kw_only=True):
    """A firing with what was told of it."""

    notifications: list[Notification]


class Channel(Model, frozen=True, kw_only=True):
    """A chat channel. Its URL is a credential: only the host is shown."""

    id: str
    project: str
    slot: str
    kind: ChannelKind
    name: str
    url: str
    created_by: str
    created_at: datetime
