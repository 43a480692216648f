"""The pages of alerts: the list, one rule with its past, one firing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.charts import ThresholdChart
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Filter, Link, Pager, Tone

RuleState = Literal["firing", "ok", "muted", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule in the list. `fired` counts 30 days."""

    id: str
    name: str
    condition: str
    state: RuleState
    severity: str
    owner: str
    fired: int
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRow:
    """One firing in a list."""

    id: str
    rule_id: str
    rule_name: str
    headline: str
    severity: str
    is_open: bool
    opened_at: datetime
    resolved_at: datetime | None
    peak: str
    acknowledged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A chat channel."""

    id: str
    name: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsView:
    """The alerts of a project (`alerts/list.html.j2`): what fires first. Fields of `channel_form`: `name`, `kind`, `url`."""

    project_id: str
    firing: tuple[FiringRow, ...]
    rules: tuple[RuleRow, ...]
    history: tuple[FiringRow, ...]
    pager: Pager
    filters: tuple[Filter, ...]
    channels: tuple[ChannelRow, ...]
    metrics: tuple[Choice, ...]
    filtered: bool = False
    add_blocked: str | None = None
    loopback: bool = False
    channel_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """What a rule would have done in 30 days. `lines`: a sentence for each threshold; `reason`: why there is no chart."""

    chart: ThresholdChart | None = None
    lines: tuple[str, ...] = ()
    note: str = ""
    reason: str = ""
    now: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFields:
    """What the form of a rule offers, as its metric has it. A group without choices is not shown."""

    metric: str
    metric_title: str
    unit: str
    rate: bool
    spans: tuple[Choice, ...]
    comparisons: tuple[Choice, ...]
    has_period: bool
    hysteresis: bool
    keys: tuple[Choice, ...] = ()
    endpoints: tuple[Choice, ...] = ()
    reasons: tuple[Choice, ...] = ()
    percentiles: tuple[Choice, ...] = ()
    webhooks: tuple[Choice, ...] = ()
    owners: tuple[Choice, ...] = ()
    severities: tuple[Choice, ...] = ()
    ways: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRuleView:
    """A new rule (`alerts/new.html.j2`), with what it would have done. `metrics`: what else it could be on."""

    project_id: str
    fields: RuleFields
    form: Form
    past: PastView
    metrics: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """What was told by one way, and what came of it."""

    event: str
    way: str
    target: str
    state: str
    tone: Tone
    error: str
    at: datetime
    due_at: datetime | None
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule (`alerts/one.html.j2`)."""

    project_id: str
    rule: RuleRow
    revision: int
    slot: str = ""
    created_by: str
    created_at: datetime
    evaluated_at: datetime | None
    muted_until: datetime | None
    next_action: str
    recipients: tuple[str, ...]
    fields: RuleFields
    past: PastView
    firings: tuple[FiringRow, ...]
    tests: tuple[ReceiptRow, ...]
    mutes: tuple[Choice, ...]
    delete: Danger
    edit_form: Form
    test_form: Form
    mute_form: Form
    delete_form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringView:
    """One firing (`alerts/firing.html.j2`). `numbers`: what it saw, in words; `requests`: what is behind it."""

    project_id: str
    firing: FiringRow
    condition: str
    numbers: tuple[tuple[str, str], ...]
    start: datetime
    end: datetime
    as_of: datetime
    next_action: str
    requests: Link | None
    told_at: datetime | None
    receipts: tuple[ReceiptRow, ...]
    acknowledged_at: datetime | None
    acknowledge_form: Form
