"""Pages of the webhook check and of the sandbox clock, as a browser without a script sees them."""

import re
import time

from freehold.projects import actions as projects
from freehold.projects.records import NewProject
from tests.http.served import Instance, text_of
from tests.http.test_webhook_checks import create
from tests.webhooks.receivers import served


def here(instance: Instance, made: dict[str, str], act: str) -> str:
    return f"/projects/{instance.project}/webhooks/{made['id']}{act}"


def finished(instance: Instance, made: dict[str, str]) -> str:
    """The check's page, once it no longer says that it waits."""
    browser = instance.browser("developer")
    until = time.monotonic() + 60
    while "data-live-url" in (page := browser.get(here(instance, made, "/check")).text):
        assert time.monotonic() < until
        time.sleep(0.02)
    return page


def test_a_check_is_begun_watched_and_leads_to_its_evidence(instance: Instance) -> None:
    browser = instance.browser("developer")
    with served() as there:
        made = create(instance, there.url())
        before = text_of(browser.get(here(instance, made, "/check")))
        assert "Not checked yet." in before
        assert before.count("Not sent") == 8  # Four rows, each also in words for those who do not see.
        assert "Not checked yet" in text_of(browser.get(here(instance, made, "")))
        answer = browser.post(here(instance, made, "/check"))
        assert (answer.status_code, answer.headers["location"]) == (303, here(instance, made, "/check"))
        page = finished(instance, made)
    assert "Failed." in page
    assert "anybody can send it events" in page
    evidence = re.findall(r'href="(/projects/[^"#]+/deliveries/[^"#]+)#h-(att_\w+)"', page)
    assert len(evidence) == 5
    for address, attempt in evidence:
        delivery = browser.get(address)
        assert f'id="h-{attempt}"' in delivery.text
    log = text_of(browser.get(here(instance, made, "")))
    assert log.count("Probe") == 4
    events = browser.get(here(instance, made, "/check/live")).text
    assert "event: part" in events
    assert events.rstrip().endswith("data:")


def test_earlier_checks_stay_and_can_be_looked_at(instance: Instance) -> None:
    browser, client = instance.browser("developer"), instance.client("developer")
    made = create(instance)
    first, second = (client.post(f"/v1/webhooks/{made['id']}/check").json()["id"] for _ in range(2))
    newest = browser.get(here(instance, made, "/check")).text
    assert f"?id={first}" in newest
    assert f"?id={second}" not in newest
    earlier = text_of(browser.get(here(instance, made, f"/check?id={first}")))
    assert "This is an earlier check." in earlier
    assert browser.get(here(instance, made, "/check?id=wck_x")).status_code == 404


def test_while_one_runs_another_is_refused_on_the_page(instance: Instance) -> None:
    browser, client = instance.browser("developer"), instance.client("developer")
    with served() as there:
        made = create(instance, there.url("/later"))
        client.post(f"/v1/webhooks/{made['id']}/check", json={"wait_s": 0})
        assert "data-live-url" in browser.get(here(instance, made, "/check")).text
        refused = browser.post(here(instance, made, "/check"))
        assert refused.status_code == 409
        assert "A check of this endpoint is running" in text_of(refused)
        finished(instance, made)


def test_the_clock_is_moved_and_says_so(instance: Instance) -> None:
    browser = instance.browser("developer")
    made = create(instance)
    clock = here(instance, made, "/clock")
    assert "Never moved" in text_of(browser.get(clock))
    nothing = browser.post(clock, {"by_s": ""})
    assert nothing.status_code == 409
    assert "Nothing waits to be sent to this endpoint." in text_of(nothing)
    wrong = browser.post(clock, {"by_s": "soon"})
    assert (wrong.status_code, "Choose by how much" in text_of(wrong)) == (422, True)
    moved = browser.post(clock, {"by_s": "432000", "idempotency_key": "one"})
    assert (moved.status_code, moved.headers["location"]) == (303, f"{clock}?done=clock-moved")
    browser.post(clock, {"by_s": "432000", "idempotency_key": "one"})
    shown = text_of(browser.get(clock))
    assert len(re.findall(r"\b5 d\b", shown)) == 1


def test_an_auditor_sees_both_blocked_and_is_refused(instance: Instance) -> None:
    made, browser = create(instance), instance.browser("auditor")
    for act in ("/check", "/clock"):
        assert "Your role lets you look at this, not change it." in text_of(browser.get(here(instance, made, act)))
        assert browser.post(here(instance, made, act), {"by_s": "60"}).status_code == 403


def test_others_find_nothing(instance: Instance) -> None:
    made = create(instance)
    with instance.store.write() as tx:
        new = NewProject("Second", "Another project", "parcels")
        sibling = projects.create_project(tx, instance.actor("owner"), instance.harbour, new)
    for act in ("/check", "/check/live", "/clock"):
        assert instance.browser("stranger").get(here(instance, made, act)).status_code == 404
        assert instance.browser("owner").get(f"/projects/{sibling.id}/webhooks/{made['id']}{act}").status_code == 404
        assert instance.browser("billing").get(here(instance, made, act)).status_code == 403
    for act in ("/check", "/clock"):
        assert instance.browser("stranger").post(here(instance, made, act), {"by_s": "60"}).status_code == 404
        assert (
            instance.browser("owner")
            .post(f"/projects/{sibling.id}/webhooks/{made['id']}{act}", {"by_s": "60"})
            .status_code
            == 404
        )
