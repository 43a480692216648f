# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Parts of what is sent, as dictionaries."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from freehold.sdk.models.words import Duty, PriceItemUnit, QuotaPeriod


class AlertFilterBody(TypedDict):
    """What of the metric is meant; what is absent or null means any."""

    key: NotRequired[str | None]
    endpoint: NotRequired[str | None]
    # Of denials.
    reason: NotRequired[str | None]
    # Of latencies: 50, 95 or 99.
    percentile: NotRequired[int | None]
    webhook: NotRequired[str | None]


class KeptSealBody(TypedDict):
    """A seal that somebody kept, as `last_seal` of an earlier proof had it."""

    chain: str
    position: int
    hash: str
    sealed_at: datetime
    key_id: str
    signature: str


class OwnerBody(TypedDict):
    """An owner: a member of the organization, by id or e-mail address, and what they answer for."""

    member: str
    duty: NotRequired[Duty]


class PriceTierBody(TypedDict):
    """A price from so many units of a month on: minor units of the currency, for each `per` units of the item."""

    # Units of a month above which it holds; the first tier's is 0.
    above: int
    # Minor units of the currency: 40 of EUR are 0.40.
    price: int


class PriceItemBody(TypedDict):
    """What an endpoint costs.

    `endpoint` `*`: all the rest of the API, or without one, all the rest. `unit`: served requests, or their
    units of cost, with which metered events are counted.
    """

    # An operation id, or `*`.
    endpoint: str
    unit: PriceItemUnit
    tiers: Sequence[PriceTierBody]
    # Units that a price is for: 1, 1000 or 1000000.
    per: NotRequired[int]
    # Its id or slug; null for all APIs.
    api: NotRequired[str | None]


class QuotaBody(TypedDict):
    """So much cost in each hour, day or month of UTC, and not one more."""

    # How much cost in each period.
    limit: int
    # In UTC.
    period: QuotaPeriod


class RateLimitBody(TypedDict):
    """So much cost in a window of so many seconds, evenly refilled."""

    # Tells it apart from its owner's others: decisions report it as `key:<name>` or `project:<name>`.
    name: str
    # How much cost; a request costs 1 unless it says otherwise.
    limit: int
    # In how many seconds.
    window_s: int


class ShortRateLimitBody(TypedDict):
    """The rate limit named `requests`: so much cost in a window of so many seconds, evenly refilled."""

    # How much cost; a request costs 1 unless it says otherwise.
    limit: int
    # In how many seconds.
    window_s: int


class ThresholdBody(TypedDict):
    """One step of a rule: it fires at `at`, and is over below `resolve_below` (below `at` unless given)."""

    # In the metric's unit.
    at: float
    resolve_below: NotRequired[float | None]


class UpstreamsBody(TypedDict):
    """Where the gateway sends each environment's requests: http(s) base URLs, or null for none."""

    sandbox: NotRequired[str | None]
    production: NotRequired[str | None]
