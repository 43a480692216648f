"""Keys that are declared and not issued: over HTTP, and on the pages."""

from typing import Any

import pytest

from tests.http.served import Instance, assert_problem, text_of

KEY: Any = {
    "workload": "batch", "endpoints": ["get_parcel"], "rate_limits": {"burst": {"limit": 5, "window_s": 1}},
    "quota": {"limit": 100, "period": "day"}, "expires_after_days": 30,
}  # fmt: skip


@pytest.fixture
def declared(instance: Instance) -> Instance:
    """A project that declares a key named batch."""
    client, place = instance.client("owner"), f"/v1/projects/{instance.project}/shape"
    shape = client.get(place).json()["shape"]
    shape["keys"]["batch"] = KEY
    shape["alerts"]["batch"] = {
        "name": "Batch",
        "metric": "requests",
        "period": "day",
        "thresholds": [{"at": 5}],
        "filter": {"key": "batch"},
    }
    assert client.put(place, json={"shape": shape}).status_code == 200
    return instance


def keys_at(instance: Instance) -> str:
    return f"/v1/projects/{instance.project}/keys"


def shape_of(instance: Instance) -> Any:
    return instance.client("owner").get(f"/v1/projects/{instance.project}/shape").json()


def test_a_declared_key_is_issued_by_its_name_as_it_is_declared(declared: Instance) -> None:
    client, before = declared.client("developer"), shape_of(declared)["fingerprint"]
    [row] = client.get(f"/v1/projects/{declared.project}/declared_keys").json()["data"]
    assert (row["name"], row["quota"], row["expires_after_days"]) == ("batch", KEY["quota"], 30)
    issued = client.post(keys_at(declared), json={"name": "batch"}).json()
    assert issued["id"] == row["key"]
    assert (issued["workload"], issued["endpoints"], issued["quota"]) == ("batch", ["get_parcel"], KEY["quota"])
    assert [each["name"] for each in issued["rate_limits"]] == ["burst"]
    assert client.get(f"/v1/projects/{declared.project}/declared_keys").json()["data"] == []
    assert shape_of(declared)["fingerprint"] == before


def test_what_the_body_says_goes_before_what_is_declared(declared: Instance) -> None:
    issued = (
        declared.client("owner").post(keys_at(declared), json={"name": "batch", "workload": None, "quota": None}).json()
    )
    assert (issued["workload"], issued["quota"], issued["endpoints"]) == (None, None, ["get_parcel"])


def test_the_form_begins_as_it_is_declared_and_issues_that(declared: Instance) -> None:
    browser, before = declared.browser("owner"), shape_of(declared)["fingerprint"]
    listed = browser.get(f"/projects/{declared.project}/keys")
    assert "Declared, not issued" in text_of(listed)
    place = f"/projects/{declared.project}/keys/new"
    assert f"{place}?declared=batch" in listed.text
    form = browser.get(place, declared="batch").text
    for shown in ('value="batch"', 'value="100"', "is declared: the form is filled in"):
        assert shown in form
    expires_on = form.partition('name="expires_on"')[2].partition('value="')[2].partition('"')[0]
    answer = browser.submit(
        place,
        {
            "name": "batch", "workload": "batch", "narrow": "yes", "endpoints": ["get_parcel"], "expires_on": expires_on, "allowed_cidrs": "",
            "rate_1_name": "burst", "rate_1_limit": "5", "rate_1_window_s": "1", "quota_limit": "100", "quota_period": "day",
        },
    )  # fmt: skip
    assert answer.status_code == 200, text_of(answer)
    assert "Declared, not issued" not in text_of(browser.get(f"/projects/{declared.project}/keys"))
    assert shape_of(declared)["fingerprint"] == before


def test_a_declared_key_is_taken_back(declared: Instance) -> None:
    client, browser = declared.client("owner"), declared.browser("owner")
    [row] = client.get(f"/v1/projects/{declared.project}/declared_keys").json()["data"]
    place = f"/projects/{declared.project}/keys/declared/{row['key']}/withdraw"
    assert_problem(declared.client("stranger").delete(f"/v1/declared_keys/{row['key']}"), 404, "not_found")
    assert browser.submit(place, {}, at=f"/projects/{declared.project}/keys").status_code == 303
    assert "batch" not in shape_of(declared)["shape"]["keys"]
    assert_problem(client.delete(f"/v1/declared_keys/{row['key']}"), 404, "not_found")


def test_no_other_key_takes_a_declared_name(declared: Instance) -> None:
    assert_problem(
        declared.client("owner").patch(f"/v1/keys/{declared.key}", json={"name": "batch"}), 409, "already_exists"
    )


def test_slots_are_chosen_when_something_is_made(instance: Instance) -> None:
    client, project = instance.client("owner"), f"/v1/projects/{instance.project}"
    url = "http://127.0.0.1:1024/hook"
    bodies: dict[str, dict[str, Any]] = {
        "webhooks": {"url": url, "event_types": ["parcel.moved"]},
        "alerts": {"name": "Silence", "metric": "no_traffic", "thresholds": [{"at": 60}]},
        "alert_channels": {"name": "Ops", "kind": "generic", "url": url},
    }
    for noun, body in bodies.items():
        assert client.post(f"{project}/{noun}", json={**body, "slot": "chosen"}).json()["slot"] == "chosen"
        assert client.post(f"{project}/{noun}", json=body).json()["slot"] not in ("", "chosen")
        assert_problem(client.post(f"{project}/{noun}", json={**body, "slot": "Not so"}), 422, "invalid", "slot")
        assert_problem(client.post(f"{project}/{noun}", json={**body, "slot": "chosen"}), 409, "already_exists")


def test_the_forms_take_a_slot_too(instance: Instance) -> None:
    browser, here = instance.browser("owner"), f"/projects/{instance.project}"
    url = "http://127.0.0.1:1024/hook"
    wrong = browser.submit(f"{here}/webhooks/new", {"url": url, "event_types": ["parcel.moved"], "slot": "Not so"})
    assert (wrong.status_code, "lower-case letters" in text_of(wrong), 'value="Not so"' in wrong.text) == (
        422,
        True,
        True,
    )
    assert (
        browser.submit(
            f"{here}/webhooks/new", {"url": url, "event_types": ["parcel.moved"], "slot": "first"}
        ).status_code
        < 400
    )
    channel = {"name": "Ops", "kind": "generic", "url": url, "slot": "chat"}
    assert browser.submit(f"{here}/alerts/channels", channel, at=f"{here}/alerts").status_code == 303
    rule = {
        "metric": "requests",
        "name": "Many",
        "span": "day",
        "at_0": "5",
        "severity": "info",
        "notify": ["chat"],
        "enabled": ["yes"],
    }
    made = browser.submit(f"{here}/alerts/new", {**rule, "slot": "many"}, at=f"{here}/alerts/new?metric=requests")
    assert made.status_code == 303, text_of(made)
    shape = shape_of(instance)["shape"]
    assert (list(shape["webhooks"]), list(shape["alert_channels"])) == (["first"], ["chat"])
    assert "many" in shape["alerts"]
