"""What makes a price list acceptable, which list holds on which day, and how a period is cut for it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from freehold.errors import FieldError
from freehold.prices.currencies import EXPONENTS
from freehold.prices.records import PERS, REST, SANDBOXES, UNITS, Item, ListState, NewPriceList, PriceList, Span, Tier

ITEMS_MAX: Final = 200
TIERS_MAX: Final = 20
# Ten million of a currency with two decimals.
PRICE_MAX: Final = 1_000_000_000
ABOVE_MAX: Final = 1_000_000_000_000
NOTE_MAX: Final = 200
FIRST_DAY: Final = date(2020, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
_DAY: Final = timedelta(days=1)


def list_faults(wanted: NewPriceList, known: Mapping[str, Collection[str]]) -> list[FieldError]:
    """What is wrong with a list by itself. `known`: the endpoints of each API that there is, by its id."""
    faults = []
    if wanted.currency not in EXPONENTS:
        said = f"{wanted.currency!r} is no currency of ISO 4217: three letters, like EUR."
        faults.append(FieldError("currency", said, "unknown_currency"))
    if not FIRST_DAY <= wanted.takes_effect_on <= LAST_DAY:
        faults.append(FieldError("takes_effect_on", f"A day from {FIRST_DAY} to {LAST_DAY}.", "out_of_range"))
    if wanted.sandbox not in SANDBOXES:
        faults.append(FieldError("sandbox", f"One of {', '.join(SANDBOXES)}.", "unknown_choice"))
    if len(wanted.note) > NOTE_MAX:
        faults.append(FieldError("note", f"At most {NOTE_MAX} characters.", "too_long"))
    if len(wanted.items) > ITEMS_MAX:
        faults.append(FieldError("items", f"At most {ITEMS_MAX} items.", "too_many"))
    return faults + _items_faults(wanted.items, known)


def day_faults(day: date, today: date, before: PriceList | None) -> list[FieldError]:
    """Why a list may not take effect on a day. `before`: what prices that day so far; today is in UTC."""
    if day > today or before is None:
        return []
    said = (
        f"{day} is priced already, by the list of {before.takes_effect_on}: what is over keeps its prices."
        f" The earliest day is {today + _DAY}."
    )
    return [FieldError("takes_effect_on", said, "priced_already")]


def in_force(lists: Iterable[PriceList], organization_id: str | None, day: date) -> PriceList | None:
    """The list that prices a day for an organization: its own, or else the instance's. None: for the instance itself."""
    holding = [each for each in lists if each.withdrawn_at is None and each.takes_effect_on <= day]
    for owner in dict.fromkeys((organization_id, None)):
        own = [each for each in holding if each.organization_id == owner]
        if own:
            return max(own, key=lambda each: each.takes_effect_on)
    return None


def spans(lists: Sequence[PriceList], organization_id: str, since: date, until: date) -> list[Span]:
    """The days [since, until) cut where a month begins or another list holds. Days that none prices are in no span."""
    found: list[Span] = []
    day = since
    while day < until:
        prices = in_force(lists, organization_id, day)
        month = day.replace(day=1)
        if prices is not None:
            last = found[-1] if found else None
            if last and last.end == day and last.month == month and last.prices.id == prices.id:
                found[-1] = Span(month, last.start, day + _DAY, prices)
            else:
                found.append(Span(month, day, day + _DAY, prices))
        day += _DAY
    return found


def unpriced_day(lists: Sequence[PriceList], organization_id: str, since: date, until: date) -> date | None:
    """The first of some days that no list prices for an organization; None where all are."""
    days = (since + timedelta(days=number) for number in range((until - since).days))
    return next((day for day in days if in_force(lists, organization_id, day) is None), None)


def state_of(prices: PriceList, today: date) -> ListState:
    """How a list stands. One of an organization goes before the instance's, which is then in force for others."""
    if prices.withdrawn_at is not None:
        return "withdrawn"
    if prices.takes_effect_on > today:
        return "coming"
    return "over" if prices.ends_on is not None and prices.ends_on <= today else "in_force"


