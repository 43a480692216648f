"""The audit log's pages: filters in the address, what changed in words, ways to the subject, pages both ways, of an organization and of all."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx

from freehold.organizations import audit
from tests.http.served import SYSTEM, Instance, text_of


def link(page: httpx.Response, label: str) -> str:
    found = re.search(rf'href="([^"]+)"[^>]*>(?:<svg(?:(?!</svg>).)*</svg>)?{re.escape(label)}', page.text, re.DOTALL)
    assert found, f"no link {label}"
    return html.unescape(found[1])


def test_an_entry_says_in_words_what_changed_and_leads_to_its_subject(instance: Instance) -> None:
    owner = instance.client("owner")
    limits = {"quota": {"limit": 1200, "period": "month"}}
    changed = owner.patch(f"/v1/keys/{instance.key}", json={"workload": "Checkout", **limits})
    assert changed.status_code == 200, changed.text
    request_id = changed.headers["x-request-id"]
    path = f"/organizations/{instance.harbour}/audit"
    page = instance.browser("auditor").get(path, request_id=request_id)
    text = text_of(page)
    assert "Workload – Checkout" in text
    assert "Quota – 1200 in each month" in text
    assert "owner@example.com (Test)" in text
    assert "a token of Owner" in text
    assert f'href="/projects/{instance.project}/keys/{instance.key}"' in page.text
    assert "1 entry on this page." in text
    assert f"&#34;request_id&#34;: &#34;{request_id}&#34;" in page.text or request_id in text
    assert link(page, "All changes of it") == f"{path}?subject={instance.key}"


def test_what_is_gone_is_said_to_be(instance: Instance) -> None:
    owner = instance.client("owner")
    hook = owner.post(
        f"/v1/projects/{instance.project}/webhooks",
        json={"url": "https://a.example.com/", "event_types": ["parcel.moved"]},
    ).json()
    path = f"/organizations/{instance.harbour}/audit"
    browser = instance.browser("owner")
    there = browser.get(path, subject=hook["id"])
    assert f'href="/projects/{instance.project}/webhooks/{hook["id"]}"' in there.text
    assert owner.delete(f"/v1/webhooks/{hook['id']}").status_code == 204
    gone = browser.get(path, subject=hook["id"])
    assert "(gone)" in text_of(gone)
    assert f'href="/projects/{instance.project}/webhooks/{hook["id"]}"' not in gone.text


def test_pages_go_both_ways_and_keep_the_filters(instance: Instance) -> None:
    with instance.store.write() as tx:
        for number in range(120):
            audit.record(
                tx, SYSTEM, "key.changed", organization_id=instance.harbour, subject_kind="key", subject_id=instance.key,
                subject_name=f"number {number}",
            )  # fmt: skip
    browser, path = instance.browser("auditor"), f"/organizations/{instance.harbour}/audit"
    first = browser.get(path, action="key.changed")
    assert ("number 119" in first.text, "number 69<" in first.text, ">Newer" in first.text) == (True, False, False)
    second = browser.get(link(first, "Older"))
    third = browser.get(link(second, "Older"))
    assert "number 69" in second.text
    assert ("number 0" in third.text, ">Older" in third.text) == (True, False)
    back = browser.get(link(third, "Newer"))
    assert re.findall(r"number \d+", text_of(back)) == re.findall(r"number \d+", text_of(second))
    assert parse_qs(urlsplit(link(back, "Newer")).query)["action"] == ["key.changed"]
    assert re.findall(r"number \d+", text_of(browser.get(link(back, "Newer")))) == re.findall(
        r"number \d+", text_of(first)
    )


def test_the_report_of_the_same_days_is_one_click_away(instance: Instance) -> None:
    browser = instance.browser("auditor")
    page = browser.get(f"/organizations/{instance.harbour}/audit", **{"from": "2001-11-01", "to": "2001-11-30"})
    report = link(page, "Export as a report")
    assert parse_qs(urlsplit(report).query) == {"kind": ["audit_log"], "from": ["2001-11-01"], "to": ["2001-12-01"]}
    form = browser.get(report).text
    assert re.search(r'value="audit_log" checked', form)
    assert 'value="2001-12-01"' in form
    assert "Nothing of that kind was changed in this range." in text_of(page)


def test_operators_read_the_log_of_all(instance: Instance) -> None:
    browser = instance.browser("operator")
    everything = text_of(browser.get("/audit"))
    assert "Harbour" in everything
    assert "Elsewhere" in everything
    assert "the instance" in everything
    own = text_of(browser.get("/audit", organization="instance", subject_kind="api"))
    assert "Parcels" in own
    assert instance.browser("owner").get("/audit").status_code == 403
    api = instance.client("operator").get("/v1/audit", params={"limit": 200}).json()["data"]
    assert {each["organization"] for each in api} == {None, instance.northgate, instance.harbour, instance.elsewhere}
    only = (
        instance.client("operator")
        .get("/v1/audit", params={"organization": instance.elsewhere, "subject_kind": "key"})
        .json()["data"]
    )
    assert {(each["organization"], each["subject"]["kind"]) for each in only} == {(instance.elsewhere, "key")}
