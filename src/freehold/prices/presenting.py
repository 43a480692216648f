"""Price lists in words, for their pages. Presents, decides nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from freehold.dashboard.views.form import Choice
from freehold.dashboard.views.prices import PreviewRow, PriceListRow, TierRow
from freehold.prices import queries, rules
from freehold.prices.money import money_text
from freehold.prices.records import PERS, REST, PriceList, Unit
from freehold.prices.statements import Preview
from freehold.store.engine import Transaction

_UNITS: Final[dict[Unit, str]] = {"request": "requests", "cost": "units of cost"}
UNIT_CHOICES: Final = (Choice("request", "Served requests"), Choice("cost", "Units of cost, with metered events"))
PER_CHOICES: Final = tuple(Choice(f"{each}", f"{each:,}") for each in PERS)
SANDBOX_CHOICES: Final = (
    Choice("free", "Free", "Shown in statements, and costs nothing."), Choice("priced", "Priced", "Costs what production costs."),
)  # fmt: skip


def names_of(tx: Transaction) -> dict[str, str]:
    """What organizations and APIs are called, by id."""
    return dict([*queries.organizations_in_order(tx), *queries.apis_in_order(tx)])


def row_of(made: PriceList, names: dict[str, str], today: date) -> PriceListRow:
    """A list among others."""
    return PriceListRow(
        id=made.id, of=names.get(made.organization_id, made.organization_id) if made.organization_id else "Everybody",
        takes_effect_on=made.takes_effect_on, ends_on=made.ends_on, state=rules.state_of(made, today).replace("_", " "),
        currency=made.currency, items=len(made.items), note=made.note,
    )  # fmt: skip


def tiers_of(made: PriceList, names: dict[str, str]) -> tuple[TierRow, ...]:
    """Every tier of every item, in the list's order."""
    return tuple(
        TierRow(
            first=number == 0, api=names.get(item.api, item.api) if item.api else "", unit=_UNITS[item.unit],
            endpoint="" if item.endpoint == REST else item.endpoint, above=tier.above,
            price=money_text(tier.price, made.currency), per=item.per,
        )
        for item in made.items
        for number, tier in enumerate(item.tiers)
    )  # fmt: skip


def endpoint_choices(tx: Transaction) -> tuple[Choice, ...]:
    """What an item can price."""
    found = [Choice(f"/{REST}", "All the rest")]
    known = queries.known_endpoints(tx)
    for api_id, name in queries.apis_in_order(tx):
        found.append(Choice(f"{api_id}/{REST}", f"{name}: all the rest"))
        found += [Choice(f"{api_id}/{each}", f"{name}: {each}") for each in sorted(known[api_id])]
    return tuple(found)


def organization_choices(tx: Transaction) -> tuple[Choice, ...]:
    """Whose alone a list can be."""
    return tuple(Choice(*each) for each in queries.organizations_in_order(tx))


def preview_rows(found: Sequence[Preview], currency: str) -> tuple[PreviewRow, ...]:
    """What a month would come to, by organization."""
    return tuple(
        PreviewRow(
            organization_id=each.organization_id, name=each.organization_name, requests=each.requests,
            amount=money_text(each.amount, currency),
            present="not priced" if each.present is None else money_text(each.present, currency),
        )
        for each in found
    )  # fmt: skip


def month_text(today: date) -> str:
    """The last whole month before a day, as 2026-10."""
    return f"{rules.month_before(today)[0]:%Y-%m}"
