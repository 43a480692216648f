"""Limits over HTTP, of keys and of projects: what is sent, what is shown, and the way between. No IO."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UnsetType

from freehold.projects.limit_rules import NAME_PATTERN, QUOTA_MAX, RATE_LIMIT_MAX, RATE_LIMITS_MAX, RATE_WINDOW_S_MAX
from freehold.projects.limits import Period, Quota, QuotaState, RateLimit
from freehold.web.inputs import Body, number

_NAME = msgspec.Meta(
    description="Tells it apart from its owner's others: decisions report it as `key:<name>` or `project:<name>`.",
    examples=["burst"], extra_json_schema={"pattern": f"^{NAME_PATTERN}$"},
)  # fmt: skip
Limit = Annotated[int, number(600, "How much cost; a request costs 1 unless it says otherwise.", 1, RATE_LIMIT_MAX)]
WindowS = Annotated[int, number(60, "In how many seconds.", 1, RATE_WINDOW_S_MAX)]


class RateLimitBody(Body, frozen=True):
    """So much cost in a window of so many seconds, evenly refilled."""

    name: Annotated[str, _NAME]
    limit: Limit
    window_s: WindowS


class QuotaBody(Body, frozen=True):
    """So much cost in each hour, day or month of UTC, and not one more."""

    limit: Annotated[int, number(100_000, "How much cost in each period.", 1, QUOTA_MAX)]
    period: Annotated[Period, msgspec.Meta(description="In UTC.", examples=["month"])]


_RATE_LIMITS = msgspec.Meta(
    description="All of its rate limits. A request spends its cost on each, or is refused and spends none.",
    examples=[[{"name": "requests", "limit": 600, "window_s": 60}, {"name": "burst", "limit": 20, "window_s": 1}]],
    extra_json_schema={"maxItems": RATE_LIMITS_MAX},
)
_QUOTA = msgspec.Meta(
    description="How much cost in each period, and not one more.", examples=[{"limit": 100_000, "period": "month"}]
)
# In a patch what is not said stays, and null takes away.
RateLimits = Annotated[list[RateLimitBody] | None, _RATE_LIMITS]
RateLimitsIfSaid = Annotated[list[RateLimitBody] | UnsetType | None, _RATE_LIMITS]
OneQuota = Annotated[QuotaBody | None, _QUOTA]
QuotaIfSaid = Annotated[QuotaBody | UnsetType | None, _QUOTA]


class RateLimitView(msgspec.Struct, kw_only=True):
    """So much cost in a window of so many seconds, evenly refilled."""

    name: str
    limit: int
    window_s: int


class QuotaView(msgspec.Struct, kw_only=True):
    """So much cost in each hour, day or month of UTC."""

    limit: int
    period: Period


class QuotaStateView(msgspec.Struct, kw_only=True):
    """A quota in its present period, in units of cost.

    `used`: by requests that were let through and are counted. `reserved`: granted to gate processes, which spend it or
    give it back within seconds. `remaining`: the rest.
    """

    used: int
    reserved: int
    remaining: int
    began_at: datetime
    resets_at: datetime


def rate_limits_of(bodies: Sequence[RateLimitBody] | None) -> tuple[RateLimit, ...]:
    """Rate limits as they were sent; null is none."""
    return tuple(RateLimit(each.name, each.limit, each.window_s) for each in bodies or ())


def quota_of(body: QuotaBody | None) -> Quota | None:
    """A quota as it was sent."""
    return Quota(body.limit, body.period) if body else None


def limit_fields(rate_limits: Sequence[RateLimit], quota: Quota | None, state: QuotaState | None) -> dict[str, Any]:
    """The fields of an owner's limits, as every view of it shows them."""
    return {
        "rate_limits": [RateLimitView(name=each.name, limit=each.limit, window_s=each.window_s) for each in rate_limits],
        "quota": QuotaView(limit=quota.limit, period=quota.period) if quota else None,
        "quota_state": _state_view(state) if state else None,
    }  # fmt: skip


def _state_view(state: QuotaState) -> QuotaStateView:
    return QuotaStateView(
        used=state.used, reserved=state.reserved, remaining=state.remaining, began_at=state.began_at,
        resets_at=state.resets_at,
    )  # fmt: skip
