"""Report schedules on both databases: when they run, with whose rights, what they tell, and what stops them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations import members, tokens
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.reports import actions as reports
from freehold.reports import local_days, queries, schedule_actions, schedule_queries, schedule_tasks, tasks
from freehold.reports.records import Report
from freehold.reports.schedule_records import Schedule, ScheduleSettings
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import announcements, audit_entries, mails, report_schedule_runs
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.production.world import collect, decide, make_production_world
from tests.reports.asked import file_of, price

DAY: Final = 86_400
HOUR: Final = 3_600
DAILY: Final = ScheduleSettings("Every morning", "webhook_deliveries", "csv", "0 6 * * *", "Europe/Berlin", "day")


@dataclass
class World:
    """Harbour's project, a clock, and short ways to schedule, look and let the tasks process work."""

    instance: Instance
    clock: TestClock

    @property
    def store(self) -> Store:
        return self.instance.store

    def make(
        self, settings: ScheduleSettings = DAILY, who: str = "owner", recipients: Sequence[str] = (), whole: bool = False,
        slot: str | None = None, actor: Actor | None = None,
    ) -> Schedule:  # fmt: skip
        with self.store.write() as tx:
            return schedule_actions.create_schedule(
                tx, actor or self.instance.actor(who), self.instance.harbour, None if whole else self.instance.project,
                settings, recipients, slot,
            )  # fmt: skip

    def act(self, action: Any, schedule: Schedule, *more: Any, who: str = "owner", **named: Any) -> Any:
        with self.store.write() as tx:
            return action(tx, self.instance.actor(who), schedule.id, *more, **named)

    def read(self, schedule: Schedule) -> Schedule:
        with self.store.read() as tx:
            found = schedule_queries.find_schedule(tx, schedule.id, deleted=True)
        assert found is not None
        return found

    def turn(self) -> int:
        return schedule_tasks.turn(self.store, self.instance.settings.control_url, clock.now())

    def made(self, schedule: Schedule) -> list[Report]:
        """A schedule's reports, newest first."""
        with self.store.read() as tx:
            found = [
                queries.find_report(tx, each) for each in schedule_queries.reports_of_schedule(tx, schedule.id, 50)
            ]
        return [each for each in found if each is not None]

    def finish(self) -> None:
        """Let what is queued be made, and mailed of."""
        while tasks.turn(self.store, self.instance.settings):
            pass
        self.turn()

    def mailed(self) -> list[tuple[str, str, str]]:
        with self.store.read() as tx:
            rows = tx.execute(select(mails.c.recipient, mails.c.subject, mails.c.text))
            return sorted((row.recipient, row.subject, row.text) for row in rows)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        with self.store.read() as tx:
            rows = tx.execute(select(announcements.c.event_type, announcements.c.payload).order_by(announcements.c.id))
            return [(row.event_type, row.payload) for row in rows if row.event_type.startswith("report.")]


@pytest.fixture
def world(store: Store, settings: Settings, test_clock: TestClock) -> World:
    return World(make_production_world(store, replace(settings, usage_days=30)), test_clock)


# --- running --------------------------------------------------------------------------------------


def test_a_schedule_runs_at_its_time_once_and_asks_for_the_last_whole_day(world: World) -> None:
    schedule = world.make()
    # 2027-01-15 08:00 UTC is 09:00 in Berlin: next is tomorrow at six, by Berlin's clock.
    assert schedule.next_at == datetime(2027, 1, 16, 5, tzinfo=UTC)
    world.clock.move(21 * HOUR - 1)
    assert (world.turn(), world.made(schedule)) == (0, [])
    world.clock.move(1)
    assert (world.turn(), world.turn()) == (1, 0)
    [report] = world.made(schedule)
    assert (report.state, report.asked_by, report.asked_by_id) == ("queued", "Every morning", schedule.id)
    assert (report.parameters.since, report.parameters.until) == (date(2027, 1, 15), date(2027, 1, 16))
    after = world.read(schedule)
    assert (after.last_at, after.next_at) == (schedule.next_at, schedule.next_at + timedelta(days=1))
    assert after.revision == schedule.revision, "a run is no change of the schedule"
    with world.store.read() as tx:
        run = schedule_queries.runs_of_reports(tx, [report.id])[report.id]
        entry = tx.execute(select(audit_entries).where(audit_entries.c.action == "report.requested")).one()
    assert (run.due_at, run.missed, run.schedule_name) == (schedule.next_at, 0, "Every morning")
    assert (entry.actor_kind, entry.actor_id, entry.project_id) == ("system", schedule.id, world.instance.project)


