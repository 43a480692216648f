"""Alert rules, firings and channels as the HTTP API shows them, and rules as it takes them. Presents, decides nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from freehold.alerts import links, wording
from freehold.alerts.keeping import settings_kept
from freehold.alerts.receipts import Receipt, ReceiptState
from freehold.alerts.records import (
    AlertFilter,
    AlertRule,
    Channel,
    ChannelKind,
    Comparison,
    Event,
    Firing,
    FiringState,
    Metric,
    RuleSettings,
    Severity,
    Threshold,
    Way,
)
from freehold.alerts.setting_rules import ACTION_MAX, MINIMUM_COUNT_MAX, NAME_MAX, WINDOW_S_MAX, WINDOW_S_MIN
from freehold.projects.limits import Period
from freehold.web.call import etag
from freehold.web.inputs import Body, number, text, with_time_zone

Value = Annotated[float, msgspec.Meta(description="In the metric's unit.", examples=[5.0])]
Name = Annotated[str, text("Failure rate over 5 %", minimum=1, maximum=NAME_MAX)]
Window = Annotated[int, number(300, "A sliding window of whole minutes, in seconds.", WINDOW_S_MIN, WINDOW_S_MAX)]
Minimum = Annotated[int, number(20, "Rates of fewer are not judged.", 0, MINIMUM_COUNT_MAX)]
Action = Annotated[str, text("Look at the failed requests.", "What to do when it fires.", maximum=ACTION_MAX)]
OwnerName = Annotated[str, text("ada@example.com", "A member, by id or e-mail address.", maximum=254)]
Zone = Annotated[str, text("Europe/Berlin", "Whose hours, days and months the period is of.", minimum=1, maximum=64)]


SlotName = Annotated[
    str,
    text(
        "orders",
        "The name by which siblings and files mean it, for good; made from its name where absent.",
        minimum=1,
        maximum=60,
    ),
]


class ThresholdBody(Body, frozen=True):
    """One step of a rule: it fires at `at`, and is over below `resolve_below` (below `at` unless given)."""

    at: Value
    resolve_below: Annotated[float | None, msgspec.Meta(examples=[2.0])] = None


class AlertFilterBody(Body, frozen=True):
    """What of the metric is meant; what is absent or null means any."""

    key: Annotated[str | None, text("key_01m84nefafrfwrcrmv8qcndk0q", maximum=64)] | UnsetType = UNSET
    endpoint: Annotated[str | None, text("getCountry", maximum=200)] | UnsetType = UNSET
    reason: Annotated[str | None, text("rate_limited", "Of denials.", maximum=64)] | UnsetType = UNSET
    percentile: Annotated[int | None, number(95, "Of latencies: 50, 95 or 99.", 50, 99)] | UnsetType = UNSET
    webhook: Annotated[str | None, text("whe_01m84nefafrfwrcrmv8qcndk0q", maximum=64)] | UnsetType = UNSET


Thresholds = Annotated[
    list[ThresholdBody],
    msgspec.Meta(examples=[[{"at": 5, "resolve_below": 2}]], extra_json_schema={"minItems": 1, "maxItems": 5}),
]


class AlertBody(Body, frozen=True):
    """A new alert rule. `period` (of `timezone`) or `window_s`, as its metric has it; `notify`: all ways unless given."""

    name: Name
    metric: Annotated[Metric, msgspec.Meta(examples=["failure_rate"])]
    thresholds: Thresholds
    comparison: Comparison | None = None
    period: Period | None = None
    timezone: Zone = "UTC"
    window_s: Annotated[Window | None, msgspec.Meta(examples=[300])] = None
    filter: AlertFilterBody = AlertFilterBody()
    minimum_count: Minimum = 0
    severity: Annotated[Severity, msgspec.Meta(examples=["warning"])] = "warning"
    owner: OwnerName | None = None
    next_action: Action = ""
    notify: list[Way] = msgspec.field(default_factory=lambda: ["webhooks", "email", "chat"])
    muted_until: datetime | None = None
    enabled: bool = True
    slot: SlotName | None = None


class AlertPatch(Body, frozen=True):
    """New values; what is absent stays, null clears. `thresholds` and `notify` take the place of all (RFC 7396)."""

    name: Name | UnsetType = UNSET
    thresholds: list[ThresholdBody] | UnsetType = UNSET
    period: Period | UnsetType | None = UNSET
    timezone: Zone | UnsetType = UNSET
    window_s: Window | UnsetType | None = UNSET
    filter: AlertFilterBody | UnsetType = UNSET
    minimum_count: Minimum | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    owner: OwnerName | UnsetType | None = UNSET
    next_action: Action | UnsetType = UNSET
    notify: list[Way] | UnsetType = UNSET
    muted_until: datetime | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class ThresholdView(msgspec.Struct, kw_only=True):
    """One step of a rule."""

    at: float
    resolve_below: float | None


class AlertFilterView(msgspec.Struct, kw_only=True):
    """What of the metric is meant; null means any."""

    key: str | None
    endpoint: str | None
    reason: str | None
    percentile: int | None
    webhook: str | None


class AlertView(msgspec.Struct, kw_only=True):
    """An alert rule. `firing`: how many of its firings are open. `evaluated_at`: when it was last looked at."""

    id: str
    project: str
    slot: str
    name: str
    metric: Metric
    unit: str
    condition: str
    thresholds: list[ThresholdView]
    comparison: Comparison
    period: Period | None
    timezone: str
    window_s: int | None
    filter: AlertFilterView
    minimum_count: int
    severity: Severity
    owner: str | None
    next_action: str
    notify: list[Way]
    muted_until: datetime | None
    enabled: bool
    is_default: bool
    firing: int
    evaluated_at: datetime | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    etag: str


class ReceiptDeliveryView(msgspec.Struct, kw_only=True):
    """One delivery of a notification to a webhook endpoint."""

    id: str
    state: str


class NotificationView(msgspec.Struct, kw_only=True):
    """What was told, by which way and to whom, and what came of it. `target`: a channel's name or an address."""

    id: str
    event: Event
    way: Way
    target: str
    state: ReceiptState
    error: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    message: str | None
    deliveries: list[ReceiptDeliveryView]


