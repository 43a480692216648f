"""What the pages of reports show. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One report. `why_not`: why what it holds is not for this person; empty where it is."""

    id: str
    title: str
    detail: str
    format: str
    period: str
    state: str
    reason: str
    done: int
    rows: int | None
    bytes: int | None
    sha256: str
    restates: str
    asked_by: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsView:
    """A history of reports with the form that asks for one (`reports/list.html.j2`). `at`: the page's own address.

    `requests`: the decided access requests that evidence can be of.
    """

    at: str
    rows: Sequence[ReportRow]
    pager: Pager
    kinds: Sequence[Choice]
    formats: Sequence[Choice]
    form: Form
    of: str
    requests: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPageView:
    """One report (`reports/one.html.j2`). `facts`: its manifest in words."""

    at: str
    row: ReportRow
    facts: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str]]
    cancel_form: Form
