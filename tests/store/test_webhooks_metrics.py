"""How endpoints fare, on both databases: fates by bucket, attempts, percentiles, what waits, what was accepted last."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import attempts, deliveries, messages
from freehold.webhooks import metrics, metrics_queries
from freehold.webhooks.glance_queries import Fates
from freehold.webhooks.metrics_queries import Pressure, Tries
from tests.webhooks.world import World, make_world


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret, test_clock: Any) -> World:
    made = make_world(store, settings, secret)
    made.endpoint_id = made.add_endpoint("http://example.com/hooks").endpoint.id
    return made


def delivery(world: World, state: str, at: datetime, outcomes: tuple[tuple[str, int], ...] = (), **more: Any) -> str:
    """A delivery with its attempts, each an outcome and how long it took in milliseconds."""
    message, made = ids.new_id("msg"), ids.new_id("dlv")
    with world.store.write() as tx:
        tx.execute(
            insert(messages).values(
                id=message,
                project_id=world.project_id,
                event_type="lookup.completed",
                payload={},
                origin="published",
                created_at=at,
            )
        )
        tx.execute(
            insert(deliveries).values(
                id=made,
                message_id=message,
                webhook_endpoint_id=world.endpoint_id,
                project_id=world.project_id,
                state=state,
                attempts=len(outcomes),
                created_at=at,
                finished_at=None if state == "pending" else at,
                **more,
            )
        )
        for number, (outcome, took_ms) in enumerate(outcomes, 1):
            tx.execute(
                insert(attempts).values(
                    id=ids.new_id("att"),
                    delivery_id=made,
                    number=number,
                    at=at,
                    outcome=outcome,
                    duration_us=took_ms * 1000,
                    status={"accepted": 200, "refused": 500}.get(outcome),
                    url="http://example.com/",
                    request_headers=[],
                    request_body="",
                )
            )
    return made  # fmt: skip


def read(world: World, start: datetime | None = None, end: datetime | None = None) -> metrics.Metrics:
    with world.store.read() as tx:
        return metrics.read_metrics(tx, world.owner, world.endpoint_id, start, end)


def test_deliveries_are_counted_by_when_they_were_made_and_attempts_with_them(world: World) -> None:
    now = clock.now()
    delivery(world, "delivered", now - timedelta(hours=2), (("refused", 30), ("accepted", 10)))
    last = delivery(world, "delivered", now - timedelta(minutes=90), (("accepted", 20),))
    delivery(world, "failed", now, (("unreachable", 5000), ("blocked", 1)))
    delivery(world, "failed", now - timedelta(days=2), (("refused", 7),))
    delivery(world, "delivered", now, (("accepted", 1),), probe="signed")
    found = read(world)
    assert [(at, fates) for at, fates in found.series if fates != Fates()] == [
        (now - timedelta(hours=2), Fates(delivered=2)),
        (now, Fates(failed=1)),
    ]
    assert (found.totals, found.tries) == (Fates(2, 1), Tries(2, 1, 1, 1))
    assert (found.latency.of, found.latency.p50_us, found.latency.p95_us, found.latency.max_us) == (
        3,
        20_000,
        30_000,
        30_000,
    )
    assert found.accepted is not None
    assert (found.accepted.delivery_id, found.accepted.at) == (last, now - timedelta(minutes=90))
    assert read(world, now - timedelta(days=3), now - timedelta(days=1)).totals == Fates(failed=1)


def test_percentiles_are_by_nearest_rank(world: World) -> None:
    for took in range(1, 201):
        delivery(world, "delivered", clock.now(), (("accepted", took),))
    latency = read(world).latency
    assert (latency.p50_us, latency.p95_us, latency.p99_us, latency.max_us, latency.of) == (
        100_000,
        190_000,
        198_000,
        200_000,
        200,
    )


def test_what_waits(world: World) -> None:
    now = clock.now()
    soon, later = now + timedelta(minutes=4), now + timedelta(hours=4)
    delivery(world, "pending", now - timedelta(hours=3), (("refused", 1),), due_at=later)
    delivery(world, "pending", now - timedelta(hours=1), (("refused", 1),), due_at=soon)
    delivery(world, "pending", now, (), due_at=now)
    delivery(world, "pending", now, (), due_at=None)
    assert read(world).pressure == Pressure(4, 2, 1, 1, soon, now - timedelta(hours=3))


def test_an_endpoint_that_was_sent_nothing(world: World) -> None:
    found = read(world)
    assert (found.totals, found.tries, found.latency.of, found.pressure, found.accepted) == (
        Fates(),
        Tries(),
        0,
        Pressure(),
        None,
    )
    with world.store.read() as tx:
        now = clock.now()
        glance = metrics_queries.glances(tx, [world.endpoint_id], now - timedelta(days=1), now, timedelta(hours=1), now)
    assert glance == {world.endpoint_id: metrics_queries.Glance()}


@pytest.mark.parametrize(("hours", "buckets", "minutes"), [(2, 120, 1), (24, 24, 60), (168, 28, 360), (720, 30, 1440)])
def test_ranges_are_cut_evenly(hours: int, buckets: int, minutes: int) -> None:
    end = datetime.fromisoformat("2027-01-15T00:00:00Z")
    span = metrics.span_of(end - timedelta(hours=hours), end, end)
    starts = list(span.starts())
    assert (len(starts), starts[0], span.bucket) == (buckets, end - timedelta(hours=hours), timedelta(minutes=minutes))


def test_ranges_that_are_none(world: World) -> None:
    now = clock.now()
    for start, end in ((now, now), (now - timedelta(days=93), now)):
        with pytest.raises(Problem) as problem:
            read(world, start, end)
        assert problem.value.code == "invalid"
