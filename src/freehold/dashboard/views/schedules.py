"""What the pages of report schedules show. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run to come: by the clock of the schedule's zone, in UTC, and the days that it reports (as words)."""

    at: datetime
    local: str
    reports: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One day of a month that is drawn; `runs`: at which times of the zone's clock."""

    day: date
    runs: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMonth:
    """A month, week by week from Monday on; None where a week begins or ends in another month."""

    title: str
    weeks: Sequence[Sequence[CalendarDay | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCome:
    """When a schedule would run next. `words`: its expression as people say it; empty where the form is not right yet."""

    words: str = ""
    zone: str = "UTC"
    runs: Sequence[RunRow] = ()
    months: Sequence[CalendarMonth] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One schedule in a list."""

    id: str
    name: str
    what: str
    words: str
    zone: str
    state: str
    reason: str
    next_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFields:
    """What the form of a schedule offers."""

    kinds: Sequence[Choice]
    formats: Sequence[Choice]
    periods: Sequence[Choice]
    people: Sequence[Choice]
    zones: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesView:
    """The schedules of a project or an organization (`reports/schedules.html.j2`). `at`: the page's own address."""

    at: str
    reports_at: str
    of: str
    rows: Sequence[ScheduleRow]
    blocked: str | None
    project_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScheduleView:
    """A new schedule (`reports/new-schedule.html.j2`)."""

    at: str
    reports_at: str
    of: str
    fields: ScheduleFields
    form: Form
    to_come: ToCome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One report that came of a schedule."""

    id: str
    state: str
    period: str
    created_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """One schedule (`reports/schedule.html.j2`)."""

    at: str
    reports_at: str
    of: str
    row: ScheduleRow
    cron: str
    slot: str
    owner: str
    created_by: str
    created_at: datetime
    revision: int
    recipients: Sequence[str]
    resting: bool
    reports: Sequence[ReportLine]
    fields: ScheduleFields
    to_come: ToCome
    edit_form: Form
    state_form: Form
    run_form: Form
    delete_form: Form
    delete: Danger
