"""Readiness evidence on both databases: what a decision rested on stays as it was, whatever happens afterwards."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from freehold.errors import Problem
from freehold.production.readiness.records import CODES
from freehold.production.review import actions as review_actions
from freehold.projects import actions as projects
from freehold.projects.records import ProjectChange, Scope
from freehold.reports import actions, queries, tasks
from freehold.reports.manifests import faults_of
from freehold.reports.records import Parameters, Report
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import access_request_evidence
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.production.world import furnish, history_of, make_production_world
from tests.reports.asked import ASKED, decided_request, file_of


@pytest.fixture
def instance(store: Store, settings: Settings, tmp_path: Path) -> Instance:
    made = make_production_world(store, Settings(data=tmp_path / "data", database_url=settings.database_url))
    furnish(made)
    return made


def ask(instance: Instance, request: str | None, who: str = "owner", **more: Any) -> Report:
    with instance.store.write() as tx:
        wanted = Parameters("readiness_evidence", "csv", access_request=request, **more)
        return actions.request_report(tx, instance.actor(who), instance.harbour, instance.project, wanted)


def make(instance: Instance, request: str) -> tuple[Report, list[dict[str, str]]]:
    asked = ask(instance, request)
    while tasks.turn(instance.store, instance.settings):
        pass
    with instance.store.read() as tx:
        made = queries.find_report(tx, asked.id)
    assert made is not None
    assert made.manifest is not None, made.reason
    path = file_of(instance.settings, made)
    assert faults_of(path, made.manifest) == []
    with path.open(newline="") as file:
        return made, list(csv.DictReader(file))


def section(rows: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    return [each for each in rows if each["section"] == name]


def test_it_has_everything_that_the_approval_rested_on(instance: Instance) -> None:
    made, rows = make(instance, decided_request(instance))
    (request,), (decision,) = section(rows, "request"), section(rows, "decision")
    assert (request["detail"], json.loads(request["facts"])["peak_a_second"]) == (
        "Shows parcels to partners\nat the counter", 20,
    )  # fmt: skip
    assert request["actor_id"] == instance.users["developer"].id
    assert (decision["state"], decision["detail"], decision["actor_id"]) == (
        "approved", "Small scope.", instance.users["operator"].id,
    )  # fmt: skip
    checks = {each["name"]: each for each in section(rows, "check")}
    assert set(checks) >= set(CODES) - {"bindings"}
    proof = checks["technical_owner"]
    assert (proof["state"], proof["blocking"], proof["evidence_kind"]) == ("passed", "false", "person")
    assert proof["evidence_id"]
    assert decision["at"].endswith("Z")
    assert int(proof["age_s"]) >= 0
    newest = history_of(instance)[0]
    (shape,) = section(rows, "shape")
    assert decision["fingerprint"] == shape["fingerprint"] == newest.fingerprint
    assert json.loads(shape["facts"]) == newest.shape
    assert [each["number"] for each in section(rows, "revision")] == [f"{each.number}" for each in history_of(instance)]
    assert any("signing secrets" in each["detail"] for each in section(rows, "plan"))
    assert "/webhooks/orders/url" in {each["name"] for each in section(rows, "binding")}
    assert "very-secret" not in file_of(instance.settings, made).read_text()
    assert (made.manifest or {})["source"]["checks_kept"] is True
    assert (made.manifest or {})["file"].endswith(f"readiness-evidence-{request['name']}.csv")


def test_nothing_that_happens_after_the_decision_changes_it(instance: Instance, test_clock: TestClock) -> None:
    request = decided_request(instance)
    before, _ = make(instance, request)
    test_clock.move(3 * 86_400)
    with instance.store.write() as tx:
        owner = instance.actor("owner")
        review_actions.comment(tx, owner, request, "We go live on Monday.")
        projects.edit_project(tx, owner, instance.project, ProjectChange(name="Another name"))
        projects.set_scope(tx, owner, instance.project, Scope(["get_parcel"], []))
    after, _ = make(instance, request)
    assert (after.sha256, after.restates) == (before.sha256, None)


def test_a_denial_has_its_evidence_too(instance: Instance) -> None:
    _, rows = make(instance, decided_request(instance, deny="Give each workload its own key."))
    assert [(each["state"], each["detail"]) for each in section(rows, "decision")] == [
        ("denied", "Give each workload its own key.")
    ]
    assert section(rows, "check")


def test_a_decision_from_before_evidence_was_kept_says_so(instance: Instance) -> None:
    request = decided_request(instance)
    with instance.store.write() as tx:
        tx.execute(delete(access_request_evidence))
    made, rows = make(instance, request)
    assert (made.manifest or {})["source"]["checks_kept"] is False
    assert section(rows, "check") == []
    assert section(rows, "revision")


@pytest.mark.parametrize("request_id", [None, "acr_none"])
def test_evidence_is_of_a_request_of_the_project(instance: Instance, request_id: str | None) -> None:
    with pytest.raises(Problem) as refused:
        ask(instance, request_id)
    assert [each.field for each in refused.value.errors] == ["access_request"]


def test_what_is_not_decided_has_no_evidence(instance: Instance) -> None:
    request = decided_request(instance, deny="Not yet.")
    with instance.store.write() as tx:
        again = review_actions.request_access(tx, instance.actor("developer"), instance.project, ASKED)
    with pytest.raises(Problem) as refused:
        ask(instance, again.id)
    assert [each.code for each in refused.value.errors] == ["not_decided"]
    wanted = Parameters("key_inventory", "csv", access_request=request)
    with pytest.raises(Problem) as refused, instance.store.write() as tx:
        actions.request_report(tx, instance.actor("owner"), instance.harbour, instance.project, wanted)
    assert [each.code for each in refused.value.errors] == ["no_access_request"]
