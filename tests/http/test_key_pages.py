"""The pages of keys in a browser without JavaScript, and the live page that waits for the first call."""

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from queue import Empty, Queue
from threading import Thread

import httpx
import pytest
from sqlalchemy import insert

from freehold.keys import actions, credential
from freehold.keys.actions import KeyDetail
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.projects import actions as projects
from freehold.projects.limits import Quota, RateLimit, period_of
from freehold.projects.records import NewProject, ProjectChange
from freehold.store.schema import quota_counters
from tests.http.served import Browser, Instance, hidden_fields, text_of
from tests.http.traffic import use

BLOCKED = "Your role lets you look at this, not change it. Ask an owner or admin of the organization."
# A day on which a key may end.
ENDS = f"{clock.now() + timedelta(days=300):%Y-%m-%d}"
Fields = dict[str, str | Sequence[str]]
NEW: Fields = {
    "name": "checkout-web",
    "workload": "Checkout",
    "narrow": "no",
    "rate_0_name": "requests",
    "rate_0_limit": "",
    "rate_0_window_s": "60",
    "quota_limit": "",
    "quota_period": "month",
    "expires_on": "",
    "allowed_cidrs": "",
}
ALL_SET: Fields = {
    "narrow": "yes",
    "endpoints": ["get_parcel"],
    "rate_0_limit": "600",
    "rate_0_window_s": "3600",
    "rate_2_name": "burst",
    "rate_2_limit": "20",
    "rate_2_window_s": "10",
    "quota_limit": "1000",
    "quota_period": "day",
    "expires_on": ENDS,
    "allowed_cidrs": "203.0.113.0/24\n2001:db8::/32",
}
LIMITS = (RateLimit("requests", 600, 3600), RateLimit("burst", 20, 10))
QUOTA = Quota(1000, "day")


def at(instance: Instance, path: str = "") -> str:
    return f"/projects/{instance.project}/keys{path}"


def one(instance: Instance) -> str:
    return at(instance, f"/{instance.key}")


def read(instance: Instance, key_id: str = "") -> KeyDetail:
    with instance.store.read() as tx:
        return actions.read_key(tx, instance.actor("owner"), key_id or instance.key)


def names(instance: Instance) -> list[str]:
    with instance.store.read() as tx:
        return sorted(each.key.name for each in actions.list_keys(tx, instance.actor("owner"), instance.project, 200))


def issue(instance: Instance, settings: KeySettings) -> str:
    with instance.store.write() as tx:
        owner = instance.actor("owner")
        return actions.issue_key(tx, owner, instance.secret, "fh", instance.project, settings).detail.key.id


