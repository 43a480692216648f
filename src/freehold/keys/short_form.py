"""A key's rate limit in its short form, `rate_limit {limit, window_s}`: another way to write the one named `requests`.

Writing both forms in one request is refused, since nobody could say which of them was meant.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from msgspec import UNSET, UnsetType

from freehold.errors import FieldError, Problem, invalid
from freehold.projects.limit_bodies import Limit, RateLimitBody, WindowS, rate_limits_of
from freehold.projects.limits import SHORT_FORM_NAME, RateLimit
from freehold.web.inputs import Body


class ShortRateLimitBody(Body, frozen=True):
    """The rate limit named `requests`: so much cost in a window of so many seconds, evenly refilled."""

    limit: Limit
    window_s: WindowS


class ShortRateLimitView(msgspec.Struct, kw_only=True):
    """The rate limit named `requests`."""

    limit: int
    window_s: int


def written_rate_limits(
    old: tuple[RateLimit, ...],
    short: ShortRateLimitBody | UnsetType | None,
    all_of_them: list[RateLimitBody] | UnsetType | None,
) -> tuple[RateLimit, ...]:
    """Rate limits as a request writes them, in one form or the other, or as they were; Problem `invalid` for both."""
    if short is not UNSET and all_of_them is not UNSET:
        message = "This is the rate limit named requests. Write it here or among rate_limits, not both."
        raise invalid(FieldError("rate_limit", message, "ambiguous"))
    if all_of_them is not UNSET:
        return rate_limits_of(all_of_them)
    if short is UNSET:
        return old
    others = tuple(each for each in old if each.name != SHORT_FORM_NAME)
    return (RateLimit(SHORT_FORM_NAME, short.limit, short.window_s), *others) if short else others


@contextmanager
def fields_as_written(short: ShortRateLimitBody | UnsetType | None) -> Iterator[None]:
    """Let a problem's fields be called as the request wrote them: in the short form, its limit is the first one."""
    try:
        yield
    except Problem as problem:
        if not short:
            raise
        errors = tuple(
            FieldError(each.field.replace("rate_limits.0.", "rate_limit.", 1), each.message, each.code)
            for each in problem.errors
        )
        raise Problem(problem.code, problem.detail, errors, problem.headers) from None


def short_form_of(rate_limits: tuple[RateLimit, ...]) -> ShortRateLimitView | None:
    """The rate limit named `requests`, where there is one."""
    named = (each for each in rate_limits if each.name == SHORT_FORM_NAME)
    return next((ShortRateLimitView(limit=each.limit, window_s=each.window_s) for each in named), None)
