"""Report schedules over HTTP and on their pages: made, shown, changed, run, refused."""

from typing import Any, Final

import pytest
from sqlalchemy import select

from freehold.store.schema import report_recipients
from tests.http.served import Instance, assert_problem, text_of

MONTHLY: Final = {"name": "Monthly usage", "kind": "usage_summary", "cron": "0 6 1 * *", "period": "month"}
# What the page's form sends where nothing of it is changed.
FORM: Final[dict[str, Any]] = {
    "name": "Weekly", "kind": "alert_firings", "format": "csv", "period": "week", "repeats": "weekly", "time": "06:30",
    "weekdays": ["MON", "THU"], "day": "1", "cron": "0 6 1 * *", "time_zone": "Europe/Berlin", "slot": "",
}  # fmt: skip


def make(instance: Instance, who: str = "owner", **body: Any) -> dict[str, Any]:
    answer = instance.client(who).post(f"/v1/projects/{instance.project}/report_schedules", json=MONTHLY | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_one_is_made_shown_changed_paused_run_and_deleted(instance: Instance) -> None:
    made = make(instance, "billing", recipients=["owner@example.com"], time_zone="America/New_York", cron="30  2 l * *")
    assert (made["words"], made["cron"], made["slot"]) == (
        "At 02:30 on the last day of every month",
        "30 2 L * *",
        "monthly-usage",
    )
    assert [each["email"] for each in made["recipients"]] == ["owner@example.com"]
    assert len(made["next_runs"]) == 5
    first = made["next_runs"][0]
    assert first["at"][8:10] in ("28", "29", "30", "31")
    assert first["to"][8:10] == "01"
    client, path = instance.client("owner"), f"/v1/report_schedules/{made['id']}"
    listed = client.get(f"/v1/projects/{instance.project}/report_schedules").json()["data"]
    assert listed == [client.get(path).json()] == [made]
    changed = client.patch(path, json={"cron": "0 6 * * MON", "period": "week", "recipients": []}).json()
    assert (changed["period"], changed["recipients"], changed["owner"]) == ("week", [], "owner@example.com (Test)")
    assert_problem(
        client.patch(path, json={"name": "x"}, headers={"If-Match": made["etag"]}), 412, "precondition_failed"
    )
    assert client.post(f"{path}/pause").json()["next_runs"] == []
    assert client.post(f"{path}/resume").json()["state"] == "active"
    run = client.post(f"{path}/run", headers={"Idempotency-Key": "once"})
    assert run.status_code == 202
    assert (run.json()["schedule"], run.json()["scheduled_for"], run.json()["missed"]) == (made["id"], None, 0)
    assert client.post(f"{path}/run", headers={"Idempotency-Key": "once"}).json() == run.json()
    assert client.get(path).json()["last_report"] == run.json()["id"]
    assert client.get(f"/v1/reports/{run.json()['id']}").json()["schedule"] == made["id"]
    assert client.delete(path).status_code == 204
    assert_problem(client.get(path), 404, "not_found")


def test_an_organization_has_its_own(instance: Instance) -> None:
    client, path = instance.client("auditor"), f"/v1/organizations/{instance.harbour}/report_schedules"
    answer = client.post(path, json={"name": "Access", "kind": "access_review", "cron": "0 6 1 1,4,7,10 *"})
    assert (answer.status_code, answer.json()["project"]) == (201, None)
    assert [each["id"] for each in client.get(path).json()["data"]] == [answer.json()["id"]]
    assert client.get(f"/v1/projects/{instance.project}/report_schedules").json()["data"] == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"cron": "0 6 30 2 *"}, ("cron",)),
        ({"cron": "* * * * *", "time_zone": "Mars/Olympus"}, ("time_zone", "cron")),
        ({"kind": "access_review"}, ("kind", "period")),
        ({"kind": "readiness_evidence", "period": None}, ("kind",)),
        ({"kind": "audit_log", "format": "pdf"}, ("format",)),
        ({"period": None}, ("period",)),
        ({"period": "year"}, ("period",)),
        ({"recipients": ["nobody@example.com"]}, ("recipients.0",)),
        ({"name": " ", "slot": "Not a slot"}, ("name", "slot")),
        ({"every": "day"}, ("every",)),
    ],
)
def test_what_is_wrong_is_named(instance: Instance, body: dict[str, Any], fields: tuple[str, ...]) -> None:
    path = f"/v1/projects/{instance.project}/report_schedules"
    assert_problem(instance.client("owner").post(path, json=MONTHLY | body), 422, "invalid", *fields)


def test_when_one_would_run_is_said_without_making_it(instance: Instance) -> None:
    client, path = instance.client("verifier"), "/v1/report_schedules/preview"
    found = client.get(path, params={"cron": "0 6 * * mon", "time_zone": "Europe/Berlin", "period": "week"}).json()
    assert (found["words"], len(found["next_runs"])) == ("At 06:00 on Monday", 5)
    assert found["next_runs"][0]["from"] < found["next_runs"][0]["to"]
    assert_problem(client.get(path, params={"cron": "0 6 31 2 *"}), 422, "invalid", "cron")


