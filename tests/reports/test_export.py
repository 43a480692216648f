"""An organization's export on both databases: every kind and day once, nothing twice, and only what a role may have."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from freehold.errors import Problem
from freehold.keeping import organization_actions
from freehold.kit import clock
from freehold.reports import actions, queries, tasks
from freehold.reports.export import actions as exports
from freehold.reports.export.records import Export, Part
from freehold.reports.records import Parameters, Report
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import organizations
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.production.world import furnish, make_production_world
from tests.reports.asked import decided_request, file_of, price

DAY = timedelta(days=1)


@pytest.fixture
def instance(store: Store, settings: Settings, tmp_path: Path) -> Instance:
    """One whose organization was made 400 days ago."""
    made = make_production_world(store, Settings(data=tmp_path / "data", database_url=settings.database_url))
    furnish(made)
    with store.write() as tx:
        tx.execute(update(organizations).values(created_at=clock.now() - 400 * DAY))
    return made


def today() -> date:
    return clock.now().astimezone(UTC).date()


def read(instance: Instance, who: str = "owner", form: str = "csv") -> Export:
    with instance.store.read() as tx:
        return exports.read_export(tx, instance.actor(who), instance.harbour, form)


def ask(instance: Instance, who: str = "owner", **more: Any) -> Export:
    with instance.store.write() as tx:
        return exports.ask_for_export(tx, instance.actor(who), instance.harbour, **more)


def make(instance: Instance) -> None:
    while tasks.turn(instance.store, instance.settings):
        pass


def states(found: Export) -> set[str]:
    return {each.report.state if each.report else "missing" for each in found.parts}


def known(found: Export, kind: str) -> list[Part]:
    return [each for each in found.parts if each.parameters.kind == kind]


def test_all_of_it_is_asked_for_once_and_made(instance: Instance) -> None:
    price(instance, today() + DAY)
    request = decided_request(instance)
    first = (clock.now() - 400 * DAY).date()
    found = read(instance)
    assert (states(found), found.withheld, found.today) == ({"missing"}, (), today())
    log = [(each.parameters.since, each.parameters.until) for each in known(found, "audit_log")]
    assert (log[0][0], log[-1][1]) == (first, today())
    assert all(each.parameters.since is None for each in known(found, "access_review") + known(found, "key_inventory"))
    # No price list held on a day that is over.
    assert known(found, "cost_statement") == []
    (evidence,) = known(found, "readiness_evidence")
    assert (evidence.project_id, evidence.parameters.access_request) == (instance.project, request)
    asked = ask(instance, keep_days=3)
    assert (states(asked), asked.missing, len(asked.parts)) == ({"queued"}, 0, len(found.parts))
    ids = [each.report.id for each in asked.parts if each.report]
    assert [each.report.id for each in ask(instance).parts if each.report] == ids
    make(instance)
    ready = read(instance)
    assert states(ready) == {"ready"}
    for part in ready.parts:
        assert part.report is not None
        assert part.report.id in ids
        assert part.report.expires_at == (part.report.finished_at or clock.now()) + 3 * DAY
        assert file_of(instance.settings, part.report).exists()
    # Another format is another export.
    assert states(read(instance, form="jsonl")) == {"missing"}


def test_two_at_one_instant_ask_for_nothing_twice(instance: Instance) -> None:
    ready = Barrier(2)

    def ask_at_once(who: str) -> set[str]:
        actor = instance.actor(who)
        ready.wait()
        with instance.store.write() as tx:
            found = exports.ask_for_export(tx, actor, instance.harbour)
        return {each.report.id for each in found.parts if each.report}

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(ask_at_once, ("owner", "admin"))
    assert first == second
    with instance.store.read() as tx:
        assert queries.count_unfinished(tx, instance.harbour) == len(first) == len(read(instance).parts)


def test_another_day_adds_its_days_and_how_things_stand_is_asked_for_anew(
    instance: Instance, test_clock: TestClock
) -> None:
    before = ask(instance)
    make(instance)
    test_clock.move(86_400)
    after = read(instance)
    assert {each.parameters.kind for each in after.parts if each.is_missing} == {
        each.parameters.kind for each in before.parts
    }
    log = [(each.parameters.since, each.parameters.until, each.is_missing) for each in known(after, "audit_log")]
    assert log[-2:] == [(log[-2][0], today() - DAY, False), (today() - DAY, today(), True)]
    assert [each.is_missing for each in known(after, "key_inventory")] == [True]


def test_what_somebody_asked_for_anyway_stands_for_it(instance: Instance) -> None:
    wanted = known(read(instance), "usage_summary")[-1].parameters
    same = replace_format(wanted, "csv")
    with instance.store.write() as tx:
        made = actions.request_report(tx, instance.actor("auditor"), instance.harbour, None, same)
        # Of one project, of another format and of days of another time zone: none of them is the same.
        actions.request_report(tx, instance.actor("auditor"), "", instance.project, same)
        actions.request_report(tx, instance.actor("auditor"), instance.harbour, None, replace_format(wanted, "jsonl"))
        actions.request_report(
            tx, instance.actor("auditor"), instance.harbour, None,
            Parameters("usage_summary", "csv", wanted.since, wanted.until, "Asia/Kolkata"),
        )  # fmt: skip
    part = known(read(instance), "usage_summary")[-1]
    assert part.report is not None
    assert part.report.id == made.id
    assert all(each.is_missing for each in known(read(instance), "usage_summary")[:-1])


def replace_format(wanted: Parameters, form: Any) -> Parameters:
    return Parameters(wanted.kind, form, wanted.since, wanted.until)


def test_one_that_failed_is_asked_for_again_and_its_reason_is_shown(instance: Instance) -> None:
    first = known(ask(instance), "access_review")[0].report
    assert first is not None
    with instance.store.write() as tx:
        actions.cancel_report(tx, instance.actor("owner"), first.id)
    (part,) = known(read(instance), "access_review")
    assert (part.is_missing, part.report and part.report.reason) == (True, "It was canceled.")
    (again,) = known(ask(instance), "access_review")
    assert again.report is not None
    assert (again.report.state, again.report.id == first.id) == ("queued", False)
    # Ready goes before what failed, whichever is newer.
    make(instance)
    with instance.store.write() as tx:
        later = actions.request_report(
            tx, instance.actor("owner"), instance.harbour, None, Parameters("access_review", "csv")
        )
        actions.cancel_report(tx, instance.actor("owner"), later.id)
    (stands,) = known(read(instance), "access_review")
    assert stands.report is not None
    assert stands.report.id == again.report.id


def test_a_role_takes_along_what_it_may_read(instance: Instance) -> None:
    found = ask(instance, "billing")
    assert "audit_log" in found.withheld
    kinds = {each.parameters.kind for each in found.parts}
    assert kinds.isdisjoint(found.withheld)
    # What the owner asks for then is what was left.
    assert all(not each.is_missing for each in ask(instance).parts)
    for act in (read, ask):
        with pytest.raises(Problem) as refused:
            act(instance, "stranger")
        assert refused.value.code == "not_found"


def test_more_than_may_wait_are_asked_for_in_turns(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "WAITING_MAX", 5)
    whole = len(read(instance).parts)
    assert ask(instance).missing == whole - 5
    with pytest.raises(Problem, match="5 reports of the organization are not made yet"):
        ask(instance)
    with instance.store.read() as tx:
        assert queries.count_unfinished(tx, instance.harbour) == 5
    make(instance)
    assert ask(instance).missing == max(0, whole - 10)


@pytest.mark.parametrize(("more", "field"), [({"form": "pdf"}, "format"), ({"keep_days": 0}, "keep_days")])
def test_what_is_wrong_is_said_and_nothing_is_asked_for(instance: Instance, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refused:
        ask(instance, **more)
    assert [each.field for each in refused.value.errors] == [field]
    with instance.store.read() as tx:
        assert queries.count_unfinished(tx, instance.harbour) == 0


def test_an_organization_that_waits_to_be_deleted_is_exported_all_the_same(instance: Instance) -> None:
    with instance.store.write() as tx:
        organization_actions.delete_organization(
            tx, instance.actor("owner"), instance.harbour, "Harbour", 30, "http://127.0.0.1"
        )
    ask(instance)
    make(instance)
    assert states(read(instance)) == {"ready"}


def test_statements_are_of_the_days_that_had_a_price(instance: Instance, test_clock: TestClock) -> None:
    price(instance, today() + DAY)
    test_clock.move(3 * 86_400)
    (statement,) = known(ask(instance), "cost_statement")
    assert (statement.parameters.since, statement.parameters.until) == (today() - 2 * DAY, today())
    make(instance)
    assert read_one(instance, known(read(instance), "cost_statement")[0].report).state == "ready"


def read_one(instance: Instance, report: Report | None) -> Report:
    assert report is not None
    with instance.store.read() as tx:
        return actions.read_report(tx, instance.actor("owner"), report.id)
