"""What a key or a project may spend: named rate limits, and a hard quota per period. Pure.

Both kinds of owner have them in the same form. What makes them acceptable is in `limit_rules`; how a
rate limit is counted, in `keys/rate_limit`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

Period = Literal["hour", "day", "month"]

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
# The name of the limit that a key's short form `rate_limit` sets.
SHORT_FORM_NAME: Final = "requests"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many units of cost in a window of so many seconds, evenly refilled (GCRA). Its name is its owner's own."""

    name: str
    limit: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Quota:
    """So many units of cost in each hour, day or month of UTC, and not one more."""

    limit: int
    period: Period


@dataclass(frozen=True, slots=True)
class QuotaState:
    """A quota in its present period, in units of cost.

    `used`: by requests that were let through and are counted, those of before the quota was set among them.
    `reserved`: granted to gates, which spend it or give it back; what they spent that is not counted yet is in it too.
    """

    limit: int
    used: int
    reserved: int
    began_at: datetime
    resets_at: datetime

    @property
    def remaining(self) -> int:
        """What no gate has been granted yet; 0 where the quota was lowered below what is spoken for."""
        return max(0, self.limit - self.used - self.reserved)


def period_of(period: Period, at: datetime) -> tuple[datetime, datetime]:
    """The hour, day or month of UTC that an instant is in: its first instant, and the next one's."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if period == "hour":
        return hour, hour + timedelta(hours=1)
    day = hour.replace(hour=0)
    if period == "day":
        return day, day + timedelta(days=1)
    month = day.replace(day=1)
    # No month is longer than 31 days, and two are never shorter than 32.
    return month, (month + timedelta(days=32)).replace(day=1)


def facts_of(rate_limits: Iterable[RateLimit], quota: Quota | None) -> dict[str, object]:
    """Limits as the audit log tells of them."""
    return {
        "rate_limits": [f"{each.name}: {each.limit} in {each.window_s} s" for each in rate_limits],
        "quota": f"{quota.limit} in each {quota.period}" if quota else None,
    }


def rate_limits_from(kept: Iterable[dict[str, Any]] | None) -> tuple[RateLimit, ...]:
    """Rate limits as the database keeps them: a list of objects, or NULL for none."""
    return tuple(RateLimit(each["name"], each["limit"], each["window_s"]) for each in kept or ())


def kept_rate_limits(rate_limits: Iterable[RateLimit]) -> list[dict[str, Any]] | None:
    """Rate limits in the form in which the database keeps them."""
    return [{"name": each.name, "limit": each.limit, "window_s": each.window_s} for each in rate_limits] or None


def kept_limits(rate_limits: Iterable[RateLimit], quota: Quota | None) -> dict[str, Any]:
    """The columns of rate limits and a quota."""
    return {
        "rate_limits": kept_rate_limits(rate_limits),
        "quota": quota.limit if quota else None,
        "quota_period": quota.period if quota else None,
    }


def quota_from(limit: int | None, period: Any) -> Quota | None:
    """A quota from its two columns, which are both NULL or both set."""
    return None if limit is None else Quota(limit, period)
