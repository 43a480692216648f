"""Alerts on both databases: what crosses as it is counted, what is looked at each minute, and who is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from freehold.alerts import actions, firing_queries, tasks
from freehold.alerts.defaults import DEFAULT_RULES
from freehold.alerts.records import AlertFilter, RuleSettings, Threshold
from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.organizations import member_queries, members, queries
from freehold.organizations.records import User
from freehold.production import watching
from freehold.production.shape import revisions
from freehold.projects.actions import create_project
from freehold.projects.records import NewProject
from freehold.store import announcements
from freehold.store.engine import Store, Transaction
from freehold.store.schema import (
    alert_defaults,
    alert_firings,
    alert_rules,
    attempts,
    audit_entries,
    deliveries,
    keys,
    messages,
    projects,
    webhook_endpoints,
)
from freehold.usage.intake import Added
from tests.conftest import TestClock
from tests.store.alert_world import AlertWorld, make_alert_world

HOURLY = RuleSettings("Many requests", "requests", (Threshold(5), Threshold(10)), period="hour")
FAILING = RuleSettings("Failures", "failure_rate", (Threshold(20, 10),), window_s=300, minimum_count=5)


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> AlertWorld:
    return make_alert_world(store, tmp_path / "journal")


# --- counts cross as they are counted -------------------------------------------------------------


def test_counts_cross_in_the_collectors_transaction_once_a_step_and_period(
    world: AlertWorld, test_clock: TestClock
) -> None:
    rule = world.add_rule(HOURLY)
    world.traffic(4)
    assert world.firings() == []
    world.traffic(2)
    assert [firing.threshold for firing in world.firings(rule)] == [5]
    world.traffic(1)
    world.traffic(20)
    assert [firing.threshold for firing in world.firings(rule)] == [5, 10]
    test_clock.move(3600)
    world.traffic(5)
    assert [(firing.threshold, firing.period_at.hour) for firing in world.firings(rule)] == [(5, 8), (10, 8), (5, 9)]


def test_late_events_cross_in_their_own_period(world: AlertWorld, test_clock: TestClock) -> None:
    rule = world.add_rule(HOURLY)
    before = clock.now_ms() - 3_600_000
    world.traffic(3)
    world.traffic(6, before)
    [firing] = world.firings(rule)
    assert firing.period_at == clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    world.look()
    test_clock.move(61)
    world.look()
    [firing] = world.firings(rule)
    assert firing.resolved_at is not None


def test_a_firing_keeps_what_it_saw_and_where_the_requests_are(world: AlertWorld) -> None:
    rule = world.add_rule(replace(HOURLY, filter=AlertFilter(key=world.usage.key_ids["web"])))
    world.traffic(9, key="batch")
    assert world.firings(rule) == []
    world.traffic(6)
    [firing] = world.firings(rule)
    assert firing.value == 6
    assert firing.seen["numbers"]["requests"] == 6
    assert firing.seen["rule"]["filter"]["key"] == world.usage.key_ids["web"]
    assert firing.seen["from"] == clock.to_text(firing.period_at)


def test_a_batch_that_is_not_committed_has_crossed_nothing(world: AlertWorld) -> None:
    world.add_rule(HOURLY)

    def fail(tx: object, added: object) -> None:
        raise RuntimeError("killed")

    world.collect()
    stopped = replace_watch(world, fail)
    with pytest.raises(RuntimeError):
        stopped.traffic(6)
    assert world.firings() == []
    world.collect()
    assert len(world.firings()) == 1


def replace_watch(world: AlertWorld, after: Callable[[Transaction, Added], None]) -> AlertWorld:
    """The same world, whose collector dies after it has crossed."""

    class Dying(AlertWorld):
        def watch(self, tx: Transaction, added: Added) -> None:
            AlertWorld.watch(self, tx, added)
            after(tx, added)

    return Dying(world.usage, world.voice, world.owner, world.stranger)


def test_collectors_that_cross_at_one_instant_fire_once(world: AlertWorld) -> None:
    world.add_rule(replace(HOURLY, thresholds=(Threshold(40),)))
    start = threading.Barrier(4)

    def collect(number: int) -> None:
        start.wait()
        for _ in range(5):
            world_of_its_own(world, number).traffic(2, key=("web", "batch")[number % 2])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(collect, range(4)))
    [firing] = world.firings()
    assert firing.value == 40


def world_of_its_own(world: AlertWorld, number: int) -> AlertWorld:
    return AlertWorld(
        replace(world.usage, root=world.usage.root / str(number)), world.voice, world.owner, world.stranger
    )


def test_quotas_cross_for_the_project_and_for_each_key(world: AlertWorld, store: Store) -> None:
    with store.write() as tx:
        tx.execute(
            update(projects).where(projects.c.id == world.usage.project_id).values(quota=100, quota_period="day")
        )
        mine = keys.c.id == world.usage.key_ids["web"]
        tx.execute(update(keys).where(mine).values(quota=10, quota_period="hour"))
    rule = world.add_rule(RuleSettings("Quota", "quota_used", (Threshold(50), Threshold(80), Threshold(100))))
    world.traffic(5, outcome="quota_exhausted")
    assert world.firings(rule) == []
    world.traffic(8)
    assert [(each.threshold, each.seen["subject_name"]) for each in world.firings(rule)] == [(50, "web"), (80, "web")]
    world.traffic(50, key="batch")
    assert [each.threshold for each in world.firings(rule) if each.subject_id == ""] == [50]


# --- rates, absences and keys ---------------------------------------------------------------------


def test_a_rate_fires_from_its_minimum_count_on_and_is_over_below_its_hysteresis(
    world: AlertWorld, test_clock: TestClock
) -> None:
    rule = world.add_rule(FAILING)
    world.traffic(3, status=502)
    test_clock.move(60)
    world.look()
    assert world.firings() == []
    world.traffic(3, status=200)
    test_clock.move(60)
    assert world.look() == 1
    assert world.look() == 0
    [firing] = world.firings(rule)
    assert (firing.value, firing.seen["numbers"]) == (50.0, {"let_through": 6, "failures": 3})
    world.traffic(14)
    test_clock.move(60)
    world.look()
    assert world.firings()[0].resolved_at is None, "15 %: above the hysteresis"
    test_clock.move(300)
    world.look()
    assert world.firings()[0].resolved_at is not None


def test_a_rule_that_sleeps_wakes_with_traffic(world: AlertWorld, store: Store, test_clock: TestClock) -> None:
    world.add_rule(FAILING)
    world.look()
    with store.read() as tx:
        assert tx.execute(select(alert_rules.c.due_at)).scalar() is None
    test_clock.move(600)
    world.traffic(9, status=500)
    test_clock.move(61)
    assert world.look() == 1


def test_the_clock_stepping_back_neither_blinds_a_rule_nor_fires_a_period_twice(
    world: AlertWorld, test_clock: TestClock
) -> None:
    world.add_rule(FAILING)
    world.traffic(9, status=500)
    test_clock.move(60)
    assert world.look() == 1
    test_clock.move(3600)
    world.look()
    test_clock.move(-3600)
    assert world.look() == 0
    [firing] = world.firings()
    assert firing.resolved_at is not None
    assert firing.resolved_at >= firing.opened_at


def test_no_traffic_fires_when_nothing_came_for_so_long_and_is_over_with_the_next_request(
    world: AlertWorld, test_clock: TestClock
) -> None:
    rule = world.add_rule(RuleSettings("Silence", "no_traffic", (Threshold(30),)))
    world.traffic(1)
    test_clock.move(1200)
    world.look()
    assert world.firings() == []
    test_clock.move(900)
    world.look()
    [firing] = world.firings(rule)
    assert firing.value >= 30
    world.traffic(1)
    test_clock.move(61)
    world.look()
    assert world.firings()[0].resolved_at is not None
    assert len(world.firings()) == 1


def test_latencies_are_judged_by_the_percentile_that_is_meant(world: AlertWorld, test_clock: TestClock) -> None:
    rules = [
        world.add_rule(
            RuleSettings(
                f"p{percent}", "latency", (Threshold(500),), window_s=300, filter=AlertFilter(percentile=percent)
            )
        )
        for percent in (50, 99)
    ]
    world.traffic(9, latency_us=1000)
    world.traffic(1, latency_us=900_000)
    test_clock.move(60)
    world.look()
    assert [len(world.firings(rule)) for rule in rules] == [0, 1]


def test_keys_fire_each_by_itself(world: AlertWorld, store: Store, test_clock: TestClock) -> None:
    expiring = world.add_rule(
        RuleSettings("Expiring", "key_expiring", (Threshold(7), Threshold(1)), "below", notify=())
    )
    unused = world.add_rule(RuleSettings("Unused", "key_unused", (Threshold(30),)))
    overdue = world.add_rule(RuleSettings("Rotate", "key_rotation_overdue", (Threshold(90),)))
    at = clock.now() + timedelta(days=8)
    with store.write() as tx:
        tx.execute(update(keys).where(keys.c.id == world.usage.key_ids["web"]).values(expires_at=at))
    world.look()
    assert world.firings() == []
    test_clock.move(2 * 86_400)
    world.look()
    assert [(each.threshold, each.subject_id) for each in world.firings(expiring)] == [(7, world.usage.key_ids["web"])]
    with store.write() as tx:
        tx.execute(
            update(keys).where(keys.c.id == world.usage.key_ids["web"]).values(expires_at=at + timedelta(days=60))
        )
    test_clock.move(40 * 86_400)
    world.traffic(1, key="batch")
    world.look()
    assert world.firings(expiring)[0].resolved_at is not None, "the expiry was moved"
    assert [each.subject_id for each in world.firings(unused)] == [world.usage.key_ids["web"]]
    test_clock.move(60 * 86_400)
    world.look()
    assert len(world.firings(overdue)) == 1, "the other one has expired"


def test_webhook_attempts_and_waiting_deliveries_are_judged(
    world: AlertWorld, store: Store, test_clock: TestClock
) -> None:
    failing = world.add_rule(
        RuleSettings("Webhooks", "webhook_failure_rate", (Threshold(50),), window_s=3600, minimum_count=2)
    )
    waiting = world.add_rule(RuleSettings("Retries", "retry_pressure", (Threshold(2),)))
    now, project = clock.now(), world.usage.project_id
    with store.write() as tx:
        tx.execute(
            insert(webhook_endpoints).values(
                id="whe_1",
                project_id=project,
                environment="sandbox",
                url="",
                headers={},
                state="active",
                created_by="",
                created_at=now,
            )
        )
        for number in range(2):
            message, delivery = f"msg_{number}", f"dlv_{number}"
            tx.execute(
                insert(messages).values(
                    id=message, project_id=project, event_type="a", payload={}, origin="freehold", created_at=now
                )
            )
            tx.execute(
                insert(deliveries).values(
                    id=delivery,
                    message_id=message,
                    webhook_endpoint_id="whe_1",
                    project_id=project,
                    state="pending",
                    attempts=1,
                    due_at=now,
                    created_at=now,
                )
            )
            tx.execute(
                insert(attempts).values(
                    id=f"att_{number}",
                    delivery_id=delivery,
                    number=1,
                    at=now,
                    outcome="refused",
                    duration_us=1,
                    url="",
                    request_headers=[],
                    request_body="",
                )
            )
    test_clock.move(60)
    world.look()
    assert [firing.value for firing in world.firings(failing)] == [100.0]
    assert [firing.value for firing in world.firings(waiting)] == [2.0]


# --- telling --------------------------------------------------------------------------------------


def test_a_firing_is_told_by_every_way_in_its_own_transaction_and_its_end_too(
    world: AlertWorld, store: Store, test_clock: TestClock
) -> None:
    rule = world.add_rule(replace(HOURLY, thresholds=(Threshold(5),), next_action="Look <here> & act"))
    world.traffic(6)
    [firing] = world.firings(rule)
    assert world.told(firing) == [("opened", "webhooks"), ("opened", "email")]
    with store.write() as tx:
        [announced] = announcements.take(tx, 10)
    assert announced.event_type == "alert.opened"
    assert announced.payload["firing"] == firing.id
    [mail] = world.mails()
    assert mail.recipient == "ada@example.com"
    assert "Look <here> & act" in mail.text
    assert "Look &lt;here&gt; &amp; act" in mail.html
    assert f"https://freehold.example/projects/{rule.project_id}/alerts/firings/{firing.id}" in mail.text
    test_clock.move(3700)
    world.look()
    world.look()
    assert world.told(firing)[2:] == [("resolved", "webhooks"), ("resolved", "email")]


def test_who_is_muted_is_told_when_the_mute_ends_and_only_of_what_is_still_open(
    world: AlertWorld, test_clock: TestClock
) -> None:
    until = clock.now() + timedelta(minutes=90)
    over = world.add_rule(replace(HOURLY, thresholds=(Threshold(5),), muted_until=until))
    lasting = world.add_rule(replace(HOURLY, period="day", thresholds=(Threshold(5),), muted_until=until))
    world.traffic(6)
    test_clock.move(3700)
    world.look()
    assert [world.told(firing) for firing in world.firings()] == [[], []]
    test_clock.move(1800)
    world.look()
    assert world.told(world.firings(over)[0]) == []
    assert world.told(world.firings(lasting)[0]) == [("opened", "webhooks"), ("opened", "email")]


def test_a_member_who_left_is_no_owner_and_is_told_nothing(world: AlertWorld, store: Store) -> None:
    rule = world.add_rule(replace(HOURLY, owner="ada@example.com"))
    assert rule.owner_name == "Ada"
    assert rule.settings.owner is not None
    system = replace(world.owner, kind="system")
    with store.write() as tx:
        other = ids.new_id("usr")
        queries.insert_user(tx, User(other, "bo@example.com", "Bo", False, clock.now()), "")
        member_queries.insert_member(tx, world.usage.organization_id, other, "owner", clock.now())
        members.remove_member(tx, system, world.usage.organization_id, rule.settings.owner)
    world.traffic(6)
    assert [mail.recipient for mail in world.mails()] == []
    assert len(world.firings()) == 1


def test_a_deleted_or_disabled_rule_fires_no_more_and_its_history_stays(world: AlertWorld, store: Store) -> None:
    rule = world.add_rule(HOURLY)
    off = world.add_rule(replace(HOURLY, enabled=False))
    world.traffic(6)
    with store.write() as tx:
        actions.delete_rule(tx, world.owner, rule.id)
    world.traffic(10)
    [firing] = world.firings(rule)
    assert firing.resolved_at is not None
    assert world.firings(off) == []


# --- defaults, constraints, foreign ids -----------------------------------------------------------


def test_projects_from_before_get_their_default_rules_once(world: AlertWorld, store: Store) -> None:
    with store.write() as tx:
        tx.execute(delete(alert_defaults))
    for _ in range(2):
        tasks.catch_up(store)
    with store.read() as tx:
        rules = actions.list_rules(tx, world.owner, world.usage.project_id, 50)
        assert {rule.settings.name for rule in rules} == {settings.name for settings in DEFAULT_RULES}
        assert all(rule.is_default for rule in rules)
        assert tx.execute(select(func.count()).select_from(audit_entries)).scalar_one() == 3 * len(DEFAULT_RULES)
    with store.write() as tx:
        actions.delete_rule(tx, world.owner, rules[0].id)
    tasks.catch_up(store)
    with store.read() as tx:
        assert len(actions.list_rules(tx, world.owner, world.usage.project_id, 50)) == len(DEFAULT_RULES) - 1


def test_a_project_has_its_default_rules_from_its_first_moment_on(world: AlertWorld, store: Store) -> None:
    watching.watch(store)
    new = NewProject("Parcels", "Shows parcels", world.usage.api_id)
    with store.write() as tx:
        project = create_project(tx, world.owner, world.usage.organization_id, new)
    with store.read() as tx:
        rules = actions.list_rules(tx, world.owner, project.id, 50)
        [first] = revisions.history(tx, project.id, 10)
    assert sorted(rule.settings.name for rule in rules) == sorted(settings.name for settings in DEFAULT_RULES)
    # They are of its first shape, which is its maker's.
    assert first.actor_name == world.owner.name
    for rule in rules:
        with store.write() as tx:
            actions.delete_rule(tx, world.owner, rule.id)
    tasks.catch_up(store)
    with store.read() as tx:
        assert actions.list_rules(tx, world.owner, project.id, 50) == []


def test_other_peoples_keys_and_members_are_in_no_rule(world: AlertWorld) -> None:
    foreign = replace(HOURLY, filter=AlertFilter(key=world.usage.key_ids["foreign"]), owner="eve@example.com")
    with pytest.raises(Problem) as refused:
        world.add_rule(foreign)
    assert {error.field for error in refused.value.errors} == {"filter.key", "owner"}


def test_a_rule_of_another_organization_is_not_there(world: AlertWorld, store: Store) -> None:
    rule = world.add_rule(HOURLY)
    world.traffic(6)
    with store.write() as tx:
        for act in (
            lambda: actions.read_rule(tx, world.stranger, rule.id),
            lambda: actions.delete_rule(tx, world.stranger, rule.id),
            lambda: actions.read_firing(tx, world.stranger, world.firings()[0].id),
            lambda: actions.acknowledge_firing(tx, world.stranger, world.firings()[0].id),
        ):
            with pytest.raises(Problem, match="There is no such"):
                act()


def test_the_first_who_takes_a_firing_on_stays_named(world: AlertWorld, store: Store) -> None:
    world.add_rule(HOURLY)
    world.traffic(6)
    [firing] = world.firings()
    with store.write() as tx:
        first = actions.acknowledge_firing(tx, world.owner, firing.id)
        again = actions.acknowledge_firing(tx, replace(world.owner, name="Bo"), firing.id)
    assert first.acknowledged_name == again.acknowledged_name == "Ada"
    with store.read() as tx:
        taken = select(func.count()).where(audit_entries.c.action == "alert.acknowledged")
        assert tx.execute(taken).scalar_one() == 1


def test_the_constraint_refuses_a_second_firing_of_a_period(world: AlertWorld, store: Store) -> None:
    rule = world.add_rule(HOURLY)
    world.traffic(6)
    with store.write() as tx:
        row = dict(tx.execute(select(alert_firings)).one()._mapping) | {"id": ids.new_id("fir")}
        assert not firing_queries.insert_firing(tx, row)
    assert len(world.firings(rule)) == 1
