"""What the pages of reports show. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Filter, Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One report. `why_not`: why what it holds is not for this person; empty where it is.

    `days`: how many days it is of, in words. `zone`: whose days they are, empty for UTC. `size`: its bytes in words. `by_schedule`: a schedule asked for it.
    `preview`: it can be looked at.
    """

    id: str
    title: str
    detail: str
    format: str
    period: str
    days: str
    zone: str
    state: str
    reason: str
    done: int
    rows: int | None
    bytes: int | None
    size: str
    sha256: str
    restates: str
    asked_by: str
    by_schedule: bool
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    why_not: str = ""
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsView:
    """A history of reports with the form that asks for one (`reports/list.html.j2`). `at`: the page's own address.

    `live`: where to hear how far its reports are, wanted while one is `under_way`. `zones`: time zones to choose from.
    `requests`: the decided access requests that evidence can be of.
    """

    at: str
    rows: Sequence[ReportRow]
    pager: Pager
    filters: Sequence[Filter]
    filtered: bool
    live: str
    under_way: bool
    zones: Sequence[str]
    kinds: Sequence[Choice]
    formats: Sequence[Choice]
    form: Form
    of: str
    requests: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPageView:
    """One report (`reports/one.html.j2`). `facts`: its manifest in words. `again`: the fields that ask for the same."""

    at: str
    row: ReportRow
    facts: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str]]
    cancel_form: Form
    again: Sequence[tuple[str, str]]
    again_form: Form
