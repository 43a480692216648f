"""Rows of what usage costs by the operator's price lists: a line for each month, project, item and tier."""

from collections.abc import Iterator, Mapping
from typing import Any

from freehold.errors import FieldError
from freehold.kit import canonical_json
from freehold.prices import statements
from freehold.prices.actions import facts_of
from freehold.prices.records import Line, Span
from freehold.reports.records import Parameters, Row
from freehold.reports.sources.wanted import Gone, Wanted
from freehold.store.engine import Transaction


def statement(wanted: Wanted) -> Iterator[list[Row]]:
    """The lines of the period, by month (and by list within it), project, item and tier."""
    start, end = wanted.period
    with wanted.store.read() as tx:
        # A schedule asks for days that nobody has looked at.
        if found := statements.statement_faults(tx, wanted.organization_id, start.date(), end.date()):
            raise Gone(found[0].message)
    for batch in statements.lines_of(wanted.store, _spans(wanted), wanted.project_ids):
        yield [_row(line) for line in batch]


def faults(tx: Transaction, organization_id: str, parameters: Parameters) -> list[FieldError]:
    """Why there can be no statement: a day without prices, or prices in two currencies."""
    if parameters.since is None or parameters.until is None:
        return []
    return statements.statement_faults(tx, organization_id, parameters.since, parameters.until)


def facts(wanted: Wanted, sums: Mapping[str, int]) -> dict[str, Any]:
    """The amount, the lists that it is by, and whether the quantities are those that the rollups have."""
    spans = _spans(wanted)
    counted = statements.counted_of(wanted.store, spans, wanted.project_ids)
    return {
        "amounts": dict.fromkeys({each.prices.currency for each in spans}, sums["amount"]),
        "price_lists": [
            {"id": each.prices.id, "from": f"{each.start}", "to": f"{each.end}",
             "fingerprint": canonical_json.fingerprint(facts_of(each.prices))}
            for each in spans
        ],
        "day_sums": {"quantity": counted}, "reconciled": counted == sums["quantity"],
    }  # fmt: skip


def _spans(wanted: Wanted) -> list[Span]:
    start, end = wanted.period
    return statements.spans_of(wanted.store, wanted.organization_id, start.date(), end.date())


def _row(line: Line) -> Row:
    item = line.item
    return (
        f"{line.month:%Y-%m}", line.project_id, line.environment, item.api, item.endpoint, item.unit, line.number,
        line.tier.above, line.counted_before, line.quantity, line.tier.price, item.per, line.amount, line.currency,
        line.price_list,
    )  # fmt: skip
