"""Access requests over HTTP: asked once however often it is sent, listed by filters, each act refused with its reason."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from tests.http.served import SYSTEM, Instance, assert_problem

ASKED: dict[str, Any] = {
    "use_case": "Shows parcels to partners", "requests_a_day_from": 0, "requests_a_day_to": 5000, "peak_a_second": 5,
    "launch_on": f"{clock.now().date() + timedelta(days=30)}",
}  # fmt: skip


@pytest.fixture
def ready(instance: Instance) -> Instance:
    with instance.store.write() as tx:
        readiness_policies.set_policy(tx, SYSTEM, instance.api, Policy(instance.api, blocking=frozenset()))
    return instance


def ask(instance: Instance, **headers: str) -> Any:
    path = f"/v1/projects/{instance.project}/access_requests"
    return instance.client("developer").post(path, json=ASKED, headers=headers)


def test_it_is_asked_once_however_often_it_is_sent(ready: Instance) -> None:
    first, again = ask(ready, **{"Idempotency-Key": "one"}), ask(ready, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert_problem(ask(ready), 409, "already_exists")
    view = first.json()
    assert (view["state"], view["waiting_on"], view["kind"]) == ("requested", "reviewer", "access")
    assert view["fingerprint"] == view["present_fingerprint"]
    assert [each["kind"] for each in view["entries"]] == ["requested"]
    assert set(view["cannot"]) == {"approve", "deny", "ask_for_changes", "answer"}


def test_a_decision_names_what_it_saw(ready: Instance) -> None:
    view, operator = ask(ready).json(), ready.client("operator")
    path = f"/v1/access_requests/{view['id']}"
    assert_problem(operator.post(f"{path}/approve", json={"fingerprint": "0" * 64}), 409, "shape_changed")
    stale = operator.post(f"{path}/deny", json={"reason": "No."}, headers={"If-Match": '"9"'})
    assert_problem(stale, 412, "precondition_failed")
    assert_problem(operator.post(f"{path}/deny", json={"reason": " "}), 422, "invalid", "reason")
    assert_problem(operator.post(f"{path}/approve", json={}), 422, "invalid", "fingerprint")
    body = {"fingerprint": view["present_fingerprint"], "reason": "Small."}
    done = operator.post(f"{path}/approve", json=body, headers={"If-Match": view["etag"]})
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert done.json()["decided_by"] == {"user": ready.users["operator"].id, "name": "Olga Operator"}
    assert_problem(operator.post(f"{path}/approve", json=body), 409, "conflict")
    project = ready.client("auditor").get(f"/v1/projects/{ready.project}").json()
    assert (project["production_access"], project["next_step"]["action"]) == ("approved", "clone")


def test_lists_hold_what_is_the_callers_business(ready: Instance) -> None:
    made = ask(ready).json()["id"]

    def listed(who: str, **query: Any) -> list[str]:
        return [each["id"] for each in ready.client(who).get("/v1/access_requests", params=query).json()["data"]]

    assert listed("operator") == listed("auditor") == listed("billing") == [made]
    assert listed("stranger") == listed("verifier") == []
    assert listed("operator", state="requested", kind="access", waiting_on="reviewer", min_age_days=0) == [made]
    assert listed("operator", organization=ready.harbour) == [made]
    for query in ({"state": "denied"}, {"kind": "change"}, {"waiting_on": "requester"}, {"min_age_days": 1}):
        assert listed("operator", **query) == []
    answer = ready.client("stranger").get("/v1/access_requests", params={"organization": ready.harbour})
    assert_problem(answer, 404, "not_found")
    assert_problem(
        ready.client("operator").get("/v1/access_requests", params={"state": "lost"}), 422, "invalid", "state"
    )
    pages = ready.client("owner").get(f"/v1/projects/{ready.project}/access_requests", params={"limit": 1}).json()
    assert (len(pages["data"]), pages["next_cursor"]) == (1, None)
    path = f"/v1/projects/{ready.foreign_project}/access_requests"
    assert_problem(ready.client("owner").get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"use_case": "x" * 2001}, "use_case"), ({"requests_a_day_from": 6000}, "requests_a_day_to"),
        ({"launch_on": "2027-02-30"}, "launch_on"), ({"peak_a_second": -1}, "peak_a_second"), ({"owner": "me"}, "owner"),
        ({"use_case": "a\u0000b"}, "use_case"), ({"requests_a_day_to": 10**13}, "requests_a_day_to"),
    ],
)  # fmt: skip
def test_what_is_asked_has_to_make_sense(ready: Instance, fields: dict[str, Any], wrong: str) -> None:
    path = f"/v1/projects/{ready.project}/access_requests"
    assert_problem(ready.client("developer").post(path, json=ASKED | fields), 422, "invalid", wrong)
