"""Report schedules as the HTTP API takes and shows them. Presents, decides nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from freehold.kit import clock
from freehold.organizations.rules import NAME_MAX, SLUG_MAX
from freehold.reports import schedule_rules as rules
from freehold.reports.local_days import NAME_MAX as ZONE_MAX
from freehold.reports.records import ReportFormat, ReportKind
from freehold.reports.schedule_records import NextRun, Schedule, SchedulePeriod, ScheduleSettings, ScheduleState
from freehold.web.call import etag
from freehold.web.inputs import Body, text

RUNS_SHOWN: Final = 5

ScheduleName = Annotated[str, text("Monthly usage", minimum=1, maximum=NAME_MAX)]
Cron = Annotated[
    str,
    text(
        "0 6 1 * *",
        "Minute, hour, day of the month, month, day of the week; at most once an hour. `L` is the last day of a month.",
        minimum=9,
        maximum=rules.CRON_MAX,
    ),
]
Zone = Annotated[
    str, text("Europe/Berlin", "IANA: by whose clock it runs, and of whose days.", minimum=1, maximum=ZONE_MAX)
]
Period = Annotated[
    SchedulePeriod,
    msgspec.Meta(description="What each run reports: the last whole one before it.", examples=["month"]),
]
Recipients = Annotated[
    list[Annotated[str, text("ada@example.com", "A member, by id or e-mail address.", minimum=1, maximum=254)]],
    msgspec.Meta(
        description="Members who are mailed when a report is ready.",
        extra_json_schema={"maxItems": rules.RECIPIENTS_MAX},
    ),
]
Slot = Annotated[
    str,
    text(
        "monthly-usage",
        "The name by which siblings and files mean it, for good; made from its name where absent.",
        minimum=1,
        maximum=SLUG_MAX,
    ),
]


class ReportScheduleBody(Body, frozen=True):
    """A new schedule. `period` is left out for kinds that say how things stand."""

    name: ScheduleName
    kind: Annotated[ReportKind, msgspec.Meta(examples=["usage_summary"])]
    cron: Cron
    format: Annotated[ReportFormat, msgspec.Meta(examples=["csv"])] = "csv"
    time_zone: Zone = "UTC"
    period: Period | None = None
    recipients: Recipients | None = None
    slot: Slot | None = None


class ReportSchedulePatch(Body, frozen=True):
    """New values; what is absent stays, `recipients` take the place of all (RFC 7396)."""

    name: ScheduleName | UnsetType = UNSET
    kind: ReportKind | UnsetType = UNSET
    cron: Cron | UnsetType = UNSET
    format: ReportFormat | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    period: Period | UnsetType | None = UNSET
    recipients: Recipients | UnsetType = UNSET


class NextRunView(msgspec.Struct, kw_only=True):
    """One run to come: when, and the days that it reports (`to` is the first that is not among them)."""

    at: datetime
    from_: date | None = msgspec.field(name="from")
    to: date | None


class RecipientView(msgspec.Struct, kw_only=True):
    """A member who is mailed."""

    id: str
    name: str
    email: str


class ReportScheduleView(msgspec.Struct, kw_only=True):
    """A report schedule. `state`: `paused` by a person, or `stopped` by rule with its `reason`. `owner`: with whose rights it runs.

    `words`: its expression as people say it. `next_runs`: the next five; none while it does not run.
    `last_run_at`: the due time that ran last, `last_report`: the newest report that came of it.
    """

    id: str
    organization: str
    project: str | None
    slot: str
    name: str
    kind: ReportKind
    format: ReportFormat
    cron: str
    time_zone: str
    period: SchedulePeriod | None
    words: str
    recipients: list[RecipientView]
    owner: str
    state: ScheduleState
    reason: str | None
    next_runs: list[NextRunView]
    last_run_at: datetime | None
    last_report: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    etag: str


class ReportSchedulePreviewView(msgspec.Struct, kw_only=True):
    """When an expression would run, without a schedule being made."""

    cron: str
    time_zone: str
    words: str
    next_runs: list[NextRunView]


def settings_of(body: ReportScheduleBody) -> ScheduleSettings:
    """A new schedule's settings."""
    return ScheduleSettings(body.name, body.kind, body.format, body.cron, body.time_zone, body.period)


def patched(old: ScheduleSettings, patch: ReportSchedulePatch) -> ScheduleSettings:
    """A schedule's settings with a patch merged into them."""
    given = {name: getattr(patch, name) for name in patch.__struct_fields__ if name != "recipients"}
    return replace(old, **{name: value for name, value in given.items() if value is not UNSET})


def schedule_view(schedule: Schedule, last_report: str | None) -> ReportScheduleView:
    """A schedule as the API shows it."""
    settings = schedule.settings
    return ReportScheduleView(
        id=schedule.id, organization=schedule.organization_id, project=schedule.project_id, slot=schedule.slot,
        name=settings.name, kind=settings.kind, format=settings.format, cron=settings.cron, time_zone=settings.time_zone,
        period=settings.period, words=rules.words_of(settings.cron),
        recipients=[RecipientView(id=each.user_id, name=each.name, email=each.email) for each in schedule.recipients],
        owner=schedule.owner.name, state=schedule.state, reason=schedule.reason,
        next_runs=run_views(next_runs(schedule)), last_run_at=schedule.last_at, last_report=last_report,
        created_by=schedule.created_by, created_at=schedule.created_at, changed_at=schedule.changed_at,
        etag=etag(schedule.revision),
    )  # fmt: skip


def next_runs(schedule: Schedule) -> list[NextRun]:
    """The next runs of a schedule; none while it does not run."""
    if schedule.state != "active" or schedule.asleep:
        return []
    return rules.runs_to_come(schedule.settings, clock.now(), RUNS_SHOWN)


def run_views(runs: Sequence[NextRun]) -> list[NextRunView]:
    """Runs to come, as the API shows them."""
    return [NextRunView(at=each.at, from_=each.since, to=each.until) for each in runs]
