"""What makes rate limits and quotas acceptable, of a key and of a project alike. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from freehold.errors import FieldError
from freehold.projects.limits import PERIODS, Quota, RateLimit

RATE_LIMITS_MAX: Final = 4
RATE_LIMIT_MAX: Final = 10_000_000
RATE_WINDOW_S_MAX: Final = 86_400
QUOTA_MAX: Final = 1_000_000_000_000
NAME_PATTERN: Final = "[a-z][a-z0-9_-]{0,31}"
# Decisions report limits as `key:<name>` and the quota as `key:quota`: no rate limit may be mistaken for it.
RESERVED_NAME: Final = "quota"


def check_limits(rate_limits: Sequence[RateLimit], quota: Quota | None) -> list[FieldError]:
    """What is wrong with an owner's limits, all of it."""
    errors = []
    if len(rate_limits) > RATE_LIMITS_MAX:
        errors.append(FieldError("rate_limits", f"At most {RATE_LIMITS_MAX} rate limits.", "too_many"))
    names: set[str] = set()
    for index, each in enumerate(rate_limits):
        errors += _check_rate_limit(f"rate_limits.{index}", each, names)
        names.add(each.name)
    return [*errors, *_check_quota(quota)]


def _check_rate_limit(field: str, rate_limit: RateLimit, names: set[str]) -> list[FieldError]:
    errors = []
    if not re.fullmatch(NAME_PATTERN, rate_limit.name):
        message = "A name like burst or per-day: a small letter, then up to 31 small letters, digits, _ or -."
        errors.append(FieldError(f"{field}.name", message, "invalid_name"))
    elif rate_limit.name == RESERVED_NAME:
        message = "The quota is reported by this name. Choose another one."
        errors.append(FieldError(f"{field}.name", message, "reserved_name"))
    elif rate_limit.name in names:
        message = f"There is another rate limit named {rate_limit.name}. Each has a name of its own."
        errors.append(FieldError(f"{field}.name", message, "duplicate"))
    if not 1 <= rate_limit.limit <= RATE_LIMIT_MAX:
        errors.append(FieldError(f"{field}.limit", f"From 1 to {RATE_LIMIT_MAX:,}.", "out_of_range"))
    if not 1 <= rate_limit.window_s <= RATE_WINDOW_S_MAX:
        message = f"From 1 to {RATE_WINDOW_S_MAX:,} seconds, which is a day."
        errors.append(FieldError(f"{field}.window_s", message, "out_of_range"))
    return errors


def _check_quota(quota: Quota | None) -> list[FieldError]:
    errors = []
    if quota is not None and not 1 <= quota.limit <= QUOTA_MAX:
        errors.append(FieldError("quota.limit", f"From 1 to {QUOTA_MAX:,}.", "out_of_range"))
    if quota is not None and quota.period not in PERIODS:
        errors.append(FieldError("quota.period", "An hour, a day or a month.", "unknown_period"))
    return errors
