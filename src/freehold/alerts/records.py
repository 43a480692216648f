"""What alert rules, firings, chat channels and notifications are, and the closed sets of their states. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from freehold.projects.limits import Period
from freehold.projects.records import Environment

Metric = Literal[
    "requests", "cost", "denials", "failure_rate", "latency", "quota_used", "webhook_failure_rate", "retry_pressure",
    "key_unused", "key_expiring", "key_rotation_overdue", "no_traffic",
]  # fmt: skip
Comparison = Literal["above", "below"]
Severity = Literal["info", "warning", "critical"]
Way = Literal["webhooks", "email", "chat"]
ChannelKind = Literal["slack", "generic"]
Event = Literal["opened", "resolved", "test"]
# handed_over: to the webhooks' queue or the e-mail outbox, where its receipts are.
NotificationState = Literal["handed_over", "pending", "delivered", "failed"]
FiringState = Literal["open", "resolved"]
Span = Literal["period", "window"]
FilterName = Literal["key", "endpoint", "reason", "percentile", "webhook"]

WAYS: Final[tuple[Way, ...]] = get_args(Way)
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """What one metric is, in words, and what a rule on it may choose.

    `counts`: it crosses as requests are counted. `each_key`: it is judged of each key by itself.
    """

    title: str
    unit: str
    spans: tuple[Span, ...] = ()
    filters: tuple[FilterName, ...] = ()
    comparisons: tuple[Comparison, ...] = ("above",)
    counts: bool = False
    rate: bool = False
    each_key: bool = False

    @property
    def by_usage(self) -> bool:
        """Whether it changes with the traffic that is counted."""
        return not self.each_key and "webhook" not in self.filters


METRICS: Final[dict[Metric, MetricFacts]] = {
    "requests": MetricFacts("Requests", "requests", ("period", "window"), ("key", "endpoint"), ("above", "below"), counts=True),
    "cost": MetricFacts("Cost", "units", ("period", "window"), ("key", "endpoint"), ("above", "below"), counts=True),
    "denials": MetricFacts("Denials", "denials", ("period", "window"), ("key", "endpoint", "reason"), counts=True),
    "failure_rate": MetricFacts("Failure rate", "%", ("window",), ("key", "endpoint"), rate=True),
    "latency": MetricFacts("Latency", "ms", ("window",), ("key", "endpoint", "percentile"), rate=True),
    "quota_used": MetricFacts("Quota used", "%", (), ("key",), counts=True),
    "webhook_failure_rate": MetricFacts("Webhook failure rate", "%", ("window",), ("webhook",), rate=True),
    "retry_pressure": MetricFacts("Deliveries waiting for a retry", "deliveries", (), ("webhook",)),
    "key_unused": MetricFacts("Key unused", "days", (), ("key",), each_key=True),
    "key_expiring": MetricFacts("Key expiring", "days", (), ("key",), ("below",), each_key=True),
    "key_rotation_overdue": MetricFacts("Key overdue for rotation", "days", (), ("key",), each_key=True),
    "no_traffic": MetricFacts("No traffic", "minutes", (), ("key", "endpoint")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Threshold:
    """One step of a rule. `resolve_below`: once open, it is over below this value; None: below `at`."""

    at: float
    resolve_below: float | None = None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What of a metric is meant; None means any. `reason`: of denials. `percentile`: of latencies."""

    key: str | None = None
    endpoint: str | None = None
    reason: str | None = None
    percentile: int | None = None
    webhook: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a person chooses of an alert rule. `period` in `timezone`, or a sliding `window_s`, as the metric has it.

    `minimum_count`: a rate of fewer requests (or attempts) is not judged. `owner`: a member's id. `next_action`: what
    to do when it fires, in words. Until `muted_until` nobody is told.
    """

    name: str
    metric: Metric
    thresholds: tuple[Threshold, ...]
    comparison: Comparison = "above"
    period: Period | None = None
    timezone: str = "UTC"
    window_s: int | None = None
    filter: AlertFilter = AlertFilter()
    minimum_count: int = 0
    severity: Severity = "warning"
    owner: str | None = None
    next_action: str = ""
    notify: tuple[Way, ...] = WAYS
    muted_until: datetime | None = None
    enabled: bool = True

    @property
    def facts(self) -> MetricFacts:
        """What its metric is."""
        return METRICS[self.metric]

    @property
    def slides(self) -> bool:
        """Whether what it looks at moves on with time, rather than beginning anew."""
        return self.window_s is not None or self.metric == "retry_pressure"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A threshold, or several, on one metric of one project."""

    id: str
    project_id: str
    organization_id: str
    environment: Environment
    settings: RuleSettings
    is_default: bool
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    evaluated_at: datetime | None = None
    owner_name: str | None = None
    # The thresholds that are crossed now.
    firing: int = 0
    # The name by which siblings and files mean it, unique in its project.
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one subject: a project's traffic, or one key. `value` None: there was nothing to judge.

    `period_at` tells firings apart; `period_ends_at` None: it ends when what it counts from changes.
    `count`: how many requests or attempts the value is of. `start` and `end`: the window of what is behind it.
    """

    value: float | None
    count: int
    period_at: datetime
    period_ends_at: datetime | None
    start: datetime
    end: datetime
    subject_id: str = ""
    subject_name: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenFiring:
    """As much of an open firing as judging needs."""

    id: str
    threshold: float
    subject_id: str
    period_at: datetime
    period_ends_at: datetime | None
    opened_at: datetime
    peak: float


@dataclass(frozen=True, slots=True)
class Firing:
    """One crossing of one threshold of a rule. `seen`: the rule as it was, and the numbers."""

    id: str
    project_id: str
    organization_id: str
    rule_id: str
    rule_name: str
    metric: Metric
    threshold: float
    subject_id: str
    period_at: datetime
    period_ends_at: datetime | None
    severity: Severity
    opened_at: datetime
    value: float
    peak: float
    peak_at: datetime
    seen: dict[str, Any]
    told_at: datetime | None
    resolved_at: datetime | None
    resolved_value: float | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_name: str | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A chat channel of a project. Its URL is sealed; `shown_url` is what may be seen of it."""

    id: str
    project_id: str
    organization_id: str
    environment: Environment
    kind: ChannelKind
    name: str
    sealed_url: bytes = field(repr=False)
    shown_url: str
    created_by: str
    created_at: datetime
    # The name by which siblings and files mean it, unique in its project.
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """What was told, by which way and to whom, and what came of it."""

    id: str
    project_id: str
    rule_id: str
    firing_id: str | None
    event: Event
    way: Way
    target: str
    handed_over_id: str | None
    payload: dict[str, Any]
    state: NotificationState
    attempts: int
    due_at: datetime | None
    leased_until_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    status: int | None
    error: str | None
