"""Whoever changes reports or their schedules takes the organization's log first, then the rows: so two never wait for each other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from sqlalchemy import select, update

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.reports import actions, queries, schedule_actions, schedule_queries, schedule_rules
from freehold.reports.records import Parameters
from freehold.reports.schedule_records import ScheduleSettings
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import report_schedules, reports
from tests.http.served import Instance
from tests.lock_order import assert_log_first, beside
from tests.production.world import make_production_world

Act = Callable[[Transaction], Any]
Change = Callable[[Transaction, Actor, str], Any]

DAILY: Final = ScheduleSettings("Every morning", "webhook_deliveries", "csv", "0 6 * * *", "Europe/Berlin", "day")
KEYS: Final = Parameters("key_inventory", "csv")


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    return make_production_world(store, settings)


def add_schedule(world: Instance, tx: Transaction, name: str = "Every morning") -> str:
    owner, wanted = world.actor("owner"), replace(DAILY, name=name)
    return schedule_actions.create_schedule(
        tx, owner, world.harbour, world.project, wanted, [world.users["developer"].id]
    ).id


def ask(world: Instance, tx: Transaction) -> str:
    return actions.request_report(tx, world.actor("owner"), world.harbour, world.project, KEYS).id


def in_a_transaction(world: Instance, act: Act) -> Callable[[], Any]:
    def run() -> Any:
        with world.store.write() as tx:
            return act(tx)

    return run


def renamed(tx: Transaction, actor: Actor, schedule_id: str) -> Any:
    return schedule_actions.edit_schedule(tx, actor, schedule_id, lambda old: replace(old, name="Another"))


CHANGES: Final[dict[str, Change]] = {
    "changed": renamed,
    "paused": schedule_actions.pause_schedule,
    "resumed": schedule_actions.resume_schedule,
    "run": schedule_actions.run_schedule,
    "deleted": schedule_actions.delete_schedule,
}


def change_everything(tx: Transaction) -> None:
    """Want every row that a change of reports may hold."""
    tx.execute(select(report_schedules.c.id).with_for_update()).all()
    tx.execute(select(reports.c.id).with_for_update()).all()


@pytest.mark.parametrize("what", [*CHANGES, "made", "report asked for", "report canceled"])
def test_the_log_is_taken_before_rows(world: Instance, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    owner = world.actor("owner")
    with world.store.write() as tx:
        schedule, report = add_schedule(world, tx), ask(world, tx)
        if what == "resumed":
            schedule_actions.pause_schedule(tx, owner, schedule)
    acts: dict[str, Act] = {
        "made": lambda tx: add_schedule(world, tx, "Another"),
        "report asked for": lambda tx: ask(world, tx),
        "report canceled": lambda tx: actions.cancel_report(tx, owner, report),
    }
    act = acts.get(what) or (lambda tx: CHANGES[what](tx, owner, schedule))
    assert_log_first(world.store, monkeypatch, world.harbour, act, change_everything)


@pytest.mark.parametrize("what", ["changed", "resumed", "paused", "deleted"])
def test_who_comes_second_changes_what_the_first_has_left(
    world: Instance, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Nobody named a revision that they saw: neither of the two is refused."""
    owner = world.actor("owner")
    with world.store.write() as tx:
        schedule = add_schedule(world, tx)
        if what == "resumed":
            schedule_actions.pause_schedule(tx, owner, schedule)

    def to_hours(tx: Transaction) -> None:
        schedule_actions.edit_schedule(tx, owner, schedule, lambda old: replace(old, cron="0 7 * * *"))

    run = in_a_transaction(world, lambda tx: CHANGES[what](tx, owner, schedule))
    outcome = beside(world.store, monkeypatch, world.harbour, run, to_hours)
    assert not isinstance(outcome, Exception), outcome
    with world.store.read() as tx:
        found = schedule_queries.find_schedule(tx, schedule, deleted=True)
    assert found is not None
    assert found.settings.cron == "0 7 * * *"
    assert found.settings.name == ("Another" if what == "changed" else "Every morning")


def test_a_schedule_that_is_deleted_meanwhile_is_not_run(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.actor("owner")
    with world.store.write() as tx:
        schedule = add_schedule(world, tx)
    run = in_a_transaction(world, lambda tx: schedule_actions.run_schedule(tx, owner, schedule))
    outcome = beside(
        world.store, monkeypatch, world.harbour, run, lambda tx: schedule_actions.delete_schedule(tx, owner, schedule)
    )
    assert isinstance(outcome, Problem)
    assert outcome.code == "not_found"


def test_there_are_never_more_than_may_be(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_rules, "SCHEDULES_MAX", 1)
    monkeypatch.setattr(actions, "UNFINISHED_MAX", 1)
    pairs: tuple[tuple[Act, Act], ...] = (
        (lambda tx: add_schedule(world, tx, "One"), lambda tx: add_schedule(world, tx, "Two")),
        (lambda tx: ask(world, tx), lambda tx: ask(world, tx)),
    )
    for first, second in pairs:
        outcome = beside(world.store, monkeypatch, world.harbour, in_a_transaction(world, second), first)
        assert isinstance(outcome, Problem)
        assert outcome.code == "conflict"


def test_a_report_that_is_made_meanwhile_is_not_canceled(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.store.write() as tx:
        report = ask(world, tx)
    fail = queries.fail

    def made_before(tx: Transaction, report_id: str, *given: Any) -> bool:
        # Whoever makes a report holds no log: it may be ready between the look and the ending.
        now = clock.now()
        ready = {"state": "ready", "finished_at": now, "rows": 0, "bytes": 0, "sha256": "", "started_at": now}
        tx.execute(update(reports).where(reports.c.id == report).values(**ready))
        return fail(tx, report_id, *given)

    monkeypatch.setattr(queries, "fail", made_before)
    with pytest.raises(Problem, match="nothing to cancel"), world.store.write() as tx:
        actions.cancel_report(tx, world.actor("owner"), report)
