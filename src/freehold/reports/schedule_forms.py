"""Between the forms of report schedules and their settings: fields read, choices offered, what is to come drawn. Decides nothing."""

import calendar
from dataclasses import replace
from datetime import date, datetime, tzinfo
from itertools import islice, takewhile
from typing import Final, cast

from freehold.dashboard.views.form import Choice, Values
from freehold.dashboard.views.schedules import CalendarDay, CalendarMonth, RunRow, ScheduleFields, ToCome
from freehold.errors import FieldError, Problem, invalid
from freehold.organizations import member_queries
from freehold.organizations.permissions import may
from freehold.organizations.records import Actor
from freehold.reports import local_days
from freehold.reports import schedule_rules as rules
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import FORMATS, KINDS, Reach, ReportFormat, ReportKind
from freehold.reports.schedule_picker import Pick, cron_of, pick_faults, pick_of
from freehold.reports.schedule_records import PERIODS, NextRun, SchedulePeriod, ScheduleSettings
from freehold.store.engine import Transaction
from freehold.web.call import Call

RUNS_SHOWN: Final = 5
_MONTHS_SHOWN: Final = 2
# More than hourly runs in the months that are drawn.
_DRAWN_MAX: Final = 1600
_TEXTS: Final = ("name", "kind", "format", "period", "repeats", "time", "day", "cron", "time_zone", "slot")
_PERIOD_WORDS: Final[dict[SchedulePeriod, tuple[str, str]]] = {
    "day": ("The day before", "From midnight to midnight, by the clock of the time zone."),
    "week": ("The week before", "From Monday to Sunday."),
    "month": ("The month before", "From its first day to its last."),
}
FORMAT_WORDS: Final[dict[str, str]] = {
    "csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet", "html": "HTML", "pdf": "PDF",
}  # fmt: skip


def typed_values(call: Call) -> Values:
    """What was typed, for the form that comes back."""
    texts = {name: call.field(name) for name in _TEXTS}
    return {**texts, "weekdays": call.fields("weekdays"), "recipients": call.fields("recipients")}


def settings_of(call: Call) -> ScheduleSettings:
    """A schedule's settings as its form has them; Problem `invalid` where the picker does not say when, or nothing is chosen."""
    kind = next((each for each in KINDS if each == call.field("kind")), None)
    form = next((each for each in FORMATS if each == call.field("format")), None)
    period = next((each for each in PERIODS if each == call.field("period")), None)
    pick = Pick(
        call.field("repeats"), call.field("time"), tuple(call.fields("weekdays")), call.field("day"), call.field("cron"),
    )  # fmt: skip
    faults = pick_faults(pick)
    faults += [] if kind else [FieldError("kind", "Choose what to report.", "unknown_kind")]
    faults += [] if form else [FieldError("format", "Choose a format.", "unknown_format")]
    if faults or kind is None or form is None:
        raise invalid(*faults)
    # The form has a period chosen, for the kinds that have one.
    return ScheduleSettings(
        call.field("name"), kind, form, rules.normal_cron(cron_of(pick)), call.field("time_zone").strip() or "UTC",
        period if KIND_FACTS[kind].period else None,
    )  # fmt: skip


def values_of(settings: ScheduleSettings, recipients: list[str]) -> Values:
    """What the form of a schedule holds."""
    pick = pick_of(settings.cron)
    return {
        "name": settings.name, "kind": settings.kind, "format": settings.format, "period": settings.period or "month",
        "repeats": pick.repeats, "time": pick.time, "weekdays": list(pick.weekdays), "day": pick.day, "cron": settings.cron,
        "time_zone": settings.time_zone, "recipients": recipients,
    }  # fmt: skip


def on_form(problem: Problem, typed: Values) -> Problem:
    """A problem whose fields are called as the form calls them: an expression that the picker made is no field of it."""
    if typed.get("repeats") == "own":
        return problem
    errors = tuple(
        replace(error, field="day" if typed.get("repeats") == "monthly" else "time") if error.field == "cron" else error
        for error in problem.errors
    )
    return Problem(problem.code, problem.detail, errors, problem.headers)


