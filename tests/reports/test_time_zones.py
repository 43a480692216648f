"""Reports whose days are of a time zone, on both databases: local days, the same bytes, and what is not kept any more."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from freehold.kit import clock
from freehold.reports import local_days, tasks
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import usage_rollups
from tests.conftest import TestClock
from tests.production.world import collect, decide, furnish, make_production_world
from tests.reports.small_world import DAY, World

_HOUR_MS = 3_600_000


@pytest.fixture
def world(store: Store, settings: Settings, tmp_path: Path, test_clock: TestClock) -> World:
    """Three days of which each hour has a request, at a quarter to; asked a day after."""
    data = tmp_path / "data"
    instance = make_production_world(store, Settings(data=data, database_url=settings.database_url))
    furnish(instance)
    first = clock.now().date() + DAY
    midnight = clock.to_ms(local_days.starts_at(first, "UTC"))
    for hour in range(72):
        decide(instance, data, 1, midnight + hour * _HOUR_MS + 45 * 60_000)
    collect(store, data)
    test_clock.move(6 * 86_400)
    return World(instance, instance.settings, first)


def by_day(world: World, zone: str, days: int = 1, first: int = 1) -> dict[str, int]:
    found: dict[str, int] = {}
    since = world.day + first * DAY
    for row in world.rows("usage_summary", since=since, until=since + days * DAY, time_zone=zone):
        found[row["day"]] = found.get(row["day"], 0) + int(row["requests"])
    return found


def test_a_summary_is_of_local_days(world: World) -> None:
    second = str(world.day + DAY)
    assert by_day(world, "UTC") == by_day(world, "Asia/Tokyo") == {second: 24}
    # The first two local days: of the first one, what lies before its local midnight is the day before's.
    assert by_day(world, "America/New_York", days=3, first=0) != by_day(world, "UTC", days=3, first=0)
    days = by_day(world, "Asia/Tokyo", days=4, first=0)
    assert sum(days.values()) == 72
    assert list(days.values()) == [15, 24, 24, 9]


def test_a_day_that_begins_within_an_hour_has_the_hours_that_begin_in_it(world: World) -> None:
    """Asia/Kolkata: a day begins at 18:30 UTC, so its first whole hour is that of 19:00."""
    assert list(by_day(world, "Asia/Kolkata", days=4, first=0).values()) == [19, 24, 24, 5]
    detail = world.rows("usage_detail", since=world.day, until=world.day + DAY, time_zone="Asia/Kolkata")
    # Single requests are cut where the day is: the one at 18:45 UTC is of the next day.
    assert len(detail) == 18


def test_the_same_time_zone_gives_the_same_bytes_once_minutes_are_gone(world: World, test_clock: TestClock) -> None:
    first = {zone: world.make("usage_summary", time_zone=zone)[0] for zone in ("Asia/Kolkata", "Europe/Berlin")}
    for report in first.values():
        assert (report.manifest or {})["source"]["reconciled"] is True
    with world.store.write() as tx:
        tx.execute(delete(usage_rollups).where(usage_rollups.c.grain == "minute"))
    test_clock.move(60)
    for zone, before in first.items():
        again, _ = world.make("usage_summary", time_zone=zone)
        assert (again.sha256, again.restates) == (before.sha256, None)
        assert zone in str(again.manifest)
    utc, _ = world.make("usage_summary")
    assert utc.restates is None


def test_a_period_whose_hours_are_gone_fails_and_says_what_is_left(world: World, test_clock: TestClock) -> None:
    with world.store.write() as tx:
        tx.execute(delete(usage_rollups).where(usage_rollups.c.grain == "hour"))
    asked = world.ask("usage_summary", time_zone="Europe/Berlin")
    while tasks.turn(world.store, world.settings):
        pass
    ended = world.read(asked)
    assert (ended.state, ended.sha256) == ("failed", None)
    assert "days of UTC are" in (ended.reason or "")
    assert world.make("usage_summary")[0].rows == 1
    detail, _ = world.make("usage_detail", time_zone="Europe/Berlin")
    assert (detail.manifest or {})["source"]["reconciled"] is None


def test_a_day_of_25_hours_has_all_of_them(
    store: Store, settings: Settings, tmp_path: Path, test_clock: TestClock
) -> None:
    data = tmp_path / "data"
    instance = make_production_world(store, Settings(data=data, database_url=settings.database_url))
    furnish(instance)
    day, zone = next(
        (each, "Europe/Berlin")
        for each in (clock.now().date() + place * DAY for place in range(1, 400))
        if local_days.starts_at(each + DAY, "Europe/Berlin") - local_days.starts_at(each, "Europe/Berlin")
        > timedelta(hours=24)
    )
    start = local_days.starts_at(day, zone)
    test_clock.move((start - clock.now()).total_seconds() + 30 * 3600)
    for hour in range(-1, 27):
        decide(instance, data, 1, clock.to_ms(start) + hour * _HOUR_MS)
    collect(store, data)
    test_clock.move(86_400)
    world = World(instance, instance.settings, day)
    assert by_day(world, zone, first=0) == {str(day): 25}
