"""What is open when a person or an organization is deleted: reports that are being made, forwardings, schedules, a place that is away."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from freehold.forwarding import queries as forwardings
from freehold.keeping import emptying, person_actions
from freehold.keeping import tasks as keeping_tasks
from freehold.keeping.organization_queries import find_deletion
from freehold.kit import clock
from freehold.reports import making, schedule_tasks
from freehold.reports import queries as reports
from freehold.reports import tasks as report_tasks
from freehold.reports.holding import LEASE
from freehold.reports.places.folders import Folder
from freehold.reports.places.opening import keeping_of
from freehold.reports.places.place import CannotKeep
from freehold.store.schema import organization_deletions, report_schedule_recipients, report_schedules, users
from tests.http.served import Instance
from tests.keeping.organization_world import ask, let_time_pass
from tests.keeping.test_people import EMAIL, NAME, erase, found_in, join


def test_a_report_that_is_being_made_is_begun_anew_once_the_name_is_out(instance: Instance) -> None:
    """Whoever makes it has read the name already: what it ends is nobody's, and the next one finds none."""
    user_id = join(instance)
    owner, path = instance.client("owner"), f"/v1/organizations/{instance.harbour}/reports"
    answer = owner.post(path, json={"kind": "access_review"})
    assert answer.status_code == 202, answer.text
    report_id = answer.json()["id"]
    with instance.store.write() as tx:
        held = reports.claim(tx, clock.now(), clock.now() + LEASE)
    assert held is not None
    with instance.store.write() as tx:
        person_actions.delete_person(tx, instance.actor("operator"), instance.secret, user_id, EMAIL)
    making_it = keeping_of(instance.settings).pieces(held.id, held.attempts, "someone", "of")
    making_it.take_over()
    making_it.add(f"{NAME} <{EMAIL}>".encode(), {})
    erase(instance)
    # It goes on where it was: it is told that the report is not its own, and removes what it wrote.
    with instance.store.write() as tx:
        assert reports.tell(tx, held, 7, clock.now() + LEASE) is False
    making.make_report(instance.store, instance.settings, held)
    while report_tasks.turn(instance.store, instance.settings):
        pass
    made = owner.get(f"/v1/reports/{report_id}").json()
    assert (made["state"], made["rows"] > 3) == ("ready", True), made
    assert not (left := found_in(instance)), "\n".join(left)


def test_forwardings_and_schedules_of_a_deleted_person_go_on_or_say_why_not(instance: Instance) -> None:
    user_id = join(instance, "admin")
    canary, at = instance.client("canary"), f"/v1/organizations/{instance.harbour}"
    forwarding = canary.post(f"{at}/forwardings", json={"name": f"{NAME}'s", "url": "https://logs.example.com/"}).json()
    monthly = {
        "name": "Monthly",
        "kind": "access_review",
        "cron": "0 6 1 * *",
        "recipients": [EMAIL, "owner@example.com"],
    }
    schedule = canary.post(f"{at}/report_schedules", json=monthly)
    assert (forwarding["created_by"], schedule.status_code) == (f"{EMAIL} (Laptop of {NAME})", 201), (
        forwarding,
        schedule.text,
    )
    with instance.store.write() as tx:
        person_actions.delete_person(tx, instance.actor("operator"), instance.secret, user_id, EMAIL)
    erase(instance)
    assert not (left := found_in(instance)), "\n".join(left)
    with instance.store.read() as tx:
        kept = forwardings.find_forwarding(tx, forwarding["id"])
        recipient = users.c.id == report_schedule_recipients.c.user_id
        told = tx.execute(select(users.c.email).join(report_schedule_recipients, recipient)).scalars().all()
    assert kept is not None
    assert (kept.state, "Deleted person" in kept.name) == ("active", True)
    assert EMAIL not in told
    with instance.store.write() as tx:
        tx.execute(update(report_schedules).values(next_at=clock.now()))
    schedule_tasks.turn(instance.store, instance.settings.control_url, clock.now())
    with instance.store.read() as tx:
        row = tx.execute(select(report_schedules.c.state, report_schedules.c.reason)).one()
    assert row.state == "stopped"
    assert row.reason.endswith("whose account is closed.")


def wait_until(true: Callable[[], Any], what: str) -> None:
    waiting = threading.Event()
    for _ in range(1500):
        if true():
            return
        waiting.wait(0.02)
    raise AssertionError(f"it never came to be: {what}")


@contextmanager
def deleting(instance: Instance) -> Any:
    """The loop of the tasks process, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=keeping_tasks.run, args=(instance.store, instance.settings, instance.secret, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_deleting_waits_while_the_place_of_reports_is_away_and_goes_on(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files go before the rows that name them: while one cannot be removed, nothing is forgotten."""
    owner = instance.client("owner")
    assert (
        owner.post(f"/v1/organizations/{instance.harbour}/reports", json={"kind": "access_review"}).status_code == 202
    )
    while report_tasks.turn(instance.store, instance.settings):
        pass
    files = instance.settings.data / "reports"
    assert len([path for path in files.rglob("*") if path.is_file()]) == 1
    assert ask(instance).status_code == 200
    let_time_pass(instance)
    tries: list[str] = []
    remove = Folder.remove

    def away(self: Folder, name: str) -> None:
        tries.append(name)
        raise CannotKeep("it does not answer")

    monkeypatch.setattr(Folder, "remove", away)
    for name in ("_DATABASE_AWAY_S", "_PAUSE_S", "_POLL_S"):
        monkeypatch.setattr(keeping_tasks, name, 0.01)
    monkeypatch.setattr(emptying, "SETTLES", emptying.SETTLES * 0)

    def state() -> str:
        with instance.store.read() as tx:
            found = find_deletion(tx, instance.harbour)
        assert found is not None
        return found.state

    with deleting(instance):
        wait_until(lambda: len(tries) > 3, "a try again")
        assert state() == "deleting"
        with instance.store.read() as tx:
            assert reports.find_report(tx, files.iterdir().__next__().name.split(".")[0]) is not None
            assert tx.execute(select(organization_deletions.c.counts)).scalar_one() == {}
        monkeypatch.setattr(Folder, "remove", remove)
        wait_until(lambda: state() == "deleted", "the deletion")
    assert [path for path in files.rglob("*") if path.is_file()] == []
