"""What the pages of reports show. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One report of an export. `state`: `missing` where none was asked for. `href`: its page; `file`: what saves it, once it is ready.

    `of`: of evidence, the project whose decision it is of. `size`: its bytes in words.
    """

    title: str
    detail: str
    period: str
    days: str
    of: str
    state: str
    reason: str
    done: int
    rows: int | None
    size: str
    sha256: str
    expires_at: datetime | None
    href: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """All that an organization may take along (`reports/export.html.j2`). The form's fields: `format`, `keep_days`.

    `rows`: its reports in one format, `missing` of them not asked for or failed, `ready` of them there. `live`: where to hear how far
    they are, wanted while one is `under_way`. `withheld`: titles of kinds that this person's role does not have.
    `projects`: each with its environment and what saves its file; `more_projects` are not among them.
    """

    organization_id: str
    name: str
    at: str
    filters: Sequence[Filter]
    rows: Sequence[ExportRow]
    missing: int
    ready: int
    live: str
    under_way: bool
    withheld: Sequence[str]
    today: date
    projects: Sequence[tuple[str, str, str]]
    more_projects: bool
    form: Form
