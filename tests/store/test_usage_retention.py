"""How long usage is kept, on both databases: by day, in small steps, and not before it is in the archive."""

import dataclasses
import logging
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import usage_archives, usage_events, usage_rollups
from freehold.usage import actions, archive, costs, partitions, retention, rules, sum_queries
from freehold.usage.archive import Archive
from freehold.usage.records import Filter, Question, Range
from freehold.usage.retention import Retention
from tests.conftest import TestClock
from tests.store.usage_world import UsageWorld, make_usage_world

DAY_MS = 86_400_000
OPERATOR = Actor("user", "usr_1", "Ada", "usr_1", True, {})


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    return make_usage_world(store, tmp_path / "journal")


@pytest.fixture
def kept(settings: Settings) -> Settings:
    return dataclasses.replace(settings, usage_days=5)


@pytest.fixture
def archived(kept: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(kept, archive=str(tmp_path / "archive"))


def collect_days(world: UsageWorld, days: int, a_day: int = 3) -> None:
    """So many requests on each of the last days, of two projects and of nobody."""
    now_ms = clock.now_ms()
    for back in range(days):
        at_ms = now_ms - back * DAY_MS - 1
        nobody = world.decide(at_ms, outcome="unknown_key", status=None, latency_us=None, key_id=None, secret=None)
        nobody.project_id = nobody.organization_id = None
        world.collect(
            *(world.decide(at_ms - number, cost=number) for number in range(a_day)),
            world.decide(at_ms, project_id=world.second_project_id, key="batch"),
            nobody,
        )


def keep_house(store: Store, settings: Settings) -> int:
    keeping, steps = Retention(store, settings), 0
    while keeping.step():
        steps += 1
    return steps


def days_kept(store: Store) -> list[int]:
    with store.read() as tx:
        found = tx.execute(select(usage_events.c.id)).scalars().all()
    today = clock.now_ms() // DAY_MS
    return sorted({today - ids.instant_ms(each) // DAY_MS for each in found})


def count(store: Store, what: str) -> int:
    with store.read() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())  # noqa: S608 — a table's name


def test_old_requests_and_minutes_go_by_the_day_and_their_sums_stay(
    world: UsageWorld, store: Store, kept: Settings
) -> None:
    collect_days(world, 10)
    # Made now: what came before there were partitions is moved into them where it is much.
    keep_house(store, kept)
    assert days_kept(store) == list(range(6))
    with store.read() as tx:
        sums = dict(
            tx.execute(select(usage_rollups.c.grain, func.sum(usage_rollups.c.requests)).group_by("grain")).all()
        )
        oldest = tx.execute(
            select(func.min(usage_rollups.c.bucket_at)).where(usage_rollups.c.grain == "minute")
        ).scalar_one()
    assert {grain: int(each) for grain, each in sums.items()} == {"minute": 15, "hour": 50, "day": 50, "month": 50}
    assert clock.now() - oldest < timedelta(days=3)
    assert keep_house(store, kept) == 0


def test_a_journal_is_remembered_for_longer_than_its_events(
    world: UsageWorld, store: Store, kept: Settings, test_clock: TestClock
) -> None:
    collect_days(world, 1)
    test_clock.move(timedelta(days=30).total_seconds())
    keep_house(store, kept)
    assert (count(store, "usage_events"), count(store, "journals")) == (0, 1)
    test_clock.move(timedelta(days=400).total_seconds())
    keep_house(store, kept)
    assert count(store, "journals") == 0
    with store.read() as tx:
        left = set(tx.execute(select(usage_rollups.c.grain)).scalars())
    assert left == {"day", "month"}


def test_old_requests_are_in_the_archive_before_they_go_and_can_be_explained(
    world: UsageWorld, store: Store, archived: Settings
) -> None:
    collect_days(world, 8)
    with store.read() as tx:
        before = {row.id: row for row in tx.execute(select(usage_events))}
    keep_house(store, archived)
    with store.read() as tx:
        after = set(tx.execute(select(usage_events.c.id)).scalars())
        files = tx.execute(select(usage_archives)).all()
    gone = before.keys() - after
    assert len(gone) == 10
    assert sorted(row.requests for row in files) == [1, 1, 1, 1, 3, 3]
    place = Archive(Path(archived.archive))
    for row in files:
        file = place.file(clock.to_ms(row.day_at), row.project_id)
        assert file.stat().st_size == row.bytes
    for request_id in sorted(gone)[:3]:
        found = place.find(request_id)
        assert found is not None
        kept = before[request_id]
        assert (found["journal_id"], found["position"], found["at"], found["cost"]) == (
            kept.journal_id,
            kept.position,
            clock.to_ms(kept.at),
            kept.cost,
        )
        with store.read() as tx:
            explained = actions.read_request(tx, OPERATOR, request_id, place)
            assert (explained.request.id, explained.request.outcome, explained.request.at) == (
                request_id,
                kept.outcome,
                kept.at,
            )
            assert explained.explanation.rule == "all"
            with pytest.raises(Problem, match="request"):
                actions.read_request(tx, OPERATOR, request_id)
            if explained.request.organization_id is not None:
                with pytest.raises(Problem, match="no such"):
                    actions.read_request(
                        tx, world.actor("owner", organization_id=world.foreign_organization_id), request_id, place
                    )
    of_project = list(place.requests_of(world.project_id, clock.from_ms(0), clock.now()))
    assert [each["at"] for each in of_project] == sorted(each["at"] for each in of_project)
    assert len(of_project) == 6
    assert not list(Path(archived.archive).glob(".new-*"))


def test_what_comes_late_for_an_archived_day_joins_its_file(
    world: UsageWorld, store: Store, archived: Settings
) -> None:
    collect_days(world, 8)
    keep_house(store, archived)
    late = world.decide(clock.now_ms() - 7 * DAY_MS, cost=70)
    world.collect(late)
    keep_house(store, archived)
    assert days_kept(store) == list(range(6))
    place = Archive(Path(archived.archive))
    found = place.find(late.id)
    assert found is not None
    assert found["cost"] == 70
    with store.read() as tx:
        files = tx.execute(
            select(usage_archives.c.requests).where(usage_archives.c.project_id == world.project_id)
        ).scalars()
        assert sorted(files) == [3, 4]


def test_a_writer_that_was_cut_off_leaves_whole_files_and_all_requests(
    world: UsageWorld, store: Store, archived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect_days(world, 8)
    with store.read() as tx:
        before = set(tx.execute(select(usage_events.c.id)).scalars())
    real, forced = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal forced
        forced += 1
        # Less often than one day takes, or no day would ever be done.
        if forced % 7 == 0:
            raise OSError("cut off")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    failures = 0
    keeping = Retention(store, archived)
    while True:
        try:
            if not keeping.step():
                break
        except OSError:
            failures += 1
    assert failures > 0
    with store.read() as tx:
        after = set(tx.execute(select(usage_events.c.id)).scalars())
    assert Archive(Path(archived.archive)).known(sorted(before)).keys() == before - after
    assert days_kept(store) == list(range(6))


def test_without_duckdb_nothing_that_should_be_archived_is_deleted(
    world: UsageWorld,
    store: Store,
    archived: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    collect_days(world, 8)
    monkeypatch.setattr(retention, "is_available", lambda: False)
    with caplog.at_level(logging.ERROR):
        keep_house(store, archived)
    assert days_kept(store) == list(range(8))
    assert "DuckDB is not installed" in caplog.text
    monkeypatch.setattr(archive, "is_available", lambda: False)
    assert archive.archive_of(archived) is None


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_day_of_postgresql_is_a_partition_and_what_came_before_it_moves_in(
    world: UsageWorld, store: Store, kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_CROWD", 3)
    collect_days(world, 4)
    assert count(store, "usage_events_other") == 20
    keep_house(store, kept)
    with store.read() as tx:
        today = clock.now_ms() // DAY_MS
        assert [day // DAY_MS - today for day in partitions.days_of(tx, partitions.EVENTS)] == [-3, -2, -1, 0, 1, 2]
    assert (count(store, "usage_events_other"), count(store, "usage_events")) == (0, 20)
    collect_days(world, 2)
    assert (count(store, "usage_events_other"), count(store, "usage_events")) == (0, 30)


def test_where_minutes_are_gone_an_hour_counts_where_it_begins(world: UsageWorld, store: Store, kept: Settings) -> None:
    collect_days(world, 8)
    day = clock.from_ms(clock.now_ms() - clock.now_ms() % DAY_MS)

    def ask(back: int, minutes: int) -> list[int]:
        """Two days of requests by the day, of a zone whose days begin so many minutes after those of UTC."""
        start = day - timedelta(days=back) + timedelta(minutes=minutes)
        question = Question(Range(start, start + timedelta(days=2)), "day", "Asia/Kolkata")
        with store.read() as tx:
            usage = actions.read_usage(tx, OPERATOR, world.project_id, question)
            latencies = sum_queries.latencies_of_project(
                tx, world.project_id, rules.cover([start], start + timedelta(days=2)), Filter()
            )
        assert sum(latencies.values()) == usage.totals.requests
        return [point.counts.requests for point in usage.series]

    # India's day begins at 18:30 UTC; the requests are at 07:59 UTC.
    before = {back: ask(back, 18 * 60 + 30) for back in range(3, 9)}
    keep_house(store, kept)
    assert {back: ask(back, 18 * 60 + 30) for back in range(3, 9)} == before
    # A range that cuts the hour of the requests: exact while there are minutes, by the hour's beginning then.
    assert ask(1, 7 * 60 + 58)[0] == 3
    assert [sum(ask(7, 7 * 60 + cut)) for cut in (0, 30, 59, 60)] == [6, 6, 6, 6]


def test_a_cost_that_is_reported_between_archiving_and_deleting_is_in_the_archive(
    world: UsageWorld, store: Store, archived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect_days(world, 8)
    keep_house(store, dataclasses.replace(archived, usage_days=6))
    with store.read() as tx:
        oldest = tx.execute(select(usage_events.c.id).where(usage_events.c.project_id == world.project_id)).scalars()
        request_id = min(oldest)
    archive_day = Retention._archive_day

    def and_report(keeping: Retention, day_ms: int) -> int:
        held = archive_day(keeping, day_ms)
        with store.write() as tx:
            costs.report_cost(tx, world.actor("developer"), request_id, 40)
        return held

    monkeypatch.setattr(Retention, "_archive_day", and_report)
    keep_house(store, archived)
    assert days_kept(store) == list(range(6))
    found = Archive(Path(archived.archive)).find(request_id)
    assert found is not None
    assert found["cost"] == 40