class FiringView(msgspec.Struct, kw_only=True):
    """One crossing. `numbers`: what it saw; `from` to `to` and `requests`: where the requests behind it are.

    `acknowledged_by`: the user who took it on, and `acknowledged_by_name` what they are called now.
    """

    id: str
    alert: str
    project: str
    name: str
    metric: Metric
    severity: Severity
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


class FiringDetailView(FiringView, kw_only=True):
    """A firing with what was told of it."""

    notifications: list[NotificationView]


class AlertTestView(msgspec.Struct, kw_only=True):
    """A test notification: what was written for each way; what comes of it shows on the rule's page."""

    notifications: list[NotificationView]


class ChannelBody(Body, frozen=True):
    """A chat channel: `slack` for Slack and what understands it (Mattermost, Discord's /slack), `generic` for JSON."""

    name: Annotated[str, text("#platform-alerts", minimum=1, maximum=80)]
    kind: Annotated[ChannelKind, msgspec.Meta(examples=["slack"])]
    url: Annotated[str, text("https://hooks.slack.com/services/T0/B0/x", minimum=1, maximum=2048)]
    slot: SlotName | None = None


class ChannelView(msgspec.Struct, kw_only=True):
    """A chat channel. Its URL is a credential: only the host is shown."""

    id: str
    project: str
    slot: str
    kind: ChannelKind
    name: str
    url: str
    created_by: str
    created_at: datetime


def settings_of(body: AlertBody) -> RuleSettings:
    """A new rule's settings. A comparison that the metric alone decides need not be said."""
    settings = RuleSettings(
        name=body.name, metric=body.metric, thresholds=_thresholds(body.thresholds), period=body.period,
        timezone=body.timezone, window_s=body.window_s, filter=_filter(AlertFilter(), body.filter),
        minimum_count=body.minimum_count, severity=body.severity, owner=body.owner or None,
        next_action=body.next_action, notify=tuple(body.notify),
        muted_until=with_time_zone("muted_until", body.muted_until), enabled=body.enabled,
    )  # fmt: skip
    return replace(settings, comparison=body.comparison or settings.facts.comparisons[0])


