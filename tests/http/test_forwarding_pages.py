"""Forwardings on pages and over HTTP: made, shown without what is secret, refused with messages, tested, paused, moved, removed."""

import re
from collections.abc import Iterator

import pytest

from tests.forwarding.syslog_receiver import streams
from tests.http.served import Instance, assert_problem, text_of
from tests.rules.test_forwarding import parsed
from tests.webhooks.receivers import Receiver, served


@pytest.fixture
def there() -> Iterator[Receiver]:
    with served() as receiver:
        yield receiver


def test_a_forwarding_from_its_form_to_its_end(instance: Instance, there: Receiver) -> None:
    browser, here = instance.browser("owner"), f"/organizations/{instance.harbour}/audit/forwarding"
    assert "Entries stay here" in text_of(browser.get(here))
    fields = {
        "name": "Archive",
        "url": f"{there.url()}?key=URLSECRET",
        "headers": "X-Tenant: 7\nAuthorization: Bearer HEADERSECRET",
    }
    made = browser.submit(here, fields)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert secret, text_of(made)
    one = next(iter(set(re.findall(rf"{here}/fwd_\w+", made.text))))
    for page in (browser.get(here), browser.get(one), instance.browser("auditor").get(one)):
        assert "Archive" in page.text
        assert not re.search(r"URLSECRET|HEADERSECRET|whsec_", page.text)
    tested = browser.post(f"{one}/test")
    assert "The receiver took the test entry." in text_of(tested)
    assert there.requests[0].by_name["authorization"] == "Bearer HEADERSECRET"
    assert browser.post(f"{one}/pause").headers["location"] == f"{one}?done=forwarding-paused"
    assert "Nothing is sent until it is resumed." in text_of(browser.get(one))
    wrong = browser.submit(f"{one}/resume", {"after": "9999"}, one)
    assert (wrong.status_code, "the position of the newest entry" in text_of(wrong)) == (422, True)
    assert browser.submit(f"{one}/resume", {"after": "2"}, one).status_code == 303
    rotated = re.search(r"whsec_[A-Za-z0-9+/=]+", browser.post(f"{one}/rotate").text)
    assert rotated
    assert rotated[0] != secret[0]
    assert browser.submit(one, {"name": "Old archive", "url": "", "headers": ""}).status_code == 303
    assert browser.submit(f"{one}/delete", {"confirm": "Archive"}, one).status_code == 422
    assert (
        browser.submit(f"{one}/delete", {"confirm": "Old archive"}, one).headers["location"]
        == f"{here}?done=forwarding-removed"
    )
    assert browser.get(one).status_code == 404
    log = (
        instance.client("auditor")
        .get(f"/v1/organizations/{instance.harbour}/audit", params={"subject_kind": "forwarding"})
        .text
    )
    assert not re.search(r"URLSECRET|HEADERSECRET|whsec_", log)


def test_what_is_wrong_stands_at_its_field_and_the_rest_stays(instance: Instance) -> None:
    browser, here = instance.browser("owner"), f"/organizations/{instance.harbour}/audit/forwarding"
    refused = browser.submit(here, {"name": "Archive", "url": "http://logs.example.com/SECRET", "headers": ""})
    assert refused.status_code == 422
    assert "Audit entries need https://" in text_of(refused)
    assert 'value="Archive"' in refused.text
    assert "SECRET" not in refused.text
    assert instance.browser("auditor").post(here, {"name": "x", "url": "https://a.example.com/"}).status_code == 403
    assert instance.browser("owner").get("/audit/forwarding").status_code == 403
    assert instance.browser("stranger").get(here).status_code == 404


def test_the_operator_sends_all_to_syslog(instance: Instance) -> None:
    browser = instance.browser("operator")
    with streams() as there:
        wrong = browser.submit(
            "/audit/forwarding", {"name": "SIEM", "kind": "syslog", "host": "", "transport": "tcp", "port": "x"}
        )
        assert "Write a whole number." in text_of(wrong)
        fields = {
            "name": "SIEM",
            "kind": "syslog",
            "host": "127.0.0.1",
            "transport": "tcp",
            "port": str(there.port),
            "after": "0",
        }
        made = browser.submit("/audit/forwarding", fields)
        assert made.status_code == 303, text_of(made)
        one = made.headers["location"].partition("?")[0]
        page = text_of(browser.get(one))
        assert f"tcp://127.0.0.1:{there.port}" in page
        assert "The receiver took the test entry." in text_of(browser.post(f"{one}/test"))
    assert [parsed(each)[1]["action"] for each in there.messages] == ["audit.test"]
    assert "was not taken" in text_of(browser.post(f"{one}/test"))


def test_over_http_a_stale_change_is_refused_and_kinds_keep_their_parts(instance: Instance) -> None:
    owner, path = instance.client("owner"), f"/v1/organizations/{instance.harbour}/forwardings"
    made = owner.post(
        path,
        json={"name": "Archive", "url": "https://logs.example.com/x", "headers": {"x-a": "1", "x-b": "2"}, "after": 0},
    ).json()
    one = f"/v1/forwardings/{made['id']}"
    assert (made["to"], made["position"]) == ("https://logs.example.com/…", 0)
    assert made["lag_entries"] > 0
    assert made["signing_secret"].startswith("whsec_")
    changed = owner.patch(one, json={"headers": {"x-a": None}}, headers={"If-Match": made["etag"]})
    assert changed.status_code == 200, changed.text
    assert "signing_secret" not in changed.json()
    assert_problem(owner.patch(one, json={"name": "b"}, headers={"If-Match": made["etag"]}), 412, "precondition_failed")
    assert_problem(owner.patch(one, json={"host": "logs.example.com"}), 422, "invalid", "host")
    assert_problem(owner.post(path, json={"name": "x", "kind": "syslog", "host": "a"}), 422, "invalid", "kind")
    assert_problem(
        owner.post(path, json={"name": "", "url": "https://127.0.0.1.nip/ x"}), 422, "invalid", "name", "url"
    )
    operator = instance.client("operator")
    whole = operator.post(
        "/v1/forwardings", json={"name": "SIEM", "kind": "syslog", "host": "logs.example.com", "after": 3}
    )
    assert_problem(whole, 422, "invalid", "after")
    whole = operator.post("/v1/forwardings", json={"name": "SIEM", "kind": "syslog", "host": "logs.example.com"})
    assert_problem(owner.get(f"/v1/forwardings/{whole.json()['id']}"), 404, "not_found")
    assert_problem(operator.post(f"/v1/forwardings/{whole.json()['id']}/rotate_secret"), 409, "conflict")
    for number in range(9):
        assert owner.post(path, json={"name": f"n{number}", "url": "https://logs.example.com/"}).status_code == 201
    assert_problem(owner.post(path, json={"name": "more", "url": "https://logs.example.com/"}), 409, "conflict")
