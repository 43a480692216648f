"""Whoever changes alert rules, firings or channels takes the organization's log first, then the rows: so two never wait for each other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, update

from freehold.alerts import actions, channel_actions, rule_queries, tasks
from freehold.alerts.defaults import DEFAULT_RULES
from freehold.alerts.records import AlertRule, Channel, RuleSettings, Threshold
from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import member_queries
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import alert_channels, alert_defaults, alert_firings, alert_rules
from tests.conftest import TestClock
from tests.lock_order import beside
from tests.store.alert_world import AlertWorld, make_alert_world

Act = Callable[[Transaction], object]

HOURLY: Final = RuleSettings("Many requests", "requests", (Threshold(5),), period="hour")
URL: Final = "https://chat.example.com/hooks/1"


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> AlertWorld:
    return make_alert_world(store, tmp_path / "journal")


def add_channel(world: AlertWorld, tx: Transaction, name: str = "Ops") -> Channel:
    return channel_actions.create_channel(
        tx, world.owner, InstanceSecret(bytes(32)), Settings(), world.usage.project_id, "generic", name, URL
    )


def edit_channel(world: AlertWorld, tx: Transaction, channel: Channel) -> Channel:
    return channel_actions.edit_channel(
        tx, world.owner, InstanceSecret(bytes(32)), Settings(), channel.id, "generic", "Renamed", URL
    )


def in_a_transaction(world: AlertWorld, act: Act) -> Callable[[], object]:
    def run() -> object:
        with world.store.write() as tx:
            return act(tx)

    return run


def fired(world: AlertWorld) -> tuple[AlertRule, str]:
    """A rule that has fired, and its firing's id."""
    rule = world.add_rule(HOURLY)
    world.traffic(6)
    return rule, world.firings(rule)[0].id


def change_everything(world: AlertWorld, tx: Transaction) -> None:
    """Want every row that a change of alerts may hold, as applying a shape and changing a role do."""
    tx.execute(update(alert_rules).values(revision=alert_rules.c.revision))
    tx.execute(update(alert_firings).values(peak=alert_firings.c.peak))
    tx.execute(update(alert_channels).values(name=alert_channels.c.name))
    member_queries.lock_owners(tx, world.usage.organization_id)


def changes(world: AlertWorld, what: str, test_clock: TestClock) -> Callable[[], object]:
    """Something that is done to alerts, with what it needs made before."""
    owner, project = world.owner, world.usage.project_id
    rule, firing = fired(world)
    with world.store.write() as tx:
        channel = add_channel(world, tx)
    if what == "default rules":
        with world.store.write() as tx:
            tx.execute(delete(alert_defaults).where(alert_defaults.c.project_id == project))
        return lambda: tasks.catch_up(world.store)
    if what == "firing resolved":
        test_clock.move(7200)
        return world.look
    if what == "count crosses":
        world.add_rule(replace(HOURLY, name="More", thresholds=(Threshold(8),)))
        return lambda: world.traffic(4)
    acts: dict[str, Act] = {
        "rule made": lambda tx: actions.create_rule(tx, owner, project, replace(HOURLY, owner=owner.id)),
        "rule changed": lambda tx: actions.edit_rule(tx, owner, rule.id, lambda old: replace(old, name="Another")),
        "rule deleted": lambda tx: actions.delete_rule(tx, owner, rule.id),
        "rule tested": lambda tx: actions.send_test(tx, owner, world.voice, rule.id),
        "firing taken on": lambda tx: actions.acknowledge_firing(tx, owner, firing),
        "channel made": lambda tx: add_channel(world, tx, "Another"),
        "channel changed": lambda tx: edit_channel(world, tx, channel),
        "channel deleted": lambda tx: channel_actions.delete_channel(tx, owner, channel.id),
    }
    return in_a_transaction(world, acts[what])


@pytest.mark.parametrize(
    "what",
    [
        "rule made", "rule changed", "rule deleted", "rule tested", "firing taken on", "channel made", "channel changed",
        "channel deleted", "default rules", "firing resolved", "count crosses",
    ],
)  # fmt: skip
def test_the_log_is_taken_before_rows(
    world: AlertWorld, monkeypatch: pytest.MonkeyPatch, test_clock: TestClock, what: str
) -> None:
    act, chain = changes(world, what, test_clock), world.usage.organization_id
    outcome = beside(world.store, monkeypatch, chain, act, lambda tx: change_everything(world, tx))
    assert not isinstance(outcome, Exception), outcome


def test_default_rules_are_given_once_to_a_project_that_is_changed_meanwhile(
    world: AlertWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catching up on them, and the change of a project that has none yet."""
    with world.store.write() as tx:
        tx.execute(delete(alert_defaults))
    own = (world.usage.project_id, world.usage.second_project_id)

    def give(tx: Transaction) -> None:
        for project_id in own:
            actions.give_default_rules(tx, project_id)

    chain = world.usage.organization_id
    outcome = beside(world.store, monkeypatch, chain, lambda: tasks.catch_up(world.store), give)
    assert outcome is True
    with world.store.read() as tx:
        for project_id in own:
            names = [each.settings.name for each in rule_queries.rules_of(tx, project_id, 50)]
            assert len(names) == len(set(names)) == len(DEFAULT_RULES)


# --- what is made at one instant ------------------------------------------------------------------


def test_two_that_are_made_at_one_instant_have_slots_of_their_own(
    world: AlertWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_rule(tx: Transaction) -> AlertRule:
        return actions.create_rule(tx, world.owner, world.usage.project_id, HOURLY)

    makers: tuple[Callable[[Transaction], Any], ...] = (add_rule, lambda tx: add_channel(world, tx))
    for make in makers:
        made: list[Any] = []

        def keep(tx: Transaction, make: Callable[[Transaction], Any] = make, made: list[Any] = made) -> None:
            made.append(make(tx))

        run = in_a_transaction(world, make)
        outcome = beside(world.store, monkeypatch, world.usage.organization_id, run, keep)
        assert not isinstance(outcome, Exception), outcome
        assert outcome.slot != made[0].slot


def test_there_are_never_more_than_may_be(world: AlertWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "RULES_MAX", 1)
    monkeypatch.setattr(channel_actions, "CHANNELS_MAX", 1)

    def add_rule(name: str) -> Act:
        return lambda tx: actions.create_rule(tx, world.owner, world.usage.project_id, replace(HOURLY, name=name))

    pairs: tuple[tuple[Act, Act], ...] = (
        (add_rule("One"), add_rule("Two")),
        (lambda tx: add_channel(world, tx, "One"), lambda tx: add_channel(world, tx, "Two")),
    )
    for first, second in pairs:
        run = in_a_transaction(world, second)
        outcome = beside(world.store, monkeypatch, world.usage.organization_id, run, first)
        assert isinstance(outcome, Problem)
        assert outcome.code == "conflict"
        assert "at most 1" in outcome.detail


def test_a_rule_that_is_deleted_as_it_crosses_leaves_nothing_open(
    world: AlertWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = world.add_rule(HOURLY)
    outcome = beside(
        world.store, monkeypatch, world.usage.organization_id, lambda: world.traffic(6),
        lambda tx: actions.delete_rule(tx, world.owner, rule.id),
    )  # fmt: skip
    assert not isinstance(outcome, Exception), outcome
    with world.store.read() as tx:
        assert rule_queries.find_any_rule(tx, rule.id) is not None
        assert rule_queries.count_rules(tx, world.usage.project_id) == 0
    assert [each for each in world.firings(rule) if each.resolved_at is None] == []
