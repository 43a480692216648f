"""Bindings, clone, drift and promotion over HTTP and on their pages: success, each error, other people's ids."""

from typing import Any

import pytest

from tests.http.served import Instance, assert_problem, text_of
from tests.production.pairs import approve

URL = "https://live.example.com/hooks"
SLOT = "/webhooks/orders/url"


@pytest.fixture
def sandbox(instance: Instance) -> str:
    """The path of a sandbox project with a webhook endpoint."""
    path = f"/v1/projects/{instance.project}"
    hook = {"url": "http://127.0.0.1:1024/hook", "event_types": ["parcel.moved"], "description": "Orders"}
    assert instance.client("owner").post(f"{path}/webhooks", json=hook).status_code == 201
    approve(instance)
    return path


def cloned(instance: Instance, sandbox: str, **more: Any) -> dict[str, Any]:
    """Clone as the owner does: the plan, then what it says."""
    owner = instance.client("owner")
    plan = owner.post(f"{sandbox}/clone", json={"plan": True}).json()
    body = {"fingerprint": plan["fingerprint"], "bindings": {SLOT: URL}, **more}
    answer = owner.post(f"{sandbox}/clone", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_bindings_are_given_and_never_shown(instance: Instance, sandbox: str) -> None:
    owner = instance.client("owner")
    asked = owner.get(f"{sandbox}/bindings").json()
    assert (asked["missing"], [each["slot"] for each in asked["bindings"]]) == (1, ["/owners/technical", SLOT])
    given = owner.put(f"{sandbox}/bindings", json={"bindings": {SLOT: f"{URL}/very-secret"}})
    assert (given.status_code, given.json()["missing"]) == (200, 0)
    assert "very-secret" not in instance.client("auditor").get(f"{sandbox}/bindings").text
    log = instance.client("auditor").get(f"/v1/organizations/{instance.harbour}/audit")
    assert log.json()["data"][0]["action"] == "binding.given"
    assert "very-secret" not in log.text
    assert_problem(
        owner.put(f"{sandbox}/bindings", json={"bindings": {SLOT: "http://10.0.0.1"}}),
        422,
        "invalid",
        f"bindings.{SLOT}",
    )
    assert_problem(
        owner.put(f"{sandbox}/bindings", json={"bindings": {"/nowhere": "x"}}), 422, "invalid", "bindings./nowhere"
    )
    nothing = {"bindings": {"/no\0where": None}}
    assert_problem(owner.put(f"{sandbox}/bindings", json=nothing), 422, "invalid", "bindings./no\0where")
    assert_problem(owner.put(f"{sandbox}/bindings", json={"values": {}}), 422, "invalid", "values")


def test_a_clone_is_planned_made_once_and_shown_once(instance: Instance, sandbox: str) -> None:
    owner = instance.client("owner")
    plan = owner.post(f"{sandbox}/clone", json={"plan": True}).json()
    assert [each["title"] for each in plan["groups"]] == [
        "Labels",
        "Owners",
        "Scope",
        "Keys",
        "Webhook endpoints",
        "Alert rules",
    ]
    body = {"fingerprint": plan["fingerprint"], "bindings": {SLOT: URL}, "issue_keys": ["first"]}
    assert_problem(
        owner.post(f"{sandbox}/clone", json=body | {"bindings": {}}), 422, "bindings_missing", f"bindings.{SLOT}"
    )
    assert_problem(owner.post(f"{sandbox}/clone", json=body | {"fingerprint": "0"}), 409, "shape_changed")
    assert_problem(owner.post(f"{sandbox}/clone", json={}), 422, "invalid", "fingerprint")
    assert_problem(owner.post(f"{sandbox}/clone", json=body | {"issue_keys": ["no"]}), 422, "invalid", "issue_keys.0")
    headers = {"Idempotency-Key": "clone-1"}
    made = owner.post(f"{sandbox}/clone", json=body, headers=headers)
    assert made.status_code == 200
    assert made.json()["created"]
    assert [(each["name"], each["secret"].split("_")[1]) for each in made.json()["keys"]] == [("first", "live")]
    assert [each["slot"] for each in made.json()["signing_secrets"]] == ["orders"]
    assert owner.post(f"{sandbox}/clone", json=body, headers=headers).json() == made.json()
    again = owner.post(f"{sandbox}/clone", json=body).json()
    assert (again["production"], again["created"], again["keys"]) == (made.json()["production"], False, [])
    production = f"/v1/projects/{again['production']}"
    shown = owner.get(production).json()
    assert (shown["environment"], shown["sibling"], shown["drift"]) == (
        "production",
        instance.project,
        {"differences": 0, "unaccepted": 0},
    )
    assert_problem(owner.post(f"{production}/clone", json={"plan": True}), 409, "conflict")
    assert [each["action"] for each in owner.get(f"/v1/organizations/{instance.harbour}/audit").json()["data"]].count(
        "project.cloned"
    ) == 1


def test_drift_is_shown_promoted_reverted_and_accepted(instance: Instance, sandbox: str) -> None:
    owner = instance.client("owner")
    assert_problem(owner.get(f"{sandbox}/drift"), 409, "conflict")
    production = f"/v1/projects/{cloned(instance, sandbox)['production']}"
    owner.patch(sandbox, json={"purpose": "In the sandbox", "product_line": "Sea"})
    instance.client("developer").patch(production, json={"quota": {"limit": 9, "period": "day"}})
    found = owner.get(f"{production}/drift").json()
    assert [(each["path"], each["ahead"]["environment"]) for each in found["differences"]] == [
        ("/labels/product_line", "sandbox"), ("/labels/purpose", "sandbox"), ("/limits/quota", "production")]  # fmt: skip
    accepted = owner.post(f"{sandbox}/drift/accept", json={"paths": ["/labels/purpose"], "reason": "Later", "days": 9})
    assert (accepted.status_code, accepted.json()["unaccepted"]) == (200, 2)
    assert_problem(
        owner.post(f"{sandbox}/drift/accept", json={"paths": ["/labels/name"], "reason": "x"}),
        422,
        "invalid",
        "paths.0",
    )
    plan = owner.post(f"{sandbox}/drift/promote", json={"plan": True, "items": ["/labels/product_line"]}).json()
    assert (plan["target"], plan["items"]) == (production.rpartition("/")[2], ["/labels/product_line"])
    body = {"items": ["/labels/product_line"], "fingerprint": plan["fingerprint"]}
    assert owner.post(f"{production}/drift/promote", json=body).status_code == 200
    assert_problem(owner.post(f"{production}/drift/promote", json=body), 409, "shape_changed")
    assert_problem(owner.post(f"{sandbox}/drift/revert", json={"items": ["/keys/none"]}), 422, "invalid", "items.0")
    assert owner.post(f"{sandbox}/drift/revert", json={}).json()["items"] == ["/labels/purpose", "/limits/quota"]
    equal = owner.get(f"{sandbox}/drift").json()
    assert (equal["differences"], equal["sandbox_fingerprint"]) == ([], equal["production_fingerprint"])
    log = owner.get(f"/v1/organizations/{instance.harbour}/audit", params={"limit": 200}).json()["data"]
    found = {each["action"]: each for each in log}
    assert {"drift.accepted", "drift.promoted", "drift.reverted"} <= set(found)
    assert (found["drift.accepted"]["reason"], found["drift.accepted"]["address"]) == ("Later", "127.0.0.1")


def test_a_locked_project_says_how_it_changes(instance: Instance, sandbox: str) -> None:
    owner, admin = instance.client("owner"), instance.client("admin")
    production = f"/v1/projects/{cloned(instance, sandbox)['production']}"
    assert_problem(instance.client("developer").patch(production, json={"locked": True}), 403, "forbidden")
    assert_problem(admin.patch(sandbox, json={"locked": True}), 409, "conflict")
    assert admin.patch(production, json={"locked": True}).json()["locked"]
    assert_problem(owner.put(f"{production}/scope", json={"endpoints": [], "event_types": []}), 409, "project_locked")
    browser, here = instance.browser("admin"), production.replace("/v1", "")
    assert "The project is locked" in text_of(browser.get(f"{here}/scope"))
    owner.put(f"{sandbox}/scope", json={"endpoints": ["get_parcel"], "event_types": ["parcel.moved"]})
    assert owner.post(f"{sandbox}/drift/promote", json={}).status_code == 200
    unlocked = browser.submit(f"{here}/unlock", {}, at=f"{here}/settings")
    assert unlocked.headers["location"].endswith("done=project-unlocked")
    assert not owner.get(production).json()["locked"]


def test_what_is_another_organizations_is_not_there(instance: Instance, sandbox: str) -> None:
    production = f"/v1/projects/{cloned(instance, sandbox)['production']}"
    stranger = instance.client("stranger")
    for project in (sandbox, production):
        for path in ("bindings", "drift"):
            assert stranger.get(f"{project}/{path}").status_code == 404
        for path, body in (
            ("clone", {"plan": True}),
            ("drift/promote", {}),
            ("drift/revert", {}),
            ("drift/accept", {"paths": []}),
        ):
            assert stranger.post(f"{project}/{path}", json=body).status_code == 404
        assert stranger.patch(project, json={"locked": True}).status_code == 404


# --- pages ------------------------------------------------------------------------------------------


def test_a_clone_on_its_page(instance: Instance, sandbox: str) -> None:
    owner, here = instance.browser("owner"), f"/projects/{instance.project}"
    assert "no production project yet" in text_of(owner.get(f"{here}/drift"))
    wrong = owner.submit(f"{here}/bindings", {field(owner.get(f"{here}/bindings").text): "http://127.0.0.1/"})
    assert (wrong.status_code, "127.0.0.1" in wrong.text) == (422, True)
    given = owner.submit(f"{here}/bindings", {field(wrong.text): URL})
    assert given.headers["location"].endswith("done=bindings-saved")
    assert owner.submit(f"{here}/clone", {"confirm": "Something else"}).status_code == 422
    done = owner.submit(f"{here}/clone", {"confirm": "Parcel lookup", "issue_keys": ["first"]})
    assert done.status_code == 200
    assert "fh_live_" in done.text
    assert "whsec_" in done.text
    assert "This project is in production" in text_of(owner.get(f"{here}/clone"))
    assert "No drift" in text_of(owner.get(f"/organizations/{instance.harbour}/projects"))
    looking = instance.browser("auditor")
    assert looking.get(f"{here}/clone").status_code == 200
    assert looking.post(f"{here}/clone", {"confirm": "Parcel lookup"}).status_code == 403


def test_drift_on_its_pages(instance: Instance, sandbox: str) -> None:
    owner = instance.browser("owner")
    here = f"/projects/{cloned(instance, sandbox)['production']}"
    assert "They declare the same" in text_of(owner.get(f"{here}/drift"))
    instance.client("owner").patch(sandbox, json={"purpose": "More", "use_case": "Sea", "product_line": "Sea"})
    page = text_of(owner.get(f"{here}/drift"))
    assert "3 differences, 3 of them not accepted" in page
    assert owner.get(f"{here}/drift/plan", do="promote").status_code == 422
    plan = f"{here}/drift/plan?do=accept&item=/labels/purpose"
    assert owner.submit(f"{here}/drift/accept", {"reason": "", "days": "x"}, at=plan).status_code == 422
    accepted = owner.submit(f"{here}/drift/accept", {"reason": "Later", "days": "3"}, at=plan)
    assert accepted.headers["location"].endswith("done=drift-accepted")
    withdrawn = owner.submit(f"{here}/drift/withdraw", {"item": "/labels/purpose"}, at=f"{here}/drift")
    assert withdrawn.headers["location"].endswith("done=acceptance-withdrawn")
    plan = f"{here}/drift/plan?do=promote&item=/labels/purpose"
    assert owner.submit(f"{here}/drift/promote", {"confirm": "no"}, at=plan).status_code == 422
    promoted = owner.submit(f"{here}/drift/promote", {"confirm": "Parcel lookup"}, at=plan)
    assert "done=drift-promoted" in promoted.headers["location"]
    plan = f"{here}/drift/plan?do=revert&item=/labels/use_case"
    assert "done=drift-reverted" in owner.submit(f"{here}/drift/revert", {}, at=plan).headers["location"]
    assert [each["path"] for each in instance.client("owner").get(f"{sandbox}/drift").json()["differences"]] == [
        "/labels/product_line"
    ]
    assert instance.browser("billing").post(f"{here}/drift/withdraw", {"item": "/labels/purpose"}).status_code == 403


def field(page: str) -> str:
    """The name of the field of the last slot on a page: the webhook endpoint's URL."""
    return page.rpartition('name="slot-')[2].partition('"')[0].join(("slot-", ""))
