"""An organization's export over HTTP and on its page: seen, asked for, followed, saved, refused."""

import tomllib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from freehold.kit import clock
from freehold.reports import queries
from freehold.reports.export import actions as exports
from freehold.store.schema import organizations
from tests.http.served import Instance, assert_problem, text_of
from tests.http.test_reports import make_all


@pytest.fixture
def old(instance: Instance) -> Instance:
    """One whose organization was made ten days ago."""
    with instance.store.write() as tx:
        tx.execute(update(organizations).values(created_at=clock.now() - timedelta(days=10)))
    return instance


def path(instance: Instance) -> str:
    return f"/v1/organizations/{instance.harbour}/export"


def place(instance: Instance) -> str:
    return f"/organizations/{instance.harbour}/export"


def states(found: dict[str, Any]) -> set[str]:
    return {each["state"] for each in found["parts"]}


def test_it_is_seen_asked_for_and_fetched(old: Instance) -> None:
    client = old.client("owner")
    found = client.get(path(old), params={"format": "jsonl"}).json()
    assert (states(found), found["missing"], found["withheld"]) == ({"missing"}, len(found["parts"]), [])
    assert all(each["report"] is None for each in found["parts"])
    asked = client.post(path(old), json={"format": "jsonl", "keep_days": 2})
    assert asked.status_code == 202
    assert (states(asked.json()), asked.json()["missing"]) == ({"queued"}, 0)
    assert client.post(path(old), json={"format": "jsonl"}).json() == asked.json()
    make_all(old)
    ready = client.get(path(old), params={"format": "jsonl"}).json()
    assert states(ready) == {"ready"}
    for each in ready["parts"]:
        file = client.get(f"/v1/reports/{each['report']}/file")
        assert (file.headers["etag"], len(file.content)) == (f'"{each["sha256"]}"', each["bytes"])


def test_what_is_wrong_is_said(old: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    client = old.client("owner")
    assert_problem(client.get(path(old), params={"format": "pdf"}), 422, "invalid", "format")
    assert_problem(client.post(path(old), json={"format": "pdf"}), 422, "invalid", "format")
    assert_problem(client.post(path(old), json={"keep_days": 0}), 422, "invalid", "keep_days")
    assert_problem(client.post(path(old), json={"mail": True}), 422, "invalid", "mail")
    monkeypatch.setattr(exports, "WAITING_MAX", 0)
    assert_problem(client.post(path(old), json={}), 409, "conflict")
    with old.store.read() as tx:
        assert queries.count_unfinished(tx, old.harbour) == 0


def test_a_person_asks_and_saves_on_the_page(old: Instance) -> None:
    browser, at = old.browser("owner"), place(old)
    first = browser.get(at)
    assert "Not asked for" in text_of(first)
    assert "data-live-url" not in first.text
    assert at in browser.get(f"/organizations/{old.harbour}/settings").text
    assert at in browser.get(f"/organizations/{old.harbour}/delete").text
    refused = browser.submit(at, {"keep_days": "9999", "format": "jsonl"})
    assert refused.status_code == 422
    assert "A file is kept for 1 to 3,660 days." in text_of(refused)
    assert 'value="9999"' in refused.text
    assert 'value="jsonl" selected' in refused.text
    asked = browser.submit(at, {"keep_days": "", "format": "jsonl"})
    following = browser.get(asked.headers["location"])
    assert "What was missing is asked for." in text_of(following)
    assert f'data-live-url="{at}/live?format=jsonl"' in following.text
    assert "Everything is asked for." in text_of(following)
    make_all(old)
    ready = browser.get(f"{at}?format=jsonl")
    assert "Everything is there." in text_of(ready)
    assert "data-live-url" not in ready.text
    files = [each for each in ready.text.split('"') if each.endswith("/file") and "/reports/" in each]
    assert len(files) == text_of(ready).count(" Ready ")
    assert all(browser.get(each).status_code == 200 for each in files)
    # Of the usual format, everything is still to be asked for.
    assert "Not asked for" in text_of(browser.get(at))
    assert "Not asked for" in text_of(browser.get(f"{at}?format=docx"))


def test_what_a_project_declares_is_saved_from_the_page(old: Instance) -> None:
    browser = old.browser("auditor")
    at = f"/projects/{old.project}/shape/file"
    assert at in browser.get(place(old)).text
    assert at in browser.get(f"/projects/{old.project}/history").text
    file = browser.get(at)
    assert file.headers["content-disposition"] == 'attachment; filename="parcel-lookup-sandbox.toml"'
    assert tomllib.loads(file.text)["project"] == old.project
    assert old.browser("stranger").get(at).status_code == 404


def test_a_role_sees_what_it_may_take_along_and_strangers_nothing(old: Instance) -> None:
    billing = text_of(old.browser("billing").get(place(old)))
    assert "Not for your role: " in billing
    assert "Audit log" in billing.partition("Not for your role: ")[2].partition(".")[0]
    for each in (place(old), f"{place(old)}/live"):
        assert old.browser("stranger").get(each).status_code == 404
    assert old.browser("stranger").post(place(old)).status_code == 404
    assert_problem(old.client("stranger").get(path(old)), 404, "not_found")
    assert_problem(old.client("stranger").post(path(old), json={}), 404, "not_found")
