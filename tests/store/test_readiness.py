"""Readiness on both databases: each check passes, fails, and opens again when what it rests on changes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from freehold.alerts import actions as alerts
from freehold.alerts import notification_queries as channels
from freehold.alerts.records import Channel, RuleSettings, Threshold
from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.kit import clock, ids
from freehold.organizations import members as membership
from freehold.organizations.records import Actor
from freehold.production.bindings import actions as bindings_actions
from freehold.production.policy import own_checks
from freehold.production.policy.own_checks import OwnCheckSettings
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness import attestations
from freehold.production.readiness import tasks as readiness_tasks
from freehold.production.review import actions as review_actions
from freehold.production.review.records import NewRequest
from freehold.projects import actions as projects
from freehold.projects import postures
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import mails, usage_rollups
from freehold.store.schema import projects as project_rows
from freehold.usage.reconciling import reconcile
from freehold.webhooks import actions as webhooks
from tests.conftest import TestClock
from tests.databases import SECRET
from tests.store.readiness_world import RECEIVER, SETTINGS, ReadinessWorld, make_readiness_world

WATCH = RuleSettings("Failures", "failure_rate", (Threshold(20, 10),), window_s=300, minimum_count=5)
REVIEW = OwnCheckSettings(
    "attestation", "security_review", "Security review", "Read it.", role="auditor", valid_days=10
)


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> ReadinessWorld:
    return make_readiness_world(store, tmp_path / "journal")


def test_labels(world: ReadinessWorld) -> None:
    assert world.state("purpose") == "failed"
    world.edit(product_line="Places")
    assert world.state("purpose") == "passed"
    world.edit(product_line="")
    assert world.state("purpose") == "failed"


def test_owners(world: ReadinessWorld) -> None:
    bo, cy = world.join("Bo", "developer"), world.join("Cy", "billing")
    assert world.state("technical_owner") == "passed"
    # The organization's billing member does where the project names nobody.
    assert (world.state("second_owner"), world.state("billing_owner")) == ("failed", "passed")
    world.own(("ada@example.com", "technical"), ("bo@example.com", "audit"), (cy, "billing"))
    found = world.checks()
    assert (found["second_owner"].state, found["billing_owner"].state) == ("passed", "passed")
    assert found["second_owner"].evidence is not None
    assert found["second_owner"].evidence.id == bo
    with world.store.write() as tx:
        membership.change_role(tx, world.owner, world.alerts.usage.organization_id, bo, "auditor")
        membership.change_role(tx, world.owner, world.alerts.usage.organization_id, cy, "auditor")
    assert world.state("second_owner") == "failed"
    # Named by the project: whatever their role is.
    assert world.state("billing_owner") == "passed"
    world.own(("ada@example.com", "technical"))
    assert world.state("billing_owner") == "failed"


def test_scope_and_lookups(world: ReadinessWorld, test_clock: TestClock) -> None:
    assert [world.state(each) for each in ("scope_declared", "scope_exercised", "recent_lookup", "failure_rate")] == [
        "passed", "waiting", "waiting", "waiting",
    ]  # fmt: skip
    world.alerts.traffic(3)
    found = world.checks()
    assert [found[each].state for each in ("scope_exercised", "recent_lookup", "failure_rate")] == ["passed"] * 3
    shown = found["recent_lookup"].evidence
    assert shown is not None
    assert (shown.kind, shown.href) == ("request", f"/projects/{world.project_id}/requests/{shown.id}")
    world.declare("getCountry", "listCountries")
    assert "listCountries" in world.checks()["scope_exercised"].detail
    assert world.state("scope_exercised") == "failed"
    world.declare("getCountry")
    assert world.state("scope_exercised") == "passed"
    test_clock.move(9 * 86_400)
    assert (world.state("recent_lookup"), world.state("scope_exercised")) == ("failed", "passed")
    test_clock.move(30 * 86_400)
    assert (world.state("recent_lookup"), world.state("scope_exercised")) == ("waiting", "waiting")
    world.declare()
    assert world.state("scope_declared") == "waiting"


@pytest.mark.parametrize("outcome", ["rate_limited", "quota_exhausted", "unavailable"])
def test_what_is_no_refusal_of_the_protection(world: ReadinessWorld, outcome: str) -> None:
    world.alerts.traffic(1, outcome=outcome, status=None)
    assert world.state("recent_denial") == "waiting"
    world.alerts.traffic(1, outcome="revoked", status=None)
    assert world.state("recent_denial") == "passed"


def test_failures(world: ReadinessWorld) -> None:
    world.alerts.traffic(95)
    world.alerts.traffic(5, status=503)
    assert world.state("failure_rate") == "passed"
    world.alerts.traffic(1, status=500)
    found = world.checks()["failure_rate"]
    assert (found.state, found.detail) == ("failed", "5.9 % failed of 101 requests; at most 5 % may.")


def test_a_webhook_check_is_of_a_url_and_a_secret(world: ReadinessWorld, test_clock: TestClock) -> None:
    assert (world.state("webhook_check"), world.state("delivery_verified")) == ("not_applicable", "not_applicable")
    world.declare("getCountry", events=("country.changed",))
    assert (world.state("webhook_check"), world.state("delivery_verified")) == ("waiting", "waiting")
    endpoint = world.add_webhook()
    assert world.state("webhook_check") == "waiting"
    world.check_webhook(endpoint, "failed")
    assert world.state("webhook_check") == "failed"
    test_clock.move(1)
    world.check_webhook(endpoint)
    assert world.state("webhook_check") == "passed"
    other = world.add_webhook("https://hooks.example.com/b")
    assert world.state("webhook_check") == "waiting"
    with world.store.write() as tx:
        webhooks.delete_endpoint(tx, world.owner, other)
    assert world.state("webhook_check") == "passed"
    with world.store.write() as tx:
        webhooks.rotate_signing_secret(tx, world.owner, SECRET, endpoint, 3600)
    found = world.checks()["webhook_check"]
    assert (found.state, "changed since" in found.detail) == ("failed", True)


def test_a_delivery_is_of_the_url_that_the_endpoint_has(world: ReadinessWorld, test_clock: TestClock) -> None:
    endpoint = world.add_webhook()
    world.deliver(endpoint)
    # What was accepted before the check proves nothing.
    test_clock.move(1)
    world.check_webhook(endpoint)
    test_clock.move(1)
    world.deliver(endpoint, origin="test")
    world.deliver(endpoint, probe="signed")
    world.deliver(endpoint, url="https://elsewhere.example.com/")
    assert world.state("delivery_verified") == "waiting"
    world.deliver(endpoint)
    assert world.state("delivery_verified") == "passed"
    # It counts for as long as the check does.
    test_clock.move(30 * 86_400 - 2)
    assert world.state("delivery_verified") == "passed"
    test_clock.move(2)
    assert world.state("delivery_verified") == "waiting"
    world.check_webhook(endpoint)
    world.deliver(endpoint)
    assert world.state("delivery_verified") == "passed"
    with world.store.write() as tx:
        webhooks.edit_endpoint(
            tx, world.owner, SECRET, SETTINGS, endpoint, lambda old: replace(old, url=f"{RECEIVER}/new")
        )
    assert world.state("delivery_verified") == "waiting"


def test_bindings_for_production(world: ReadinessWorld) -> None:
    world.edit(product_line="Places")
    assert world.state("bindings") == "passed"
    endpoint = world.add_webhook()
    assert world.checks()["bindings"].detail.startswith("Not given yet: The URL of ")

    def give(url: str) -> None:
        with world.store.write() as tx:
            [slot] = (
                each for each in bindings_actions.bindings_of(tx, world.owner, world.project_id) if each.is_missing
            )
            values = {slot.pointer: url}
            bindings_actions.give_bindings(tx, world.owner, SECRET, SETTINGS, world.project_id, values)

    give("https://live.example.com/a")
    assert world.state("bindings") == "passed"
    world.add_webhook("https://hooks.example.com/b")
    assert world.state("bindings") == "waiting"
    readiness_tasks.turn(world.store)
    give("https://live.example.com/b")
    with world.store.write() as tx:
        webhooks.delete_endpoint(tx, world.owner, endpoint)
    assert world.state("bindings") == "passed"


def test_findings_about_keys(world: ReadinessWorld, test_clock: TestClock) -> None:
    web, batch = (world.alerts.usage.key_ids[name] for name in ("web", "batch"))
    until = clock.now() + timedelta(days=50)
    assert world.state("key_hygiene") == "failed"

    def accept(key_id: str, finding: str) -> None:
        with world.store.write() as tx:
            attestations.accept_finding(tx, world.owner, world.project_id, key_id, finding, "It is so.", until)

    accept(web, "never_expires")
    accept(batch, "never_expires")
    assert world.state("key_hygiene") == "passed"
    test_clock.move(31 * 86_400)
    assert world.checks()["key_hygiene"].detail == "batch is unused, web is unused."
    world.alerts.traffic(1)
    accept(batch, "unused")
    assert world.state("key_hygiene") == "passed"
    test_clock.move(21 * 86_400)
    assert "never expires" in world.checks()["key_hygiene"].detail
    test_clock.move(40 * 86_400)
    assert "overdue for rotation" in world.checks()["key_hygiene"].detail
    with world.store.write() as tx:
        for each in (web, batch):
            keys.revoke_key(tx, world.owner, each)
    assert world.state("key_hygiene") == "waiting"


def test_an_alert_rule_has_to_reach_somebody(world: ReadinessWorld, test_clock: TestClock) -> None:
    assert world.state("alert_channel") == "failed"
    rule = world.alerts.add_rule(WATCH)
    assert world.state("alert_channel") == "waiting"
    world.tell(rule.id, "chat", target="chn_gone", state="delivered")
    world.tell(rule.id, "email", handed_over_id="mail_gone")
    world.tell(rule.id, "webhooks", handed_over_id="msg_gone")
    assert world.state("alert_channel") == "waiting"
    channel = Channel(
        ids.new_id("chn"), world.project_id, world.alerts.usage.organization_id, "sandbox", "slack", "#ops", b"", "https://…",
        "Ada", clock.now(),
    )  # fmt: skip
    with world.store.write() as tx:
        channels.insert_channel(tx, channel)
    world.tell(rule.id, "chat", target=channel.id, state="pending")
    assert world.state("alert_channel") == "waiting"
    world.tell(rule.id, "chat", target=channel.id, state="delivered")
    assert world.state("alert_channel") == "passed"
    _change_rule(world, rule.id, notify=("email",))
    assert world.state("alert_channel") == "waiting"
    _change_rule(world, rule.id, notify=("email", "chat"))
    with world.store.write() as tx:
        channels.delete_channel(tx, channel.id, clock.now())
    assert world.state("alert_channel") == "waiting"


def test_mails_and_webhooks_are_ways_too_until_the_rule_is_gone(world: ReadinessWorld, test_clock: TestClock) -> None:
    rule, mail = world.alerts.add_rule(WATCH), ids.new_id("mail")
    values = {"recipient": "a@example.com", "subject": "x", "text": "x", "attempts": 1, "created_at": clock.now()}
    with world.store.write() as tx:
        tx.execute(insert(mails).values(
            id=mail, organization_id=world.alerts.usage.organization_id, state="failed", **values))  # fmt: skip
    world.tell(rule.id, "email", handed_over_id=mail)
    assert world.state("alert_channel") == "waiting"
    with world.store.write() as tx:
        tx.execute(update(mails).where(mails.c.id == mail).values(state="sent"))
    assert world.state("alert_channel") == "passed"
    test_clock.move(31 * 86_400)
    assert world.state("alert_channel") == "waiting"
    world.tell(rule.id, "webhooks", handed_over_id=world.deliver(world.add_webhook(), origin="freehold"))
    assert world.state("alert_channel") == "passed"
    _change_rule(world, rule.id, muted_until=clock.now() + timedelta(hours=1))
    assert world.state("alert_channel") == "failed"
    test_clock.move(3600)
    assert world.state("alert_channel") == "passed"
    with world.store.write() as tx:
        alerts.delete_rule(tx, world.owner, rule.id)
    assert world.state("alert_channel") == "failed"


def _change_rule(world: ReadinessWorld, rule_id: str, **change: object) -> None:
    with world.store.write() as tx:
        alerts.edit_rule(tx, world.owner, rule_id, lambda old: replace(old, **change))  # type: ignore[arg-type]


def test_sums_that_do_not_add_up(world: ReadinessWorld, test_clock: TestClock) -> None:
    world.alerts.traffic(3)
    assert world.state("usage_reconciles") == "waiting"
    reconcile(world.store, Settings())
    assert world.state("usage_reconciles") == "passed"
    test_clock.move(4 * 86_400)
    assert world.state("usage_reconciles") == "failed"
    with world.store.write() as tx:
        day = (usage_rollups.c.project_id == world.project_id, usage_rollups.c.grain == "day")
        tx.execute(update(usage_rollups).where(*day).values(requests=7))
    reconcile(world.store, Settings())
    found = world.checks()["usage_reconciles"]
    assert (found.state, "difference" in found.detail) == ("failed", True)
    # Another project's sums are another project's.
    with world.store.read() as tx:
        other = projects.read_project(tx, world.operator, world.alerts.usage.second_project_id)
        states = {each.code: each.state for each in readiness_actions.checks_of(tx, other)}
    assert states["usage_reconciles"] == "passed"


def test_an_attestation_ends_by_itself(world: ReadinessWorld, test_clock: TestClock) -> None:
    auditor = _person(world, "Di", "auditor")
    with world.store.write() as tx:
        own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, REVIEW)
    with world.store.write() as tx:
        attestations.attest(tx, auditor, world.project_id, "security_review", "Nothing open.")
    assert world.checks()["security_review"].detail == "Di, auditor: Nothing open."
    test_clock.move(10 * 86_400)
    assert world.state("security_review") == "failed"
    stranger = Actor(
        "user", "usr_9", "Eve", "usr_9", False, {world.alerts.usage.foreign_organization_id: frozenset({"auditor"})}
    )
    with world.store.write() as tx, pytest.raises(Problem, match="nothing here"):
        attestations.attest(tx, stranger, world.project_id, "security_review", "Mine.")


def _person(world: ReadinessWorld, name: str, role: str) -> Actor:
    user_id = world.join(name, role)
    roles: dict[str, frozenset[str]] = {world.alerts.usage.organization_id: frozenset({role})}
    return Actor("user", user_id, name, user_id, False, roles)  # type: ignore[arg-type]


def test_who_asks_for_production_attests_nothing_of_it(world: ReadinessWorld) -> None:
    bo, cy = _person(world, "Bo", "developer"), _person(world, "Cy", "developer")
    with world.store.write() as tx:
        wanted = replace(REVIEW, role="developer")
        own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, wanted)
    launch = (clock.now() + timedelta(days=30)).date().isoformat()
    with world.store.write() as tx:
        asked = NewRequest("Prices at checkout", 10, 500, 5, launch)
        request = review_actions.request_access(tx, bo, world.project_id, asked)
    with world.store.write() as tx, pytest.raises(Problem, match="somebody else has to attest it"):
        attestations.attest(tx, bo, world.project_id, "security_review", "Trust me.")
    found = world.checks()["traffic_band"]
    assert (found.state, found.evidence and found.evidence.id) == ("passed", request.id)
    with world.store.write() as tx:
        attestations.attest(tx, cy, world.project_id, "security_review", "Nothing open.")
    assert world.state("security_review") == "passed"
    world.alerts.traffic(501)
    assert world.state("traffic_band") == "failed"
    with world.store.write() as tx:
        review_actions.withdraw_request(tx, bo, request.id)
    assert world.state("traffic_band") == "waiting"
    with world.store.write() as tx:
        attestations.attest(tx, bo, world.project_id, "security_review", "Now that I ask no more.")


def test_the_loop_writes_down_what_changed_and_since_when(world: ReadinessWorld, test_clock: TestClock) -> None:
    assert readiness_tasks.turn(world.store) == 3
    begun = clock.now()
    with world.store.read() as tx:
        live, stored = world.checks(), readiness_actions.summary_of(tx, [world.project_id])[world.project_id]
    assert stored.blocking == sum(each.blocks for each in live.values())
    assert (stored.total, stored.passed) == (
        sum(each.state != "not_applicable" for each in live.values()),
        sum(each.state == "passed" for each in live.values()),
    )
    assert readiness_tasks.turn(world.store) == 0
    test_clock.move(3600)
    world.edit(product_line="Places")
    # Not written down yet: it stands so from now on.
    assert world.checks()["purpose"].since == clock.now()
    assert readiness_tasks.turn(world.store) == 1
    changed = clock.now()
    test_clock.move(3600)
    found = world.checks()
    assert (found["purpose"].since, found["technical_owner"].since) == (changed, begun)
    # An own check that is removed leaves nothing behind, and an archived project is left alone.
    with world.store.write() as tx:
        made = own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, REVIEW)
    assert readiness_tasks.turn(world.store) == 3
    with world.store.write() as tx:
        own_checks.remove_own_check(tx, world.operator, made.id)
        projects.archive_project(tx, world.owner, world.project_id)
    assert readiness_tasks.turn(world.store) == 2


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_project_that_goes_between_the_look_and_the_write_takes_no_other_with_it(
    world: ReadinessWorld, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    gone, look_at = ids.new_id("proj"), readiness_actions.look_at
    with world.store.write() as tx:
        row = tx.execute(select(project_rows).where(project_rows.c.id == world.project_id)).one()._mapping
        tx.execute(insert(project_rows).values({**row, "id": gone, "slug": "gone"}))

    def look_and_delete(*given: Any) -> list[readiness_actions.Stale]:
        found = {each.project_id: each for each in look_at(*given)}
        with world.store.write() as tx:
            tx.execute(delete(project_rows).where(project_rows.c.id == gone))
        its_own, others = found.pop(gone), list(found.values())
        return [*others[:place], its_own, *others[place:]]

    monkeypatch.setattr(readiness_actions, "look_at", look_and_delete)
    assert readiness_tasks.turn(world.store) == 3
    monkeypatch.undo()
    assert readiness_tasks.turn(world.store) == 0


def test_postures_tell_how_far_a_project_is(world: ReadinessWorld) -> None:
    with world.store.read() as tx:
        assert postures.posture_of(tx, world.owner, world.project_id).readiness is None
    readiness_tasks.turn(world.store)
    with world.store.read() as tx:
        [shown] = postures.postures(tx, world.owner, [world.project_id])
        assert shown.readiness == readiness_actions.summary_of(tx, [world.project_id])[world.project_id]


def test_asking_for_production_and_attesting_at_one_instant(world: ReadinessWorld) -> None:
    """Whichever comes first: nothing is attested by a person whose request was open by then."""
    bo = _person(world, "Bo", "developer")
    with world.store.write() as tx:
        own_checks.create_own_check(tx, world.operator, SETTINGS, world.api_id, replace(REVIEW, role="developer"))
    asked = NewRequest("Prices", 10, 500, 5, (clock.now() + timedelta(days=30)).date().isoformat())
    order: list[str] = []

    def attest() -> None:
        try:
            with world.store.write() as tx:
                attestations.attest(tx, bo, world.project_id, "security_review", "Fine.")
                order.append("attested")
        except Problem:
            order.append("refused")

    def request() -> None:
        with world.store.write() as tx:
            review_actions.request_access(tx, bo, world.project_id, asked)
            order.append("requested")

    with ThreadPoolExecutor(2) as both:
        for each in [both.submit(act) for act in (attest, request)]:
            each.result()
    assert order in (["attested", "requested"], ["requested", "refused"])
