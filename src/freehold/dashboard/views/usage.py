"""The usage page: totals, the chart, and who made them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from freehold.dashboard.charts import BarChart, Tone
from freehold.dashboard.views.parts import Chip, Pager, Pick
from freehold.dashboard.views.requests import RequestRow, RequestView, Unlisted


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of a few alternatives, as a link that keeps the rest of the view: a range, a bucket, a grouping."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One total. `note` compares it in words; `tone` colours the note; `spark` are its values over the range."""

    label: str
    value: str
    unit: str
    note: str
    note_tone: Literal["", "ok", "warn", "bad"]
    spark: tuple[int, ...]
    tone: Tone = "served"
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened in the range, such as a key that was issued, and the page of what changed."""

    at: datetime
    label: str
    who: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """What the running period may come to by its end: an estimate, with how it was made."""

    requests: int
    cost: int
    at: datetime
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredRow:
    """One metered event. `at`: the time that it counts for; empty texts where no key or endpoint was named."""

    at: datetime
    units: int
    type: str
    source: str
    id: str
    endpoint: str
    key_name: str
    key_href: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredView:
    """The metered events of a project (`usage/metered.html.j2`)."""

    project_id: str
    rows: tuple[MeteredRow, ...]
    from_at: datetime | None
    to_at: datetime | None
    pager: Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGap:
    """Where declared and observed differ: an endpoint that was never called in 30 days, or calls that were refused."""

    label: str
    note: str
    href: str
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of the total: a key, an endpoint, an outcome. `href` opens the requests behind it."""

    label: str
    requests: int
    href: str
    code: bool = False
    tone: Tone = "served"
    swatch: bool = False
    note: str = ""
    note_tone: Literal["", "warn", "bad"] = ""
    spark: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The total, divided one way. `title` such as `By key`."""

    title: str
    shares: tuple[Share, ...]
    empty: str
    parts: int = 0
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Decisions without a record. `shared`: of several projects, this one perhaps among them."""

    decisions: int
    from_at: datetime
    to_at: datetime
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRow:
    """What one project used, beside the period before. Without `href`: what keys that nobody knows were refused."""

    name: str
    organization: str
    environment: str
    href: str
    requests: int
    before: int
    cost: int
    served: int
    throttled: int
    denied: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversView:
    """The projects of an organization or of the instance, largest first (`usage/drivers.html.j2`)."""

    here: str
    of_instance: bool
    ranges: tuple[Option, ...]
    rows: tuple[DriverRow, ...]
    projects: int
    total: int
    total_before: int | None
    from_at: datetime
    to_at: datetime
    as_of: datetime
    pager: Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageView:
    """Usage (`usage/usage.html.j2`). `hidden` are the query's fields that the filter form must carry along."""

    project_id: str
    ranges: tuple[Option, ...]
    buckets: tuple[Option, ...]
    groupings: tuple[Option, ...]
    picks: tuple[Pick, ...]
    chips: tuple[Chip, ...]
    hidden: tuple[tuple[str, str], ...]
    timezone: str
    timezones: tuple[str, ...]
    from_at: datetime
    to_at: datetime
    as_of: datetime
    # When the sums were compared with each other last, and how many differed.
    proven: tuple[datetime, int] | None
    gaps: tuple[Gap, ...]
    total: int
    figures: tuple[Figure, ...]
    projected: Projected | None
    chart: BarChart
    as_table: bool
    table_href: str
    changes: tuple[Change, ...]
    scope_gaps: tuple[ScopeGap, ...]
    export_href: str
    live_href: str
    alert_href: str
    breakdowns: tuple[Breakdown, ...]
    requests: tuple[RequestRow, ...]
    requests_total: int
    requests_href: str
    unlisted: Unlisted
    pager: Pager
    opened: RequestView | None = None