def month_before(day: date) -> tuple[date, date]:
    """The first day of the month before a day's, and the first day after that month."""
    after_last = day.replace(day=1)
    return (after_last - _DAY).replace(day=1), after_last


def plain_items(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Items as the database, the API, the log and fingerprints have them."""
    return [
        {"api": each.api, "endpoint": each.endpoint, "unit": each.unit, "per": each.per,
         "tiers": [{"above": tier.above, "price": tier.price} for tier in each.tiers]}
        for each in items
    ]  # fmt: skip


def items_from(plain: Iterable[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Items from their plain form."""
    return tuple(
        Item(each["api"], each["endpoint"], each["unit"], each["per"],
             tuple(Tier(tier["above"], tier["price"]) for tier in each["tiers"]))
        for each in plain
    )  # fmt: skip


def ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items with what is for all the rest at the end, by name."""
    return tuple(
        sorted(items, key=lambda each: (each.api is None, each.api or "", each.endpoint == REST, each.endpoint))
    )


def _items_faults(items: Sequence[Item], known: Mapping[str, Collection[str]]) -> list[FieldError]:
    faults: list[FieldError] = []
    seen: set[tuple[str | None, str]] = set()
    for number, item in enumerate(items):
        at = f"items.{number}"
        faults += _name_faults(at, item, known)
        if (item.api, item.endpoint) in seen:
            faults.append(FieldError(f"{at}.endpoint", f"{item.endpoint} is priced twice.", "repeated"))
        seen.add((item.api, item.endpoint))
        if item.unit not in UNITS:
            faults.append(FieldError(f"{at}.unit", f"One of {', '.join(UNITS)}.", "unknown_choice"))
        if item.per not in PERS:
            faults.append(FieldError(f"{at}.per", "A price is for each 1, 1000 or 1000000 units.", "unknown_choice"))
        faults += _tiers_faults(f"{at}.tiers", item.tiers)
    if (None, REST) not in seen:
        said = "Say what the rest costs: an item with the endpoint * and no API. Its price may be 0."
        faults.append(FieldError("items", said, "no_rest"))
    return faults


def _name_faults(at: str, item: Item, known: Mapping[str, Collection[str]]) -> list[FieldError]:
    if item.api is None:
        said = "Name the API that the endpoint is of."
        return [] if item.endpoint == REST else [FieldError(f"{at}.api", said, "required")]
    if item.api not in known:
        return [FieldError(f"{at}.api", f"There is no API {item.api}.", "unknown_api")]
    if item.endpoint != REST and item.endpoint not in known[item.api]:
        return [FieldError(f"{at}.endpoint", f"The API has no endpoint {item.endpoint}.", "unknown_endpoint")]
    return []


def _tiers_faults(at: str, tiers: Sequence[Tier]) -> list[FieldError]:
    if not 1 <= len(tiers) <= TIERS_MAX:
        return [FieldError(at, f"1 to {TIERS_MAX} tiers.", "out_of_range")]
    faults = []
    if tiers[0].above != 0:
        faults.append(FieldError(f"{at}.0.above", "The first tier is from the first unit on: above 0.", "first_tier"))
    for number, tier in enumerate(tiers):
        if not 0 <= tier.above <= ABOVE_MAX:
            faults.append(FieldError(f"{at}.{number}.above", f"From 0 to {ABOVE_MAX:,} units.", "out_of_range"))
        if number and tier.above <= tiers[number - 1].above:
            said = f"Above more than the tier before it: {tiers[number - 1].above:,}."
            faults.append(FieldError(f"{at}.{number}.above", said, "not_rising"))
        if not 0 <= tier.price <= PRICE_MAX:
            faults.append(FieldError(f"{at}.{number}.price", f"From 0 to {PRICE_MAX:,} minor units.", "out_of_range"))
    return faults