def patched(old: RuleSettings, patch: AlertPatch) -> RuleSettings:
    """A rule's settings with a patch merged into them."""
    given = {name: getattr(patch, name) for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET}
    if "thresholds" in given:
        given["thresholds"] = _thresholds(given["thresholds"])
    if "notify" in given:
        given["notify"] = tuple(given["notify"])
    if "filter" in given:
        given["filter"] = _filter(old.filter, given["filter"])
    if "muted_until" in given:
        with_time_zone("muted_until", given["muted_until"])
    return replace(old, **given)


def _thresholds(bodies: list[ThresholdBody]) -> tuple[Threshold, ...]:
    return tuple(Threshold(each.at, each.resolve_below) for each in bodies)


def _filter(old: AlertFilter, body: AlertFilterBody) -> AlertFilter:
    given = {name: getattr(body, name) for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    return replace(old, **given)


def alert_view(rule: AlertRule) -> AlertView:
    """A rule as the API shows it."""
    settings, chosen = rule.settings, rule.settings.filter
    return AlertView(
        id=rule.id, project=rule.project_id, slot=rule.slot, name=settings.name, metric=settings.metric, unit=settings.facts.unit,
        condition="; ".join(wording.condition(settings, each) for each in settings.thresholds),
        thresholds=[ThresholdView(at=each.at, resolve_below=each.resolve_below) for each in settings.thresholds],
        comparison=settings.comparison, period=settings.period, timezone=settings.timezone, window_s=settings.window_s,
        filter=AlertFilterView(key=chosen.key, endpoint=chosen.endpoint, reason=chosen.reason,
                               percentile=chosen.percentile, webhook=chosen.webhook),
        minimum_count=settings.minimum_count, severity=settings.severity, owner=settings.owner,
        next_action=settings.next_action, notify=list(settings.notify), muted_until=settings.muted_until,
        enabled=settings.enabled, is_default=rule.is_default, firing=rule.firing, evaluated_at=rule.evaluated_at,
        created_by=rule.created_by, created_at=rule.created_at, changed_at=rule.changed_at, etag=etag(rule.revision),
    )  # fmt: skip


def firing_view(firing: Firing) -> FiringView:
    """A firing as a list shows it."""
    return FiringView(**_firing_fields(firing))


def firing_detail_view(firing: Firing, receipts: list[Receipt]) -> FiringDetailView:
    """A firing with what was told of it."""
    return FiringDetailView(notifications=[notification_view(each) for each in receipts], **_firing_fields(firing))


def notification_view(receipt: Receipt) -> NotificationView:
    """A notification with what came of it."""
    return NotificationView(
        id=receipt.id, event=receipt.event, way=receipt.way, target=receipt.target, state=receipt.state,
        error=receipt.error, attempts=receipt.attempts, next_attempt_at=receipt.due_at, created_at=receipt.at,
        finished_at=receipt.finished_at, message=receipt.message_id,
        deliveries=[ReceiptDeliveryView(id=each, state=state) for each, state in receipt.deliveries],
    )  # fmt: skip


def channel_view(channel: Channel) -> ChannelView:
    """A channel as the API shows it."""
    return ChannelView(
        id=channel.id, project=channel.project_id, slot=channel.slot, kind=channel.kind, name=channel.name, url=channel.shown_url,
        created_by=channel.created_by, created_at=channel.created_at,
    )  # fmt: skip


def _firing_fields(firing: Firing) -> dict[str, Any]:
    return {
        "id": firing.id, "alert": firing.rule_id, "project": firing.project_id, "name": firing.rule_name,
        "metric": firing.metric, "severity": firing.severity, "state": "resolved" if firing.resolved_at else "open",
        "summary": wording.headline(firing, settings_kept(firing.seen["rule"])), "threshold": firing.threshold,
        "subject": firing.subject_id or None, "subject_name": firing.seen["subject_name"] or None,
        "period_at": firing.period_at, "period_ends_at": firing.period_ends_at, "opened_at": firing.opened_at,
        "value": firing.value, "peak": firing.peak, "peak_at": firing.peak_at, "numbers": firing.seen["numbers"],
        "requests": links.requests_query(firing), "told_at": firing.told_at, "resolved_at": firing.resolved_at,
        "resolved_value": firing.resolved_value, "acknowledged_at": firing.acknowledged_at,
        "acknowledged_by": firing.acknowledged_by, "acknowledged_by_name": firing.acknowledged_name,
    }  # fmt: skip