def test_those_of_others_are_not_there(instance: Instance) -> None:
    made, stranger = make(instance), instance.client("stranger")
    for path in (f"/v1/report_schedules/{made['id']}", f"/v1/projects/{instance.project}/report_schedules"):
        assert_problem(stranger.get(path), 404, "not_found")
    browser = instance.browser("owner")
    assert browser.get(f"/organizations/{instance.harbour}/reports/schedules/{made['id']}").status_code == 404
    assert instance.browser("stranger").get(f"/projects/{instance.project}/reports/schedules").status_code == 404


def test_who_asks_for_a_report_can_be_mailed(instance: Instance) -> None:
    path = f"/v1/projects/{instance.project}/reports"
    assert instance.client("owner").post(path, json={"kind": "key_inventory", "email": True}).status_code == 202
    made = instance.client("owner").post(
        "/v1/tokens", json={"name": "CI", "organization": instance.harbour, "roles": ["developer"]}
    )
    instance.tokens["ci"] = made.json()["token"]
    answer = instance.client("ci").post(path, json={"kind": "key_inventory", "email": True})
    assert_problem(answer, 422, "invalid", "email")
    page = f"/projects/{instance.project}/reports"
    done = instance.browser("owner").post(page, {"kind": "key_inventory", "format": "csv", "email": "yes"})
    assert done.status_code == 303
    with instance.store.read() as tx:
        told = list(tx.execute(select(report_recipients.c.user_id)).scalars())
    assert told == [instance.users["owner"].id] * 2


# --- pages ----------------------------------------------------------------------------------------


def test_the_pages_make_show_and_change_one(instance: Instance) -> None:
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports/schedules"
    assert "No schedule yet" in text_of(browser.get(at))
    assert f'href="{at}"' in browser.get(f"/projects/{instance.project}/reports").text
    fresh = text_of(browser.get(f"{at}/new"))
    assert "At 06:00 on the first day of every month" in fresh
    drawn = browser.submit(f"{at}/new", FORM | {"draw": "yes"})
    assert drawn.status_code == 200
    assert "At 06:30 on Monday and Thursday , by the clock of Europe/Berlin" in text_of(drawn).replace(
        "Thursday,", "Thursday ,"
    )
    wrong = browser.submit(
        f"{at}/new", FORM | {"repeats": "own", "cron": "0 6 30 2 *", "recipients": instance.users["owner"].id}
    )
    assert wrong.status_code == 422
    assert "day of the month 30 never comes" in text_of(wrong)
    assert 'value="0 6 30 2 *"' in wrong.text
    assert f'value="{instance.users["owner"].id}" checked' in wrong.text
    done = browser.submit(f"{at}/new", FORM | {"recipients": instance.users["billing"].id})
    assert done.status_code == 303
    here = done.headers["location"].partition("?")[0]
    shown = text_of(browser.get(here))
    assert "At 06:30 on Monday and Thursday" in shown
    assert "billing@example.com" in shown
    assert "No report yet" in shown
    assert "Weekly" in text_of(browser.get(at))
    refused = browser.submit(here, FORM | {"weekdays": []})
    assert (refused.status_code, "Choose at least one day" in text_of(refused)) == (422, True)
    saved = browser.submit(here, FORM | {"repeats": "monthly", "day": "L", "name": "Monthly"})
    assert saved.status_code == 303
    assert "on the last day of every month" in text_of(browser.get(here))


def test_the_pages_pause_resume_run_and_delete_one(instance: Instance) -> None:
    made, browser = make(instance), instance.browser("owner")
    here = f"/projects/{instance.project}/reports/schedules/{made['id']}"
    assert browser.submit(f"{here}/pause", {}, here).status_code == 303
    assert "It does not run" in text_of(browser.get(here))
    assert browser.submit(f"{here}/resume", {}, here).status_code == 303
    run = browser.submit(f"{here}/run", {}, here)
    assert run.headers["location"].startswith(f"/projects/{instance.project}/reports/rep_")
    assert "By owner@example.com" in text_of(browser.get(here))
    unsure = browser.submit(f"{here}/delete", {"confirm": "Monthly"}, here)
    assert (unsure.status_code, "Type the name exactly" in text_of(unsure)) == (422, True)
    assert browser.submit(f"{here}/delete", {"confirm": made["name"]}, here).status_code == 303
    assert browser.get(here).status_code == 404


def test_who_may_look_alone_sees_why(instance: Instance) -> None:
    made, browser = make(instance), instance.browser("operator")
    at = f"/projects/{instance.project}/reports/schedules"
    assert "Your role lets you look at this" in text_of(browser.get(f"{at}/{made['id']}"))
    assert "New schedule" not in text_of(browser.get(at))
    team = f"/organizations/{instance.harbour}/reports/schedules"
    assert "No schedule yet" in text_of(instance.browser("auditor").get(team))
    done = instance.browser("auditor").submit(f"{team}/new", FORM | {"kind": "access_review"})
    assert done.status_code == 303
    assert (
        "the last" not in text_of(instance.browser("auditor").get(done.headers["location"])).partition("Next runs")[0]
    )
