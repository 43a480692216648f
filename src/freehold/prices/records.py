"""What price lists are made of, and the lines that come of them. No behaviour."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

Unit = Literal["request", "cost"]
Sandbox = Literal["free", "priced"]
ListState = Literal["coming", "in_force", "over", "withdrawn"]

UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
# A price is for so many units at once: so what is finer than a minor unit is an integer too.
PERS: Final = (1, 1_000, 1_000_000)
SANDBOXES: Final[tuple[Sandbox, ...]] = get_args(Sandbox)
# Names all endpoints that nothing else names.
REST: Final = "*"


@dataclass(frozen=True, slots=True)
class Tier:
    """From how many units of a month on a price holds: minor units of the currency, for each `per` units of its item."""

    above: int
    price: int


@dataclass(frozen=True, slots=True)
class Item:
    """What one endpoint costs, or all the rest of an API (`endpoint` `*`), or all the rest (and `api` None).

    `unit`: what is counted of what was served: requests, or their units of cost, with which metered events are counted.
    """

    api: str | None
    endpoint: str
    unit: Unit
    per: int
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class NewPriceList:
    """A list as it is asked for. `organization_id` None: for everybody who has no list of their own."""

    organization_id: str | None
    takes_effect_on: date
    currency: str
    items: tuple[Item, ...]
    sandbox: Sandbox = "free"
    note: str = ""


@dataclass(frozen=True, slots=True)
class PriceList:
    """One version of the prices, whole. It holds from a day of UTC until another one of the same owner takes effect.

    `ends_on`: that day, as far as it is known.
    """

    id: str
    organization_id: str | None
    takes_effect_on: date
    currency: str
    items: tuple[Item, ...]
    sandbox: Sandbox
    note: str
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one month that one list prices: [start, end). `month`: its first day."""

    month: date
    start: date
    end: date
    prices: PriceList


@dataclass(frozen=True, slots=True)
class Priced:
    """The project that is priced, as far as prices ask."""

    id: str
    api_id: str
    environment: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """What was served of one endpoint: requests and units of cost, before a span in its month, and in it."""

    endpoint: str
    requests_before: int
    requests: int
    cost_before: int
    cost: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one tier of one item comes to. `counted_before`: units of this tier in the month before the line's days.

    `amount` in minor units of `currency`, rounded once: what the tier came to up to the line's end, less what it came
    to before.
    """

    month: date
    project_id: str
    environment: str
    item: Item
    number: int
    tier: Tier
    counted_before: int
    quantity: int
    amount: int
    currency: str
    price_list: str
