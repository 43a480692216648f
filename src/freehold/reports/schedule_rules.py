"""When a schedule runs, what each run reports, and what makes one acceptable. Pure: the time comes in as an argument.

Expressions are read by cronsim, whose answers to daylight saving time are those of Debian's cron: a time that a spring
skips runs right after the gap, one that an autumn repeats runs once, and what runs every hour goes by hours.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from cronsim.explain import explain

from freehold.errors import FieldError
from freehold.organizations.rules import check_text, clean_name
from freehold.reports import local_days
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import UTC_NAME, Reach
from freehold.reports.rules import format_faults
from freehold.reports.schedule_records import Due, NextRun, SchedulePeriod, ScheduleSettings

SCHEDULES_MAX: Final = 20
RECIPIENTS_MAX: Final = 20
CRON_MAX: Final = 100
# Of more than these, nobody wants to know how many: they are caught up by one run anyway.
MISSED_MAX: Final = 1000
_QUARTER: Final = timedelta(minutes=15)
# Three hours and a half: no further is what may be passed over from what came before it.
_PASSED_OVER_QUARTERS: Final = 20
_LOOKS_BACK: Final = tuple(timedelta(days=days) for days in (1, 32, 400, 2930))
_FIELDS: Final = 5
_FIELD_NAMES: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_SHAPE: Final = "An expression has five fields: minute, hour, day of the month, month, day of the week. `0 6 * * 1` is Mondays at six."


class BadCron(ValueError):
    """An expression by which nothing can run; the message says why, for who wrote it."""


class BadZone(ValueError):
    """No time zone; the message says so, for who wrote it."""


def normal_cron(text: str) -> str:
    """An expression in the one form in which it is kept: capitals, and single blanks."""
    return " ".join(text.upper().split())


def zone_of(name: str) -> tzinfo:
    """An IANA time zone by name; BadZone where there is none."""
    if not local_days.is_known(name):
        raise BadZone(f"{name!r} is no IANA time zone, such as Europe/Berlin.")
    # Known even on a machine without the time-zone database.
    return UTC if name == UTC_NAME else ZoneInfo(name)


def check_cron(cron: str, now: datetime) -> None:
    """BadCron where an expression is none, never comes, or comes more often than once an hour."""
    parts = cron.split()
    if len(cron) > CRON_MAX or len(parts) != _FIELDS:
        raise BadCron(_SHAPE)
    read = _read(cron, now)
    if len(read.minutes) != 1:
        raise BadCron("A schedule runs at most once an hour: the first field is one minute, such as 0 or 30.")
    if next(read, None) is None:
        raise BadCron("No such day comes in the next fifty years.")


def _read(cron: str, at: datetime) -> CronSim:
    try:
        return CronSim(cron, at)
    except CronSimError as error:
        raise BadCron(_fault(cron, str(error))) from None


def _fault(cron: str, said: str) -> str:
    """What cronsim says of an expression, in a sentence that names the field and what stands in it."""
    place = next(
        (place for place, name in enumerate(_FIELD_NAMES) if said == f"Bad {name.replace(' of the ', '-of-')}"), None
    )
    if place is None:
        return _SHAPE
    field = cron.split()[place]
    if place == 2 and field.replace(",", "").isdigit():
        return f"The day of the month {field} never comes: there is none, or no month of the expression has it."
    return f"{field!r} is no {_FIELD_NAMES[place]} that a cron expression can have."


def runs_after(cron: str, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    """The instants (UTC) at which an expression comes by a zone's clock, later than one, each once and in order."""
    if cron.split()[1].startswith("*"):
        return _hourly_after(cron, zone, after.astimezone(UTC))
    return _at_times_after(cron, zone, after.astimezone(UTC))


def _at_times_after(cron: str, zone: tzinfo, last: datetime) -> Iterator[datetime]:
    for each in _read(cron, last.astimezone(zone)):
        # In the hour that an autumn repeats, the clock alone does not say which of the two is meant.
        at = each.astimezone(UTC)
        if at > last:
            last = at
            yield at


def _hourly_after(cron: str, zone: tzinfo, last: datetime) -> Iterator[datetime]:
    while True:
        read = _read(cron, last.astimezone(zone))
        at = next(read, None)
        if at is None:
            return
        last = _passed_over(read, zone, last, at.astimezone(UTC)) or at.astimezone(UTC)
        yield last


