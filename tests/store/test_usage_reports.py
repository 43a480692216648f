"""Costs and metered events that are reported of usage, on both databases: each changes the sums once, whenever and however often it comes."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries
from freehold.usage import costs, metering, rules, sum_queries
from freehold.usage.metering import CloudEvent, MeteredData
from freehold.usage.reconciling import reconcile
from freehold.usage.records import Filter
from tests.conftest import TestClock
from tests.store.usage_world import UsageWorld, make_usage_world

NOW_MS = 1_800_000_000_000


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    return make_usage_world(store, tmp_path / "journal")


def service(organization_id: str) -> Actor:
    """The operator's API, as an organization's service token."""
    return Actor("token", "tok_1", "api", None, False, {organization_id: frozenset({"publisher"})})


def report(world: UsageWorld, request_id: str, cost: int, actor: Actor | None = None) -> costs.CostReport:
    with world.store.write() as tx:
        return costs.report_cost(tx, actor or service(world.organization_id), request_id, cost)


def cost_of(world: UsageWorld) -> tuple[int, int]:
    """Requests and units of the project, whenever."""
    pieces = rules.cover([clock.from_ms(NOW_MS - 400 * 86_400_000)], clock.from_ms(NOW_MS + 3_600_000))
    with world.store.read() as tx:
        sums = rules.total(
            each.counts for each in sum_queries.groups_of_project(tx, world.project_id, pieces, Filter(), "key")
        )
    return sums.requests, sums.cost


def meter(world: UsageWorld, *events: CloudEvent, actor: Actor | None = None) -> metering.Metered:
    with world.store.write() as tx:
        return metering.meter(tx, actor or service(world.organization_id), world.project_id, events)


def used(event_id: str, units: int = 5, **more: object) -> CloudEvent:
    event = CloudEvent("1.0", event_id, "/reports", "report.rendered", MeteredData(units))
    return msgspec.structs.replace(event, **more)


# --- costs ----------------------------------------------------------------------------------------


def test_a_cost_is_counted_once_before_or_after_its_request(world: UsageWorld, settings: Settings) -> None:
    early, late = world.decide(NOW_MS - 5), world.decide(NOW_MS - 3 * 86_400_000, cost=9)
    waiting = report(world, early.id, 40)
    assert (waiting.counted_at, waiting.cost_before) == (None, None)
    assert costs.count_waiting(world.store) == 0
    world.collect(early, late)
    assert cost_of(world) == (2, 10)
    assert costs.count_waiting(world.store) == 1
    assert costs.count_waiting(world.store) == 0
    assert cost_of(world) == (2, 49)
    done = report(world, late.id, 0)
    assert (done.cost_before, done.counted_at) == (9, clock.now())
    assert report(world, late.id, 0) == done
    assert report(world, early.id, 40).cost_before == 1
    assert cost_of(world) == (2, 40)
    with pytest.raises(Problem, match="A cost of 0 was reported"):
        report(world, late.id, 1)
    assert reconcile(world.store, settings).differences == 0


def test_what_is_reported_is_in_the_audit_log_once(world: UsageWorld) -> None:
    decided = world.decide(NOW_MS, cost=9)
    world.collect(decided)
    for _ in range(2):
        report(world, decided.id, 40)
        meter(world, used("one"), used("two"))
    with world.store.read() as tx:
        entries = list(tx.execute(select(audit_entries).order_by(audit_entries.c.position)).mappings())
    assert [(each["action"], each["project_id"], each["before"], each["after"]) for each in entries] == [
        ("usage.cost_reported", world.project_id, {"cost": 9}, {"cost": 40}),
        ("usage.metered", world.project_id, None, {"events": 2, "units": 10}),
    ]
    assert {each["chain"] for each in entries} == {world.organization_id}


def test_a_request_that_never_comes_is_forgotten(world: UsageWorld, test_clock: TestClock) -> None:
    never = world.decide(NOW_MS)
    report(world, never.id, 40)
    test_clock.move(timedelta(days=2).total_seconds())
    assert costs.count_waiting(world.store) == 0
    world.collect(never)
    assert costs.count_waiting(world.store) == 0
    assert cost_of(world) == (1, 1)
    # By now it is there, and can be reported of.
    assert report(world, never.id, 40).cost_before == 1


def test_of_other_peoples_requests_nothing_is_said_and_nothing_changed(world: UsageWorld) -> None:
    decided, unknown = world.decide(NOW_MS), ids.new_id("req", NOW_MS)
    world.collect(decided)
    stranger = service(world.foreign_organization_id)
    for request_id in (decided.id, unknown):
        assert report(world, request_id, 40, stranger).counted_at is None
    costs.count_waiting(world.store)
    assert cost_of(world) == (1, 1)
    person = world.actor("developer")
    with pytest.raises(Problem, match="no such request"):
        report(world, ids.new_id("req", NOW_MS + 1), 40, person)
    with pytest.raises(Problem, match="no such request"):
        report(world, "req_nonsense", 40)
    with pytest.raises(Problem, match="no such request"):
        report(world, ids.new_id("req", NOW_MS - 2 * 86_400_000), 40)
    with pytest.raises(Problem, match=r"usage\.report"):
        report(world, decided.id, 40, world.actor("auditor"))
    assert report(world, decided.id, 40, person).cost_before == 1


# --- metered events -------------------------------------------------------------------------------


def test_an_event_counts_once_by_source_and_id_without_a_window(
    world: UsageWorld, settings: Settings, test_clock: TestClock
) -> None:
    own = MeteredData(7, world.key_ids["web"], "getCountry")
    assert meter(world, used("1"), used("2", data=own), used("1", 99)) == metering.Metered(2, 1)
    assert meter(world, used("2")) == metering.Metered(0, 1)
    assert meter(world, used("1", source="/other")) == metering.Metered(1, 0)
    test_clock.move(timedelta(days=300).total_seconds())
    assert meter(world, used("1")) == metering.Metered(0, 1)
    test_clock.move(-timedelta(days=300).total_seconds())
    assert cost_of(world) == (0, 17)
    assert reconcile(world.store, settings).differences == 0


def test_a_batch_with_one_wrong_event_counts_nothing_and_says_which(world: UsageWorld) -> None:
    wrong = (
        used("2", data=MeteredData(1, world.key_ids["foreign"])), used("3", data=MeteredData(1, None, "noSuchEndpoint")),
        used("4", time=clock.now() + timedelta(hours=1)), used("5", time=clock.now() - timedelta(days=500)),
        used("6", time=clock.now().replace(tzinfo=None)),
    )  # fmt: skip
    with pytest.raises(Problem) as refused:
        meter(world, used("1"), *wrong)
    assert [(each.field, each.code) for each in refused.value.errors] == [
        ("[1].data.key", "unknown_key"), ("[2].data.endpoint", "unknown_endpoint"), ("[3].time", "out_of_range"),
        ("[4].time", "out_of_range"), ("[5].time", "no_time_zone"),
    ]  # fmt: skip
    assert cost_of(world) == (0, 0)
    with pytest.raises(Problem, match=r"usage\.report"):
        meter(world, used("1"), actor=world.actor("auditor"))
    with pytest.raises(Problem, match="no such"):
        meter(world, used("1"), actor=service(world.foreign_organization_id))


GOOD = b'{"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": {"units": 4}, "extension": "kept by nobody"}'


def test_events_are_read_in_structured_mode_and_in_batches() -> None:
    [one] = metering.read_events("application/cloudevents+json; charset=utf-8", GOOD)
    assert (one.id, one.data.units, one.time) == ("1", 4, None)
    assert metering.read_events("Application/CloudEvents-Batch+JSON", b"[" + GOOD + b"]") == [one]


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("application/json", GOOD, "unsupported_media_type"),
        (None, GOOD, "unsupported_media_type"),
        (metering.ONE, b"{", "bad_request"),
        (metering.ONE, b"\xff", "bad_request"),
        (metering.ONE, GOOD.replace(b"1.0", b"0.3"), "invalid"),
        (metering.ONE, GOOD.replace(b'"id": "1"', b'"id": ""'), "invalid"),
        (metering.ONE, GOOD.replace(b'"source": "/s", ', b""), "invalid"),
        (metering.ONE, GOOD.replace(b"4", b"-4"), "invalid"),
        (metering.ONE, GOOD.replace(b'"t"', b'"\\u0000"'), "invalid"),
        (metering.BATCH, GOOD, "invalid"),
        (metering.BATCH, b"[]", "invalid"),
        (metering.BATCH, b"[" + b",".join([GOOD] * 1001) + b"]", "invalid"),
    ],
)
def test_what_is_no_metered_event_is_refused(kind: str | None, body: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        metering.read_events(kind, body)
    assert refused.value.code == code


# --- in any order ---------------------------------------------------------------------------------

_steps = st.lists(
    st.tuples(st.sampled_from(["collect", "report", "wait", "meter"]), st.integers(0, 4), st.integers(0, 6)),
    min_size=4,
    max_size=10,
)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@hypothesis_settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
def test_late_resent_and_reported_in_any_order_everything_counts_once(
    world: UsageWorld, settings: Settings, steps: list[tuple[str, int, int]]
) -> None:
    # Each example has requests and events of its own; the sums go on.
    requests_before, cost_before = cost_of(world)
    name = ids.new_id("req")
    decided = [world.decide(NOW_MS - number * 5 * 3_600_000, cost=number) for number in range(5)]
    collected: set[int] = set()
    reported: dict[int, int] = {}
    metered: dict[int, int] = {}
    for kind, which, amount in steps:
        if kind == "collect":
            world.collect(decided[which], decided[0])
            collected |= {which, 0}
        elif kind == "report":
            reported.setdefault(which, amount)
            if reported[which] == amount:
                report(world, decided[which].id, amount)
        elif kind == "wait":
            costs.count_waiting(world.store)
        else:
            metered.setdefault(which, amount)
            meter(world, used(f"{name}-{which}", amount, time=clock.from_ms(decided[which].at_ms)))
    costs.count_waiting(world.store)
    expected = sum(reported.get(number, decided[number].cost) for number in collected) + sum(metered.values())
    requests, cost = cost_of(world)
    assert (requests - requests_before, cost - cost_before) == (len(collected), expected)
    assert reconcile(world.store, settings).differences == 0