def test_after_days_of_outage_one_run_makes_up_for_all(world: World) -> None:
    schedule = world.make()
    world.clock.move(10 * DAY)
    assert (world.turn(), world.turn()) == (1, 0)
    [report] = world.made(schedule)
    assert report.parameters.since == date(2027, 1, 24)
    with world.store.read() as tx:
        run = schedule_queries.runs_of_reports(tx, [report.id])[report.id]
    assert (run.missed, run.due_at) == (9, datetime(2027, 1, 25, 5, tzinfo=UTC))
    assert world.read(schedule).next_at == datetime(2027, 1, 26, 5, tzinfo=UTC)


def test_of_several_processes_at_one_instant_one_runs_it(world: World) -> None:
    schedules = [world.make(replace(DAILY, name=f"Report {number}")) for number in range(4)]
    world.clock.move(DAY)
    together, queued = threading.Barrier(3), list[int]()

    def process() -> None:
        together.wait()
        queued.append(world.turn())

    threads = [threading.Thread(target=process) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(queued) == len(schedules)
    assert [len(world.made(each)) for each in schedules] == [1] * len(schedules)


def test_the_database_itself_holds_a_due_time_to_one_run(world: World) -> None:
    schedule = world.make()
    world.clock.move(DAY)
    world.turn()
    report = world.act(schedule_actions.run_schedule, schedule)
    same = {
        "schedule_id": schedule.id,
        "organization_id": schedule.organization_id,
        "due_at": schedule.next_at,
        "missed": 0,
    }
    with world.store.write() as tx:
        # The report that a person ran has a row of its own: it is put in the place of another run of the same time.
        tx.execute(report_schedule_runs.delete().where(report_schedule_runs.c.report_id == report.id))
        with pytest.raises(IntegrityError):
            tx.execute(insert(report_schedule_runs).values(report_id=report.id, **same))
        tx.rollback()


def test_a_clock_that_steps_back_runs_nothing_twice(world: World) -> None:
    schedule = world.make()
    world.clock.move(DAY)
    assert world.turn() == 1
    world.clock.move(-2 * DAY)
    assert world.turn() == 0
    # Whoever changes its time has it counted from now on: the times that ran come again, and do nothing.
    world.act(schedule_actions.edit_schedule, schedule, lambda old: replace(old, cron="0 7 * * *"))
    world.act(schedule_actions.edit_schedule, schedule, lambda old: replace(old, cron="0 6 * * *"))
    assert world.read(schedule).next_at == datetime(2027, 1, 15, 5, tzinfo=UTC)
    for _ in range(8):
        world.clock.move(DAY / 2)
        world.turn()
    with world.store.read() as tx:
        times = list(
            tx.execute(select(report_schedule_runs.c.due_at).order_by(report_schedule_runs.c.due_at)).scalars()
        )
    assert times == [datetime(2027, 1, day, 5, tzinfo=UTC) for day in (15, 16, 17, 18)]


def test_an_archived_projects_schedules_rest_and_make_up_for_nothing(world: World) -> None:
    schedule = world.make()
    with world.store.write() as tx:
        projects.archive_project(tx, world.instance.actor("owner"), world.instance.project)
    world.clock.move(3 * DAY)
    assert world.turn() == 0
    assert world.read(schedule).asleep
    with pytest.raises(Problem):
        world.act(schedule_actions.run_schedule, schedule)
    with world.store.write() as tx:
        projects.restore_project(tx, world.instance.actor("owner"), world.instance.project)
    assert world.turn() == 0
    world.clock.move(DAY)
    assert world.turn() == 1
    with world.store.read() as tx:
        assert [
            each.missed for each in schedule_queries.runs_of_reports(tx, [world.made(schedule)[0].id]).values()
        ] == [0]


def test_one_can_be_run_now_and_goes_on_as_before(world: World) -> None:
    schedule = world.make(recipients=["billing@example.com"], settings=replace(DAILY, kind="alert_firings"))
    report = world.act(schedule_actions.run_schedule, schedule, who="developer")
    assert (report.asked_by, report.parameters.since) == ("developer@example.com", date(2027, 1, 14))
    assert world.read(schedule) == schedule
    world.finish()
    assert [each[0] for each in world.mailed()] == ["billing@example.com"]


# --- rights ---------------------------------------------------------------------------------------


def test_a_scheduled_cost_statement_is_made_and_fails_for_days_without_prices(world: World) -> None:
    day = clock.now().date()
    at_ms = clock.to_ms(local_days.starts_at(day, "UTC")) + 1000
    decide(world.instance, world.instance.settings.data, 3, at_ms)
    collect(world.store, world.instance.settings.data)
    price(world.instance, day)
    daily = ScheduleSettings("What it costs", "cost_statement", "html", "0 6 * * *", "UTC", "day")
    schedule = world.make(daily)
    # Of three requests the first two are free, and the third is 1.50.
    world.clock.move(DAY)
    assert world.turn() == 1
    world.finish()
    [made] = world.made(schedule)
    assert (made.state, made.reason) == ("ready", None)
    assert (made.manifest or {})["source"]["amounts"] == {"EUR": 150}
    assert "1.50 EUR" in file_of(world.instance.settings, made).read_text()
    # A run asks for days that nobody has looked at: the first of these have no prices, the last ones in another currency.
    price(world.instance, day + timedelta(days=2), currency="USD")
    weekly = world.make(replace(daily, name="By week", cron="0 7 * * *", period="week"))
    world.clock.move(7 * DAY)
    world.turn()
    world.finish()
    [failed] = world.made(weekly)
    assert failed.state == "failed"
    assert "price" in (failed.reason or "")


def test_who_lost_the_right_stops_the_schedule_and_people_are_told(world: World) -> None:
    schedule = world.make(who="developer", recipients=["auditor@example.com"])
    with world.store.write() as tx:
        members.change_role(
            tx, world.instance.actor("owner"), world.instance.harbour, world.instance.users["developer"].id, "billing"
        )
    world.clock.move(DAY)
    assert world.turn() == 0
    stopped = world.read(schedule)
    assert (stopped.state, stopped.next_at, world.made(schedule)) == ("stopped", None, [])
    assert stopped.reason == (
        "It ran with the rights of developer@example.com, who may no longer have reports of this kind (webhook deliveries)."
    )
    assert [each[0] for each in world.mailed()] == ["auditor@example.com", "developer@example.com", "owner@example.com"]
    assert stopped.reason in world.mailed()[0][2]
    assert f"/projects/{world.instance.project}/reports/schedules/{schedule.id}" in world.mailed()[0][2]
    # Whoever has the right takes it over.
    with pytest.raises(Problem):
        world.act(schedule_actions.resume_schedule, schedule, who="billing")
    resumed = world.act(schedule_actions.resume_schedule, schedule, who="admin")
    assert (resumed.state, resumed.reason, resumed.owner.name) == ("active", None, "admin@example.com")
    world.clock.move(DAY)
    assert world.turn() == 1


def test_who_leaves_stops_their_schedules_and_is_told_of_none(world: World) -> None:
    mine, others = world.make(who="admin"), world.make(replace(DAILY, name="Another"), recipients=["admin@example.com"])
    with world.store.write() as tx:
        members.remove_member(
            tx, world.instance.actor("owner"), world.instance.harbour, world.instance.users["admin"].id
        )
    world.clock.move(DAY)
    assert world.turn() == 1
    assert (world.read(mine).state, world.read(others).recipients) == ("stopped", ())
    world.finish()
    assert [each[0] for each in world.mailed()] == ["owner@example.com"]


def test_a_service_tokens_schedule_ends_with_the_token(world: World) -> None:
    with world.store.write() as tx:
        made = tokens.create_service_token(
            tx, world.instance.actor("owner"), world.instance.secret, world.instance.harbour, "CI", ["developer"], None
        )
        found = tokens.actor_of_token(tx, world.instance.secret, made.text)
    assert found is not None
    schedule = world.make(actor=found[1])
    assert (schedule.owner.kind, schedule.owner.name) == ("token", "CI")
    world.clock.move(DAY)
    assert world.turn() == 1
    with world.store.write() as tx:
        tokens.revoke_token(tx, world.instance.actor("owner"), made.token.id)
    world.clock.move(DAY)
    assert world.turn() == 0
    assert "whose token is revoked or has expired" in (world.read(schedule).reason or "")


def test_nobody_schedules_what_they_may_not_read(world: World) -> None:
    schedule = world.make(replace(DAILY, kind="alert_firings"))
    refused: list[tuple[str, Any, str]] = [
        ("billing", "webhook_deliveries", "forbidden"), ("developer", "audit_log", "forbidden"),
        ("operator", "usage_summary", "forbidden"), ("stranger", "usage_summary", "not_found"),
    ]  # fmt: skip
    for who, kind, code in refused:
        with pytest.raises(Problem) as problem:
            world.make(replace(DAILY, kind=kind), who=who)
        assert problem.value.code == code
        with pytest.raises(Problem) as problem:
            world.act(schedule_actions.edit_schedule, schedule, lambda old, kind=kind: replace(old, kind=kind), who=who)
        assert problem.value.code == code


# --- telling --------------------------------------------------------------------------------------


def test_a_ready_report_is_announced_and_mailed_with_an_address_that_holds_no_secret(world: World) -> None:
    schedule = world.make(recipients=["auditor@example.com", world.instance.users["developer"].id])
    world.clock.move(2 * DAY)
    world.turn()
    world.finish()
    [report] = world.made(schedule)
    assert report.state == "ready"
    url = f"{world.instance.settings.control_url}/projects/{world.instance.project}/reports/{report.id}"
    [(event, facts)] = world.told()
    assert event == "report.ready"
    assert facts == {
        "report": report.id, "kind": "webhook_deliveries", "format": "csv", "from": "2027-01-16", "to": "2027-01-17", "time_zone": "Europe/Berlin",
        "rows": report.rows, "bytes": report.bytes, "sha256": report.sha256, "restates": None, "schedule": schedule.id,
        "missed": 1, "url": url,
    }  # fmt: skip
    sent = world.mailed()
    assert [each[0] for each in sent] == ["auditor@example.com", "developer@example.com"]
    assert sent[0][1] == "Report is ready: Every morning · Parcel lookup, sandbox"
    assert url in sent[0][2]
    assert "made up for by this one: 1" in sent[0][2]
    world.finish()
    assert len(world.mailed()) == 2, "told once"


def test_a_failed_report_is_told_of_too_and_a_canceled_one_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = world.make(recipients=["auditor@example.com"])
    canceled = world.act(schedule_actions.run_schedule, schedule)
    with world.store.write() as tx:
        reports.cancel_report(tx, world.instance.actor("owner"), canceled.id)
    world.finish()
    assert (world.told(), world.mailed()) == ([], [])
    world.act(schedule_actions.run_schedule, schedule)
    place = world.instance.settings.data / "reports"
    place.write_text("a file where the folder would be")
    world.finish()
    [(event, facts)] = world.told()
    assert (event, facts["schedule"]) == ("report.failed", schedule.id)
    assert facts["reason"].startswith("Its file cannot be written")
    [(_, subject, text)] = world.mailed()
    assert subject.startswith("Report failed: Every morning")
    assert facts["reason"] in text
    place.unlink()


def test_who_may_no_longer_read_it_is_not_mailed(world: World) -> None:
    world.make(recipients=["developer@example.com", "auditor@example.com"])
    world.clock.move(DAY)
    world.turn()
    with world.store.write() as tx:
        members.change_role(
            tx, world.instance.actor("owner"), world.instance.harbour, world.instance.users["developer"].id, "billing"
        )
    world.finish()
    assert [each[0] for each in world.mailed()] == ["auditor@example.com"]


def test_an_organizations_report_is_mailed_and_announced_nowhere(world: World) -> None:
    settings = replace(DAILY, name="Access", kind="access_review", period=None, cron="0 6 1 * *")
    schedule = world.make(settings, recipients=["auditor@example.com"], whole=True)
    world.clock.move(40 * DAY)
    assert world.turn() == 1
    world.finish()
    [report] = world.made(schedule)
    assert (report.project_id, report.parameters.since, world.told()) == (None, None, [])
    assert f"/organizations/{world.instance.harbour}/reports/{report.id}" in world.mailed()[0][2]


# --- changing -------------------------------------------------------------------------------------


def test_pausing_resuming_and_deleting(world: World) -> None:
    schedule = world.make()
    paused = world.act(schedule_actions.pause_schedule, schedule, who="developer")
    assert (paused.state, paused.next_at) == ("paused", None)
    assert world.act(schedule_actions.pause_schedule, schedule) == paused
    world.clock.move(5 * DAY)
    assert world.turn() == 0
    resumed = world.act(schedule_actions.resume_schedule, schedule)
    assert (resumed.state, resumed.next_at) == ("active", datetime(2027, 1, 21, 5, tzinfo=UTC))
    assert world.turn() == 0, "what was missed while it was paused is not made up for"
    report = world.act(schedule_actions.run_schedule, schedule)
    world.act(schedule_actions.delete_schedule, schedule)
    world.clock.move(5 * DAY)
    assert world.turn() == 0
    with pytest.raises(Problem) as gone:
        world.act(schedule_actions.read_schedule, schedule)
    assert gone.value.code == "not_found"
    assert world.made(schedule) == [report], "its reports stay"
    world.make(slot=schedule.slot)


def test_a_change_moves_the_next_run_only_where_it_changes_the_time(world: World) -> None:
    schedule = world.make(recipients=["auditor@example.com"])
    renamed = world.act(schedule_actions.edit_schedule, schedule, lambda old: replace(old, name="  Each   day "))
    assert (renamed.settings.name, renamed.slot, renamed.next_at) == ("Each day", "every-morning", schedule.next_at)
    assert renamed.recipients == schedule.recipients
    moved = world.act(schedule_actions.edit_schedule, schedule, lambda old: replace(old, time_zone="UTC"), [])
    assert (moved.next_at, moved.recipients) == (datetime(2027, 1, 16, 6, tzinfo=UTC), ())
    with pytest.raises(Problem) as stale:
        world.act(schedule_actions.edit_schedule, schedule, lambda old: old, revision=1)
    assert stale.value.code == "precondition_failed"


def test_recipients_are_members_who_may_read_it(world: World) -> None:
    with pytest.raises(Problem) as refused:
        world.make(recipients=["stranger@example.com", "billing@example.com", "auditor@example.com"])
    assert [(each.field, each.code) for each in refused.value.errors] == [
        ("recipients.0", "unknown_member"), ("recipients.1", "may_not_read"),
    ]  # fmt: skip


def test_there_are_so_many_and_each_has_its_slot(world: World) -> None:
    assert world.make().slot == "every-morning"
    assert world.make().slot == "every-morning-2"
    with pytest.raises(Problem) as taken:
        world.make(slot="every-morning")
    assert taken.value.code == "already_exists"
    for _ in range(18):
        world.make()
    with pytest.raises(Problem) as many:
        world.make()
    assert many.value.code == "conflict"
    world.make(replace(DAILY, kind="alert_firings"), whole=True)
