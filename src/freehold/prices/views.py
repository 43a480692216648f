"""Price lists as the HTTP API takes and shows them. Presents, decides nothing."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from freehold.prices.records import Item, ListState, NewPriceList, PriceList, Sandbox, Tier, Unit
from freehold.prices.rules import ABOVE_MAX, ITEMS_MAX, NOTE_MAX, PRICE_MAX, TIERS_MAX, state_of
from freehold.prices.statements import Preview
from freehold.web.inputs import Body, number, text

_ITEM: dict[str, Any] = {
    "api": None, "endpoint": "*", "unit": "request", "per": 1000,
    "tiers": [{"above": 0, "price": 0}, {"above": 10_000, "price": 40}],
}  # fmt: skip


class PriceTierBody(Body, frozen=True):
    """A price from so many units of a month on: minor units of the currency, for each `per` units of the item."""

    above: Annotated[int, number(10_000, "Units of a month above which it holds; the first tier's is 0.", 0, ABOVE_MAX)]
    price: Annotated[int, number(40, "Minor units of the currency: 40 of EUR are 0.40.", 0, PRICE_MAX)]


class PriceItemBody(Body, frozen=True):
    """What an endpoint costs. `endpoint` `*`: all the rest of the API, or without one, all the rest.

    `unit`: served requests, or their units of cost, with which metered events are counted.
    """

    endpoint: Annotated[str, text("*", "An operation id, or `*`.", minimum=1, maximum=200)]
    unit: Annotated[Unit, msgspec.Meta(examples=["request"])]
    tiers: Annotated[list[PriceTierBody], msgspec.Meta(extra_json_schema={"minItems": 1, "maxItems": TIERS_MAX})]
    per: Annotated[int, number(1000, "Units that a price is for: 1, 1000 or 1000000.", 1, 1_000_000)] = 1
    api: Annotated[str | None, text("example", "Its id or slug; null for all APIs.", maximum=100)] = None


class PriceListBody(Body, frozen=True):
    """A price list, whole. It prices days of UTC from `takes_effect_on` on: later than today, or not priced yet.

    `organization`: whose alone it is; null: for all without one of their own. `sandbox`: whether sandbox projects cost.
    """

    takes_effect_on: Annotated[date, msgspec.Meta(examples=["2027-01-01"])]
    currency: Annotated[str, text("EUR", "ISO 4217.", minimum=3, maximum=3)]
    items: Annotated[
        list[PriceItemBody], msgspec.Meta(examples=[[_ITEM]], extra_json_schema={"minItems": 1, "maxItems": ITEMS_MAX})
    ]
    organization: Annotated[str | None, text("org_01m84nefafrfwrcrmv8qcndk0q", maximum=100)] = None
    sandbox: Annotated[Sandbox, msgspec.Meta(examples=["free"])] = "free"
    note: Annotated[str, text("Prices of 2027", maximum=NOTE_MAX)] = ""


class PriceTierView(msgspec.Struct, kw_only=True):
    """A price from so many units of a month on, in minor units for each `per` units of the item."""

    above: int
    price: int


class PriceItemView(msgspec.Struct, kw_only=True):
    """What an endpoint, or all the rest (`*`), costs."""

    api: str | None
    endpoint: str
    unit: Unit
    per: int
    tiers: list[PriceTierView]


class PriceListView(msgspec.Struct, kw_only=True):
    """A price list. `until`: the day on which the owner's next one takes effect; null while there is none."""

    id: str
    organization: str | None
    takes_effect_on: date
    until: date | None
    state: ListState
    currency: str
    sandbox: Sandbox
    note: str
    items: list[PriceItemView]
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class PricePreviewView(msgspec.Struct, kw_only=True):
    """What a month would come to for an organization, in minor units; `present`: what it comes to as things are.

    `present` is null where no list prices the whole month, or one in another currency does.
    """

    organization: str
    organization_name: str
    requests: int
    amount: int
    present: int | None


class PricePreviewsView(msgspec.Struct, kw_only=True):
    """The last whole month under a list that is not there yet: what it would come to, by organization."""

    from_: date = msgspec.field(name="from")
    to: date
    currency: str
    data: list[PricePreviewView]


def new_list(body: PriceListBody) -> NewPriceList:
    """A list as it is asked for."""
    return NewPriceList(
        body.organization, body.takes_effect_on, body.currency, tuple(map(_item, body.items)), body.sandbox, body.note.strip()
    )  # fmt: skip


def list_view(made: PriceList, today: date) -> PriceListView:
    """A list as the API shows it."""
    return PriceListView(
        id=made.id, organization=made.organization_id, takes_effect_on=made.takes_effect_on, until=made.ends_on,
        state=state_of(made, today), currency=made.currency, sandbox=made.sandbox, note=made.note,
        items=[
            PriceItemView(api=each.api, endpoint=each.endpoint, unit=each.unit, per=each.per,
                     tiers=[PriceTierView(above=tier.above, price=tier.price) for tier in each.tiers])
            for each in made.items
        ],
        created_by=made.created_by, created_at=made.created_at, withdrawn_at=made.withdrawn_at,
    )  # fmt: skip


def previews_view(since: date, until: date, currency: str, found: list[Preview]) -> PricePreviewsView:
    """A preview as the API shows it."""
    rows = [
        PricePreviewView(
            organization=each.organization_id, organization_name=each.organization_name, requests=each.requests,
            amount=each.amount, present=each.present,
        )
        for each in found
    ]  # fmt: skip
    return PricePreviewsView(from_=since, to=until, currency=currency, data=rows)


def _item(body: PriceItemBody) -> Item:
    tiers = tuple(Tier(each.above, each.price) for each in body.tiers)
    return Item(body.api or None, body.endpoint, body.unit, body.per, tiers)
