"""Cost statements on both databases: lines by tier, parts that add up, prices that stay, and what is refused."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from freehold.errors import Problem
from freehold.kit import clock
from freehold.prices import actions as prices
from freehold.prices.records import Item, NewPriceList, Tier
from freehold.reports import actions, local_days, queries, tasks
from freehold.reports.manifests import faults_of
from freehold.reports.records import Parameters, Report
from freehold.settings import Settings
from freehold.store.engine import Store
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.production.world import collect, decide, make_production_world
from tests.reports.asked import REST_ITEM, file_of, price

DAY = timedelta(days=1)


class Statements:
    """An instance with three days of usage in one month that are over, and short ways to ask."""

    def __init__(self, instance: Instance, settings: Settings, day: date) -> None:
        self.instance, self.settings, self.day = instance, settings, day

    def serve(self, count: int, days: int = 0, **more: Any) -> None:
        at = clock.to_ms(local_days.starts_at(self.day + days * DAY, "UTC")) + 3_600_000
        decide(self.instance, self.settings.data, count, at, **more)
        collect(self.instance.store, self.settings.data)

    def ask(self, days: int = 3, after: int = 0, whole: bool = False, since: date | None = None) -> Report:
        start = since or self.day + after * DAY
        wanted = Parameters("cost_statement", "csv", start, start + days * DAY)
        with self.instance.store.write() as tx:
            project = None if whole else self.instance.project
            return actions.request_report(tx, self.instance.actor("owner"), self.instance.harbour, project, wanted)

    def make(self, **more: Any) -> tuple[Report, list[dict[str, str]]]:
        asked = self.ask(**more)
        while tasks.turn(self.instance.store, self.settings):
            pass
        with self.instance.store.read() as tx:
            made = queries.find_report(tx, asked.id)
        assert made is not None
        assert made.manifest is not None, made.reason
        path = file_of(self.settings, made)
        assert faults_of(path, made.manifest) == []
        with path.open(newline="") as file:
            return made, list(csv.DictReader(file))

    def lines(self, **more: Any) -> list[tuple[str, int, int]]:
        return [(each["endpoint"], int(each["quantity"]), int(each["amount"])) for each in self.make(**more)[1]]


@pytest.fixture
def world(store: Store, settings: Settings, tmp_path: Path, test_clock: TestClock) -> Statements:
    data = tmp_path / "data"
    instance = make_production_world(store, Settings(data=data, database_url=settings.database_url))
    # From the second of a month on: so there are days of it before, and no day of the next.
    test_clock.move(
        ((clock.now().replace(day=1) + 32 * DAY).replace(day=2, hour=0, minute=0) - clock.now()).total_seconds()
    )
    made = Statements(instance, instance.settings, clock.now().date())
    made.serve(5)
    made.serve(3, endpoint=None, outcome="endpoint_unknown")
    made.serve(2, 1, status=503)
    made.serve(2, 2)
    test_clock.move(4 * 86_400)
    return made


def test_what_was_served_is_priced_by_tiers_and_adds_up(world: Statements) -> None:
    price(world.instance, world.day)
    made, found = world.make()
    # 5 and 2 were served: 2 are free, 2 cost 1.50 each, 3 cost 0.75 each.
    assert [(each["tier"], each["above"], each["quantity"], each["price"], each["amount"]) for each in found] == [
        ("1", "0", "2", "0", "0"), ("2", "2", "2", "150", "300"), ("3", "4", "3", "75", "225"),
    ]  # fmt: skip
    assert {(each["per"], each["currency"], each["environment"], each["endpoint"]) for each in found} == {
        ("1", "EUR", "sandbox", "*")
    }
    source = (made.manifest or {})["source"]
    assert (source["reconciled"], source["day_sums"], source["amounts"]) == (True, {"quantity": 7}, {"EUR": 525})
    assert [each["id"] for each in source["price_lists"]] == [found[0]["price_list"]]


def test_an_endpoint_of_its_own_is_counted_by_cost(world: Statements) -> None:
    instance = world.instance
    own = Item(instance.api, "get_parcel", "cost", 1, (Tier(0, 10), Tier(6, 1)))
    price(instance, world.day, own, REST_ITEM)
    assert world.lines() == [("get_parcel", 6, 60), ("get_parcel", 1, 1)]


def test_parts_of_a_month_add_up_to_it_and_go_on_in_its_tiers(world: Statements) -> None:
    item = replace(REST_ITEM, per=1000, tiers=(Tier(0, 333), Tier(6, 111)))
    price(world.instance, world.day, item)
    whole = world.lines()
    assert sum(amount for _, _, amount in whole) == 2
    parts = [world.make(days=1, after=each)[1] for each in range(3)]
    assert [[int(each["quantity"]) for each in part] for part in parts] == [[5], [], [1, 1]]
    assert [each["counted_before"] for each in parts[2]] == ["5", "0"]
    assert sum(int(each["amount"]) for part in parts for each in part) == 2


def test_an_organizations_statement_is_those_of_its_projects(world: Statements) -> None:
    price(world.instance, world.day)
    made, rows = world.make(whole=True)
    assert rows == world.make()[1]
    assert (made.project_id, (made.manifest or {})["source"]["reconciled"]) == (None, True)


def test_a_new_list_changes_no_day_that_is_over(world: Statements, test_clock: TestClock) -> None:
    instance = world.instance
    price(instance, world.day)
    before, _ = world.make()
    dear = replace(REST_ITEM, per=1, tiers=(Tier(0, 1000),))
    for day in (world.day + DAY, clock.now().date()):
        with pytest.raises(Problem) as refused:
            price(instance, day, dear)
        assert "keeps its prices" in refused.value.errors[0].message
    with pytest.raises(Problem, match="fields"):
        price(instance, world.day + DAY, dear, organization_id=instance.harbour)
    later = clock.now().date() + DAY
    price(instance, later, dear)
    own = price(instance, later, replace(dear, tiers=(Tier(0, 7),)), organization_id=instance.harbour)
    assert world.make()[0].sha256 == before.sha256
    world.serve(2, (later - world.day).days)
    test_clock.move(2 * 86_400)
    made, rows = world.make(since=later, days=1)
    assert [(each["quantity"], each["amount"], each["price_list"]) for each in rows] == [("2", "14", own.id)]
    assert world.make()[0].sha256 == before.sha256
    assert made.restates is None


def test_late_usage_restates(world: Statements, test_clock: TestClock) -> None:
    price(world.instance, world.day)
    first, _ = world.make()
    test_clock.move(1)
    world.serve(1)
    second, _ = world.make()
    assert second.restates == first.id
    assert (second.manifest or {})["sums"]["quantity"] == 8


def test_what_has_no_price_or_two_currencies_is_refused(world: Statements, test_clock: TestClock) -> None:
    with pytest.raises(Problem) as refused:
        world.ask()
    assert [(each.field, each.code) for each in refused.value.errors] == [("from", "no_prices")]
    price(world.instance, world.day)
    later = clock.now().date() + DAY
    price(world.instance, later, currency="USD")
    test_clock.move(3 * 86_400)
    with pytest.raises(Problem) as refused:
        world.ask(days=2, since=later - DAY)
    assert [(each.field, each.code) for each in refused.value.errors] == [("to", "two_currencies")]
    assert world.make(since=later, days=1)[1] == []


def test_a_list_is_withdrawn_before_its_day_and_never_after(world: Statements, test_clock: TestClock) -> None:
    instance, operator = world.instance, world.instance.actor("operator")
    held, later = price(instance, world.day), clock.now().date() + DAY
    coming = price(instance, later, currency="USD")
    with pytest.raises(Problem) as taken:
        price(instance, later)
    assert [each.code for each in taken.value.errors] == ["taken"]
    with instance.store.write() as tx:
        assert prices.withdraw_price_list(tx, operator, coming.id).withdrawn_at is not None
    again = price(instance, later)
    test_clock.move(2 * 86_400)
    for each in (held, coming, again):
        with pytest.raises(Problem, match="price list"), instance.store.write() as tx:
            prices.withdraw_price_list(tx, operator, each.id)


def test_only_operators_make_prices_and_who_reads_usage_reads_them(world: Statements) -> None:
    instance = world.instance
    made = price(instance, world.day)
    own = price(instance, clock.now().date() + DAY, organization_id=instance.harbour)
    with pytest.raises(Problem, match="operator"), instance.store.write() as tx:
        prices.withdraw_price_list(tx, instance.actor("owner"), own.id)
    with instance.store.read() as tx:
        for who in ("billing", "operator"):
            assert prices.read_price_list(tx, instance.actor(who), own.id) == own
            found = prices.list_organization_price_lists(tx, instance.actor(who), instance.harbour, 9)
            assert {each.id for each in found} == {own.id, made.id}
        assert prices.read_price_list(tx, instance.actor("stranger"), made.id) == made
        with pytest.raises(Problem, match="no such"):
            prices.read_price_list(tx, instance.actor("stranger"), own.id)


def test_a_preview_says_what_last_month_would_have_cost(world: Statements, test_clock: TestClock) -> None:
    instance = world.instance
    price(instance, world.day.replace(day=1))
    test_clock.move(31 * 86_400)
    item = replace(REST_ITEM, tiers=(Tier(0, 10),))
    wanted = NewPriceList(None, clock.now().date() + DAY, "EUR", (item,), "priced")
    with instance.store.read() as tx:
        found = prices.preview_price_list(tx, instance.actor("operator"), wanted)
        assert len(prices.list_price_lists(tx, instance.actor("operator"), 9)) == 1
    harbour = next(each for each in found if each.organization_id == instance.harbour)
    assert (harbour.requests, harbour.amount, harbour.present) == (7, 70, 525)
    assert {each.requests for each in found if each is not harbour} == {0}
