"""Shapes over HTTP: read, planned, applied, looked back at, restored."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from freehold.production.watching import watch
from tests.http.served import Instance, assert_problem
from tests.production.world import URL, furnish


@pytest.fixture
def furnished(instance: Instance) -> Instance:
    watch(instance.store)
    furnish(instance)
    return instance


def shape_at(instance: Instance) -> str:
    return f"/v1/projects/{instance.project}/shape"


def test_a_shape_says_which_slots_are_filled_and_never_with_what(furnished: Instance) -> None:
    client = furnished.client("auditor")
    answer = client.get(shape_at(furnished))
    seen = answer.json()
    assert seen["etag"] == f'"{seen["fingerprint"]}"'
    assert {each["slot"]: each["filled"] for each in seen["bindings"]} == {
        "/alert_channels/ops/url": True, "/keys/web/allowed_cidrs": True, "/owners/technical": True,
        "/webhooks/orders/headers/Authorization": True, "/webhooks/orders/headers/X-Env": True, "/webhooks/orders/url": True,
    }  # fmt: skip
    assert not [each for each in ("very-secret", URL, "192.0.2") if each in answer.text]
    schema = client.get("/schemas/shape.json").json()
    Draft202012Validator(schema).validate(seen["shape"])
    assert Draft202012Validator(schema).is_valid({**seen["shape"], "more": 1}) is False


def test_what_is_planned_is_done_once_and_is_in_the_history(furnished: Instance) -> None:
    client = furnished.client("developer")
    seen = client.get(shape_at(furnished)).json()
    wanted = seen["shape"]
    wanted["keys"].pop("first")
    wanted["keys"]["batch"] = {"expires_after_days": 30}
    wanted["webhooks"]["second"] = {"event_types": ["parcel.moved"]}
    plan = client.post(f"{shape_at(furnished)}/plan", json={"shape": wanted}).json()
    assert [(each["path"], each["change"]) for each in plan["differences"]] == [
        ("/keys/batch", "added"), ("/keys/first", "removed"), ("/webhooks/second", "added"),
    ]  # fmt: skip
    assert [each["slot"] for each in plan["bindings_missing"]] == ["/webhooks/second/url"]
    assert [each.split(" is ")[1].split(" ")[0].strip(",") for each in plan["consequences"]] == [
        "revoked",
        "declared:",
        "made",
    ]
    assert_problem(
        client.put(shape_at(furnished), json={"shape": wanted}),
        422,
        "bindings_missing",
        "bindings./webhooks/second/url",
    )
    body = {"shape": wanted, "bindings": {"/webhooks/second/url": URL}, "fingerprint": plan["fingerprint"]}
    headers = {"If-Match": seen["etag"], "Idempotency-Key": "one"}
    done = client.put(shape_at(furnished), json=body, headers=headers)
    assert (done.status_code, done.json()["applied"], list(done.json()["signing_secrets"])) == (200, True, ["second"])
    assert client.put(shape_at(furnished), json=body, headers=headers).json() == done.json()
    assert client.get(shape_at(furnished)).json()["fingerprint"] == plan["shape_after"]
    assert_problem(
        client.put(shape_at(furnished), json=body, headers={"If-Match": seen["etag"]}), 412, "precondition_failed"
    )
    assert client.put(shape_at(furnished), json=body).json()["plan"]["changes"] == 0
    less = {**body, "shape": {**wanted, "alerts": {}}}
    assert_problem(client.put(shape_at(furnished), json=less), 409, "shape_changed")
    newest = client.get(f"{shape_at(furnished)}/history", params={"limit": "1"}).json()
    assert (newest["data"][0]["cause"], newest["data"][0]["by"]["name"]) == ("file", "developer@example.com (Test)")
    assert [each["path"] for each in newest["data"][0]["changes"]] == ["/keys/batch", "/keys/first", "/webhooks/second"]
    rest = client.get(f"{shape_at(furnished)}/history", params={"cursor": newest["next_cursor"]}).json()
    assert [each["number"] for each in rest["data"]] == list(range(newest["data"][0]["number"] - 1, 0, -1))


def test_a_revision_can_be_compared_and_restored(furnished: Instance) -> None:
    client = furnished.client("owner")
    before = client.get(shape_at(furnished)).json()
    client.patch(f"/v1/projects/{furnished.project}", json={"purpose": "More"})
    client.patch(f"/v1/projects/{furnished.project}", json={"purpose": "Most"})
    history = f"{shape_at(furnished)}/history"
    last = client.get(f"{history}/{before['number'] + 2}").json()
    assert [(each["before"], each["after"]) for each in last["differences"]] == [("More", "Most")]
    first = client.get(f"{history}/1").json()
    assert (first["against"], first["differences"][0]["change"]) == (None, "added")
    over_two = client.get(f"{history}/{before['number'] + 2}", params={"against": str(before["number"])}).json()
    assert [(each["before"], each["after"]) for each in over_two["differences"]] == [("Looks parcels up", "Most")]
    planned = client.post(f"{shape_at(furnished)}/restore", json={"number": before["number"], "plan": True}).json()
    assert (planned["applied"], planned["plan"]["shape_after"]) == (False, before["fingerprint"])
    done = client.post(
        f"{shape_at(furnished)}/restore",
        json={"number": before["number"], "fingerprint": planned["plan"]["fingerprint"]},
    )
    assert done.json()["applied"]
    after = client.get(shape_at(furnished)).json()
    assert (after["fingerprint"], after["number"]) == (before["fingerprint"], before["number"] + 3)
    assert client.get(f"{history}/{after['number']}").json()["cause"] == "restoration"
    assert_problem(client.get(f"{history}/4711"), 404, "not_found")
    assert_problem(client.get(f"{history}/x"), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"labels": {"name": 5}}, ["shape.labels.name", "shape.labels.purpose"]),
        ({"keys": {"web": {"quota": {"limit": 0, "period": "week"}}}}, ["shape.keys.web.quota.limit", "shape.keys.web.quota.period"]),
        ({"keys": {"web": {"colour": "red"}}}, ["shape.keys.web.colour"]),
        ({"keys": {"web": {"expires_after_days": 5.0}}}, ["shape.keys.web.expires_after_days"]),
        (
            {"alerts": {"a": {"name": "A", "metric": "requests", "period": "day", "thresholds": [{"at": 10**400}]}}},
            ["shape.alerts.a.thresholds.0.at"],
        ),
        ({"alerts": {"a": {"name": "A", "metric": "noise", "thresholds": []}}}, ["shape.alerts.a.metric", "shape.alerts.a.thresholds"]),
        ({"webhooks": {"Not a slot": {}}}, ["shape.webhooks.Not a slot"]),
        ({"version": 2}, ["shape.version"]),
    ],
)  # fmt: skip
def test_what_is_no_shape_is_told_by_its_fields(furnished: Instance, change: Any, fields: list[str]) -> None:
    client = furnished.client("owner")
    wanted = {"api": "parcels", "labels": {"name": "A", "purpose": "B"}, **change}
    assert_problem(client.post(f"{shape_at(furnished)}/plan", json={"shape": wanted}), 422, "invalid", *fields)
    assert_problem(client.put(shape_at(furnished), json={"shape": wanted}), 422, "invalid", *fields)