def revoke(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.revoke_key(tx, instance.actor("owner"), instance.key)


def archive(instance: Instance) -> None:
    with instance.store.write() as tx:
        projects.archive_project(tx, instance.actor("owner"), instance.project)


def secret_of(page: httpx.Response) -> str:
    found = re.search(r"fh_test_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", page.text)
    assert found
    return found[0]


def edit_form(page: str, path: str) -> dict[str, str]:
    return hidden_fields(page[page.index('id="h-edit"') :], path)


# --- the table ------------------------------------------------------------------------------------


def test_the_table_says_what_each_key_may_and_did(instance: Instance) -> None:
    use(instance, timedelta(minutes=5), secret=None)
    use(instance, timedelta(minutes=4), outcome="rate_limited", rule="key.rate_limits", status=429)
    issue(
        instance,
        KeySettings(
            "batch",
            "Night job",
            ("get_parcel",),
            rate_limits=(RateLimit("requests", 5, 60), RateLimit("burst", 1, 1)),
            quota=Quota(9000, "hour"),
        ),
    )
    page = instance.browser("auditor").get(at(instance))
    shown = text_of(page)
    last4 = read(instance).secrets[0].last4
    assert f"first fh_test_…{last4} Active Whole scope None 2 1 denied" in shown
    assert "Night job Active 1 endpoint 5 per minute, 1 per second, 9,000 in each hour 0 No call yet Never" in shown
    assert f'href="{one(instance)}"' in page.text
    assert BLOCKED in page.text


def test_the_table_is_searched_and_filtered(instance: Instance) -> None:
    issue(instance, KeySettings("batch", "Night job"))
    revoke(instance)
    browser = instance.browser("owner")

    def shown(**query: str) -> set[str]:
        return set(re.findall(r'class="fh-row"[^>]*><b>([^<]*)</b>', browser.get(at(instance), **query).text))

    assert shown() == {"first", "batch"}
    assert shown(query="night") == {"batch"}
    assert shown(state="revoked") == {"first"}
    assert shown(state="active") == {"batch"}
    assert shown(state="nonsense") == set()
    assert "No key matches" in text_of(browser.get(at(instance), query="<b>"))


def test_an_empty_table_offers_the_first_key(instance: Instance) -> None:
    with instance.store.write() as tx:
        project = projects.create_project(
            tx, instance.actor("owner"), instance.harbour, NewProject("Empty", "Has none", "parcels")
        )
    browser = instance.browser("owner")
    page = browser.get(f"/projects/{project.id}/keys")
    assert "No key yet" in text_of(page)
    assert f'href="/projects/{project.id}/keys/new"' in page.text
    assert "Declare the scope first" in text_of(browser.get(f"/projects/{project.id}/keys/new"))


# --- issuing --------------------------------------------------------------------------------------


def test_a_key_is_issued_and_its_secret_shown_once(instance: Instance) -> None:
    browser = instance.browser("developer")
    page = browser.submit(at(instance, "/new"), {**NEW, **ALL_SET})
    assert page.status_code == 200
    text = secret_of(page)
    assert credential.parse(text, "fh") is not None
    found = re.search(r'data-live-url="([^"]+)"', page.text)
    assert found
    key_id = found[1].split("/")[4]
    key = read(instance, key_id).key
    assert (key.name, key.workload, key.endpoints) == ("checkout-web", "Checkout", ["get_parcel"])
    assert (key.rate_limits, key.quota) == (LIMITS, QUOTA)
    assert "600 per hour, 20 per 10 s, 1,000 in each day" in text_of(page)
    assert clock.to_text(key.expires_at or clock.EPOCH).startswith(f"{ENDS}T23:59:59")
    assert key.allowed_cidrs == ["203.0.113.0/24", "2001:db8::/32"]
    assert page.text.count(text) >= 2, "the secret, and the call that it is filled into"
    assert f"Authorization: Bearer {text}" in html.unescape(re.sub("<[^>]+>", "", page.text))
    for path in ("", f"/{key_id}"):
        assert text not in browser.get(at(instance, path)).text


def test_the_form_sent_twice_shows_the_same_key_and_makes_one(instance_on_each: Instance) -> None:
    instance = instance_on_each
    browser = instance.browser("developer")
    hidden = hidden_fields(browser.get(at(instance, "/new")).text, at(instance, "/new"))
    first, second = (browser.client.post(at(instance, "/new"), data={**hidden, **NEW}) for _ in range(2))
    assert secret_of(first) == secret_of(second)
    assert names(instance) == ["checkout-web", "first"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"workload": "x" * 101}, "workload"),
        ({"narrow": "yes", "endpoints": ["create_parcel"]}, "endpoints"), ({"rate_0_limit": "many"}, "rate_0_limit"),
        ({"rate_0_limit": "10000001"}, "rate_0_limit"), ({"rate_0_limit": "5", "rate_0_window_s": "86401"}, "rate_0_window_s"),
        ({"quota_limit": "0"}, "quota_limit"), ({"quota_limit": "1e3"}, "quota_limit"), ({"quota_limit": "1", "quota_period": "week"}, "quota_period"), ({"expires_on": "tomorrow"}, "expires_on"),
        ({"expires_on": "2001-01-01"}, "expires_on"), ({"expires_on": "9999-12-31"}, "expires_on"),
        ({"allowed_cidrs": "10.0.0.0/33"}, "allowed_cidrs"),
    ],
)  # fmt: skip
def test_a_wrong_key_comes_back_as_typed(instance: Instance, change: Fields, field: str) -> None:
    typed = {**NEW, "allowed_cidrs": "10.0.0.0/8", "expires_on": ENDS, "rate_0_limit": "7", **change}
    answer = instance.browser("developer").submit(at(instance, "/new"), typed)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    for name in ("name", "workload", "rate_0_limit", "expires_on", "quota_limit"):
        shown = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', answer.text)
        assert shown
        assert shown[1] == typed[name]
    assert f">{typed['allowed_cidrs']}</textarea>" in answer.text
    chosen = re.search(r'<input type="radio" name="narrow" value="(\w+)" checked', answer.text)
    assert chosen
    assert chosen[1] == typed["narrow"]
    assert names(instance) == ["first"]


