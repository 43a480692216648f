"""The webhook check, against real receivers that are right and receivers that are wrong in one way each."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from freehold.cli.receiver import Heard, Receiver, server_of
from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.sdk.verification import TOLERANCE_S
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import deliveries, messages
from freehold.webhooks import (
    actions,
    check_actions,
    check_queries,
    checking,
    glance_queries,
    metrics_queries,
    queue_queries,
    rehearsal,
    replay_actions,
)
from freehold.webhooks.actions import NewSecret
from freehold.webhooks.check_records import STALE_BY, CheckStanding, WebhookCheck
from freehold.webhooks.rehearsal import Answer, Reading, Reply
from tests.conftest import TestClock
from tests.webhooks.receivers import served
from tests.webhooks.world import World, make_world


@pytest.fixture
def world(sqlite_store: Store, secret: InstanceSecret) -> World:
    return make_world(sqlite_store, Settings(), secret)


@dataclass
class Listening:
    port: int
    receiver: Receiver
    heard: list[Heard]

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"


@contextlib.contextmanager
def listening(answer: Answer = "verify") -> Iterator[Listening]:
    """What `freehold listen` runs."""
    heard: list[Heard] = []
    receiver = Receiver(heard.append, answer=answer)
    server = server_of(receiver, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Listening(server.server_address[1], receiver, heard)
    finally:
        receiver.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def check(world: World, endpoint_id: str) -> WebhookCheck:
    begun, thread = checking.start_check(world.store, world.settings, world.secret, world.owner, endpoint_id)
    thread.join()
    with world.store.read() as tx:
        return check_actions.read_check(tx, world.owner, begun.id)


def endpoint_of(world: World, there: Listening) -> NewSecret:
    made = world.add_endpoint(there.url())
    there.receiver.secrets.append(made.text)
    return made


def passed(found: WebhookCheck) -> dict[str, bool | None]:
    return {each.probe: each.passed for each in found.probes}


def standing(world: World, endpoint_id: str) -> CheckStanding:
    with world.store.read() as tx:
        endpoint = actions.read_endpoint(tx, world.owner, endpoint_id)
        return check_actions.standings_of(tx, [endpoint])[endpoint_id]


# --- what it finds --------------------------------------------------------------------------------


def test_a_receiver_that_is_right_passes_all_four(world: World) -> None:
    with listening() as there:
        found = check(world, endpoint_of(world, there).endpoint.id)
    assert found.state == "passed"
    assert passed(found) == {"signed": True, "forged": True, "stale": True, "repeated": True}
    assert [each.reading.verdict for each in there.heard] == ["verified", "refused", "refused", "verified", "repeated"]
    ids = [each.headers["webhook-id"] for each in there.heard]
    assert len(set(ids)) == 4
    assert ids[3] == ids[4]
    # Nothing but the signature tells a forged one from a right one.
    assert len({tuple(each.headers) for each in there.heard}) == 1
    assert found.expires_at == (found.finished_at or found.started_at) + timedelta(days=30)


def test_its_evidence_is_in_the_delivery_log_and_counts_in_no_rate(world: World) -> None:
    with listening() as there:
        endpoint_id = endpoint_of(world, there).endpoint.id
        found = check(world, endpoint_id)
    for probe in found.probes:
        detail = world.delivery(probe.delivery_id)
        assert (detail.delivery.probe, detail.message.event_type) == (probe.probe, "webhook.check")
        assert tuple(each.id for each in detail.attempts) == probe.attempt_ids
    assert [len(each.attempt_ids) for each in found.probes] == [1, 1, 1, 2]
    states = {each.probe: world.delivery(each.delivery_id).delivery.state for each in found.probes}
    assert states == {"signed": "delivered", "forged": "failed", "stale": "failed", "repeated": "delivered"}
    with world.store.read() as tx:
        activity = glance_queries.activity_of_endpoints(tx, [endpoint_id], found.started_at)[endpoint_id]
        assert activity.fates == glance_queries.Fates()
        assert metrics_queries.last_accepted(tx, [endpoint_id]) == {}
        # None is left that somebody might send again.
        assert not queue_queries.look(tx, found.started_at + timedelta(days=400), "", 100, 1).waiting
        assert tx.execute(select(func.count()).where(deliveries.c.state == "pending")).scalar_one() == 0


def test_a_probe_is_not_replayed(world: World) -> None:
    found = check(world, world.add_endpoint("http://127.0.0.1:1025/").endpoint.id)
    for probe in found.probes:
        with pytest.raises(Problem, match="run another check"), world.store.write() as tx:
            replay_actions.replay_delivery(tx, world.owner, probe.delivery_id)


def test_one_that_accepts_everything_fails_and_its_repeats_cannot_be_seen(world: World) -> None:
    with listening("accept") as there:
        found = check(world, endpoint_of(world, there).endpoint.id)
    assert found.state == "failed"
    assert passed(found) == {"signed": True, "forged": False, "stale": False, "repeated": None}
    assert "cannot be seen" in found.probes[3].detail


@pytest.mark.parametrize(
    ("flaw", "wrong"),
    [
        ("no_signature", {"forged": False}),
        ("no_age", {"stale": False}),
        ("no_memory", {"repeated": None}),
        ("refuses_repeats", {}),
        ("always_repeated", {"repeated": False}),
        ("crashes", {"forged": None, "stale": None}),
    ],
)
def test_each_flaw_is_seen_where_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch, flaw: str, wrong: dict[str, bool | None]
) -> None:
    as_it_should = rehearsal._as_it_should

    def flawed(reading: Reading) -> Reply:
        right = as_it_should(reading)
        match flaw:
            case "no_signature" if reading.detail.startswith("None of the signatures"):
                return Reply(200, b"")
            case "no_age" if reading.detail.startswith("The timestamp"):
                return Reply(200, b"")
            case "no_memory":
                return replace(right, headers={})
            case "refuses_repeats" if reading.verdict == "repeated":
                return Reply(409, b"")
            case "always_repeated":
                return replace(right, headers={"webhook-repeated": "true"})
            case "crashes" if reading.verdict == "refused":
                return Reply(500, b"")
        return right

    monkeypatch.setattr(rehearsal, "_as_it_should", flawed)
    with listening() as there:
        found = check(world, endpoint_of(world, there).endpoint.id)
    right: dict[str, bool | None] = {"signed": True, "forged": True, "stale": True, "repeated": True}
    assert passed(found) == right | wrong
    assert found.state == ("failed" if False in wrong.values() else "unclear" if wrong else "passed")


@pytest.mark.parametrize("path", ["/500", "/410", "/429", "/redirect", "/garbage", "/reset"])
def test_one_that_refuses_all_or_answers_nothing_proves_nothing(world: World, path: str) -> None:
    with served() as there:
        endpoint_id = world.add_endpoint(there.url(path)).endpoint.id
        found = check(world, endpoint_id)
    assert passed(found) == {"signed": False, "forged": None, "stale": None, "repeated": None}
    with world.store.read() as tx:
        assert actions.read_endpoint(tx, world.owner, endpoint_id).state == "active"


def test_one_that_cannot_be_reached_or_may_not_be_is_said_to_be_so(world: World) -> None:
    absent = check(world, world.add_endpoint("http://127.0.0.1:1025/").endpoint.id)
    assert (absent.state, absent.probes[0].detail) == ("failed", "Not accepted. No connection: Connection refused.")


def test_a_paused_endpoint_can_be_checked_and_headers_of_its_own_go_along(world: World) -> None:
    with listening() as there:
        made = world.add_endpoint(there.url(), headers={"Authorization": "Bearer s3cret"})
        there.receiver.secrets.append(made.text)
        with world.store.write() as tx:
            actions.pause_endpoint(tx, world.owner, made.endpoint.id)
        assert check(world, made.endpoint.id).state == "passed"
    assert {each.headers["Authorization"] for each in there.heard} == {"Bearer s3cret"}
    with world.store.read() as tx:
        assert actions.read_endpoint(tx, world.owner, made.endpoint.id).state == "paused"


def test_the_receiver_of_a_secret_that_was_rotated_still_passes_during_the_overlap(world: World) -> None:
    with listening() as there:
        made = endpoint_of(world, there)
        with world.store.write() as tx:
            actions.rotate_signing_secret(tx, world.owner, world.secret, made.endpoint.id)
        assert check(world, made.endpoint.id).state == "passed"


# --- for how long it counts -----------------------------------------------------------------------


def test_what_it_found_counts_until_url_or_secret_change_or_thirty_days(world: World, test_clock: TestClock) -> None:
    with listening() as there:
        # The receiver looks at a clock of its own, which the test's does not move.
        endpoint_id = endpoint_of(world, there).endpoint.id
        assert standing(world, endpoint_id) == CheckStanding("never", None)
        begun, found = _recorded(world, endpoint_id)
    assert standing(world, endpoint_id).standing == found == "passed"
    test_clock.move(30 * 86_400 - 1)
    assert standing(world, endpoint_id).standing == "passed"
    test_clock.move(1)
    assert standing(world, endpoint_id).standing == "expired"
    _recorded(world, endpoint_id)
    with world.store.write() as tx:
        actions.rotate_signing_secret(tx, world.owner, world.secret, endpoint_id)
    assert standing(world, endpoint_id).standing == "outdated"
    _recorded(world, endpoint_id)
    with world.store.write() as tx:
        actions.edit_endpoint(
            tx, world.owner, world.secret, world.settings, endpoint_id,
            lambda old: replace(old, url="http://127.0.0.1:1026/"),
        )  # fmt: skip
    assert standing(world, endpoint_id).standing == "outdated"
    assert begun.url != "http://127.0.0.1:1026/"


def _recorded(world: World, endpoint_id: str) -> tuple[WebhookCheck, str]:
    with world.store.write() as tx:
        begun = check_actions.begin_check(tx, world.owner, endpoint_id)
        check_actions.finish_check(tx, begun.check.id, "passed")
    return begun.check, "passed"


def test_one_runs_at_a_time_and_one_whose_process_died_gives_way(world: World, test_clock: TestClock) -> None:
    endpoint_id = world.add_endpoint("http://127.0.0.1:1025/").endpoint.id
    with world.store.write() as tx:
        first = check_actions.begin_check(tx, world.owner, endpoint_id).check
    assert standing(world, endpoint_id).standing == "running"
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        check_actions.begin_check(tx, world.owner, endpoint_id)
    assert refused.value.code == "conflict"
    test_clock.move(180)
    assert standing(world, endpoint_id).standing == "interrupted"
    with world.store.write() as tx:
        second = check_actions.begin_check(tx, world.owner, endpoint_id).check
    with world.store.read() as tx:
        found = check_queries.checks_of(tx, endpoint_id, 10)
    assert [(each.id, each.state) for each in found] == [(second.id, "running"), (first.id, "interrupted")]


def test_only_so_many_run_at_one_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_slots", threading.BoundedSemaphore(1))
    checking._slots.acquire()
    endpoint_id = world.add_endpoint("http://127.0.0.1:1025/").endpoint.id
    with pytest.raises(Problem) as refused:
        check(world, endpoint_id)
    assert (refused.value.code, refused.value.headers) == ("too_many_requests", {"Retry-After": "60"})
    assert standing(world, endpoint_id).standing == "never"


def test_a_fault_of_ours_ends_the_check_as_interrupted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> None:
        raise RuntimeError("told to break")

    monkeypatch.setattr(check_actions, "record_probe", broken)
    with listening() as there:
        found = check(world, endpoint_of(world, there).endpoint.id)
    assert (found.state, found.probes) == ("interrupted", ())
    with world.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(messages)).scalar_one() == 0


def test_the_stale_probe_is_older_than_receivers_tolerate() -> None:
    assert STALE_BY.total_seconds() > TOLERANCE_S
