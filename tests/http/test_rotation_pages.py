"""A key's secrets in a browser without JavaScript: rotate, see both, hold, extend, end."""

import re
from datetime import timedelta

from freehold.kit import clock
from tests.conftest import TestClock
from tests.http.served import Instance, text_of
from tests.http.test_rotation import rotate, states, used


def one(instance: Instance) -> str:
    return f"/projects/{instance.project}/keys/{instance.key}"


def test_a_key_is_rotated_once_and_its_new_secret_shown_once(instance: Instance) -> None:
    browser = instance.browser("developer")
    fields = {"overlap_s": "86400", "hold": "yes", "idempotency_key": "once"}
    shown = browser.submit(f"{one(instance)}/rotate", fields, one(instance))
    assert shown.status_code == 200
    found = re.search(r'<code id="secret">(fh_test_\w+)</code>', shown.text)
    assert found is not None
    assert "The one before it serves until" in text_of(shown)
    assert "and on while it is still in use" in text_of(shown)
    again = browser.submit(f"{one(instance)}/rotate", fields, one(instance))
    assert found[1] in again.text
    assert states(instance) == [(2, "active"), (1, "retiring")]
    page = browser.get(one(instance))
    assert found[1] not in page.text
    assert "Version 2 the new one" in text_of(page)
    assert "Version 1 the old one" in text_of(page)
    assert "Version 1 is held" in text_of(page)
    assert "Replace both by a new one" in text_of(page)


def test_a_rotation_that_cannot_be_comes_back_with_its_reason(instance: Instance) -> None:
    browser = instance.browser("developer")
    wrong = browser.submit(f"{one(instance)}/rotate", {"overlap_s": "soon"}, one(instance))
    assert wrong.status_code == 422
    assert "Choose how long the old secret serves on." in text_of(wrong)
    held = browser.submit(f"{one(instance)}/rotate", {"overlap_s": "0", "hold": "yes"}, one(instance))
    assert held.status_code == 422
    assert "there is nothing to hold" in text_of(held)
    rotate(instance)
    refused = browser.submit(f"{one(instance)}/rotate", {"overlap_s": "3600"}, one(instance))
    assert refused.status_code == 409
    assert "Version 1 still serves beside the current one." in text_of(refused)


def test_an_overlap_is_stretched_held_and_ended(instance: Instance, test_clock: TestClock) -> None:
    rotate(instance)
    browser, at = instance.browser("developer"), f"{one(instance)}/secrets/1"
    used(instance, 1, timedelta(minutes=3))
    assert "Version 1 is still in use: its last call came 3 min ago." in text_of(browser.get(one(instance)))
    day = f"{clock.now() + timedelta(days=20):%Y-%m-%d}"
    saved = browser.submit(at, {"retires_on": day, "hold": "yes"}, one(instance))
    assert saved.headers["location"].startswith(f"{one(instance)}?done=overlap-saved&confirmed_by=0&")
    page = text_of(browser.get(saved.headers["location"]))
    assert "The overlap is changed. No gate is running now." in page
    assert "Version 1 is held" in page
    assert "is still in use:" not in page
    for wrong, why in (
        ("2027-13-45", "A date like"),
        ("2026-01-01", "This time has passed"),
        ("2028-01-01", "At most 90 days"),
    ):
        answer = browser.submit(at, {"retires_on": wrong, "hold": "yes"}, one(instance))
        assert answer.status_code == 422
        assert why in text_of(answer)
        assert f'value="{wrong}"' in answer.text
    ended = browser.submit(f"{at}/retire", {}, one(instance))
    assert ended.headers["location"].startswith(f"{one(instance)}?done=secret-retired&confirmed_by=0&silent=0&")
    page = text_of(browser.get(ended.headers["location"]))
    assert "The old secret is retired." in page
    assert "1 earlier secret" in page
    assert states(instance) == [(2, "active"), (1, "retired")]


def test_who_may_not_rotate_is_told_why(instance: Instance) -> None:
    rotate(instance)
    auditor = instance.browser("auditor")
    assert "Your role lets you look at this, not change it." in text_of(auditor.get(one(instance)))
    for path in ("/rotate", "/secrets/1", "/secrets/1/retire"):
        fields = {"overlap_s": "0", "retires_on": "2030-01-01"}
        assert auditor.post(one(instance) + path, fields).status_code == 403
        assert (
            instance.browser("developer").post(one(instance) + path, {**fields, "csrf_token": "0" * 64}).status_code
            == 403
        )
        foreign = f"/projects/{instance.foreign_project}/keys/{instance.foreign_key}"
        assert instance.browser("developer").post(foreign + path, fields).status_code == 404
    assert instance.browser("developer").post(f"{one(instance)}/secrets/9/retire", {}).status_code == 404
    assert states(instance) == [(2, "active"), (1, "retiring")]


def test_the_notice_says_where_a_change_is_in_force(instance: Instance) -> None:
    browser = instance.browser("developer")
    said = {
        "confirmed_by=3&silent=0&propagation_ms=1042": "The key is revoked. In force at 3 verifiers after 1,042 ms.",
        "confirmed_by=1&silent=1&propagation_ms=2500": "1 verifier did not answer: until it hears again, it refuses all keys",
        "confirmed_by=x&silent=0&propagation_ms=9": "The key is revoked.",
        "confirmed_by=9999999999&silent=0&propagation_ms=9": "The key is revoked.",
    }
    for query, words in said.items():
        page = browser.get(f"{one(instance)}?done=key-revoked&{query}")
        assert words in text_of(page)
        assert ('class="fh-note fh-is-warn" role="status"' in page.text) == ("silent=1" in query)
        assert ("In force" in text_of(page)) == query.endswith(("1042", "2500"))
