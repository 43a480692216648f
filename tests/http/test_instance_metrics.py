"""The control plane's metrics: who may read them, what they count, and that no label grows without bound."""

import pytest

from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.overview.instance_metrics import InstanceMetrics
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.web.metrics_reader import check_reader
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem
from tests.store.test_webhooks_queue import claim, record
from tests.webhooks.world import make_world


def read(metrics: InstanceMetrics, store: Store) -> dict[str, float]:
    lines = metrics.exposition(store).splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_they_are_read_from_this_machine_and_through_no_proxy(instance: Instance) -> None:
    client = instance.client()
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert 'freehold_webhook_queue{waits="due"} 0' in answer.text
    assert_problem(client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}), 403, "forbidden")


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "bearer reading", "Bearer reading "])
def test_with_a_token_it_is_asked_for_everywhere(sent: str) -> None:
    check_reader("reading", {"authorization": "Bearer reading"}, "192.0.2.1")
    with pytest.raises(Problem) as refused:
        check_reader("reading", {"authorization": sent}, "127.0.0.1")
    assert refused.value.code == "unauthenticated"


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "localhost", "::ffff:192.0.2.1"])
def test_without_a_token_nobody_else_may(peer: str) -> None:
    check_reader("", {}, "::1")
    with pytest.raises(Problem):
        check_reader("", {}, peer)


def test_what_they_count(store: Store, settings: Settings, secret: InstanceSecret, test_clock: TestClock) -> None:
    world, metrics = make_world(store, settings, secret), InstanceMetrics()
    world.endpoint_id = world.add_endpoint("http://example.com/hooks").endpoint.id
    read(metrics, store)
    test_clock.move(20)
    for status in (204, 500, None):
        world.publish()
        (dispatch,) = claim(world)
        record(world, dispatch, status)
    world.publish()
    test_clock.move(4)
    soon = read(metrics, store)
    assert soon['freehold_webhook_attempts_total{outcome="accepted"}'] == 0
    test_clock.move(8)
    found = read(metrics, store)
    again = read(metrics, store)
    assert found == again
    assert [
        found[f'freehold_webhook_attempts_total{{outcome="{each}"}}']
        for each in ("accepted", "refused", "unreachable", "blocked")
    ] == [1, 1, 1, 0]
    assert [found[f'freehold_webhook_deliveries{{state="{each}"}}'] for each in ("delivered", "pending", "failed")] == [
        1,
        3,
        0,
    ]
    # The two failures came due again meanwhile; the fourth was due 12 s ago.
    assert (found['freehold_webhook_queue{waits="due"}'], found["freehold_webhook_oldest_due_seconds"]) == (3, 12)
    assert found['freehold_webhook_endpoints{state="active"}'] == 1
    with store.write() as tx:
        world.pause(tx)
    paused = read(metrics, store)
    assert (paused['freehold_webhook_queue{waits="parked"}'], paused['freehold_webhook_endpoints{state="paused"}']) == (
        3,
        1,
    )
    # Who asks too seldom is not served by a sum over all of it.
    test_clock.move(3600)
    assert read(metrics, store)['freehold_webhook_attempts_total{outcome="accepted"}'] == 1
