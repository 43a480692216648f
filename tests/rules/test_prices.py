"""Prices: what a quantity costs, which list holds when, what is acceptable, and money as people write it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.prices import lines, money, rules, tiers
from freehold.prices.currencies import EXPONENTS
from freehold.prices.records import REST, Item, NewPriceList, Priced, PriceList, Quantity, Span, Tier

QUANTITIES = st.integers(0, 10**12)
TIERS = st.lists(
    st.tuples(st.integers(1, 10**7), st.integers(0, 10**6)), min_size=0, max_size=6, unique_by=lambda each: each[0]
).flatmap(
    lambda more: st.integers(0, 10**6).map(
        lambda first: (Tier(0, first), *(Tier(above, price) for above, price in sorted(more)))
    )
)
PERS = st.sampled_from([1, 1000, 1_000_000])
GRADUATED = (Tier(0, 0), Tier(10_000, 40), Tier(1_000_000, 25))
ALL = Item(None, REST, "request", 1000, GRADUATED)
MONDAY = date(2026, 9, 7)
UNKNOWN: Any = "byte"


def price_list(since: date = MONDAY, organization_id: str | None = None, **more: Any) -> PriceList:
    made = PriceList(f"prl_{since}_{organization_id}", organization_id, since, "EUR", (ALL,), "free", "", "Ada",
                     datetime(2026, 9, 1, tzinfo=UTC))  # fmt: skip
    return replace(made, **more)


def cost(ladder: tuple[Tier, ...], per: int, before: int, quantity: int) -> int:
    return sum(
        tiers.amount(each.tier.price, per, each.before, each.quantity) for each in tiers.cut(ladder, before, quantity)
    )


# --- tiers ----------------------------------------------------------------------------------------


@given(TIERS, QUANTITIES, QUANTITIES)
def test_tiers_share_a_quantity_out_whole(ladder: tuple[Tier, ...], before: int, quantity: int) -> None:
    parts = tiers.cut(ladder, before, quantity)
    assert sum(each.quantity for each in parts) == quantity
    assert all(each.quantity > 0 and each.before >= 0 for each in parts)
    assert [each.number for each in parts] == sorted({each.number for each in parts})
    for each in parts:
        ends = ladder[each.number].above if each.number < len(ladder) else before + quantity
        assert each.before + each.quantity <= ends - each.tier.above


@given(TIERS, PERS, QUANTITIES, QUANTITIES, QUANTITIES)
def test_a_month_in_parts_costs_what_it_costs_as_a_whole(
    ladder: tuple[Tier, ...], per: int, before: int, first: int, second: int
) -> None:
    parts = cost(ladder, per, before, first) + cost(ladder, per, before + first, second)
    assert parts == cost(ladder, per, before, first + second)


@given(TIERS, PERS, QUANTITIES, QUANTITIES)
def test_more_never_costs_less(ladder: tuple[Tier, ...], per: int, quantity: int, more: int) -> None:
    assert 0 <= cost(ladder, per, 0, quantity) <= cost(ladder, per, 0, quantity + more)


@given(TIERS, PERS, QUANTITIES)
def test_a_line_is_quantity_times_price_rounded_half_up(ladder: tuple[Tier, ...], per: int, quantity: int) -> None:
    for each in tiers.cut(ladder, 0, quantity):
        exact = Fraction(each.quantity * each.tier.price, per)
        amount = tiers.amount(each.tier.price, per, 0, each.quantity)
        assert amount == int(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("quantity", "amounts"),
    [
        (0, []), (10_000, [0]), (10_001, [0, 0]), (10_013, [0, 1]), (1_000_000, [0, 39_600]),
        (3_500_000, [0, 39_600, 62_500]),
    ],
)  # fmt: skip
def test_a_ladder_by_hand(quantity: int, amounts: list[int]) -> None:
    """10,000 free; then 0.40 for each 1,000, so 13 of them are 0.0052, a cent when rounded; above a million, 0.25."""
    parts = tiers.cut(GRADUATED, 0, quantity)
    assert [tiers.amount(each.tier.price, 1000, each.before, each.quantity) for each in parts] == amounts


# --- lines ----------------------------------------------------------------------------------------

PROJECT = Priced("proj_1", "api_1", "production")
OWN = Item("api_1", "get_country", "cost", 1, (Tier(0, 3),))
API_REST = Item("api_1", REST, "request", 1, (Tier(0, 2),))


def span(*items: Item, sandbox: Any = "free") -> Span:
    month = date(2026, 9, 1)
    return Span(month, month, date(2026, 10, 1), price_list(month, items=items, sandbox=sandbox))


def test_the_nearest_item_prices_an_endpoint_and_the_rest_is_counted_together() -> None:
    quantities = [Quantity("get_country", 0, 5, 0, 9), Quantity("a", 0, 2, 0, 2), Quantity("", 0, 3, 0, 3)]
    found = lines.lines_of_span(span(OWN, API_REST, ALL), PROJECT, quantities)
    assert [(each.item.endpoint, each.item.unit, each.quantity, each.amount) for each in found] == [
        ("*", "request", 5, 10), ("get_country", "cost", 9, 27),
    ]  # fmt: skip
    elsewhere = lines.lines_of_span(span(OWN, API_REST, ALL), replace(PROJECT, api_id="api_2"), quantities)
    assert [(each.item, each.quantity) for each in elsewhere] == [(ALL, 10)]


def test_sandbox_is_shown_and_free_unless_the_list_prices_it() -> None:
    sandbox, quantities = replace(PROJECT, environment="sandbox"), [Quantity("a", 0, 20_000, 0, 0)]
    free = lines.lines_of_span(span(ALL), sandbox, quantities)
    assert [(each.quantity, each.amount, each.number) for each in free] == [(20_000, 0, 1)]
    priced = lines.lines_of_span(span(ALL, sandbox="priced"), sandbox, quantities)
    assert [(each.quantity, each.amount) for each in priced] == [(10_000, 0), (10_000, 400)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "get_country", ""]), *[st.integers(0, 10**9)] * 4),
        max_size=3, unique_by=lambda each: each[0],
    )
)  # fmt: skip
def test_lines_hold_every_unit_that_was_counted(rows: list[tuple[str, int, int, int, int]]) -> None:
    quantities, whole = [Quantity(*row) for row in rows], span(OWN, ALL)
    found = lines.lines_of_span(whole, PROJECT, quantities)
    assert sum(each.quantity for each in found) == lines.counted(whole.prices, PROJECT, quantities)


def test_a_list_without_a_rest_is_a_defect() -> None:
    with pytest.raises(LookupError):
        lines.item_of([OWN], "api_1", "other")


# --- which list holds ------------------------------------------------------------------------------


def test_an_organizations_own_list_goes_before_the_instances() -> None:
    own = price_list(MONDAY + timedelta(days=7), "org_1")
    lists = [price_list(), price_list(MONDAY + timedelta(days=14)), own]
    held = [rules.in_force(lists, "org_1", MONDAY + timedelta(days=day)) for day in (-1, 0, 6, 7, 20)]
    assert held == [None, lists[0], lists[0], own, own]
    assert rules.in_force(lists, "org_2", MONDAY + timedelta(days=14)) == lists[1]
    assert rules.in_force([replace(own, withdrawn_at=own.created_at)], "org_1", date(2027, 1, 1)) is None


@given(st.lists(st.integers(-40, 90), max_size=5, unique=True), st.integers(-40, 60), st.integers(1, 60))
def test_spans_are_the_priced_days_each_once_and_none_crosses_a_month(
    begins: list[int], start: int, length: int
) -> None:
    lists = [price_list(MONDAY + timedelta(days=each)) for each in begins]
    since, until = MONDAY + timedelta(days=start), MONDAY + timedelta(days=start + length)
    found = rules.spans(lists, "org_1", since, until)
    days = [each.start + timedelta(days=number) for each in found for number in range((each.end - each.start).days)]
    asked = [since + timedelta(days=number) for number in range(length)]
    assert days == [day for day in asked if rules.in_force(lists, "org_1", day)]
    assert (rules.unpriced_day(lists, "org_1", since, until) is None) == (days == asked)
    for each in found:
        assert (each.end - timedelta(days=1)).replace(day=1) == each.start.replace(day=1) == each.month
        assert rules.in_force(lists, "org_1", each.start) == each.prices


@pytest.mark.parametrize(
    ("day", "before", "faults"),
    [(1, True, 0), (0, True, 1), (-30, True, 1), (0, False, 0), (-30, False, 0)],
)
def test_what_is_priced_keeps_its_prices(day: int, before: bool, faults: int) -> None:
    found = rules.day_faults(MONDAY + timedelta(days=day), MONDAY, price_list() if before else None)
    assert len(found) == faults


# --- what is acceptable ----------------------------------------------------------------------------


def wanted(*items: Item, **more: Any) -> NewPriceList:
    return replace(NewPriceList(None, MONDAY, "EUR", items), **more)


@pytest.mark.parametrize(
    ("new", "faults"),
    [
        (wanted(ALL), []),
        (wanted(OWN, API_REST, ALL), []),
        (wanted(OWN), ["items"]),
        (wanted(), ["items"]),
        (wanted(ALL, ALL), ["items.1.endpoint"]),
        (wanted(ALL, currency="EURO"), ["currency"]),
        (wanted(ALL, takes_effect_on=date(1999, 1, 1)), ["takes_effect_on"]),
        (wanted(ALL, note="x" * 201), ["note"]),
        (wanted(ALL, sandbox="half"), ["sandbox"]),
        (wanted(replace(OWN, api="api_9"), ALL), ["items.0.api"]),
        (wanted(replace(OWN, endpoint="nothing"), ALL), ["items.0.endpoint"]),
        (wanted(replace(OWN, api=None), ALL), ["items.0.api"]),
        (wanted(replace(ALL, tiers=())), ["items.0.tiers"]),
        (wanted(replace(ALL, per=7)), ["items.0.per"]),
        (wanted(replace(ALL, unit=UNKNOWN)), ["items.0.unit"]),
        (wanted(replace(ALL, tiers=(Tier(5, 1),))), ["items.0.tiers.0.above"]),
        (wanted(replace(ALL, tiers=(Tier(0, 1), Tier(9, 1), Tier(9, 2)))), ["items.0.tiers.2.above"]),
        (wanted(replace(ALL, tiers=(Tier(0, -1),))), ["items.0.tiers.0.price"]),
        (wanted(replace(ALL, tiers=(Tier(0, 1), Tier(10**13, 1)))), ["items.0.tiers.1.above"]),
    ],
)
def test_what_is_wrong_with_a_list_is_named(new: NewPriceList, faults: list[str]) -> None:
    known = {"api_1": {"get_country", "a"}}
    assert [each.field for each in rules.list_faults(new, known)] == faults


def test_items_stay_the_same_in_their_plain_form_and_the_rest_stands_last() -> None:
    assert rules.items_from(rules.plain_items((OWN, ALL))) == (OWN, ALL)
    assert rules.ordered((ALL, API_REST, OWN)) == (OWN, API_REST, ALL)


# --- money -----------------------------------------------------------------------------------------


@given(st.integers(0, 10**14), st.sampled_from(sorted(EXPONENTS)))
def test_an_amount_that_is_written_is_read_again(minor: int, currency: str) -> None:
    assert money.read_money(money.money_text(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("0.40", "EUR", 40), ("1,234.5", "EUR", 123_450), ("12", "JPY", 12), ("0.005", "KWD", 5), (" 7 ", "USD", 700)],
)
def test_amounts_by_hand(text: str, currency: str, minor: int) -> None:
    assert money.read_money(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "said"),
    [("0.405", "EUR", "EUR has 2 decimals"), ("1.5", "JPY", "JPY has 0 decimals"), ("-1", "EUR", "is no amount"),
     ("", "EUR", "is no amount"), ("1e3", "EUR", "is no amount"), ("١", "EUR", "is no amount")],
)  # fmt: skip
def test_what_is_no_amount_is_said(text: str, currency: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        money.read_money(text, currency)
