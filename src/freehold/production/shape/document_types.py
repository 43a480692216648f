"""What people write of shapes, as types: the shape, and the file that holds one. No behaviour.

The JSON Schema is made of these (`documents`), so that what is said here is what is checked, served and completed.
"""

from typing import Annotated, Final

import msgspec

from freehold.alerts.records import WAYS, ChannelKind, Comparison, Metric, Severity, Way
from freehold.alerts.setting_rules import MINIMUM_COUNT_MAX, THRESHOLDS_MAX, VALUE_MAX, WINDOW_S_MAX
from freehold.organizations.rules import LIFETIME_MAX
from freehold.production.shape.records import SHAPE_VERSION
from freehold.projects.limit_rules import QUOTA_MAX, RATE_LIMIT_MAX, RATE_WINDOW_S_MAX
from freehold.projects.limits import Period
from freehold.projects.records import Duty
from freehold.reports.records import UTC_NAME, ReportFormat, ReportKind
from freehold.reports.schedule_records import SchedulePeriod
from freehold.webhooks.rules import MAX_PER_SECOND_MAX

_NUMBER: Final = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?$"

Text = Annotated[str, msgspec.Meta(max_length=2000, pattern="^[^\\x00]*$")]
Names = list[Text]
Count = Annotated[int, msgspec.Meta(ge=1, le=RATE_LIMIT_MAX)]
_BOUNDS: Final = {"minimum": 0, "maximum": VALUE_MAX}
Number = (
    Annotated[str, msgspec.Meta(extra_json_schema={"pattern": _NUMBER})]
    | Annotated[int, msgspec.Meta(extra_json_schema=_BOUNDS)]
    | Annotated[float, msgspec.Meta(extra_json_schema=_BOUNDS)]
)


def _means(words: str) -> msgspec.Meta:
    return msgspec.Meta(description=words)


class Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a shape: unknown fields are refused."""


class ShapeLabels(Part, kw_only=True, frozen=True):
    """What a project is called and for."""

    name: Text
    purpose: Text
    product_line: Text | None = None
    use_case: Text | None = None


class ShapeScope(Part, kw_only=True, frozen=True):
    """The endpoints that a project calls (operation ids) and the events that it receives."""

    endpoints: Names = []
    event_types: Names = []


class ShapeRateLimit(Part, kw_only=True, frozen=True):
    """So many units of cost in a window of so many seconds."""

    limit: Count
    window_s: Annotated[int, msgspec.Meta(ge=1, le=RATE_WINDOW_S_MAX)]


class ShapeQuota(Part, kw_only=True, frozen=True):
    """So many units of cost in each hour, day or month of UTC."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=QUOTA_MAX)]
    period: Period


class ShapeLimits(Part, kw_only=True, frozen=True):
    """What the project as a whole may spend."""

    rate_limits: dict[str, ShapeRateLimit] = {}
    quota: ShapeQuota | None = None


class ShapeKey(Part, kw_only=True, frozen=True):
    """A key: what it is for, and what it may do."""

    workload: Text | None = None
    endpoints: Annotated[
        Names | None, _means("Endpoints of the scope that it is narrowed to; absent: all of them.")
    ] = None
    restricted: Annotated[bool, _means("Whether it is called from certain networks alone, which are a binding.")] = (
        False
    )
    rate_limits: dict[str, ShapeRateLimit] = {}
    quota: ShapeQuota | None = None
    expires_after_days: Annotated[int, msgspec.Meta(ge=1, le=LIFETIME_MAX.days)] | None = None


class ShapeWebhook(Part, kw_only=True, frozen=True):
    """A webhook endpoint. Its URL and the values of its headers are bindings."""

    description: Text | None = None
    event_types: Names = []
    headers: Annotated[Names, _means("The names of headers of its own.")] = []
    fifo: bool = False
    max_per_second: Annotated[int, msgspec.Meta(ge=1, le=MAX_PER_SECOND_MAX)] | None = None
    v1a: bool = False


class ShapeChannel(Part, kw_only=True, frozen=True):
    """A chat channel. Its URL is a binding."""

    name: Text
    kind: ChannelKind


class ShapeThreshold(Part, kw_only=True, frozen=True):
    """One step of an alert rule."""

    at: Number
    resolve_below: Number | None = None


class ShapeFilter(Part, kw_only=True, frozen=True):
    """What of a metric is meant: a key by its name, a webhook endpoint by its slot."""

    key: Text | None = None
    webhook: Text | None = None
    endpoint: Text | None = None
    reason: Text | None = None
    percentile: int | None = None


class ShapeAlert(Part, kw_only=True, frozen=True):
    """An alert rule."""

    name: Text
    metric: Metric
    thresholds: Annotated[list[ShapeThreshold], msgspec.Meta(min_length=1, max_length=THRESHOLDS_MAX)]
    comparison: Comparison = "above"
    period: Period | None = None
    timezone: Text = "UTC"
    window_s: Annotated[int, msgspec.Meta(ge=1, le=WINDOW_S_MAX)] | None = None
    filter: ShapeFilter = ShapeFilter()
    minimum_count: Annotated[int, msgspec.Meta(ge=0, le=MINIMUM_COUNT_MAX)] = 0
    severity: Severity = "warning"
    next_action: Text = ""
    notify: list[Way] = msgspec.field(default_factory=lambda: list(WAYS))
    enabled: bool = True


class ShapeSchedule(Part, kw_only=True, frozen=True):
    """A report schedule. Who is mailed is a binding, which may be left out."""

    name: Text
    kind: ReportKind
    format: ReportFormat = "csv"
    cron: Annotated[Text, _means("Minute, hour, day of the month, month, day of the week; at most once an hour.")]
    time_zone: Annotated[Text, _means("IANA: by whose clock it runs, and of whose days.")] = UTC_NAME
    period: Annotated[
        SchedulePeriod | None,
        _means("What each run reports: the last whole one before it; absent for kinds without one."),
    ] = None


class ShapeDocument(Part, kw_only=True, frozen=True):
    """What a project declares, whole. `keys` by their names, the rest by slots: 1 to 60 small letters, digits, hyphens."""

    version: int = SHAPE_VERSION
    api: Annotated[Text, _means("The API's slug.")]
    labels: ShapeLabels
    owners: Annotated[list[Duty], _means("The duties that somebody holds; who does is a binding.")] = msgspec.field(
        default_factory=lambda: ["technical"]
    )
    scope: ShapeScope = ShapeScope()
    limits: ShapeLimits = ShapeLimits()
    keys: dict[str, ShapeKey] = {}
    webhooks: dict[str, ShapeWebhook] = {}
    alert_channels: dict[str, ShapeChannel] = {}
    alerts: dict[str, ShapeAlert] = {}
    report_schedules: dict[str, ShapeSchedule] = {}


class FileDocument(ShapeDocument, kw_only=True, frozen=True):
    """A project's shape as a file: with the project that it is of, and bindings, each plain or as `env:NAME`."""

    project: Annotated[Text | None, _means("The project's id.")] = None
    bindings: Annotated[
        dict[str, Text | Names],
        _means("Values of slots by their JSON Pointers. `env:NAME` is read from the environment."),
    ] = {}