def test_a_taken_name_is_said_and_the_form_stays(instance: Instance) -> None:
    answer = instance.browser("developer").submit(at(instance, "/new"), {**NEW, "name": "first"})
    assert answer.status_code == 409
    assert "Choose another name." in text_of(answer)
    assert 'value="first"' in answer.text
    fresh = hidden_fields(answer.text, at(instance, "/new"))
    again = instance.browser("developer")
    assert again.post(at(instance, "/new"), {**NEW, "idempotency_key": fresh["idempotency_key"]}).status_code == 200


def test_who_may_not_issue_is_told_why(instance: Instance) -> None:
    browser = instance.browser("auditor")
    assert BLOCKED in text_of(browser.get(at(instance, "/new")))
    assert browser.post(at(instance, "/new"), NEW).status_code == 403
    assert names(instance) == ["first"]


def test_an_archived_project_issues_no_key(instance: Instance) -> None:
    archive(instance)
    browser = instance.browser("developer")
    assert "The project is archived: restore it first." in text_of(browser.get(at(instance, "/new")))
    assert browser.post(at(instance, "/new"), NEW).status_code == 409
    assert names(instance) == ["first"]


# --- one key --------------------------------------------------------------------------------------


def test_a_keys_page_shows_its_secrets_use_and_limits(instance: Instance) -> None:
    with instance.store.read() as tx:
        selector = actions.read_key(tx, instance.actor("owner"), instance.key).secrets[0].selector
    event = use(instance, timedelta(), secret=selector)
    use(instance, timedelta(), outcome="address_not_allowed", rule="key.allowed_cidrs", status=403, secret=selector)
    page = instance.browser("auditor").get(one(instance))
    shown = text_of(page)
    assert "Requests, last 24 hours" in shown
    assert "192.0.2.1 tests" in shown
    assert f'/requests?key={instance.key}&amp;secret={selector}">2</a>' in page.text
    assert "get_parcel list_parcels All of the project's scope" in shown
    assert f'href="/projects/{instance.project}/requests/{event.id}"' in page.text
    assert shown.count(BLOCKED) == 3, "to change it, to rotate it, to revoke it"


