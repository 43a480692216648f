"""What report schedules are, and the closed sets of their states and periods. No behaviour."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

from freehold.organizations.records import ActorKind
from freehold.reports.records import ReportFormat, ReportKind

# stopped: by rule, with its reason; paused: by a person. Neither is a part of the shape.
ScheduleState = Literal["active", "paused", "stopped"]
# What a run reports: the last whole one before it.
SchedulePeriod = Literal["day", "week", "month"]

PERIODS: Final[tuple[SchedulePeriod, ...]] = get_args(SchedulePeriod)


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """What a person chooses of a schedule: what is reported, and when.

    `cron`: five fields, by the clock of `time_zone` (IANA). `period` None: of kinds that say how things stand.
    """

    name: str
    kind: ReportKind
    format: ReportFormat
    cron: str
    time_zone: str = "UTC"
    period: SchedulePeriod | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A member who is mailed when a report of a schedule is ready."""

    user_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ScheduleOwner:
    """With whose rights a schedule runs: a person's or a service token's, as they are at each run."""

    kind: ActorKind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of a project, or of an organization (`project_id` None). `next_at` None: it does not run.

    `slot`: the name by which siblings and files mean it, unique in its project. `asleep`: its project is archived.
    """

    id: str
    organization_id: str
    project_id: str | None
    slot: str
    settings: ScheduleSettings
    owner: ScheduleOwner
    state: ScheduleState
    reason: str | None
    next_at: datetime | None
    last_at: datetime | None
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    recipients: tuple[Recipient, ...] = ()
    asleep: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Of which run of which schedule a report came. `due_at` None: a person ran it. `missed`: due times before it that nobody ran."""

    report_id: str
    schedule_id: str
    schedule_name: str
    due_at: datetime | None
    missed: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be made up for at one moment: the latest time that came, and how many before it nobody ran."""

    at: datetime
    missed: int


@dataclass(frozen=True, slots=True)
class NextRun:
    """One run to come. `since` and `until`: the days that it reports, both None where its kind has no period."""

    at: datetime
    since: date | None
    until: date | None
