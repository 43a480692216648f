"""Costs that are reported of old requests, on both databases: of what only the archive has, and where minutes are gone."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries, usage_rollups
from freehold.usage import actions, costs
from freehold.usage.archive import Archive
from freehold.usage.reconciling import reconcile
from freehold.usage.records import UsageEvent
from freehold.usage.retention import Retention
from tests.conftest import TestClock
from tests.store.usage_world import UsageWorld, make_usage_world

DAY_MS = 86_400_000


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    return make_usage_world(store, tmp_path / "journal")


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(settings, usage_days=5, hours_days=40, archive=str(tmp_path / "archive"))


@pytest.fixture
def old(world: UsageWorld, store: Store, kept: Settings, test_clock: TestClock) -> UsageEvent:
    """A request that cost 9, of which the archive alone has a record by now, beside another that cost 3."""
    one, other = world.decide(clock.now_ms(), cost=9), world.decide(clock.now_ms() + 1, cost=3)
    world.collect(one, other)
    keep_house(store, kept)
    test_clock.move(timedelta(days=8).total_seconds())
    world.collect(world.decide(clock.now_ms(), cost=5))
    keep_house(store, kept)
    return one


def keep_house(store: Store, settings: Settings) -> None:
    keeping = Retention(store, settings)
    while keeping.step():
        pass


def report(store: Store, settings: Settings, actor: Actor, request_id: str, cost: int) -> costs.CostReport:
    archived = costs.find_archived(Archive(Path(settings.archive)), request_id)
    with store.write() as tx:
        return costs.report_cost(tx, actor, request_id, cost, archived)


def sums_of(store: Store, table: str = "usage_rollups") -> dict[str, int]:
    """The cost by grain, of all rows of the table."""
    query = f"SELECT grain, sum(cost) FROM {table} WHERE {'1 = 1' if table == 'usage_rollups' else 'division = :whole'} GROUP BY grain"  # noqa: S608 — a table's name
    with store.read() as tx:
        return {
            grain: int(cost) for grain, cost in tx.execute(text(query), {"whole": "whole"} if "totals" in table else {})
        }


def oldest_minute(store: Store) -> datetime:
    with store.read() as tx:
        query = select(func.min(usage_rollups.c.bucket_at)).where(usage_rollups.c.grain == "minute")
        found: datetime = tx.execute(query).scalar_one()
        return found


def test_a_cost_of_an_archived_request_is_counted_once_in_its_own_time(
    world: UsageWorld, store: Store, kept: Settings, old: UsageEvent
) -> None:
    cost = 40
    place, person = Archive(Path(kept.archive)), world.actor("developer")
    file = place.file(old.at_ms - old.at_ms % DAY_MS, world.project_id)
    before, minutes = file.read_bytes(), oldest_minute(store)
    done = [report(store, kept, person, old.id, cost) for _ in range(2)]
    assert done[0] == done[1]
    assert (done[0].cost_before, done[0].counted_at) == (9, clock.now())
    with pytest.raises(Problem, match=f"A cost of {cost} was reported"):
        report(store, kept, person, old.id, cost + 1)
    # The minutes of that day are gone: none is made anew, which would say that there are such since then.
    assert sums_of(store) == {"minute": 5, "hour": 8 + cost, "day": 8 + cost, "month": 8 + cost}
    assert sums_of(store, "usage_totals") == sums_of(store)
    assert oldest_minute(store) == minutes
    assert reconcile(store, kept).differences == 0
    assert file.read_bytes() == before
    with store.read() as tx:
        assert actions.read_request(tx, person, old.id, place).request.cost == cost
        entries = tx.execute(select(audit_entries.c.before, audit_entries.c.after)).all()
    assert entries == [({"cost": 9}, {"cost": cost})]


def test_what_comes_late_for_its_day_leaves_the_reported_cost_as_it_is(
    world: UsageWorld, store: Store, kept: Settings, old: UsageEvent
) -> None:
    report(store, kept, world.actor("developer"), old.id, 40)
    world.collect(world.decide(old.at_ms + 2, cost=2))
    # The file is written again, and has what it had.
    keep_house(store, kept)
    rows = list(Archive(Path(kept.archive)).requests_of(world.project_id, clock.from_ms(0), clock.now()))
    assert sorted(row["cost"] for row in rows) == [2, 3, 9]
    with store.read() as tx:
        assert sorted(row["cost"] for row in costs.corrected(tx, rows)) == [2, 3, 40]
    assert reconcile(store, kept).differences == 0


def test_hours_that_are_gone_are_not_made_anew(
    world: UsageWorld, store: Store, kept: Settings, old: UsageEvent, test_clock: TestClock
) -> None:
    test_clock.move(timedelta(days=50).total_seconds())
    keep_house(store, kept)
    assert set(sums_of(store)) == {"day", "month"}
    report(store, kept, world.actor("developer"), old.id, 0)
    assert sums_of(store) == {"day": 8, "month": 8}
    assert reconcile(store, kept).differences == 0


def test_a_cost_where_only_the_minutes_are_gone_makes_none(world: UsageWorld, store: Store, kept: Settings) -> None:
    event, present = world.decide(clock.now_ms() - 4 * DAY_MS, cost=9), world.decide(clock.now_ms(), cost=5)
    world.collect(event, present)
    keep_house(store, kept)
    minutes = oldest_minute(store)
    assert report(store, kept, world.actor("developer"), event.id, 1).cost_before == 9
    assert report(store, kept, world.actor("developer"), present.id, 6).cost_before == 5
    assert sums_of(store) == {"minute": 6, "hour": 7, "day": 7, "month": 7}
    assert oldest_minute(store) == minutes


def test_of_other_peoples_archived_requests_nothing_is_said_and_nothing_changed(
    world: UsageWorld, store: Store, kept: Settings, old: UsageEvent
) -> None:
    before = sums_of(store)
    foreign = world.foreign_organization_id
    strangers = (
        world.actor("developer", organization_id=foreign),
        Actor("token", "tok_1", "api", None, False, {foreign: frozenset({"publisher"})}),
    )
    for stranger in strangers:
        with pytest.raises(Problem) as refused:
            report(store, kept, stranger, old.id, 40)
        assert refused.value.code == "not_found"
    with pytest.raises(Problem, match=r"usage\.report"):
        report(store, kept, world.actor("auditor"), old.id, 40)
    assert sums_of(store) == before


def test_of_reports_at_one_instant_one_is_counted(
    world: UsageWorld, store: Store, kept: Settings, old: UsageEvent
) -> None:
    person = world.actor("developer")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: report(store, kept, person, old.id, 40), range(8)))
    assert {each.cost_before for each in done} == {9}
    assert sums_of(store)["month"] == 48
