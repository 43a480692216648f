"""What days that are over cost: the lines of a statement, read in stretches, and the preview of a list that is not there yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final

from freehold.errors import FieldError
from freehold.prices import lines, quantities, queries, rules
from freehold.prices.records import Line, Priced, PriceList, Quantity, Span
from freehold.store.engine import Store, Transaction
from freehold.usage.rules import midnight

# So many projects are read in one short transaction.
_PROJECTS: Final = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """What a month would come to for an organization under a list, and what it comes to as things are.

    Amounts in minor units; `present` None where no list prices the whole month, or one of another currency does.
    """

    organization_id: str
    organization_name: str
    requests: int
    amount: int
    present: int | None


def statement_faults(tx: Transaction, organization_id: str, since: date, until: date) -> list[FieldError]:
    """Why there can be no statement of some days: a day without a price, or prices in two currencies."""
    standing = queries.standing_lists(tx, organization_id)
    if day := rules.unpriced_day(standing, organization_id, since, until):
        return [FieldError("from", f"No price list holds on {day}. The operator makes one.", "no_prices")]
    found = rules.spans(standing, organization_id, since, until)
    currencies = sorted({each.prices.currency for each in found})
    if len(currencies) > 1:
        changed = next(each.start for each in found if each.prices.currency != found[0].prices.currency)
        said = f"Prices are in {' and '.join(currencies)}: {changed} begins another currency. Ask for each by itself."
        return [FieldError("to", said, "two_currencies")]
    return []


def spans_of(store: Store, organization_id: str, since: date, until: date) -> list[Span]:
    """The days of a statement, cut for the lists that hold."""
    with store.read() as tx:
        return rules.spans(queries.standing_lists(tx, organization_id), organization_id, since, until)


def lines_of(store: Store, spans: Sequence[Span], project_ids: Sequence[str]) -> Iterator[list[Line]]:
    """The lines of a statement: by span, project, item and tier; some projects at a time, each in its own transaction."""
    for span in spans:
        for some in _some(project_ids):
            with store.read() as tx:
                found, known = _read(tx, span, some)
            made = [line for each in some for line in lines.lines_of_span(span, known[each], found.get(each, []))]
            if made:
                yield made


def counted_of(store: Store, spans: Sequence[Span], project_ids: Sequence[str]) -> int:
    """How many units the rollups have for the days of a statement, whatever tiers they fall into."""
    total = 0
    for span in spans:
        for some in _some(project_ids):
            with store.read() as tx:
                found, known = _read(tx, span, some)
            total += sum(lines.counted(span.prices, known[each], found.get(each, [])) for each in some)
    return total


def preview(tx: Transaction, wanted: PriceList, today: date) -> list[Preview]:
    """What the last whole month would have come to for those whom a list is for, by the organization's name."""
    month, until = rules.month_before(today)
    span, found = Span(month, month, until, wanted), []
    for organization_id, name in queries.organizations_in_order(tx):
        if wanted.organization_id not in (None, organization_id):
            continue
        standing = queries.standing_lists(tx, organization_id)
        present = rules.in_force(standing, organization_id, today)
        if wanted.organization_id is None and present and present.organization_id:
            # It has a list of its own, which this one does not touch.
            continue
        requests, amount = _sums(tx, [span], organization_id)
        found.append(Preview(organization_id, name, requests, amount, _present(tx, standing, organization_id, span)))
    return found


def _present(tx: Transaction, standing: Sequence[PriceList], organization_id: str, span: Span) -> int | None:
    spans = rules.spans(standing, organization_id, span.start, span.end)
    if rules.unpriced_day(standing, organization_id, span.start, span.end):
        return None
    if {each.prices.currency for each in spans} != {span.prices.currency}:
        return None
    return _sums(tx, spans, organization_id)[1]


def _sums(tx: Transaction, spans: Sequence[Span], organization_id: str) -> tuple[int, int]:
    """Requests that were served, and the amount, of all an organization's projects."""
    requests = amount = 0
    for some in _some(quantities.projects_of(tx, organization_id)):
        for span in spans:
            found, known = _read(tx, span, some)
            for each in some:
                mine = found.get(each, [])
                requests += sum(quantity.requests for quantity in mine)
                amount += sum(line.amount for line in lines.lines_of_span(span, known[each], mine))
    return requests, amount


def _some(project_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (project_ids[start : start + _PROJECTS] for start in range(0, len(project_ids), _PROJECTS))


def _read(
    tx: Transaction, span: Span, project_ids: Sequence[str]
) -> tuple[dict[str, list[Quantity]], dict[str, Priced]]:
    month, start, end = (midnight(each, UTC) for each in (span.month, span.start, span.end))
    return quantities.served(tx, project_ids, month, start, end), quantities.projects_by_id(tx, project_ids)
