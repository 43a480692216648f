"""Guarantee 8: no key, signing secret, password or token in the database, in the log, in an address, or shown twice.

And what people type is text on every page, never markup.
"""

import html
import logging
import re
from itertools import count
from typing import Any, Final

import pytest

from freehold.webhooks.headers import MASK
from tests.http.served import PASSWORD, Instance
from tests.http.test_accounts import SETUP, give_setup_token
from tests.http.test_permissions_table import prepare

PASSWORDS: Final = ("a quiet lake before dawn", "seven crooked lanterns", PASSWORD)
HEADER: Final = "Bearer of-the-receivers-own"
CHAT: Final = "services/T0/the-chats-own-path"
LOGS: Final = "in?key=the-archives-own-key"
TO_LOGS: Final = "Bearer of-the-archives-own"
MARKUP: Final = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


def make_secrets(instance: Instance) -> dict[str, str]:
    """One secret of each kind, by what it is."""
    owner, numbers = instance.client("owner"), count()

    def made(path: str, **body: Any) -> dict[str, Any]:
        answer = owner.post(path, json=body, headers={"Idempotency-Key": f"key {next(numbers)}"})
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    project = f"/v1/projects/{instance.project}"
    webhook = made(
        f"{project}/webhooks",
        url="http://127.0.0.1:1024/x",
        event_types=["parcel.moved"],
        headers={"Authorization": HEADER},
    )
    invitation = made(f"/v1/organizations/{instance.harbour}/invitations", email="nina@example.com", role="developer")
    invitation_token = invitation["link"].rpartition("=")[2]
    visitor = instance.client()
    accepted = visitor.post(
        "/v1/invitations/accept", json={"token": invitation_token, "name": "Nina", "password": PASSWORDS[0]}
    )
    assert accepted.status_code == 201, accepted.text
    wrong = visitor.post("/v1/session", json={"email": "nina@example.com", "password": PASSWORDS[1]})
    assert wrong.status_code == 401
    made(f"{project}/alert_channels", name="#ops", kind="slack", url=f"http://127.0.0.1:1024/{CHAT}")
    forwarding = made(
        f"/v1/organizations/{instance.harbour}/forwardings", name="Archive", url=f"http://127.0.0.1:1024/{LOGS}",
        headers={"Authorization": TO_LOGS},
    )  # fmt: skip
    return {
        "chat URL": CHAT,
        "URL of a forwarding": LOGS,
        "header of a forwarding": TO_LOGS,
        "signing secret of a forwarding": forwarding["signing_secret"],
        "rotated secret of a forwarding": made(f"/v1/forwardings/{forwarding['id']}/rotate_secret")["signing_secret"],
        "key": made(f"{project}/keys", name="second")["secret"],
        "signing secret": webhook["signing_secret"],
        "rotated signing secret": made(f"/v1/webhooks/{webhook['id']}/rotate_secret")["signing_secret"],
        "header of a webhook": HEADER,
        "personal token": made("/v1/tokens", name="mine")["token"],
        "service token": made("/v1/tokens", name="ours", organization=instance.harbour, roles=["verifier"])["token"],
        "invitation": invitation_token,
        "session": visitor.cookies["freehold_session"],
        "csrf token": accepted.json()["csrf_token"],
        "password": PASSWORDS[0],
        "wrong password": PASSWORDS[1],
    }


def core_of(secret: str) -> str:
    """The part of a secret that authenticates: a key's selector is no secret. Random text may end in its own `_`."""
    return secret.rpartition("_")[2] if secret.startswith(("fh", "whsec_")) else secret


def test_nothing_secret_is_in_the_database_or_the_log(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = make_secrets(instance)
    # The log at its most talkative, and a defect in it with the request at hand.
    instance.client("owner").get("/v1/me", headers={"X-Api-Key": secrets["key"]})
    with instance.store.write() as tx:
        tx.exec_driver_sql("DROP TABLE usage_events")
    assert instance.client("owner").get(f"/v1/projects/{instance.project}/requests").status_code == 500
    with instance.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in instance.settings.data.iterdir())
    ours = [each for each in caplog.records if not each.name.startswith(("httpcore", "httpx"))]
    log = "\n".join(caplog.handler.format(each) for each in ours)
    assert "no such table: usage_events" in log
    # A statement that failed is in the log without its values.
    assert "parameters hidden" in log
    for what, secret in secrets.items():
        assert core_of(secret).encode() not in kept, what
        assert core_of(secret) not in log, what


def test_nothing_secret_is_shown_twice(instance: Instance) -> None:
    """Every page and every answer of the API, read by those who may see the most."""
    ids = prepare(instance)
    secrets = make_secrets(instance)
    browser, client = instance.browser("owner"), instance.client("owner")
    project, organization = f"projects/{instance.project}", f"organizations/{instance.harbour}"
    webhooks = client.get(f"/v1/{project}/webhooks").json()["data"]
    assert any(each["headers"] == {"Authorization": MASK} for each in webhooks)
    keys = client.get(f"/v1/{project}/keys").json()["data"]
    addresses = [
        *(f"/v1/{project}{more}" for more in ("", "/keys", "/webhooks", "/messages", "/scope")),
        *(f"/v1/{organization}{more}" for more in ("", "/members", "/invitations", "/audit?limit=200", "/forwardings")),
        f"/v1/{project}/alert_channels", f"/{project}/alerts", f"/{organization}/audit/forwarding",
        *(f"/v1/keys/{each['id']}" for each in keys), *(f"/v1/webhooks/{each['id']}" for each in webhooks),
        f"/v1/deliveries/{ids['delivery_id']}", f"/v1/attempts/{ids['attempt_id']}", "/v1/tokens", f"/v1/tokens?organization={instance.harbour}", "/v1/me",
        *(f"/{project}{more}" for more in ("", "/keys", "/webhooks", "/settings", "/scope")),
        *(f"/{project}/keys/{each['id']}" for each in keys), *(f"/{project}/webhooks/{each['id']}" for each in webhooks),
        *(f"/{organization}/{more}" for more in ("members", "tokens", "audit")), "/account",
    ]  # fmt: skip
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        for what, secret in secrets.items():
            assert core_of(secret) not in answer.text, (address, what)


