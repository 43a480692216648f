"""Which reports are everything: side by side, of one currency each, and no day twice or left out."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.reports.export.records import Days, Price
from freehold.reports.export.rules import AS_IT_STANDS, OF_DAYS, OF_DECISIONS, PRICED, priced_years, there_first, years
from freehold.reports.records import KINDS

_FIRST = date(2024, 2, 27)


def test_every_kind_is_in_an_export() -> None:
    assert sorted((*OF_DAYS, PRICED, *AS_IT_STANDS, *OF_DECISIONS)) == sorted(KINDS)


@given(st.integers(0, 900), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 400))))
def test_no_day_is_in_two_nor_in_none_and_what_is_there_is_taken(length: int, there: Sequence[tuple[int, int]]) -> None:
    until = _FIRST + timedelta(days=length)
    saved = {(_FIRST + timedelta(days=first), _FIRST + timedelta(days=first + days)) for first, days in there}

    def ends_of(since: date) -> list[date]:
        return [end for first, end in saved if first == since]

    found = list(there_first(years(_FIRST, until), ends_of))
    assert [first for first, _ in found] + [until] == [_FIRST] + [end for _, end in found]
    assert all(left[1] == right[0] for left, right in pairwise(found))
    for first, end in found:
        assert first < end <= min(until, date(first.year + 1, 1, 1))
        whole = [each for each in ends_of(first) if each <= min(until, date(first.year + 1, 1, 1))]
        assert end == max(whole, default=min(until, date(first.year + 1, 1, 1)))


@pytest.mark.parametrize(
    ("first", "until", "expected"),
    [
        (date(2026, 5, 1), date(2026, 5, 1), []),
        (date(2026, 5, 1), date(2026, 5, 2), [(date(2026, 5, 1), date(2026, 5, 2))]),
        (date(2025, 12, 31), date(2026, 1, 1), [(date(2025, 12, 31), date(2026, 1, 1))]),
        (date(2024, 1, 1), date(2025, 1, 2), [
            (date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2025, 1, 2)),
        ]),
    ],
)  # fmt: skip
def test_years_are_side_by_side(first: date, until: date, expected: list[Days]) -> None:
    assert list(years(first, until)) == expected


def test_statements_are_of_days_that_have_a_price_and_of_one_currency_each() -> None:
    def price(day: str, currency: str = "EUR") -> Price:
        return Price(date.fromisoformat(day), currency)

    first, until = date(2026, 3, 1), date(2027, 2, 1)
    new_year = date(2027, 1, 1)
    expected: list[tuple[list[Price], list[Days]]] = [
        ([], []),
        ([price("2026-01-01")], [(first, new_year), (new_year, until)]),
        ([price("2026-06-01"), price("2026-04-01")], [(date(2026, 4, 1), new_year), (new_year, until)]),
        ([price("2027-03-01")], []),
        ([price("2026-01-01"), price("2026-06-01", "USD")], [
            (first, date(2026, 6, 1)), (date(2026, 6, 1), new_year), (new_year, until),
        ]),
    ]  # fmt: skip
    for lists, stretches in expected:
        assert list(priced_years(lists, first, until)) == stretches
