"""The form of a new price list: what was typed as a list, and a list as what is typed. Pure.

Each item is a group of numbered fields; one whose endpoint is left empty is left out. Tiers are lines, `above: price`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, cast

from freehold.errors import FieldError, Problem, invalid
from freehold.prices.currencies import EXPONENTS
from freehold.prices.money import money_text, read_money
from freehold.prices.records import REST, Item, NewPriceList, PriceList, Tier

FIELDS: Final = ("organization", "takes_effect_on", "currency", "sandbox", "note")
OF_ITEM: Final = ("endpoint", "unit", "per", "tiers")
ROWS_MAX: Final = 50
_LINE: Final = re.compile(r"\s*([0-9,]{1,20})\s*:\s*([0-9.,]{1,25})\s*", re.ASCII)
_ITEM: Final = re.compile(r"items\.(\d+)\.(\w+)(?:\.(\d+))?")

Field = Callable[[str], str]


def rows_of(field: Field) -> int:
    """How many items the form has fields for."""
    text = field("rows")
    return min(int(text), ROWS_MAX) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def values_of(field: Field, rows: int) -> dict[str, str]:
    """What was typed, to be shown again."""
    return {name: field(name) for name in (*FIELDS, *(f"{part}_{row}" for row in range(rows) for part in OF_ITEM))}


def values_from(prices: PriceList, organization_id: str) -> tuple[dict[str, str], int]:
    """A list as what is typed, for the next one; and how many items it has."""
    values = {
        "organization": organization_id, "takes_effect_on": "", "currency": prices.currency, "sandbox": prices.sandbox, "note": "",
    }  # fmt: skip
    for row, item in enumerate(prices.items):
        tiers = "\n".join(f"{tier.above:,}: {money_text(tier.price, prices.currency)}" for tier in item.tiers)
        named = {"endpoint": endpoint_value(item), "unit": item.unit, "per": f"{item.per}", "tiers": tiers}
        values |= {f"{part}_{row}": value for part, value in named.items()}
    return values, len(prices.items)


def endpoint_value(item: Item) -> str:
    """What an item prices, as the choice of the form sends it."""
    return f"{item.api or ''}/{item.endpoint}"


def read_form(field: Field, rows: int) -> NewPriceList:
    """What was typed as a list; Problem `invalid` with what cannot be read, by the form's own fields."""
    faults: list[FieldError] = []
    currency = field("currency").strip().upper()
    if currency not in EXPONENTS:
        faults.append(FieldError("currency", "Three letters of ISO 4217, like EUR.", "unknown_currency"))
    day = _day(field("takes_effect_on").strip(), faults)
    items = [_item(field, row, currency, faults) for row in range(rows) if field(f"endpoint_{row}")]
    if faults:
        raise invalid(*faults)
    sandbox = cast("Any", field("sandbox"))
    return NewPriceList(field("organization") or None, day, currency, tuple(items), sandbox, field("note").strip())


def for_form(problem: Problem, field: Field, rows: int) -> Problem:
    """A problem of the action with its faults at the form's fields."""
    typed = [row for row in range(rows) if field(f"endpoint_{row}")]
    faults = [_of_form(each, typed) for each in problem.errors]
    return invalid(*faults) if faults else problem


def _of_form(fault: FieldError, typed: Sequence[int]) -> FieldError:
    found = _ITEM.match(fault.field)
    if fault.field == "items":
        return FieldError(
            "endpoint_0",
            fault.message.replace("an item with the endpoint * and no API", "choose All the rest"),
            fault.code,
        )
    if found is None:
        return fault
    part = {"api": "endpoint"}.get(found[2], found[2])
    said = f"Tier {int(found[3]) + 1}: {fault.message}" if found[3] else fault.message
    return FieldError(f"{part}_{typed[int(found[1])]}", said, fault.code)


def _day(text: str, faults: list[FieldError]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(FieldError("takes_effect_on", "A day is written like 2027-01-01.", "invalid_date"))
        return date.max


def _item(field: Field, row: int, currency: str, faults: list[FieldError]) -> Item:
    api, _, endpoint = field(f"endpoint_{row}").partition("/")
    tiers = _tiers(field(f"tiers_{row}"), f"tiers_{row}", currency, faults)
    per = field(f"per_{row}")
    unit = cast("Any", field(f"unit_{row}"))
    return Item(
        api or None, endpoint or REST, unit, int(per) if per.isascii() and per.isdigit() and len(per) < 9 else 0, tiers
    )


def _tiers(text: str, name: str, currency: str, faults: list[FieldError]) -> tuple[Tier, ...]:
    tiers = []
    for number, line in enumerate((each for each in text.splitlines() if each.strip()), 1):
        found = _LINE.fullmatch(line)
        if found is None or not found[1].strip(","):
            faults.append(FieldError(name, f"Line {number}: write it like 10,000: 0.40.", "invalid_tier"))
            continue
        try:
            price = read_money(found[2], currency) if currency in EXPONENTS else 0
        except ValueError as problem:
            faults.append(FieldError(name, f"Line {number}: {problem}", "invalid_price"))
            continue
        tiers.append(Tier(int(found[1].replace(",", "")), price))
    return tuple(tiers)
