# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about prices."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.words import PriceItemUnit, PriceListSandbox, PriceListState


class PriceTier(Model, frozen=True, kw_only=True):
    """A price from so many units of a month on, in minor units for each `per` units of the item."""

    above: int
    price: int


class PriceItem(Model, frozen=True, kw_only=True):
    """What an endpoint, or all the rest (`*`), costs."""

    api: str | None
    endpoint: str
    unit: PriceItemUnit
    per: int
    tiers: list[PriceTier]


class PriceList(Model, frozen=True, kw_only=True):
    """A price list. `until`: the day on which the owner's next one takes effect; null while there is none."""

    id: str
    organization: str | None
    takes_effect_on: str
    until: str | None
    state: PriceListState
    currency: str
    sandbox: PriceListSandbox
    note: str
    items: list[PriceItem]
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class PricePreview(Model, frozen=True, kw_only=True):
    """What a month would come to for an organization, in minor units; `present`: what it comes to as things are.

    `present` is null where no list prices the whole month, or one in another currency does.
    """

    organization: str
    organization_name: str
    requests: int
    amount: int
    present: int | None


class PricePreviews(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The last whole month under a list that is not there yet: what it would come to, by organization."""

    from_: str
    to: str
    currency: str
    data: list[PricePreview]
