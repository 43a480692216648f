# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Words of closed sets, as the API uses them."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    AcceptanceFinding = Literal["never_expires", "rotation_overdue", "unused"]
    AccessRequestDetailKind = Literal["access", "change"]
    AccessRequestDetailRisk = Literal["high", "low", "medium"]
    AccessRequestDetailState = Literal["approved", "denied", "expired", "lapsed", "live", "requested", "withdrawn"]
    AccessRequestDetailWaitingOn = Literal["requester", "reviewer"]
    AlertComparison = Literal["above", "below"]
    AlertMetric = Literal[
        "cost",
        "denials",
        "failure_rate",
        "key_expiring",
        "key_rotation_overdue",
        "key_unused",
        "latency",
        "no_traffic",
        "quota_used",
        "requests",
        "retry_pressure",
        "webhook_failure_rate",
    ]
    AlertNotify = Literal["chat", "email", "webhooks"]
    AlertSeverity = Literal["critical", "info", "warning"]
    Asker = Literal["person", "schedule"]
    AttemptOutcome = Literal["accepted", "blocked", "refused", "unreachable"]
    AttestationRole = Literal["admin", "auditor", "billing", "developer", "operator", "owner"]
    BindingKind = Literal["header", "member", "networks", "url"]
    Bucket = Literal["day", "hour", "minute", "month"]
    ChannelKind = Literal["generic", "slack"]
    CheckStandingState = Literal[
        "expired", "failed", "interrupted", "never", "outdated", "passed", "running", "unclear"
    ]
    CheckState = Literal["failed", "not_applicable", "passed", "waiting"]
    DeliveryState = Literal["delivered", "dropped", "failed", "pending"]
    Duty = Literal["audit", "billing", "technical"]
    EntryActorKind = Literal["system", "token", "user"]
    EntryKind = Literal[
        "answered",
        "approved",
        "asked_for_changes",
        "commented",
        "denied",
        "expired",
        "lapsed",
        "live",
        "requested",
        "shape_changed",
        "withdrawn",
    ]
    Environment = Literal["production", "sandbox"]
    EvidenceKind = Literal[
        "access_request",
        "alert_rule",
        "attestation",
        "delivery",
        "http_result",
        "key",
        "notification",
        "person",
        "project",
        "reconciliation",
        "request",
        "scope",
        "usage",
        "webhook_check",
    ]
    ExportFormat = Literal["csv", "jsonl", "parquet"]
    ExportPartState = Literal["failed", "missing", "queued", "ready", "running"]
    FilterField = Literal["endpoint", "key", "kind", "outcome", "secret"]
    FiringState = Literal["open", "resolved"]
    ForwardingBodyTransport = Literal["tcp", "tls", "udp"]
    ForwardingKind = Literal["otlp", "syslog", "webhook"]
    ForwardingState = Literal["active", "failing", "paused"]
    GroupBy = Literal["endpoint", "key", "outcome", "secret"]
    InboxAnswer = Literal["410", "429", "500", "accept", "endless", "slow", "verify"]
    InboxRequestVerdict = Literal["refused", "repeated", "verified"]
    KeyState = Literal["active", "expired", "revoked"]
    MessageOrigin = Literal["freehold", "published", "test"]
    NotificationEvent = Literal["opened", "resolved", "test"]
    NotificationState = Literal["delivered", "failed", "forgotten", "nobody", "pending"]
    OwnCheckKind = Literal["attestation", "http"]
    PolicyBlocking = Literal[
        "alert_channel",
        "billing_owner",
        "bindings",
        "delivery_verified",
        "failure_rate",
        "key_hygiene",
        "purpose",
        "recent_denial",
        "recent_lookup",
        "scope_declared",
        "scope_exercised",
        "second_owner",
        "technical_owner",
        "traffic_band",
        "usage_reconciles",
        "webhook_check",
    ]
    PolicyMaterial = Literal[
        "alert_channels", "alerts", "keys", "labels", "limits", "owners", "report_schedules", "scope", "webhooks"
    ]
    PriceItemUnit = Literal["cost", "request"]
    PriceListSandbox = Literal["free", "priced"]
    PriceListState = Literal["coming", "in_force", "over", "withdrawn"]
    ProbeProbe = Literal["forged", "repeated", "signed", "stale"]
    ProjectProductionAccess = Literal["approved", "denied", "live", "not_requested", "requested", "withdrawn"]
    ProjectState = Literal["active", "archived"]
    ProjectionMethod = Literal["pace_so_far", "same_hours_last_week"]
    QuotaPeriod = Literal["day", "hour", "month"]
    ReplayFilterState = Literal["delivered", "failed", "pending"]
    ReplayKind = Literal["delivery", "filter", "recovery"]
    ReplayState = Literal["canceled", "done", "queued", "running"]
    ReportColumnType = Literal["boolean", "instant", "integer", "text"]
    ReportScheduleState = Literal["active", "paused", "stopped"]
    ReportState = Literal["expired", "failed", "queued", "ready", "running"]
    RequestFilterField = Literal["endpoint", "key", "kind", "outcome", "path", "secret"]
    RequestKind = Literal["denied", "failed", "served", "throttled"]
    RevisionCause = Literal["clone", "edit", "file", "promotion", "restoration", "revert"]
    Role = Literal["admin", "auditor", "billing", "developer", "owner"]
    SecretState = Literal["active", "retired", "retiring", "revoked"]
    ShapeChangeChange = Literal["added", "changed", "removed"]
    ShapeScheduleFormat = Literal["csv", "html", "jsonl", "parquet", "pdf"]
    ShapeScheduleKind = Literal[
        "access_review",
        "alert_firings",
        "audit_log",
        "cost_statement",
        "key_inventory",
        "readiness_evidence",
        "usage_detail",
        "usage_summary",
        "webhook_deliveries",
    ]
    ShapeSchedulePeriod = Literal["day", "month", "week"]
    SiblingDifferenceKind = Literal["differs", "only_in_production", "only_in_sandbox"]
    TokenRole = Literal["admin", "auditor", "billing", "developer", "owner", "publisher", "verifier"]
    UsageCompare = Literal["previous"]
    Via = Literal["authorize", "gateway", "sdk", "verify"]
    WebhookCheckState = Literal["failed", "interrupted", "passed", "running", "unclear"]
    WebhookState = Literal["active", "disabled", "failing", "paused"]
