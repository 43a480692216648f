"""What is kept: previews are exact to the row, and what is set goes before the environment, for whoever deletes."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, insert, select

from freehold.errors import Problem
from freehold.keeping import retention_actions, trimming
from freehold.keeping.kinds import KINDS, SETTABLE
from freehold.kit import clock, ids
from freehold.mail import queries as mails
from freehold.organizations import audit, audit_reading
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store import retentions
from freehold.store.engine import Store
from freehold.store.schema import (
    alert_firings,
    alert_notifications,
    alert_rules,
    attempts,
    deliveries,
    messages,
    usage_events,
    usage_rollups,
    webhook_endpoints,
)
from freehold.store.schema import mails as mails_table
from freehold.usage.retention import Retention
from tests.conftest import TestClock
from tests.store.test_usage_retention import collect_days
from tests.store.usage_world import UsageWorld, make_usage_world

OPERATOR: Final = Actor("user", "usr_1", "ada@example.com", "usr_1", True, {})


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    return make_usage_world(store, tmp_path / "journal")


def fill(world: UsageWorld) -> None:
    """Some of every kind that can be set, over the last sixty days."""
    now, project = clock.now(), world.project_id
    hook, rule = ids.new_id("whe"), ids.new_id("alr")
    with world.store.write() as tx:
        tx.execute(insert(webhook_endpoints).values(
            id=hook, project_id=project, environment="sandbox", slot="hook", url="https://example.com", headers={},
            state="active", created_by="ada", created_at=now))  # fmt: skip
        tx.execute(insert(alert_rules).values(
            id=rule, project_id=project, slot="rule", name="Rule", metric="requests", filters={}, thresholds=[], comparison="above",
            window_s=60, timezone="UTC", minimum_count=0, severity="info", next_action="", notify=[], enabled=True,
            is_default=False, created_by="ada", created_at=now, changed_at=now))  # fmt: skip
        for back in range(0, 60, 2):
            at = now - timedelta(days=back)
            _message(tx, world, hook, at, "pending" if back % 20 == 0 else "delivered")
            _firing(tx, world, rule, at, open_=back % 20 == 0)
            tx.execute(insert(mails_table).values(
                id=ids.new_id("mail"), organization_id=world.organization_id, recipient="a@example.com", subject="s",
                text="t", state="sent", attempts=1, created_at=at, finished_at=at))  # fmt: skip


def _message(tx: Any, world: UsageWorld, hook: str, at: Any, state: str) -> None:
    message, delivery = (ids.new_id(prefix, clock.to_ms(at)) for prefix in ("msg", "dlv"))
    tx.execute(insert(messages).values(
        id=message, project_id=world.project_id, event_type="x", payload={}, origin="published", created_at=at))  # fmt: skip
    tx.execute(insert(deliveries).values(
        id=delivery, message_id=message, webhook_endpoint_id=hook, project_id=world.project_id, state=state, attempts=1,
        created_at=at))  # fmt: skip
    tx.execute(insert(attempts).values(
        id=ids.new_id("att"), delivery_id=delivery, number=1, at=at, outcome="accepted", duration_us=1,
        url="https://example.com", request_headers={}, request_body=""))  # fmt: skip


def _firing(tx: Any, world: UsageWorld, rule: str, at: Any, open_: bool) -> None:
    firing = ids.new_id("fir", clock.to_ms(at))
    tx.execute(insert(alert_firings).values(
        id=firing, project_id=world.project_id, rule_id=rule, threshold=1.0, subject_id="", period_at=at, severity="info",
        opened_at=at, value=1.0, peak=1.0, peak_at=at, seen={}, resolved_at=None if open_ else at))  # fmt: skip
    tx.execute(insert(alert_notifications).values(
        id=ids.new_id("ntf"), project_id=world.project_id, rule_id=rule, firing_id=firing, event="opened", way="email",
        target="a@example.com", payload={}, state="handed_over", attempts=0, created_at=at))  # fmt: skip


def rows_of(store: Store, kind: str) -> int:
    table = {"requests": usage_events, "messages": messages, "firings": alert_firings, "mails": mails_table}.get(kind)
    query = select(func.count()).select_from(usage_rollups if table is None else table)
    if table is None:
        query = query.where(usage_rollups.c.grain == kind.removesuffix("s"))
    with store.read() as tx:
        return int(tx.execute(query).scalar_one())


def let_loops_delete(store: Store, settings: Settings) -> None:
    usage = Retention(store, settings)
    while usage.step():
        pass
    while trimming.step(store):
        pass
    with store.write() as tx:
        days = retentions.days_of(tx, "mails", 30)
        assert days is not None
        while mails.delete_ended(tx, clock.now() - timedelta(days=days), 500):
            pass


DAYS: Final = {"requests": 3, "minutes": 1, "hours": 35, "messages": 40, "firings": 35, "mails": 7}


@pytest.mark.parametrize("kind", SETTABLE)
def test_a_preview_is_exactly_what_is_deleted(world: UsageWorld, settings: Settings, kind: str) -> None:
    settings = dataclasses.replace(settings, minutes_days=60, hours_days=400, usage_days=60)
    fill(world)
    collect_days(world, 50 if kind == "hours" else 8)
    let_loops_delete(world.store, settings)
    before = {each: rows_of(world.store, each) for each in SETTABLE}
    with world.store.read() as tx:
        seen = retention_actions.preview(tx, OPERATOR, settings, kind, DAYS[kind])
    assert seen.goes.rows > 0
    assert seen.goes.oldest
    assert seen.goes.newest
    with world.store.write() as tx:
        retention_actions.set_retention(tx, OPERATOR, settings, kind, DAYS[kind], kind)
    let_loops_delete(world.store, settings)
    after = {each: rows_of(world.store, each) for each in SETTABLE}
    assert before[kind] - after[kind] == seen.goes.rows
    assert {each: after[each] for each in SETTABLE if each != kind} == {
        each: before[each] for each in SETTABLE if each != kind
    }
    with world.store.read() as tx:
        assert retention_actions.preview(tx, OPERATOR, settings, kind, DAYS[kind]).goes.rows == 0


def test_what_is_pending_or_open_stays_whatever_its_age(world: UsageWorld, settings: Settings) -> None:
    fill(world)
    with world.store.write() as tx:
        for kind in ("messages", "firings"):
            retention_actions.set_retention(tx, OPERATOR, settings, kind, 35, kind)
    let_loops_delete(world.store, settings)
    with world.store.read() as tx:
        old = clock.now() - timedelta(days=36)
        states = tx.execute(select(deliveries.c.state).where(deliveries.c.created_at < old)).scalars().all()
        still = tx.execute(select(alert_firings.c.resolved_at).where(alert_firings.c.opened_at < old)).scalars().all()
    assert set(states) == {"pending"}
    assert set(still) == {None}


def test_here_goes_before_the_environment_and_is_taken_back(store: Store, settings: Settings) -> None:
    settings = dataclasses.replace(settings, usage_days=14)

    def kept() -> tuple[int | None, str]:
        with store.read() as tx:
            found = {each.kind: each for each in retention_actions.list_kept(tx, OPERATOR, settings)}
        assert list(found) == list(KINDS)
        return found["requests"].days, found["requests"].by

    def change(days: int | None) -> None:
        with store.write() as tx:
            retention_actions.set_retention(tx, OPERATOR, settings, "requests", days, "requests")

    assert kept() == (14, "environment")
    change(60)
    assert (kept(), retentions.in_force(store, settings).usage_days) == ((60, "here"), 60)
    change(60)
    change(None)
    assert (kept(), retentions.in_force(store, settings).usage_days) == ((14, "environment"), 14)
    with store.read() as tx:
        entries = audit_reading.entries(
            tx, audit.INSTANCE_CHAIN, audit_reading.AuditFilter(action="retention.changed"), 9
        )
    assert [(each.before, each.after) for each in entries] == [
        ({"days": 60, "by": "here"}, {"days": 14, "by": "environment", "deletes": 0}),
        ({"days": 14, "by": "environment"}, {"days": 60, "by": "here", "deletes": 0}),
    ]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda tx, given: retention_actions.preview(tx, OPERATOR, given, "messages", 34), "invalid"),
        (lambda tx, given: retention_actions.preview(tx, OPERATOR, given, "requests", 0), "invalid"),
        (lambda tx, given: retention_actions.preview(tx, OPERATOR, given, "audit", 10), "not_found"),
        (lambda tx, given: retention_actions.preview(tx, OPERATOR, given, "nothing", 10), "not_found"),
        (lambda tx, given: retention_actions.list_kept(tx, dataclasses.replace(OPERATOR, is_operator=False), given), "forbidden"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(sqlite_store: Store, act: Callable[[Any, Settings], Any], code: str) -> None:
    with pytest.raises(Problem) as refused, sqlite_store.read() as tx:
        act(tx, Settings())
    assert refused.value.code == code
