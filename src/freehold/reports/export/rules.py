"""Which reports are everything: of which kinds, and of which days, so that no row is in two of them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from freehold.reports.export.records import Days, Price
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import ReportKind
from freehold.reports.rules import FIRST_DAY

# Formats that a program reads back: every kind can be had in each.
FORMATS: Final = ("csv", "jsonl", "parquet")

PRICED: Final[ReportKind] = "cost_statement"
OF_DAYS: Final = tuple(kind for kind, facts in KIND_FACTS.items() if facts.period and kind != PRICED)
AS_IT_STANDS: Final = tuple(kind for kind, facts in KIND_FACTS.items() if not facts.closed)
OF_DECISIONS: Final = tuple(kind for kind, facts in KIND_FACTS.items() if facts.of_request)


def days_of(first: date, today: date, prices: Sequence[Price]) -> dict[ReportKind, list[Days]]:
    """Of each kind that has days: those from an organization's first one on that are over, as reports can be of them."""
    first = max(first, FIRST_DAY)
    return {kind: list(years(first, today)) for kind in OF_DAYS} | {PRICED: list(priced_years(prices, first, today))}


def years(first: date, until: date) -> Iterator[Days]:
    """The days from one on and before another, year by year: each stretch with the first day after it."""
    while first < until:
        after = min(date(first.year + 1, 1, 1), until)
        yield first, after
        first = after


def priced_years(prices: Iterable[Price], first: date, until: date) -> Iterator[Days]:
    """The same of those days on which a price list held. A statement is of one currency: where there are several, one ends with each list."""
    prices = list(prices)
    begins = sorted({each.takes_effect_on for each in prices})
    if len({each.currency for each in prices}) == 1:
        begins = begins[:1]
    for since, after in pairwise([*begins, date.max]):
        yield from years(max(since, first), min(after, until))


def there_first(days: Iterable[Days], ends_of: Callable[[date], Iterable[date]]) -> Iterator[Days]:
    """The same days, as what is there has them, and then what is in nothing yet.

    `ends_of` says of a first day where what is there from that day on ends. So no row is in two, and what there is stays when the
    instance does not keep its rows any more.
    """
    for first, until in days:
        since = first
        while since < until:
            after = max((end for end in ends_of(since) if since < end <= until), default=until)
            yield since, after
            since = after