else:
    # A newer server may know more words: they are read as they are.
    AcceptanceFinding = str
    AccessRequestDetailKind = str
    AccessRequestDetailRisk = str
    AccessRequestDetailState = str
    AccessRequestDetailWaitingOn = str
    AlertComparison = str
    AlertMetric = str
    AlertNotify = str
    AlertSeverity = str
    Asker = str
    AttemptOutcome = str
    AttestationRole = str
    BindingKind = str
    Bucket = str
    ChannelKind = str
    CheckStandingState = str
    CheckState = str
    DeliveryState = str
    Duty = str
    EntryActorKind = str
    EntryKind = str
    Environment = str
    EvidenceKind = str
    ExportFormat = str
    ExportPartState = str
    FilterField = str
    FiringState = str
    ForwardingBodyTransport = str
    ForwardingKind = str
    ForwardingState = str
    GroupBy = str
    InboxAnswer = str
    InboxRequestVerdict = str
    KeyState = str
    MessageOrigin = str
    NotificationEvent = str
    NotificationState = str
    OwnCheckKind = str
    PolicyBlocking = str
    PolicyMaterial = str
    PriceItemUnit = str
    PriceListSandbox = str
    PriceListState = str
    ProbeProbe = str
    ProjectProductionAccess = str
    ProjectState = str
    ProjectionMethod = str
    QuotaPeriod = str
    ReplayFilterState = str
    ReplayKind = str
    ReplayState = str
    ReportColumnType = str
    ReportScheduleState = str
    ReportState = str
    RequestFilterField = str
    RequestKind = str
    RevisionCause = str
    Role = str
    SecretState = str
    ShapeChangeChange = str
    ShapeScheduleFormat = str
    ShapeScheduleKind = str
    ShapeSchedulePeriod = str
    SiblingDifferenceKind = str
    TokenRole = str
    UsageCompare = str
    Via = str
    WebhookCheckState = str
    WebhookState = str
