"""Totals: what is answered from them is what the rollup rows say, for every question, on both databases."""

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from freehold.kit import clock
from freehold.store.engine import Store
from freehold.usage import rules, sum_queries, sum_sources
from freehold.usage.records import GROUP_BYS, Counts, Filter, Grain, GroupBy, Piece, Range
from freehold.usage.totals import DIVISIONS, division_of
from tests.conftest import TestClock
from tests.store.usage_sums import assert_sums_are_right
from tests.store.usage_world import UsageWorld, make_usage_world

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
OUTCOMES = ("allowed", "allowed", "rate_limited", "quota_exhausted", "revoked", "unavailable")
RANGES: tuple[tuple[int, Grain, str], ...] = (
    (30, "hour", "UTC"),
    (70, "day", "Asia/Kolkata"),
    (1, "minute", "UTC"),
    (900, "month", "Asia/Kolkata"),
)


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    """Requests of three days, of two keys and no key, in several batches and out of order."""
    made, dice = make_usage_world(store, tmp_path / "journal"), random.Random(3)
    for _ in range(4):
        events = []
        for _ in range(30):
            outcome = dice.choice(OUTCOMES)
            status = dice.choice((200, 404, 503)) if outcome == "allowed" else None
            latency_us = dice.choice((None, 900, 40_000)) if status else None
            event = made.decide(
                NOW_MS - dice.randrange(72 * HOUR_MS), key=dice.choice(("web", "batch")), outcome=outcome, status=status,
                latency_us=latency_us, cost=dice.randrange(5), endpoint=dice.choice(("get_country", "list_countries", None)),
            )  # fmt: skip
            if dice.random() < 0.1:
                event.key_id = event.secret = event.endpoint = None
            events.append(event)
        made.collect(*events)
    return made


def questions(world: UsageWorld) -> Iterator[tuple[Filter, GroupBy | None]]:
    filters = (
        Filter(), Filter(keys=(world.key_ids["web"],)), Filter(keys=(world.key_ids["web"],), excluded=("key",)),
        Filter(endpoints=("get_country",)), Filter(outcomes=("revoked", "allowed"), excluded=("outcome",)),
        Filter(kinds=("failed",)), Filter(keys=(world.key_ids["batch"],), endpoints=("get_country",)),
    )  # fmt: skip
    groupings: tuple[GroupBy | None, ...] = (None, *GROUP_BYS)
    return product(filters, groupings)


def test_what_totals_answer_is_what_the_rollups_say(
    world: UsageWorld, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {each for each in (division_of(*question) for question in questions(world)) if each}
    assert asked == set(DIVISIONS)
    answered = list(answers(world, store))
    monkeypatch.setattr(sum_sources, "division_of", lambda *_: None)
    assert answered == list(answers(world, store))
    assert any(answered)


def answers(world: UsageWorld, store: Store) -> Iterator[object]:
    for (filter_, group_by), (hours, bucket, zone) in product(questions(world), RANGES):
        range_ = Range(clock.from_ms(NOW_MS - hours * HOUR_MS), clock.from_ms(NOW_MS))
        starts = rules.buckets(range_, bucket, rules.read_zone(zone))
        pieces = rules.cover(starts, range_.end)
        with store.read() as tx:
            sums = sum_queries.sums_of_project(tx, world.project_id, pieces, filter_, group_by)
            yield rules.into_points(sums, starts, None)
            if group_by:
                groups = sum_queries.groups_of_project(tx, world.project_id, pieces, filter_, group_by)
                yield rules.each_group(groups)
            yield sum_queries.latencies_of_project(tx, world.project_id, pieces, filter_)


def test_totals_are_the_events_again(world: UsageWorld, store: Store) -> None:
    assert assert_sums_are_right(store) == 120


def test_an_organization_and_its_hours_are_their_projects_together(world: UsageWorld, store: Store) -> None:
    whole = [Piece("hour", clock.from_ms(NOW_MS - 80 * HOUR_MS), clock.from_ms(NOW_MS + HOUR_MS))]
    with store.read() as tx:
        (instance,) = sum_queries.projects_of_instance(tx, whole)
        (organization,) = sum_queries.projects_of_organization(tx, world.organization_id, whole)
        hours = sum_queries.requests_by_hour(tx, [world.project_id], whole[0].start, whole[0].end)
    assert instance == organization
    assert instance.counts == rules.total(hours[world.project_id].values())
    assert instance.counts.requests == 120
    assert isinstance(instance.counts, Counts)
