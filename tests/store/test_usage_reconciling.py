"""Sums that are proved against each other, on both databases: right ones say so, and a wrong row of each kind is named."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage import findings, partitions, reconciling
from freehold.usage.naming import numbered
from freehold.usage.reconciling import reconcile
from tests.conftest import TestClock
from tests.store.usage_world import UsageWorld, make_usage_world

DAY_MS = 86_400_000

# What an hour's totals are compared by.
BY_HOUR = ("hour and total", "hour and total by key", "hour and total by endpoint", "hour and total by outcome")
# A row of each kind, changed, lost or made up; and between what the difference shows.
WRONGS = {
    "a request's cost": ("UPDATE usage_events SET cost = cost + 1 WHERE cost = 3", {"requests and hour", "requests and minute"}),
    "a request that is gone": ("DELETE FROM usage_events WHERE cost = 3", {"requests and hour", "requests and minute"}),
    "a request of another key": ("UPDATE usage_events SET key_id = (SELECT number FROM usage_names WHERE name = 'key_other') WHERE cost = 3", {"requests and hour", "requests and minute"}),
    "a minute": ("UPDATE usage_rollups SET requests = requests + 1 WHERE grain = 'minute'", {"requests and minute", "minute and hour", "minute and total"}),
    "a minute that is gone": ("DELETE FROM usage_rollups WHERE grain = 'minute' AND cost = 3", {"requests and minute", "minute and hour", "minute and total"}),
    "an hour": ("UPDATE usage_rollups SET cost = cost + 1 WHERE grain = 'hour'", {"requests and hour", "minute and hour", "hour and day", *BY_HOUR}),
    "a day": ("UPDATE usage_rollups SET latency_us_sum = latency_us_sum + 1 WHERE grain = 'day'", {"hour and day", "day and month"}),
    "a month": ("UPDATE usage_rollups SET latency_count = latency_count + 1 WHERE grain = 'month'", {"day and month", "latencies by month", "month and total"}),
    "a month that is made up": (
        "UPDATE usage_rollups SET outcome = 'revoked' WHERE grain = 'month' AND outcome = 'allowed'", {"day and month", "month and total"},
    ),
    "a sketch": ("UPDATE usage_rollups SET latency = :broken WHERE grain = 'hour'", {"latencies by hour"}),
    "a total": ("UPDATE usage_totals SET cost = cost + 1 WHERE grain = 'day'", {"day and total"}),
    "a total that is gone": ("DELETE FROM usage_totals WHERE grain = 'hour'", set(BY_HOUR)),
    "a total of another part": ("UPDATE usage_totals SET endpoint = (SELECT number FROM usage_names WHERE name = 'other') WHERE division = 'endpoint'", {"hour and total by endpoint"}),
    "kinds taken for each other": (
        "UPDATE usage_totals SET served = 0, denied = denied + served WHERE grain = 'minute' AND served > 0", {"minute and total"},
    ),
    "a total's sketch": ("UPDATE usage_totals SET latency = NULL WHERE grain = 'month'", {"month and total"}),
    "a total's broken sketch": ("UPDATE usage_totals SET latency = :broken WHERE division = 'whole' AND grain = 'month'", {"latencies by month", "month and total"}),
    "a key of another project": (
        "UPDATE usage_rollups SET key_id = (SELECT number FROM usage_names JOIN keys ON keys.id = usage_names.name WHERE keys.name = 'foreign') WHERE grain = 'day'",
        {"hour and day", "day and month", "key and project"},
    ),
}  # fmt: skip


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    """Three days of a project, of another one and of nobody, one of them late."""
    made = make_usage_world(store, tmp_path / "journal")
    now_ms = clock.now_ms()
    nobody = made.decide(now_ms - 5, outcome="unknown_key", status=None, latency_us=None, key_id=None, endpoint="x")
    nobody.project_id = nobody.organization_id = None
    made.collect(
        *(made.decide(now_ms - back * DAY_MS - 1, cost=back + 2) for back in range(3)),
        made.decide(now_ms - 1, key="batch", outcome="rate_limited", status=None, latency_us=None, cost=100),
        made.decide(now_ms - 2, status=503, latency_us=90_000, cost=100),
        made.decide(now_ms - 3, project_id=made.second_project_id, key_id=None, secret=None, cost=100),
        nobody,
    )
    made.collect(made.decide(now_ms - 20 * DAY_MS, cost=50))
    return made


def test_right_sums_reconcile(world: UsageWorld, store: Store, settings: Settings) -> None:
    found = reconcile(store, settings)
    assert (found.differences, found.findings) == (0, [])
    assert found.compared > 20
    with store.read() as tx:
        assert reconciling.latest(tx) == found


def test_nothing_at_all_reconciles(store: Store, settings: Settings) -> None:
    with store.read() as tx:
        assert reconciling.latest(tx) is None
    found = reconcile(store, settings)
    assert (found.differences, found.compared) == (0, 0)


# Each kind once, and those whose statements the databases read in their own ways on both.
ENGINES = [("sqlite", kind) for kind in WRONGS] + [
    ("postgresql", kind) for kind in ("an hour", "a sketch", "a total that is gone", "a key of another project")
]


@pytest.mark.parametrize(("engine_name", "kind"), ENGINES, indirect=["engine_name"])
def test_a_wrong_row_of_each_kind_is_named(world: UsageWorld, store: Store, settings: Settings, kind: str) -> None:
    statement, between = WRONGS[kind]
    of_project = f" {'AND' if 'WHERE' in statement else 'WHERE'} project_id = (SELECT number FROM usage_names WHERE name = :project)"  # noqa: S608
    with store.write() as tx:
        foreign = tx.execute(text("SELECT id FROM keys WHERE name = 'foreign'")).scalar()
        numbered(tx, ["key_other", "other", foreign])
        given = {"project": world.project_id} | ({"broken": b"\0"} if ":broken" in statement else {})
        assert tx.execute(text(statement + of_project), given).rowcount > 0
    found = reconcile(store, settings)
    assert {each.between for each in found.findings} == between
    assert {each.project_id for each in found.findings} == {world.project_id}
    assert found.differences >= len(found.findings)
    assert all(each.words for each in found.findings)
    with store.read() as tx:
        assert reconciling.latest(tx) == found


def test_differences_without_end_are_counted_and_the_first_are_kept(
    world: UsageWorld, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "FINDINGS_MAX", 2)
    with store.write() as tx:
        tx.execute(text("UPDATE usage_rollups SET cost = cost + 1 WHERE grain = 'hour'"))
    found = reconcile(store, settings)
    assert set(Counter(each.project_id for each in found.findings).values()) == {2}
    assert found.differences > 10


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_rows_that_move_to_a_partition_of_their_own_are_missed_by_nobody(
    world: UsageWorld, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Housekeeping comes in the middle, after the moment that is compared: it gives way, and comes again."""
    today_ms = clock.now_ms() - clock.now_ms() % DAY_MS
    moved = []

    def move() -> None:
        with world.store.write() as tx:
            partitions.make_days(tx, partitions.MINUTES, [today_ms])
        moved.append(today_ms)

    def and_then_move(*given: Any) -> dict[str, int]:
        found = since(*given)
        with suppress(DBAPIError):
            move()
        return found

    since = reconciling._since
    monkeypatch.setattr(reconciling, "_since", and_then_move)
    assert reconcile(world.store, settings).findings == []
    assert moved == []
    monkeypatch.undo()
    move()
    assert reconcile(world.store, settings).findings == []
    assert moved == [today_ms]
