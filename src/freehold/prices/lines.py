"""From what was served to the lines of a statement. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from freehold.prices import tiers
from freehold.prices.records import REST, Item, Line, Priced, PriceList, Quantity, Span, Tier


def item_of(items: Sequence[Item], api_id: str, endpoint: str) -> Item:
    """What prices an endpoint: itself, else the rest of its API, else the rest; LookupError where a list names no rest."""
    by_name = {(item.api, item.endpoint): item for item in items}
    for name in ((api_id, endpoint), (api_id, REST), (None, REST)):
        if name in by_name:
            return by_name[name]
    raise LookupError("a price list names what the rest costs")


def lines_of_span(span: Span, project: Priced, quantities: Iterable[Quantity]) -> list[Line]:
    """What a project's days of one span come to: by item, then by tier. What comes to no unit has no line."""
    sums: dict[Item, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for each in quantities:
        item = item_of(span.prices.items, project.api_id, each.endpoint)
        before, now = (each.requests_before, each.requests) if item.unit == "request" else (each.cost_before, each.cost)
        sums[item] = (sums[item][0] + before, sums[item][1] + now)
    found = [line for item, (before, now) in sums.items() for line in _lines(span, project, item, before, now)]
    return sorted(found, key=lambda line: (line.item.api or "", line.item.endpoint, line.number))


def counted(prices: PriceList, project: Priced, quantities: Iterable[Quantity]) -> int:
    """How many units a span's quantities are, whatever tier they are in: what its lines have to add up to."""
    return sum(
        each.requests if item_of(prices.items, project.api_id, each.endpoint).unit == "request" else each.cost
        for each in quantities
    )


def _lines(span: Span, project: Priced, item: Item, before: int, quantity: int) -> list[Line]:
    if project.environment == "sandbox" and span.prices.sandbox == "free":
        # One tier that costs nothing: the quantity is shown as used.
        item = replace(item, tiers=(Tier(0, 0),))
    return [
        Line(
            month=span.month, project_id=project.id, environment=project.environment, item=item, number=each.number,
            tier=each.tier, counted_before=each.before, quantity=each.quantity,
            amount=tiers.amount(each.tier.price, item.per, each.before, each.quantity),
            currency=span.prices.currency, price_list=span.prices.id,
        )
        for each in tiers.cut(item.tiers, before, quantity)
    ]  # fmt: skip
