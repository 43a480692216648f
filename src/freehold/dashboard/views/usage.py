"""The usage page: totals, the chart, and who made them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from freehold.dashboard.charts import BarChart, Tone
from freehold.dashboard.views.parts import Filter, Pager
from freehold.dashboard.views.requests import RequestRow


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The total, divided one way. `title` such as `By key`."""

    title: str
    shares: tuple[Share, ...]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Decisions without a record. `shared`: of several projects, this one perhaps among them."""

    decisions: int
    from_at: datetime
    to_at: datetime
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageView:
    """Usage (`usage/usage.html.j2`). `hidden` are the query's fields that the filter form must carry along."""

    project_id: str
    ranges: tuple[Option, ...]
    buckets: tuple[Option, ...]
    groupings: tuple[Option, ...]
    filters: tuple[Filter, ...]
    hidden: tuple[tuple[str, str], ...]
    from_at: datetime
    to_at: datetime
    as_of: datetime
    gaps: tuple[Gap, ...]
    total: int
    figures: tuple[Figure, ...]
    chart: BarChart
    breakdowns: tuple[Breakdown, ...]
    requests: tuple[RequestRow, ...]
    requests_total: int
    requests_href: str
    pager: Pager
