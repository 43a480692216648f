"""What a key or a project may spend: named rate limits, and a hard quota per period. Pure.

Both kinds of owner have them in the same form. How a rate limit is counted is in `keys/rate_limit`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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


def rate_limits_from(kept: Iterable[dict[str, Any]] | None) -> tuple[RateLimit, ...]:
    """Rate limits as the database keeps them: a list of objects, or NULL for none."""
    return tuple(RateLimit(each["name"], each["limit"], each["window_s"]) for each in kept or ())


def kept_rate_limits(rate_limits: Iterable[RateLimit]) -> list[dict[str, Any]] | None:
    """Rate limits in the form in which the database keeps them."""
    return [{"name": each.name, "limit": each.limit, "window_s": each.window_s} for each in rate_limits] or None


def quota_from(limit: int | None, period: Any) -> Quota | None:
    """A quota from its two columns, which are both NULL or both set."""
    return None if limit is None else Quota(limit, period)