def test_a_key_is_changed(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = one(instance)
    form = edit_form(browser.get(path).text, path)
    answer = browser.client.post(path, data={**form, **NEW, **ALL_SET})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{path}?done=key-saved&confirmed_by=0&silent=0&")
    key = read(instance).key
    assert (key.name, key.endpoints, key.rate_limits, key.quota) == ("checkout-web", ["get_parcel"], LIMITS, QUOTA)
    page = browser.get(path).text
    for shown in ('value="checkout-web"', 'value="600"', f'value="{ENDS}"', "203.0.113.0/24\n2001:db8::/32</textarea>"):
        assert shown in page
    cleared = browser.client.post(path, data={**edit_form(page, path), **NEW, "workload": ""})
    assert cleared.status_code == 303
    key = read(instance).key
    assert (key.workload, key.endpoints, key.expires_at, key.allowed_cidrs) == (None, None, None, [])
    assert (key.rate_limits, key.quota) == ((), None)


def test_limits_keep_their_place_in_the_form_and_go_when_their_row_is_emptied(instance: Instance) -> None:
    browser = instance.browser("developer")
    key_id = issue(instance, KeySettings("limited", rate_limits=LIMITS))
    path = at(instance, f"/{key_id}")
    page = browser.get(path).text
    for shown in (
        'name="rate_1_name" value="burst"',
        'name="rate_1_limit" value="20"',
        '<option value="10" selected>10 s</option>',
    ):
        assert shown in page, "the second limit is in the second row, with a window that no list has"
    assert '<details class="fh-more-limits" open>' in page
    kept = {"name": "limited", "rate_1_name": "burst", "rate_1_limit": "20", "rate_1_window_s": "10"}
    assert browser.client.post(path, data={**edit_form(page, path), **NEW, **kept}).status_code == 303
    assert read(instance, key_id).key.rate_limits == (LIMITS[1],), "the first row was emptied"
    page = browser.get(path).text
    assert 'name="rate_0_name" value="burst"' in page
    assert '<details class="fh-more-limits">' in page


WRONG_LIMITS: tuple[tuple[Fields, str, str], ...] = (
    ({"rate_1_name": "burst"}, "rate_1_limit", "Empty the name too"), ({"rate_1_limit": "5"}, "rate_1_name", "A name like burst"),
    ({"rate_0_limit": "5", "rate_2_name": "requests", "rate_2_limit": "5"}, "rate_2_name", "another rate limit named requests"),
    ({"rate_3_name": "quota", "rate_3_limit": "5"}, "rate_3_name", "The quota is reported by this name"),
    ({"rate_2_name": "Per day", "rate_2_limit": "5"}, "rate_2_name", "A name like burst"),
    ({"rate_2_name": "day", "rate_2_limit": "0"}, "rate_2_limit", "From 1 to 10,000,000"),
    ({"rate_2_name": "day", "rate_2_limit": "9" * 30}, "rate_2_limit", "A whole number"),
)  # fmt: skip


def test_a_wrong_limit_is_named_in_its_own_row(instance: Instance) -> None:
    browser = instance.browser("developer")
    windows = {f"rate_{row}_window_s": "60" for row in range(4)}
    for change, field, message in WRONG_LIMITS:
        answer = browser.submit(at(instance, "/new"), {**NEW, **windows, **change})
        assert answer.status_code == 422
        found = re.search(rf'id="f-{field}-error">(.*?)</p>', answer.text, re.DOTALL)
        assert found, field
        assert message in found[1]
        assert len(re.findall(r'id="f-[a-z_0-9]+-error"', answer.text)) == 1
        assert '<details class="fh-more-limits" open>' in answer.text
        for name, typed in change.items():
            assert re.search(rf'name="{name}" value="{typed}"', answer.text)
    assert names(instance) == ["first"]


def test_a_keys_page_shows_its_limits_and_what_it_also_counts_against(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.edit_key(
            tx, instance.actor("owner"), instance.key,
            lambda old: replace(old, rate_limits=LIMITS, quota=Quota(100, "month")),
        )  # fmt: skip
        change = ProjectChange(rate_limits=(RateLimit("all", 50, 1),), quota=Quota(5000, "month"))
        projects.edit_project(tx, instance.actor("owner"), instance.project, change)
        began_at, _ = period_of("month", clock.now())
        values = {"owner_id": instance.key, "period_at": began_at, "project_id": instance.project, "granted": 16}
        tx.execute(insert(quota_counters).values(values))
    use(instance, timedelta(), cost=9)
    shown = text_of(instance.browser("auditor").get(one(instance)))
    assert (
        "Of this key requests 600 per hour burst 20 per 10 s Quota 100 in each month 9 used 7 held by gates 84 left"
        in shown
    )
    assert "Also counts against the project all 50 per second Quota 5,000 in each month 9 used 4,991 left" in shown


def test_an_expiry_within_a_day_stays_to_the_second(instance: Instance) -> None:
    ends = clock.now() + timedelta(days=40)
    key_id = issue(instance, KeySettings("soon", expires_at=ends))
    kept = read(instance, key_id).key.expires_at
    path = at(instance, f"/{key_id}")
    browser = instance.browser("developer")
    fields: Fields = {**NEW, "name": "soon", "expires_on": f"{ends:%Y-%m-%d}", "workload": "changed"}
    assert browser.client.post(path, data={**edit_form(browser.get(path).text, path), **fields}).status_code == 303
    assert (read(instance, key_id).key.workload, read(instance, key_id).key.expires_at) == ("changed", kept)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"rate_3_limit": "x", "rate_3_name": "y"}, "rate_3_limit"),
        ({"allowed_cidrs": "here"}, "allowed_cidrs"),
    ],
)
def test_a_wrong_change_comes_back_open_and_as_typed(instance: Instance, change: Fields, field: str) -> None:
    browser = instance.browser("developer")
    path = one(instance)
    typed = {**NEW, "workload": "Typed", **change}
    answer = browser.client.post(path, data={**edit_form(browser.get(path).text, path), **typed})
    assert answer.status_code == 422
    assert f'id="e-{field}-error"' in answer.text
    assert 'value="Typed"' in answer.text
    assert re.search(r'<details class="fh-fold" open>', answer.text)
    assert read(instance).key.name == "first"


