"""Between a key's form and its settings."""

from datetime import UTC, datetime, time
from typing import Final

from freehold.dashboard.views.form import Values
from freehold.errors import FieldError, Problem, invalid
from freehold.keys.actions import KeyDetail, settings_of
from freehold.keys.settings_rules import KeySettings
from freehold.projects.limit_pages import LIMIT_FIELDS, limit_values, limits_as_form_fields, limits_from
from freehold.web.call import Call

FIELDS: Final = ("name", "workload", "narrow", "expires_on", "allowed_cidrs", *LIMIT_FIELDS)


def settings_from(call: Call, old: KeySettings | None = None) -> KeySettings:
    """A key's settings as the form has them; Problem `invalid` where a field cannot be read."""
    rate_limits, quota = limits_from(call)
    expires_on = call.field("expires_on").strip()
    return KeySettings(
        name=call.field("name"), workload=call.field("workload"),
        endpoints=tuple(call.fields("endpoints")) if call.field("narrow") == "yes" else None,
        expires_at=_end_of(expires_on, old) if expires_on else None,
        allowed_cidrs=tuple(line for line in call.field("allowed_cidrs").replace(",", "\n").split() if line),
        rate_limits=rate_limits, quota=quota,
    )  # fmt: skip


def _end_of(day: str, old: KeySettings | None) -> datetime:
    """The end of a day in UTC. A key whose expiry is within that day keeps it to the second."""
    try:
        date = datetime.fromisoformat(f"{day}T00:00:00+00:00").date()
    except ValueError:
        raise invalid(FieldError("expires_on", "A date like 2027-11-22.", "not_a_date")) from None
    if old is not None and old.expires_at is not None and old.expires_at.date() == date:
        return old.expires_at
    return datetime.combine(date, time(23, 59, 59), UTC)


def values_of(detail: KeyDetail) -> Values:
    """A key's settings as the form shows them."""
    return values_of_settings(settings_of(detail.key))


def values_of_settings(key: KeySettings) -> Values:
    """Settings as the form shows them."""
    return {
        "name": key.name, "workload": key.workload or "", "narrow": "no" if key.endpoints is None else "yes",
        "endpoints": list(key.endpoints or ()), "expires_on": f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "",
        "allowed_cidrs": "\n".join(key.allowed_cidrs), **limit_values(key.rate_limits, key.quota),
    }  # fmt: skip


def as_form_fields(call: Call, problem: Problem) -> Problem:
    """A problem whose fields are called as the posted form calls them."""
    problem = limits_as_form_fields(call, problem)
    errors = tuple(
        FieldError("expires_on" if each.field == "expires_at" else each.field, each.message, each.code)
        for each in problem.errors
    )
    return Problem(problem.code, problem.detail, errors, problem.headers)
