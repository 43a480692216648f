"""Pages of alerts: what they show, what their forms do, and what comes back where something is wrong."""

import re
from typing import Any

import httpx
import pytest

from tests.http.firings import record_firing
from tests.http.served import Instance

FIELDS: dict[str, Any] = {
    "metric": "failure_rate", "name": "Failures", "span": "300", "at_0": "5", "resolve_0": "2", "minimum_count": "20",
    "severity": "critical", "notify": ["webhooks", "email"], "enabled": "yes", "next_action": "Look at <them>",
}  # fmt: skip


def at(instance: Instance) -> str:
    return f"/projects/{instance.project}/alerts"


def create(instance: Instance, who: str = "developer", **more: Any) -> httpx.Response:
    return instance.browser(who).submit(f"{at(instance)}/new", {**FIELDS, **more})


def made(instance: Instance) -> str:
    answer = create(instance)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


def test_a_rule_is_made_drawn_changed_muted_tested_and_deleted(instance: Instance) -> None:
    browser = instance.browser("developer")
    rule = made(instance)
    here = f"{at(instance)}/{rule}"
    page = browser.get(here).text
    assert "Failure rate of 5 % or more within 5 minutes" in page
    assert "Look at &lt;them&gt;" in page
    assert "would have fired 0 times in the last 30 days" in page
    drawn = browser.submit(here, {**FIELDS, "at_0": "12.5", "draw": "yes"})
    assert (drawn.status_code, "12.5 %: would have fired" in drawn.text) == (200, True)
    assert browser.submit(here, {**FIELDS, "at_0": "12,5", "at_1": "20", "resolve_0": ""}).status_code == 303
    changed = instance.client("developer").get(f"/v1/alerts/{rule}").json()
    assert changed["thresholds"] == [{"at": 12.5, "resolve_below": None}, {"at": 20, "resolve_below": None}]
    assert browser.submit(f"{here}/mute", {"for": "24"}, at=here).headers["location"].endswith("rule-muted")
    assert instance.client("developer").get(f"/v1/alerts/{rule}").json()["muted_until"] is not None
    assert browser.submit(f"{here}/mute", {"for": ""}, at=here).headers["location"].endswith("rule-unmuted")
    assert browser.submit(f"{here}/test", {}, at=here).headers["location"].endswith("rule-tested")
    assert "No endpoint receives it" in browser.get(here).text
    wrong = browser.submit(f"{here}/delete", {"confirm": "Failure"}, at=here)
    assert (wrong.status_code, "exactly as it is shown" in wrong.text) == (422, True)
    assert browser.submit(f"{here}/delete", {"confirm": "Failures"}, at=here).status_code == 303
    assert browser.get(here).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"at_0": "many"}, "Write a number"),
        ({"at_0": ""}, "Write a number"),
        ({"resolve_0": "9"}, "at most the threshold itself"),
        ({"name": ""}, "A name is"),
        ({"minimum_count": "x"}, "Write a whole number"),
        ({"key": "key_nobody"}, "no such key"),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_what_was_typed(
    instance: Instance, fields: dict[str, str], words: str
) -> None:
    answer = create(instance, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Look at &lt;them&gt;" in answer.text


def test_saving_what_is_shown_changes_nothing(instance: Instance) -> None:
    """A rule may have more steps, and finer numbers, than a form begins with."""
    steps = [{"at": at, "resolve_below": None} for at in (0.125, 10, 12345.678, 1234567.5, 987654321)]
    asked = {"name": "Busy", "metric": "requests", "period": "day", "thresholds": steps}
    rule = instance.client("developer").post(f"/v1/projects/{instance.project}/alerts", json=asked).json()
    assert [each["at"] for each in rule["thresholds"]] == [each["at"] for each in steps]
    browser, here = instance.browser("developer"), f"{at(instance)}/{rule['id']}"
    shown = dict(re.findall(r'name="((?:at|resolve)_[0-4])" value="([^"]*)"', browser.get(here).text))
    fields = {
        "metric": "requests",
        "name": "Busy",
        "span": "day",
        "severity": rule["severity"],
        "enabled": "yes",
        "notify": rule["notify"],
    }
    assert browser.submit(here, {**fields, **shown}).status_code == 303
    changed = instance.client("developer").get(f"/v1/alerts/{rule['id']}").json()
    assert changed["thresholds"] == rule["thresholds"]


def test_a_form_sent_twice_makes_one_rule(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = f"{at(instance)}/new"
    key = re.search(r'name="idempotency_key" value="([^"]+)"', browser.get(path).text)
    assert key
    answers = [browser.post(path, {**FIELDS, "idempotency_key": key[1]}) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]


def test_the_new_rules_form_takes_its_metric_filters_and_window_from_the_address(instance: Instance) -> None:
    page = (
        instance.browser("developer")
        .get(f"{at(instance)}/new", metric="denials", outcome="rate_limited", key=instance.key, window="3600", at="7")
        .text
    )
    assert '<input type="hidden" name="metric" value="denials">' in page
    for chosen in ("rate_limited", instance.key, "3600"):
        assert f'<option value="{chosen}" selected>' in page
    assert 'name="at_0" value="7"' in page


@pytest.mark.parametrize(
    "metric",
    ["requests", "cost", "denials", "failure_rate", "latency", "quota_used", "webhook_failure_rate", "retry_pressure",
     "key_unused", "key_expiring", "key_rotation_overdue", "no_traffic", "nonsense"],
)  # fmt: skip
def test_every_metric_has_its_form_and_its_past(instance: Instance, metric: str) -> None:
    page = instance.browser("developer").get(f"{at(instance)}/new", metric=metric)
    assert page.status_code == 200
    assert "Make the rule" in page.text


def test_a_firing_shows_what_it_saw_who_was_told_and_is_taken_on(instance: Instance) -> None:
    browser, rule = instance.browser("developer"), made(instance)
    firing = record_firing(instance, rule)
    here = f"{at(instance)}/firings/{firing}"
    page = browser.get(here).text
    assert "90 % failed within 5 minutes; the threshold is 5 % or more" in page
    assert "kind=failed" in page
    assert "1 firing</b>" in page
    assert "1 firing: Failures" in browser.get(f"/projects/{instance.project}").text
    listed = browser.get(at(instance), state="open").text
    assert listed.count(f"/alerts/firings/{firing}") == 2
    assert browser.submit(f"{here}/acknowledge", {}, at=here).headers["location"] == f"{here}?done=firing-taken"
    assert f"Taken on by {instance.users['developer'].name}" in browser.get(at(instance)).text


def test_a_chat_channel_is_added_without_its_url_coming_back_and_removed(instance: Instance) -> None:
    browser, path = instance.browser("developer"), f"{at(instance)}/channels"
    url = "http://127.0.0.1:1024/s3cret"
    refused = browser.submit(path, {"name": "", "kind": "slack", "url": url}, at=at(instance))
    assert (refused.status_code, "s3cret" in refused.text) == (422, False)
    assert browser.submit(path, {"name": "#ops", "kind": "slack", "url": url}, at=at(instance)).status_code == 303
    page = browser.get(at(instance)).text
    assert "http://127.0.0.1:1024/…" in page
    assert "s3cret" not in page
    gone = re.search(rf'action="({re.escape(path)}/chn_[a-z0-9]+/delete)"', page)
    assert gone
    assert browser.post(gone[1]).status_code == 303
    assert "No chat channel yet" in browser.get(at(instance)).text


def test_who_may_only_look_cannot_change(instance: Instance) -> None:
    rule = made(instance)
    browser = instance.browser("auditor")
    assert "Your role lets you look at this" in browser.get(f"{at(instance)}/{rule}").text
    assert browser.post(f"{at(instance)}/{rule}", FIELDS).status_code == 403
    assert browser.post(f"{at(instance)}/{rule}/test").status_code == 403


def test_pages_of_others_are_not_there(instance: Instance) -> None:
    rule = made(instance)
    firing = record_firing(instance, rule)
    stranger = instance.browser("stranger")
    for path in ("", "/new", f"/{rule}", f"/firings/{firing}"):
        assert stranger.get(f"{at(instance)}{path}").status_code == 404
    other = f"/projects/{instance.foreign_project}/alerts"
    assert stranger.get(f"{other}/{rule}").status_code == 404
    assert stranger.get(f"{other}/firings/{firing}").status_code == 404
