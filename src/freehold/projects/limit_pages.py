"""Limits on pages, of keys and of projects: between the form and the records, and how they are shown. No IO.

The form has a fixed number of rows, so that rate limits are added and taken away without JavaScript: an
empty row is none. Its fields: `rate_0_name`, `rate_0_limit`, `rate_0_window_s` and so on for each row,
`quota_limit` and `quota_period`.
"""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from freehold.dashboard import words
from freehold.dashboard.views.form import Values
from freehold.dashboard.views.limits import OwnerLimits, QuotaGauge, RateLimitRow
from freehold.errors import FieldError, Problem, invalid
from freehold.projects.limit_rules import RATE_LIMITS_MAX
from freehold.projects.limits import SHORT_FORM_NAME, Period, Quota, QuotaState, RateLimit
from freehold.web.call import Call

_ROWS: Final = range(RATE_LIMITS_MAX)
_WINDOW_S: Final = "60"
_PERIOD: Final = "month"
LIMIT_FIELDS: Final = (
    *(f"rate_{row}_{part}" for row in _ROWS for part in ("name", "limit", "window_s")), "quota_limit", "quota_period",
)  # fmt: skip
# More digits than any bound has: what is longer is no number to anybody.
_DIGITS_MAX: Final = 18


def limits_from(call: Call) -> tuple[tuple[RateLimit, ...], Quota | None]:
    """The limits that the posted form has; Problem `invalid` with all fields that cannot be read."""
    errors: list[FieldError] = []
    rate_limits = tuple(
        RateLimit(
            _typed(call, row, "name"),
            _number(f"rate_{row}_limit", _typed(call, row, "limit"), errors),
            _number(f"rate_{row}_window_s", _typed(call, row, "window_s"), errors),
        )
        for row in _filled(call)
    )
    quota_limit = call.field("quota_limit").strip()
    # Which periods there are is a rule's to say.
    period = cast("Period", call.field("quota_period"))
    quota = Quota(_number("quota_limit", quota_limit, errors), period) if quota_limit else None
    if errors:
        raise invalid(*errors)
    return rate_limits, quota


def limit_values(rate_limits: Sequence[RateLimit] = (), quota: Quota | None = None) -> Values:
    """Limits as the form shows them. Without any, the first row is named already."""
    values = {f"rate_{row}_window_s": _WINDOW_S for row in _ROWS} | {"rate_0_name": SHORT_FORM_NAME}
    for row, each in enumerate(rate_limits):
        values |= {
            f"rate_{row}_name": each.name,
            f"rate_{row}_limit": str(each.limit),
            f"rate_{row}_window_s": str(each.window_s),
        }
    return values | {
        "quota_limit": str(quota.limit) if quota else "",
        "quota_period": quota.period if quota else _PERIOD,
    }


def limits_as_form_fields(call: Call, problem: Problem) -> Problem:
    """A problem whose limits are called as the posted form calls them."""
    rows = list(_filled(call))
    errors = tuple(FieldError(_field_of(each.field, rows), each.message, each.code) for each in problem.errors)
    return Problem(problem.code, problem.detail, errors, problem.headers)


def limits_shown(rate_limits: Sequence[RateLimit], quota: Quota | None, state: QuotaState | None) -> OwnerLimits:
    """An owner's limits as a page shows them."""
    return OwnerLimits(
        rate_limits=tuple(RateLimitRow(name=each.name, words=words.rate(each.limit, each.window_s)) for each in rate_limits),
        quota=_gauge(quota, state) if quota and state else None,
    )  # fmt: skip


def _gauge(quota: Quota, state: QuotaState) -> QuotaGauge:
    return QuotaGauge(
        words=f"{quota.limit:,} in each {quota.period}", limit=quota.limit, used=state.used, reserved=state.reserved,
        remaining=state.remaining, resets_at=state.resets_at,
    )  # fmt: skip


def _filled(call: Call) -> Iterator[int]:
    """The rows that say something: the name that stands in the first one from the beginning says nothing by itself."""
    for row in _ROWS:
        name = _typed(call, row, "name")
        if _typed(call, row, "limit") or (name and not (row == 0 and name == SHORT_FORM_NAME)):
            yield row


def _typed(call: Call, row: int, part: str) -> str:
    return call.field(f"rate_{row}_{part}").strip()


def _number(field: str, text: str, errors: list[FieldError]) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX:
        return int(text)
    message = "A whole number." if text else "How much? Empty the name too, to take this limit away."
    errors.append(FieldError(field, message, "not_a_number"))
    return 0


def _field_of(field: str, rows: Sequence[int]) -> str:
    """`rate_limits.1.name` is the name of the second row that is filled."""
    first, _, rest = field.partition(".")
    if first == "quota" and rest:
        return f"quota_{rest}"
    place, _, part = rest.partition(".")
    return f"rate_{rows[int(place)]}_{part}" if first == "rate_limits" and part else field