def test_a_change_seen_before_somebody_elses_changes_nothing(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = one(instance)
    seen = edit_form(browser.get(path).text, path)
    assert browser.client.post(path, data={**seen, **NEW}).status_code == 303
    stale = browser.client.post(path, data={**seen, **NEW, "name": "overwritten"})
    assert stale.status_code == 412
    assert 'value="overwritten"' in stale.text
    assert read(instance).key.name == "checkout-web"
    assert browser.client.post(path, data={**edit_form(stale.text, path), **NEW, "name": "later"}).status_code == 303


def test_a_key_is_revoked_once_its_name_is_typed(instance: Instance) -> None:
    browser = instance.browser("developer")
    wrong = browser.submit(f"{one(instance)}/revoke", {"confirm": "firs"}, one(instance))
    assert wrong.status_code == 422
    assert "exactly as it is shown" in text_of(wrong)
    assert 'value="firs"' in wrong.text
    assert "It is for good" in text_of(wrong)
    assert read(instance).key.state == "active"
    done = browser.submit(f"{one(instance)}/revoke", {"confirm": " first "}, one(instance))
    assert done.headers["location"].startswith(f"{one(instance)}?done=key-revoked&confirmed_by=0&silent=0&")
    page = browser.get(done.headers["location"])
    assert "The key is revoked." in text_of(page)
    assert "Revoke this key" not in text_of(page)
    assert read(instance).key.state == "revoked"
    assert browser.post(one(instance), {**NEW, "revision": "1"}).status_code == 409


def test_a_key_of_an_archived_project_can_be_revoked_and_nothing_else(instance: Instance) -> None:
    archive(instance)
    browser = instance.browser("developer")
    shown = text_of(browser.get(one(instance)))
    assert shown.count("The project is archived: restore it first.") == 2, "to change it, and to rotate it"
    done = browser.submit(f"{one(instance)}/revoke", {"confirm": "first"}, one(instance))
    assert done.status_code == 303


def test_who_may_not_change_a_key_is_told_why(instance: Instance) -> None:
    auditor = instance.browser("auditor")
    revision = str(read(instance).key.revision)
    assert auditor.post(one(instance), {**NEW, "revision": revision}).status_code == 403
    assert auditor.post(f"{one(instance)}/revoke", {"confirm": "first"}).status_code == 403
    billing = instance.browser("billing")
    for path in ("", f"/{instance.key}", f"/{instance.key}/live"):
        assert billing.get(at(instance, path)).status_code == 403
    assert read(instance).key.state == "active"


# --- waiting for the first call -------------------------------------------------------------------


@contextmanager
def waiting(browser: Browser, path: str) -> Iterator[Queue[tuple[str, str]]]:
    """The server-sent events of a page that waits, (event, data) each, as they come."""
    events: Queue[tuple[str, str]] = Queue()

    def listen() -> None:
        with browser.client.stream("GET", path) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            name, data = "", []
            for line in answer.iter_lines():
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and name:
                    events.put((name, "\n".join(data)))
                    name, data = "", []

    listener = Thread(target=listen)
    listener.start()
    try:
        yield events
    finally:
        listener.join(20)
        assert not listener.is_alive(), "the page still waits"


def test_the_page_hears_of_a_denied_call_and_waits_on_for_an_allowed_one(instance: Instance) -> None:
    browser = instance.browser("auditor")
    with waiting(browser, f"{one(instance)}/live") as events:
        denied = use(instance, timedelta(seconds=2), outcome="endpoint_not_in_scope", rule="project.scope", status=403)
        name, part = events.get(timeout=20)
        assert name == "part"
        assert "A call arrived and was denied: endpoint not in scope." in part
        assert f"/requests/{denied.id}" in part
        assert f'data-live-url="{one(instance)}/live"' in part
        with pytest.raises(Empty):
            events.get(timeout=0.6)
        allowed = use(instance, timedelta(seconds=1))
        name, part = events.get(timeout=20)
        assert name == "part"
        assert "The first call arrived." in part
        assert f"/requests/{allowed.id}" in part
        assert "data-live-url" not in part
        assert events.get(timeout=20)[0] == "done"


def test_an_allowed_call_ends_the_wait_though_a_denied_one_came_after_it(instance: Instance) -> None:
    allowed = use(instance, timedelta(seconds=3))
    use(instance, timedelta(seconds=1), outcome="rate_limited", rule="key.rate_limits", status=429)
    with waiting(instance.browser("owner"), f"{one(instance)}/live") as events:
        name, part = events.get(timeout=20)
        assert name == "part"
        assert f"/requests/{allowed.id}" in part
        assert events.get(timeout=20)[0] == "done"


# --- every page -----------------------------------------------------------------------------------


def test_a_form_without_its_token_changes_nothing(instance: Instance) -> None:
    browser = instance.browser("owner")
    for path in (at(instance, "/new"), one(instance), f"{one(instance)}/revoke"):
        for token in ("", "0" * 64):
            answer = browser.post(path, {**NEW, "csrf_token": token, "confirm": "first", "revision": "1"})
            assert answer.status_code == 403
    assert names(instance) == ["first"]
    assert read(instance).key.state == "active"


def test_keys_of_others_are_not_there(instance: Instance) -> None:
    browser = instance.browser("owner")
    foreign = f"/projects/{instance.foreign_project}/keys"
    strange = [
        foreign, f"{foreign}/new", f"{foreign}/{instance.foreign_key}", f"{foreign}/{instance.foreign_key}/live",
        at(instance, f"/{instance.foreign_key}"), at(instance, f"/{instance.foreign_key}/live"), at(instance, "/key_none"),
        f"{foreign}/{instance.key}",
    ]  # fmt: skip
    for path in strange:
        assert browser.get(path).status_code == 404, path
    for path in (f"{foreign}/new", f"{foreign}/{instance.foreign_key}", at(instance, f"/{instance.foreign_key}"),
                 f"{foreign}/{instance.foreign_key}/revoke", at(instance, f"/{instance.foreign_key}/revoke")):  # fmt: skip
        assert browser.post(path, {**NEW, "confirm": "first", "revision": "1"}).status_code == 404, path
    assert instance.client("stranger").get(f"/v1/keys/{instance.foreign_key}").json()["state"] == "active"


def test_a_key_of_a_sibling_project_is_not_reached_through_another(instance: Instance) -> None:
    with instance.store.write() as tx:
        other = projects.create_project(
            tx, instance.actor("owner"), instance.harbour, NewProject("Other", "Another workload", "parcels")
        )
    browser = instance.browser("owner")
    path = f"/projects/{other.id}/keys/{instance.key}"
    assert browser.get(path).status_code == 404
    assert browser.get(f"{path}/live").status_code == 404
    assert browser.post(path, {**NEW, "revision": "1"}).status_code == 404
    assert browser.post(f"{path}/revoke", {"confirm": "first"}).status_code == 404
    assert read(instance).key.state == "active"