def _passed_over(read: CronSim, zone: tzinfo, after: datetime, before: datetime) -> datetime | None:
    """What cronsim passes over where a zone is put back by half an hour, since it goes from hour to hour; None elsewhere."""
    [minute] = read.minutes
    begun = after.replace(minute=minute, second=0, microsecond=0) - _QUARTER * 4
    for at in (begun + _QUARTER * place for place in range(_PASSED_OVER_QUARTERS)):
        local = at.astimezone(zone)
        if (
            after < at < before and local.minute == minute and local.hour in read.hours
            and local.month in read.months and read.match_day(local.date())
        ):  # fmt: skip
            return at
    return None


def run_up_to(cron: str, zone: tzinfo, now: datetime) -> datetime | None:
    """The last instant at which an expression came, up to and with one; None where it did not within eight years.

    Looked for forwards from further and further back, so that it is one of those that `runs_after` finds.
    """
    for back in _LOOKS_BACK:
        if found := list(_until(cron, zone, now - back, now)):
            return found[-1]
    return None


def next_run(cron: str, zone: tzinfo, after: datetime) -> datetime | None:
    """The first instant after one at which an expression comes; None where it never does."""
    return next(runs_after(cron, zone, after), None)


def due(cron: str, zone: tzinfo, next_at: datetime, now: datetime) -> Due:
    """What is due at `now`, of a schedule that was to run at `next_at`: one run for the latest time, however many were missed."""
    later = list(islice(_until(cron, zone, next_at, now), MISSED_MAX))
    if len(later) < MISSED_MAX:
        return Due(later[-1] if later else next_at, len(later))
    return Due(run_up_to(cron, zone, now) or later[-1], MISSED_MAX)


def _until(cron: str, zone: tzinfo, after: datetime, now: datetime) -> Iterator[datetime]:
    for at in runs_after(cron, zone, after):
        if at > now:
            return
        yield at


def period_before(at: datetime, period: SchedulePeriod | None, zone: tzinfo) -> tuple[date, date] | tuple[None, None]:
    """The last whole day, week (from Monday on) or month before an instant, by a zone's days: first day, first day after."""
    if period is None:
        return None, None
    day = at.astimezone(zone).date()
    if period == "day":
        return day - timedelta(days=1), day
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday - timedelta(days=7), monday
    first = day.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), first


def runs_to_come(settings: ScheduleSettings, after: datetime, count: int) -> list[NextRun]:
    """The next runs of acceptable settings, with the days that each of them reports."""
    zone, days = zone_of(settings.time_zone), zone_of(days_of(settings))
    return [
        NextRun(at, *period_before(at, settings.period, days))
        for at in islice(runs_after(settings.cron, zone, after), count)
    ]


def days_of(settings: ScheduleSettings) -> str:
    """In which zone the days of a schedule's reports are: its own, but for kinds that are of UTC's alone."""
    return UTC_NAME if KIND_FACTS[settings.kind].utc else settings.time_zone


def words_of(cron: str) -> str:
    """An expression in words, such as `At 06:00 on Monday`."""
    return explain(cron)


def settings_faults(settings: ScheduleSettings, reach: Reach, now: datetime) -> list[FieldError]:
    """What is wrong with a schedule's settings."""
    facts = KIND_FACTS[settings.kind]
    faults = check_text("name", settings.name)
    if reach not in facts.reach:
        words = "is of a whole organization" if reach == "project" else "is of one project"
        faults.append(FieldError("kind", f"{facts.title} {words}.", "wrong_reach"))
    if facts.of_request:
        faults.append(
            FieldError("kind", f"{facts.title} is of one decision: there is nothing to repeat.", "wrong_kind")
        )
    if facts.period and settings.period is None:
        faults.append(
            FieldError("period", "Choose what each run reports: the last day, week or month before it.", "required")
        )
    if not facts.period and settings.period is not None:
        faults.append(FieldError("period", f"{facts.title} is of no days: it has no period.", "no_period"))
    faults += format_faults(settings.kind, settings.format)
    return [*faults, *time_faults(settings.cron, settings.time_zone, now)]


def time_faults(cron: str, time_zone: str, now: datetime) -> list[FieldError]:
    """What is wrong with when a schedule runs."""
    faults = []
    try:
        zone_of(time_zone)
    except BadZone as bad:
        faults.append(FieldError("time_zone", str(bad), "unknown_time_zone"))
    try:
        check_cron(cron, now)
    except BadCron as bad:
        faults.append(FieldError("cron", str(bad), "bad_cron"))
    return faults


def clean(settings: ScheduleSettings) -> ScheduleSettings:
    """Settings in the one form in which they are kept."""
    return ScheduleSettings(
        clean_name(settings.name), settings.kind, settings.format, normal_cron(settings.cron),
        settings.time_zone.strip(), settings.period,
    )  # fmt: skip
