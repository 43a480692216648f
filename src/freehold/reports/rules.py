"""What makes a report acceptable, when its period is over, what its file is called, and when it goes. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from freehold.errors import FieldError
from freehold.reports import local_days
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import FORMATS, READABLE, UTC_NAME, Parameters, Reach, Report, ReportFormat, ReportKind

DAYS_MAX: Final = 366
# So many attempts in a row may die without getting further.
ATTEMPTS_MAX: Final = 3
KEEP_DAYS_MAX: Final = 3660
# The reason of a report that a person ended: nobody is told of it.
CANCELED: Final = "It was canceled."
FIRST_DAY: Final = date(2020, 1, 1)
EXTENSIONS: Final = {each: each for each in FORMATS}


def parameter_faults(wanted: Parameters, reach: Reach, now: datetime) -> list[FieldError]:
    """What is wrong with what is asked for."""
    facts = KIND_FACTS[wanted.kind]
    faults = []
    if reach not in facts.reach:
        words = "is of a whole organization" if reach == "project" else "is of one project"
        faults.append(FieldError("kind", f"{facts.title} {words}.", "wrong_reach"))
    faults += format_faults(wanted.kind, wanted.format)
    if facts.of_request and not wanted.access_request:
        faults.append(FieldError("access_request", "Name the access request whose decision it is of.", "required"))
    if wanted.access_request and not facts.of_request:
        faults.append(FieldError("access_request", f"{facts.title} is of no access request.", "no_access_request"))
    if not facts.period:
        if wanted.since or wanted.until:
            faults.append(FieldError("from", f"{facts.title} is of no days: it has no period.", "no_period"))
        if wanted.time_zone != UTC_NAME:
            says = f"{facts.title} is of no days, and so no time zone."
            faults.append(FieldError("time_zone", says, "no_period"))
        return faults
    if not local_days.is_known(wanted.time_zone):
        return [
            *faults,
            FieldError(
                "time_zone", f"{wanted.time_zone!r} is no IANA time zone, such as Europe/Berlin.", "unknown_time_zone"
            ),
        ]
    if facts.utc and wanted.time_zone != UTC_NAME:
        faults.append(FieldError("time_zone", f"{facts.title} is of days of UTC.", "utc_alone"))
    if wanted.since is None:
        faults.append(FieldError("from", "Name the first day.", "required"))
    if wanted.until is None:
        faults.append(FieldError("to", "Name the first day after the period.", "required"))
    if wanted.since and wanted.until:
        faults += _period_faults(wanted.since, wanted.until, wanted.time_zone, now)
    return faults


def format_faults(kind: ReportKind, form: ReportFormat) -> list[FieldError]:
    """What keeps a kind from being had in a format."""
    facts = KIND_FACTS[kind]
    if form not in READABLE or facts.summary is not None:
        return []
    readable = ", ".join(each.title.lower() for each in KIND_FACTS.values() if each.summary)
    says = f"{facts.title} has too many rows to be read by people: choose CSV, JSON Lines or Parquet. {form.upper()} is of: {readable}."
    return [FieldError("format", says, "not_readable")]


def _period_faults(since: date, until: date, time_zone: str, now: datetime) -> list[FieldError]:
    if since < FIRST_DAY:
        return [FieldError("from", f"Nothing is older than {FIRST_DAY}.", "too_early")]
    if until <= since:
        return [
            FieldError(
                "to", "The period ends after its first day: `to` is the first day that is not in it.", "empty_period"
            )
        ]
    if (until - since).days > DAYS_MAX:
        return [FieldError("to", f"A report is of at most {DAYS_MAX} days.", "too_long")]
    if local_days.starts_at(until, time_zone) > now:
        return [FieldError("to", f"The period is over when its last day is, in {time_zone}: only then can it be made again to the same "
                           "bytes.", "not_over")]  # fmt: skip
    return []


def month_before(day: date) -> tuple[date, date]:
    """The first day of the month before a day's, and the first day after that month: what is mostly asked for."""
    after_last = day.replace(day=1)
    return (after_last - timedelta(days=1)).replace(day=1), after_last


def starts_at(wanted: Parameters) -> datetime | None:
    """The first instant of a period, in its own time zone; None where there is none."""
    return local_days.starts_at(wanted.since, wanted.time_zone) if wanted.since else None


def ends_at(wanted: Parameters) -> datetime | None:
    """The first instant after a period, in its own time zone; None where there is none."""
    return local_days.starts_at(wanted.until, wanted.time_zone) if wanted.until else None


def keep_days_faults(days: int | None) -> list[FieldError]:
    """What is wrong with how long a report's file is to be kept."""
    if days is None or 1 <= days <= KEEP_DAYS_MAX:
        return []
    return [FieldError("keep_days", f"A file is kept for 1 to {KEEP_DAYS_MAX:,} days.", "out_of_range")]


def is_hopeless(report: Report) -> bool:
    """Whether a report that was claimed is not tried again: as often as that its process died, and got no further."""
    return report.attempts - report.advanced_by > ATTEMPTS_MAX


def kept_for_days(report: Report, usual: int) -> timedelta:
    """How long a report's file is kept."""
    return timedelta(days=report.keep_days or usual)


def kept_name(report: Report, attempt: int | None = None) -> str:
    """What a report's file is called where it is kept: by the attempt that made it, so that none is put over another's."""
    return f"{report.id}.{attempt or report.attempts}.{EXTENSIONS[report.parameters.format]}"


def kept_for(report: Report) -> str:
    """Whose file it is, which encryption binds it to: one report of one organization, and no other."""
    return f"report {report.organization_id} {report.id}"


def file_name(parameters: Parameters, owner: str) -> str:
    """What a report's file is called where it is saved: what it is of, and nothing that differs between equal ones."""
    period = f"-{parameters.since}-{parameters.until}" if parameters.since else ""
    if parameters.time_zone != UTC_NAME:
        period += "-" + "-".join(re.findall(r"[a-z0-9]+", parameters.time_zone.lower()))
    if parameters.access_request:
        period = f"-{parameters.access_request}"
    return f"{owner}-{parameters.kind.replace('_', '-')}{period}.{EXTENSIONS[parameters.format]}"


def plain_parameters(parameters: Parameters) -> dict[str, Any]:
    """Parameters as the database, the API and manifests have them. UTC goes unsaid: so they were before there was a time zone."""
    plain = {
        "kind": parameters.kind, "format": parameters.format,
        "from": parameters.since.isoformat() if parameters.since else None,
        "to": parameters.until.isoformat() if parameters.until else None,
        # Left out where there is none: what was asked for before there were any stays the same.
        **({"access_request": parameters.access_request} if parameters.access_request else {}),
    }  # fmt: skip
    return plain if parameters.time_zone == UTC_NAME else plain | {"time_zone": parameters.time_zone}


def parameters_from(plain: Mapping[str, Any]) -> Parameters:
    """Parameters from their plain form."""
    since, until = (date.fromisoformat(plain[name]) if plain[name] else None for name in ("from", "to"))
    zone = plain.get("time_zone", UTC_NAME)
    return Parameters(plain["kind"], plain["format"], since, until, zone, plain.get("access_request"))