def first_settings(kinds: tuple[Choice, ...], reach: Reach) -> ScheduleSettings:
    """What a new schedule begins with: monthly, of the month before."""
    kind = cast("ReportKind", kinds[0].value if kinds else KINDS[0])
    name = "Monthly report" if reach == "project" else "Monthly report of all projects"
    period: SchedulePeriod | None = "month" if KIND_FACTS[kind].period else None
    return ScheduleSettings(name, kind, "csv", "0 6 1 * *", "UTC", period)


def kinds_for(actor: Actor, reach: Reach, organization_id: str) -> tuple[Choice, ...]:
    """What this person may have reported here."""
    return tuple(
        Choice(kind, facts.title, facts.detail)
        for kind in KINDS
        if reach in (facts := KIND_FACTS[kind]).reach
        and not facts.of_request
        and may(actor, facts.permission, organization_id)
    )


def fields_of(tx: Transaction, kinds: tuple[Choice, ...], organization_id: str) -> ScheduleFields:
    """What the form of a schedule offers."""
    people = member_queries.members_of(tx, organization_id)
    return ScheduleFields(
        kinds=kinds, formats=tuple(Choice(each, format_words(each)) for each in FORMATS),
        periods=tuple(Choice(each, *_PERIOD_WORDS[each]) for each in PERIODS),
        people=tuple(Choice(each.user_id, each.name, f"{each.email}, {each.role}") for each in people),
        zones=local_days.names(),
    )  # fmt: skip


def format_words(form: ReportFormat) -> str:
    """A format as people call it."""
    return FORMAT_WORDS.get(form, form.upper())


def to_come(settings: ScheduleSettings | None, now: datetime) -> ToCome:
    """When a schedule of these settings would run next; nothing where they are not right yet."""
    if settings is None or rules.time_faults(settings.cron, settings.time_zone, now):
        return ToCome()
    zone = rules.zone_of(settings.time_zone)
    runs = rules.runs_to_come(settings, now, RUNS_SHOWN)
    return ToCome(
        words=rules.words_of(settings.cron), zone=settings.time_zone, runs=tuple(_run(each, zone) for each in runs),
        months=tuple(_months(settings, zone, now)),
    )  # fmt: skip


def days_in_words(since: date | None, until: date | None) -> str:
    """The days of a period; `until` is the first that is not among them."""
    if since is None or until is None:
        return "As it stands then"
    last = date.fromordinal(until.toordinal() - 1)
    return f"{since}" if last == since else f"{since} to {last}"


def _run(run: NextRun, zone: tzinfo) -> RunRow:
    at = run.at.astimezone(zone)
    local = f"{at:%a} {at.day} {at:%b %Y, %H:%M}"
    return RunRow(at=run.at, local=local, reports=days_in_words(run.since, run.until))


def _months(settings: ScheduleSettings, zone: tzinfo, now: datetime) -> list[CalendarMonth]:
    """This month and the next by the zone's days, with the runs in them."""
    first = now.astimezone(zone).date().replace(day=1)
    months = [first, _next_month(first)][:_MONTHS_SHOWN]
    end = _next_month(months[-1])
    local = (each.astimezone(zone) for each in islice(rules.runs_after(settings.cron, zone, now), _DRAWN_MAX))
    times: dict[date, list[str]] = {}
    for each in takewhile(lambda at: at.date() < end, local):
        times.setdefault(each.date(), []).append(f"{each:%H:%M}")
    return [_month(month, times) for month in months]


def _month(first: date, times: dict[date, list[str]]) -> CalendarMonth:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return CalendarMonth(
        title=f"{first:%B %Y}",
        weeks=tuple(
            tuple(CalendarDay(day=day, runs=tuple(times.get(day, ()))) if day.month == first.month else None for day in week)
            for week in weeks
        ),
    )  # fmt: skip


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
