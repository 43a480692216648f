"""The form that asks for a report: what can be chosen, what is filled in, and what was meant. Pure but for the clock."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from freehold.dashboard.views.form import Choice
from freehold.errors import FieldError, invalid
from freehold.kit import clock
from freehold.organizations.permissions import may
from freehold.organizations.records import Actor
from freehold.reports import rules
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.owner import Owner
from freehold.reports.records import FORMATS, KINDS, UTC_NAME, Parameters, ReportFormat

FIELDS: Final = ("kind", "format", "from", "to", "time_zone", "access_request", "keep_days", "email")
NOT_YOURS: Final = "Your role does not let you read what it is of."
FORMAT_NAMES: Final[dict[ReportFormat, str]] = {
    "csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet", "html": "HTML", "pdf": "PDF",
}  # fmt: skip
_FORMAT_USES: Final[dict[ReportFormat, str]] = {
    "csv": "for spreadsheets", "jsonl": "for programs", "parquet": "for analysis", "html": "to read, with charts",
    "pdf": "to read and to print, with charts",
}  # fmt: skip
FORMAT_CHOICES: Final = tuple(Choice(each, f"{FORMAT_NAMES[each]}, {_FORMAT_USES[each]}") for each in FORMATS)


def kind_choices(actor: Actor, owner: Owner) -> tuple[Choice, ...]:
    """What this person may have reported here; kinds that can be read as HTML or PDF say so."""
    found = ((kind, KIND_FACTS[kind]) for kind in KINDS)
    return tuple(
        Choice(kind, facts.title, facts.detail + (". Also as HTML and PDF" if facts.summary else ""))
        for kind, facts in found
        if owner.reach in facts.reach and may(actor, facts.permission, owner.organization_id)
    )


def usual(kinds: tuple[Choice, ...], given: Mapping[str, str]) -> dict[str, str]:
    """What is filled in: what a page that leads here gave in the address; else the month that is over, in UTC."""
    first, after_last = rules.month_before(clock.now().date())
    kind = "readiness_evidence" if given.get("access_request") else kinds[0].value if kinds else ""
    return {
        "kind": kind, "format": "csv", "from": str(first), "to": str(after_last), "time_zone": UTC_NAME,
        "access_request": "", "keep_days": "", "email": "", **{name: given[name] for name in FIELDS if given.get(name)},
    }  # fmt: skip


def parameters_of(typed: Mapping[str, str]) -> Parameters:
    """What was meant by what was typed; Problem `invalid` by field."""
    kind = next((each for each in KINDS if each == typed["kind"]), None)
    form = next((each for each in FORMATS if each == typed["format"]), None)
    if kind is None:
        raise invalid(FieldError("kind", "Choose what to report.", "unknown_kind"))
    if form is None:
        raise invalid(FieldError("format", "Choose a format.", "unknown_format"))
    if not KIND_FACTS[kind].period:
        # The form has days filled in, for the kinds that are of some.
        return Parameters(kind, form, access_request=(KIND_FACTS[kind].of_request and typed["access_request"]) or None)
    days = _day("from", typed["from"]), _day("to", typed["to"])
    return Parameters(kind, form, *days, typed["time_zone"].strip() or UTC_NAME)


def keep_days_of(text: str) -> int | None:
    """How many days the file is to be kept; None where nothing is said."""
    if not text.strip():
        return None
    # One that is no number is out of range, and told in the same words.
    return int(text) if text.strip().isdecimal() and len(text.strip()) < 10 else 0


def typed_of(parameters: Parameters, keep_days: int | None) -> tuple[tuple[str, str], ...]:
    """What a report was asked for with as the form's fields, to ask for the same again."""
    return (
        ("kind", parameters.kind), ("format", parameters.format), ("from", str(parameters.since or "")),
        ("to", str(parameters.until or "")), ("time_zone", parameters.time_zone),
        ("access_request", parameters.access_request or ""), ("keep_days", str(keep_days or "")),
    )  # fmt: skip


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid(FieldError(name, "A day is written like 2026-11-01.", "invalid_date")) from None