def test_setup_keeps_nothing_secret(fresh: Instance) -> None:
    give_setup_token(fresh)
    answer = fresh.client().post("/v1/setup", json=SETUP)
    assert answer.status_code == 201
    with fresh.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in fresh.settings.data.iterdir() if path.is_file())
    for secret in (SETUP["password"], SETUP["setup_token"], answer.json()["token"]):
        assert secret.encode() not in kept


def test_what_people_type_is_text_on_every_page(instance: Instance) -> None:
    ids, client, browser = prepare(instance), instance.client("owner"), instance.browser("owner")
    project, organization = f"/projects/{instance.project}", f"/organizations/{instance.harbour}"

    def change(method: str, path: str, **body: Any) -> None:
        answer = client.request(method, f"/v1{path}", json=body)
        assert answer.status_code in (200, 201), answer.text

    change("PATCH", project, name=MARKUP, purpose=MARKUP, product_line=MARKUP, use_case=MARKUP)
    change("PATCH", organization, name=MARKUP)
    change("PATCH", f"/keys/{instance.key}", name=MARKUP, workload=MARKUP)
    change("PATCH", f"/webhooks/{ids['endpoint_id']}", description=MARKUP, headers={"X-Note": MARKUP})
    change("POST", "/tokens", name=MARKUP)
    change("POST", "/tokens", name=MARKUP, organization=instance.harbour, roles=["verifier"])
    pages = [
        *(f"{project}{more}" for more in ("", "/scope", "/settings", "/keys", "/keys/new", "/usage", "/requests", "/webhooks", "/messages")),
        f"{project}/keys/{instance.key}", f"{project}/webhooks/{ids['endpoint_id']}", f"{project}/requests/{ids['request_id']}",
        *(f"{organization}/{more}" for more in ("projects", "members", "tokens", "audit", "settings", "projects/new")),
        f"{organization}/audit?actor={MARKUP}&subject={MARKUP}", f"{organization}/projects?search={MARKUP}", f"/sign-in?next=/{MARKUP}",
        f"/{MARKUP}", f"{project}/keys/{MARKUP}", f"{project}/usage?key={MARKUP}", f"{project}?done={MARKUP}",
    ]  # fmt: skip
    shown = 0
    for path in pages:
        text = browser.get(path).text
        assert "<img src=x" not in text, path
        assert "{{7*7}}" not in text or html.escape(MARKUP)[:20] in text or "&lt;img" in text, path
        assert "49" not in re.findall(r"&amp;(\d\d)", text), path
        shown += "&lt;img" in text
    assert shown >= 12


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\\\\evil.example",
        "/%0d%0aX: y",
        " //evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(instance: Instance, following: str) -> None:
    client = instance.client()
    answer = client.post("/sign-in", data={"email": "owner@example.com", "password": PASSWORD, "next": following})
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert re.fullmatch(r"/([^/\\].*)?", location), location
    assert "\n" not in location


def test_a_session_begins_anew_at_each_sign_in(instance: Instance) -> None:
    """A cookie that somebody planted is never made into a session (fixation)."""
    client = instance.client()
    client.cookies.set("freehold_session", "planted-by-somebody-else", domain="127.0.0.1")
    answer = client.post("/sign-in", data={"email": "owner@example.com", "password": PASSWORD, "next": "/"})
    assert answer.status_code == 303
    planted = instance.client()
    planted.cookies.set("freehold_session", "planted-by-somebody-else")
    assert planted.get("/v1/me").status_code == 401


def test_a_csrf_token_is_of_one_session_alone(instance: Instance) -> None:
    mine, theirs = instance.browser("owner"), instance.browser("owner")
    path = f"/projects/{instance.project}/archive"
    assert mine.client.post(path, data={"csrf_token": theirs.csrf_token}).status_code == 403
    assert mine.client.post(path, data={}).status_code == 403
    assert mine.client.post(f"/v1{path}", headers={"X-CSRF-Token": theirs.csrf_token}).status_code == 403
    assert mine.client.post(f"/v1{path}", headers={"X-CSRF-Token": mine.csrf_token}).status_code == 200


def test_a_new_password_ends_the_other_sessions(instance: Instance) -> None:
    here, there = instance.browser("owner"), instance.browser("owner")
    answer = here.post("/account/password", {"current": PASSWORD, "password": PASSWORDS[0]})
    assert answer.status_code == 303, answer.text
    assert here.client.get("/v1/me").status_code == 200
    assert there.client.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    "spelling", ["OWNER@example.com", " owner@example.com ", "Owner@Example.Com", "\towner@example.com\n"]
)
def test_a_throttle_is_not_escaped_by_spelling_or_address(instance: Instance, spelling: str) -> None:
    client = instance.client()
    for number in range(10):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        answer = client.post(
            "/v1/session", json={"email": "owner@example.com", "password": "a guess at noon"}, headers=headers
        )
        assert answer.status_code == 401
    assert client.post("/v1/session", json={"email": spelling, "password": PASSWORD}).status_code == 429
