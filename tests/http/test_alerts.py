"""Alert rules, firings and chat channels over HTTP: success, each error, other people's ids."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from freehold.alerts.defaults import DEFAULT_RULES
from freehold.alerts.records import METRICS
from tests.http.firings import record_firing
from tests.http.served import Instance

RULE: dict[str, Any] = {
    "name": "Failures", "metric": "failure_rate", "thresholds": [{"at": 5, "resolve_below": 2}, {"at": 20}],
    "window_s": 300, "minimum_count": 20, "next_action": "Look at the failed requests.",
}  # fmt: skip


def create(instance: Instance, who: str = "developer", **more: Any) -> httpx.Response:
    return instance.client(who).post(f"/v1/projects/{instance.project}/alerts", json={**RULE, **more})


def codes(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


def test_a_rule_is_made_read_listed_changed_and_removed(instance: Instance) -> None:
    client = instance.client("developer")
    made = create(instance, owner="developer@example.com", filter={"key": instance.key}).json()
    assert made["thresholds"] == [{"at": 5, "resolve_below": 2}, {"at": 20, "resolve_below": None}]
    assert (made["comparison"], made["owner"]) == ("above", instance.users["developer"].id)
    assert made["condition"].startswith("failure rate of 5 % or more within 5 minutes")
    path = f"/v1/alerts/{made['id']}"
    assert client.get(path).json() == made
    newest, *defaults = client.get(f"/v1/projects/{instance.project}/alerts").json()["data"]
    assert newest == made
    assert [each["is_default"] for each in defaults] == [True] * len(DEFAULT_RULES)

    patch = {"thresholds": [{"at": 10}], "owner": None, "filter": {"key": None}, "muted_until": "2030-01-01T00:00:00Z"}
    changed = client.patch(path, json=patch, headers={"If-Match": made["etag"]}).json()
    assert (changed["owner"], changed["filter"]["key"], changed["etag"]) == (None, None, '"2"')
    assert (changed["thresholds"], changed["window_s"]) == ([{"at": 10, "resolve_below": None}], 300)
    stale = client.patch(path, json={"severity": "info"}, headers={"If-Match": made["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert client.delete(path, headers={"If-Match": made["etag"]}).status_code == 412
    assert client.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert client.get(path).status_code == 404
    seen = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit", params={"subject": made["id"]})
    assert [each["action"] for each in seen.json()["data"]] == ["alert.deleted", "alert.changed", "alert.created"]


def test_the_same_idempotency_key_makes_one_rule(instance: Instance) -> None:
    client, path = instance.client("developer"), f"/v1/projects/{instance.project}/alerts"
    answers = [client.post(path, json=RULE, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(client.get(path).json()["data"]) == 1 + len(DEFAULT_RULES)


def test_lists_go_on_at_their_cursor(instance: Instance) -> None:
    client, path = instance.client("developer"), f"/v1/projects/{instance.project}/alerts"
    made = [create(instance, name=f"Rule {number}").json()["id"] for number in range(3)]
    first = client.get(path, params={"limit": 2}).json()
    second = client.get(path, params={"cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in (*first["data"], *second["data"])][:3] == made[::-1]
    assert len(second["data"]) == 1 + len(DEFAULT_RULES)
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "\n"}, {"name"}),
        ({"window_s": None}, {"window_s"}),
        ({"window_s": 61}, {"window_s"}),
        ({"period": "day"}, {"period"}),
        ({"thresholds": [{"at": 101}]}, {"thresholds.0.at"}),
        ({"thresholds": [{"at": 5, "resolve_below": 6}, {"at": 5}]}, {"thresholds", "thresholds.0.resolve_below"}),
        ({"comparison": "below"}, {"comparison", "thresholds.0.resolve_below"}),
        ({"timezone": "Mars/Olympus"}, {"timezone"}),
        ({"filter": {"reason": "revoked"}}, {"filter.reason"}),
        ({"filter": {"key": "key_nobody", "endpoint": "nothing"}}, {"filter.key", "filter.endpoint"}),
        ({"owner": "nobody@example.com"}, {"owner"}),
        ({"muted_until": "2030-01-01T00:00:00"}, {"muted_until"}),
        ({"metric": "requests", "window_s": None, "minimum_count": 3}, {"window_s", "minimum_count"}),
        ({"metric": "requests", "period": "hour", "window_s": None, "comparison": "below", "minimum_count": 0,
          "thresholds": [{"at": 1}]}, {"period"}),
        ({"metric": "webhook_failure_rate", "filter": {"webhook": "whe_none"}}, {"filter.webhook"}),
    ],
)  # fmt: skip
def test_settings_that_are_not_right_are_named(instance: Instance, body: dict[str, Any], fields: set[str]) -> None:
    assert set(codes(create(instance, **body))) == fields


@pytest.mark.parametrize(
    "body", [{}, {"metric": "weather"}, {"thresholds": []}, {"thresholds": [5]}, {"colour": "red"}, {"notify": ["fax"]}]
)
def test_a_body_of_another_shape_is_refused(instance: Instance, body: dict[str, Any]) -> None:
    answer = instance.client("developer").post(
        f"/v1/projects/{instance.project}/alerts", json=RULE | body if body else {}
    )
    assert answer.status_code == 422


def test_a_key_of_another_project_is_in_no_rule(instance: Instance) -> None:
    assert codes(create(instance, filter={"key": instance.foreign_key})) == {"filter.key": "unknown_key"}


def test_a_firing_is_read_with_what_was_told_and_acknowledged_once(instance: Instance) -> None:
    client = instance.client("developer")
    rule = create(instance).json()["id"]
    firing = record_firing(instance, rule)
    [listed] = client.get(f"/v1/alerts/{rule}/firings", params={"state": "open"}).json()["data"]
    assert (listed["id"], listed["value"], listed["requests"]["kind"]) == (firing, 90, "failed")
    assert client.get(f"/v1/projects/{instance.project}/firings", params={"state": "resolved"}).json()["data"] == []
    detail = client.get(f"/v1/firings/{firing}").json()
    assert {(each["way"], each["state"]) for each in detail["notifications"]} == {
        ("webhooks", "nobody"),
        ("email", "pending"),
    }
    taken = client.post(f"/v1/firings/{firing}/acknowledge")
    assert (taken.status_code, taken.json()["acknowledged_by"]) == (200, instance.users["developer"].id)
    assert taken.json()["acknowledged_by_name"] == instance.users["developer"].name
    again = instance.client("admin").post(f"/v1/firings/{firing}/acknowledge").json()
    assert again["acknowledged_at"] == taken.json()["acknowledged_at"]
    assert again["acknowledged_by"] == instance.users["developer"].id


def test_a_test_is_told_by_every_way_and_fires_nothing(instance: Instance) -> None:
    client = instance.client("developer")
    rule = create(instance).json()["id"]
    client.post(
        f"/v1/projects/{instance.project}/alert_channels",
        json={"name": "ops", "kind": "slack", "url": "http://127.0.0.1:1024/s3cret"},
    )
    told = client.post(f"/v1/alerts/{rule}/test")
    assert told.status_code == 202
    assert sorted((each["event"], each["way"]) for each in told.json()["notifications"]) == [
        ("test", "chat"), ("test", "email"), ("test", "webhooks"),
    ]  # fmt: skip
    assert client.get(f"/v1/alerts/{rule}/firings").json()["data"] == []


def test_a_channels_url_is_never_shown_again(instance: Instance) -> None:
    client, path = instance.client("developer"), f"/v1/projects/{instance.project}/alert_channels"
    made = client.post(path, json={"name": "ops", "kind": "generic", "url": "http://127.0.0.1:1024/s3cret"})
    assert made.status_code == 201
    assert made.json()["url"] == "http://127.0.0.1:1024/…"
    assert "s3cret" not in client.get(path).text
    entries = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit").text
    assert "s3cret" not in entries
    assert client.delete(f"/v1/alert_channels/{made.json()['id']}").status_code == 204
    assert client.get(path).json()["data"] == []
    assert client.delete(f"/v1/alert_channels/{made.json()['id']}").status_code == 404


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "ftp://example.com/", "https://user:pw@example.com/", "nothing"])
def test_a_channel_goes_where_webhooks_may_go(instance: Instance, url: str) -> None:
    body = {"name": "ops", "kind": "generic", "url": url}
    answer = instance.client("developer").post(f"/v1/projects/{instance.project}/alert_channels", json=body)
    assert codes(answer) == {"url": "bad_url"}


def test_an_archived_projects_rules_can_be_read_and_not_changed(instance: Instance) -> None:
    client = instance.client("developer")
    rule = create(instance).json()["id"]
    client.post(f"/v1/projects/{instance.project}/archive")
    assert client.get(f"/v1/alerts/{rule}").status_code == 200
    for answer in (
        create(instance),
        client.patch(f"/v1/alerts/{rule}", json={"severity": "info"}),
        client.post(f"/v1/alerts/{rule}/test"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_other_peoples_rules_and_firings_are_not_there(instance: Instance) -> None:
    rule = create(instance).json()["id"]
    firing = record_firing(instance, rule)
    stranger = instance.client("stranger")
    for method, path in (
        ("GET", f"/v1/alerts/{rule}"), ("DELETE", f"/v1/alerts/{rule}"), ("POST", f"/v1/alerts/{rule}/test"),
        ("GET", f"/v1/alerts/{rule}/firings"), ("GET", f"/v1/firings/{firing}"),
        ("POST", f"/v1/firings/{firing}/acknowledge"), ("GET", f"/v1/projects/{instance.project}/alerts"),
        ("GET", f"/v1/projects/{instance.project}/alert_channels"),
    ):  # fmt: skip
        assert stranger.request(method, path).status_code == 404, path


def test_the_rule_of_the_documentation_can_be_made(instance: Instance) -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
    [rule] = re.findall(r"```json rule\n(.*?)```", page, re.DOTALL)
    answer = instance.client("developer").post(f"/v1/projects/{instance.project}/alerts", json=json.loads(rule))
    assert answer.status_code == 201, answer.text
    assert all(f"`{metric}`" in page for metric in METRICS)
