"""Readiness over HTTP: what a project still needs, what people say for it, and what the operator asks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from freehold.projects import queries
from tests.http.served import Instance, assert_problem, text_of
from tests.http.test_permissions_table import POLICY, prepare_readiness

REVIEW = {"kind": "attestation", "code": "security_review", "title": "Security review", "role": "auditor"}
HTTP = {"kind": "http", "code": "capacity", "title": "Capacity", "url": "http://127.0.0.1:1024/capacity"}


def at(instance: Instance) -> str:
    return f"/v1/projects/{instance.project}"


def checks(instance: Instance) -> dict[str, Any]:
    answer = instance.client("developer").get(f"{at(instance)}/readiness")
    assert answer.status_code == 200, answer.text
    return {each["code"]: each for each in answer.json()["checks"]}


def test_checks_come_in_order_with_evidence_and_one_fix(instance: Instance) -> None:
    found = instance.client("billing").get(f"{at(instance)}/readiness").json()
    summary = found["summary"]
    assert found["ready"] is False
    assert 0 < summary["passed"] < summary["total"]
    assert summary["blocking"] == sum(
        each["blocking"] and each["state"] in ("failed", "waiting") for each in found["checks"]
    )
    first = found["checks"][0]
    assert (first["code"], first["blocking"], first["state"]) == (found["next"], True, "failed")
    for each in found["checks"]:
        assert (each["fix"] is None) == (each["state"] in ("passed", "not_applicable"))
    by_code = {each["code"]: each for each in found["checks"]}
    assert by_code["technical_owner"]["evidence"]["kind"] == "person"
    assert by_code["scope_declared"]["evidence"]["href"] == f"/projects/{instance.project}/scope"


def test_a_production_project_is_there_already(instance: Instance) -> None:
    with instance.store.write() as tx:
        sandbox = queries.find_project(tx, instance.project)
        assert sandbox is not None
        queries.insert_project(tx, replace(sandbox, id="proj_p", environment="production", sandbox_id=sandbox.id))
    assert_problem(instance.client("owner").get("/v1/projects/proj_p/readiness"), 409, "conflict")
    assert instance.client("owner").get("/v1/projects/proj_p").json()["readiness"] is None


def test_the_policy_decides_what_blocks(instance: Instance) -> None:
    operator = instance.client("operator")
    before = operator.get("/v1/apis/parcels/readiness_policy").json()
    assert before["changed_at"] is None
    assert checks(instance)["second_owner"]["blocking"] is True
    changed = operator.put("/v1/apis/parcels/readiness_policy", json=POLICY, headers={"If-Match": before["etag"]})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["failure_rate_max"], changed.json()["changed_by"]) == (2.5, "operator@example.com (Test)")
    assert checks(instance)["second_owner"]["blocking"] is False
    stale = operator.put("/v1/apis/parcels/readiness_policy", json=POLICY, headers={"If-Match": before["etag"]})
    assert_problem(stale, 412, "precondition_failed")
    wrong = operator.put("/v1/apis/parcels/readiness_policy", json=POLICY | {"lookup_days": 0, "failure_rate_max": 101})
    assert_problem(wrong, 422, "invalid", "lookup_days", "failure_rate_max")
    assert operator.put("/v1/apis/parcels/readiness_policy", json=POLICY | {"blocking": ["luck"]}).status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "Security"}, "code"), ({"code": "technical_owner"}, "code"), ({"title": ""}, "title"),
        ({"valid_days": 0}, "valid_days"), ({"role": None}, "role"), ({"url": "https://example.com/"}, "url"),
        ({"kind": "http", "role": None, "url": "http://10.0.0.1/"}, "url"),
        ({"kind": "http", "role": None}, "url"),
    ],
)  # fmt: skip
def test_an_own_check_that_is_wrong_is_refused(instance: Instance, change: dict[str, Any], field: str) -> None:
    answer = instance.client("operator").post("/v1/apis/parcels/readiness_checks", json=REVIEW | change)
    assert_problem(answer, 422, "invalid", field)


def test_an_attestation_counts_until_it_is_withdrawn_or_the_question_changes(instance: Instance) -> None:
    operator, auditor = instance.client("operator"), instance.client("auditor")
    made = operator.post("/v1/apis/parcels/readiness_checks", json=REVIEW).json()
    assert_problem(operator.post("/v1/apis/parcels/readiness_checks", json=REVIEW), 409, "already_exists")
    assert checks(instance)["security_review"]["state"] == "waiting"
    body = {"check": "security_review", "words": "Nothing open."}
    for who in ("owner", "developer", "operator"):
        assert_problem(instance.client(who).post(f"{at(instance)}/attestations", json=body), 403, "forbidden")
    assert_problem(auditor.post(f"{at(instance)}/attestations", json=body | {"words": " "}), 422, "invalid", "words")
    assert_problem(auditor.post(f"{at(instance)}/attestations", json=body | {"check": "no_such"}), 404, "not_found")
    said = auditor.post(f"{at(instance)}/attestations", json=body).json()
    shown = checks(instance)["security_review"]
    assert (shown["state"], shown["evidence"]["id"]) == ("passed", said["id"])
    assert auditor.post(f"/v1/attestations/{said['id']}/withdraw").json()["withdrawn_by"].startswith("auditor@")
    assert checks(instance)["security_review"]["state"] == "waiting"
    auditor.post(f"{at(instance)}/attestations", json=body)
    assert checks(instance)["security_review"]["state"] == "passed"
    path = f"/v1/readiness_checks/{made['id']}"
    assert operator.patch(path, json={"title": "Review of security"}).status_code == 200
    assert checks(instance)["security_review"]["state"] == "passed"
    assert operator.patch(path, json={"instruction": "Read the threat model too."}).status_code == 200
    assert checks(instance)["security_review"]["state"] == "waiting"
    assert operator.delete(path).status_code == 204
    assert "security_review" not in checks(instance)


def test_a_finding_about_a_key_is_accepted_until_it_ends(instance: Instance) -> None:
    owner = instance.client("owner")
    before = checks(instance)["key_hygiene"]
    assert (before["state"], "never expires" in before["detail"]) == ("failed", True)
    until = clock.to_text(clock.now() + timedelta(days=30))
    body = {"key": instance.key, "finding": "never_expires", "reason": "Rotated by hand", "expires_at": until}
    foreign = owner.post(f"{at(instance)}/key_acceptances", json=body | {"key": instance.foreign_key})
    assert_problem(foreign, 422, "invalid", "key")
    far = clock.to_text(clock.now() + timedelta(days=400))
    assert_problem(
        owner.post(f"{at(instance)}/key_acceptances", json=body | {"expires_at": far}), 422, "invalid", "expires_at"
    )
    first = owner.post(f"{at(instance)}/key_acceptances", json=body).json()
    assert checks(instance)["key_hygiene"]["state"] == "passed"
    second = owner.post(f"{at(instance)}/key_acceptances", json=body | {"reason": "Another reason"}).json()
    listed = {each["id"]: each["withdrawn_at"] for each in owner.get(f"{at(instance)}/key_acceptances").json()["data"]}
    assert (listed[first["id"]] is None, listed[second["id"]] is None) == (False, True)
    assert owner.post(f"/v1/key_acceptances/{second['id']}/withdraw").status_code == 200
    assert checks(instance)["key_hygiene"]["state"] == "failed"


def test_the_page_groups_checks_and_takes_what_people_say(instance: Instance) -> None:
    prepare_readiness(instance)
    here = f"/projects/{instance.project}/readiness"
    page = text_of(instance.browser("auditor").get(here))
    for words in ("Next step", "Blocks production", "Attest it again", "Failed since", "never expires", "Capacity"):
        assert words in page, words
    auditor = instance.browser("auditor")
    wrong = auditor.submit(f"{here}/attest", {"check": "security_review", "words": ""}, at=here)
    assert (wrong.status_code, "Fill this in." in wrong.text) == (422, True)
    done = auditor.submit(f"{here}/attest", {"check": "security_review", "words": "Read <it>."}, at=here)
    assert done.headers["location"] == f"{here}?done=attested"
    assert "Read &lt;it&gt;." in auditor.get(here).text
    developer = instance.browser("developer")
    assert "Only a member with the role auditor can attest this." in text_of(developer.get(here))
    fields = {"key": instance.key, "finding": "unused", "reason": "", "days": "30"}
    wrong = developer.post(f"{here}/accept", fields)
    assert wrong.status_code == 422
    assert developer.post(f"{here}/accept", fields | {"reason": "Quarterly", "days": "9999"}).status_code == 422
    done = developer.post(f"{here}/accept", fields | {"reason": "Quarterly"})
    assert done.headers["location"].endswith("done=finding-accepted#keys")
    assert "Quarterly" in developer.get(here).text
    assert developer.post(f"{here}/run", {"check": "capacity"}).headers["location"].endswith("done=check-asked")
    assert "Being asked" in text_of(developer.get(here))


def test_the_operator_sets_the_policy_and_checks_on_pages(instance: Instance) -> None:
    operator, here = instance.browser("operator"), f"/apis/{instance.api}/readiness"
    days = {name: str(value) for name, value in POLICY.items() if name.endswith("_days")}
    fields = {**days, "failure_rate_max": "2,5", "blocking": ["purpose", "bindings"], "material": ["keys"]}
    wrong = operator.submit(here, fields | {"lookup_days": "soon", "failure_rate_max": "all"})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"'), 'value="soon"' in wrong.text) == (422, 2, True)
    assert operator.submit(here, fields).headers["location"].endswith("done=policy-saved")
    kept = instance.client("owner").get("/v1/apis/parcels/readiness_policy").json()
    assert (kept["blocking"], kept["material"], kept["failure_rate_max"]) == (["purpose", "bindings"], ["keys"], 2.5)
    assert operator.submit(here, fields | {"revision": "0"}).status_code == 412
    new = f"{here}/checks/new"
    form = {
        "kind": "http",
        "title": "Capacity",
        "code": "capacity",
        "url": "ftp://x",
        "valid_days": "7",
        "role": "owner",
    }
    assert operator.submit(new, form).status_code == 422
    assert operator.submit(new, form | {"url": HTTP["url"]}).headers["location"].endswith("done=check-saved")
    [made] = instance.client("owner").get("/v1/apis/parcels/readiness_checks").json()["data"]
    assert (made["kind"], made["role"], made["blocking"]) == ("http", None, False)
    one = f"{here}/checks/{made['id']}"
    assert operator.submit(one, form | {"url": HTTP["url"], "title": "Room"}).status_code == 303
    assert "Room" in text_of(instance.browser("developer").get(here))
    assert instance.browser("developer").post(one, form).status_code == 403
    assert operator.post(f"{one}/remove").headers["location"].endswith("done=check-removed")
    assert operator.get(one).status_code == 404
