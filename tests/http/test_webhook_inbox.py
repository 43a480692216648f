"""Hosted inboxes: over HTTP, on their page, and through the sender, which reaches them and nothing else of ours."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.kit import clock
from freehold.projects import actions as projects
from freehold.projects.records import NewProject
from freehold.settings import Settings
from freehold.store.schema import projects as project_rows
from freehold.store.schema import webhook_inboxes
from freehold.webhooks import actions, inbox_queries, inbox_records, inbox_route, signing
from freehold.webhooks.addresses import refusal
from freehold.webhooks.inbox_route import InboxRoute
from freehold.webhooks.records import EndpointSettings, Outgoing
from freehold.webhooks.sender import Sender
from tests.http.served import Instance, text_of


def at_home(instance: Instance, **more: Any) -> Instance:
    """The instance with settings that know where it is served: its inboxes are at its own address."""
    url = httpx.URL(instance.url)
    instance.settings = replace(instance.settings, port=url.port or 0, public_url=instance.url, **more)
    return instance


def served_app_settings(instance: Instance, application: Any) -> None:
    """Let the served application know it too."""
    application.app.state.shared = replace(application.app.state.shared, settings=instance.settings)


@pytest.fixture
def home(instance_on_each: Instance, application: Any) -> Instance:
    """An instance on each database that serves its own inboxes, with no private network allowed."""
    made = at_home(instance_on_each, webhook_allow="")
    served_app_settings(made, application)
    return made


def open_inbox(instance: Instance, who: str = "developer", **body: Any) -> httpx.Response:
    return instance.client(who).put(f"/v1/projects/{instance.project}/inbox", json=body)


def requests(instance: Instance) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        instance.client("developer").get(f"/v1/projects/{instance.project}/inbox/requests").json()["data"]
    )
    return found


def endpoint(instance: Instance, url: str) -> httpx.Response:
    body = {"url": url, "event_types": ["parcel.moved"], "headers": {"Authorization": "Bearer s3cret"}}
    return instance.client("developer").post(f"/v1/projects/{instance.project}/webhooks", json=body)


def send_test(instance: Instance, endpoint_id: str) -> dict[str, Any]:
    answer = instance.client("developer").post(f"/v1/webhooks/{endpoint_id}/test")
    assert answer.status_code == 200, answer.text
    attempt: dict[str, Any] = answer.json()["attempt"]
    return attempt


# --- what it is -----------------------------------------------------------------------------------


def test_an_inbox_is_opened_once_and_answers_as_it_is_told(home: Instance) -> None:
    client = home.client("developer")
    assert client.get(f"/v1/projects/{home.project}/inbox").status_code == 404
    opened = open_inbox(home).json()
    assert (opened["answer"], opened["retry_after_s"]) == ("verify", 30)
    assert opened["url"].startswith(f"{home.url}/inbox/")
    changed = open_inbox(home, answer="429", retry_after_s=120).json()
    assert changed == {**opened, "answer": "429", "retry_after_s": 120}
    assert client.get(f"/v1/projects/{home.project}/inbox").json() == changed
    log = home.client("owner").get(f"/v1/organizations/{home.harbour}/audit").json()["data"]
    assert [each["action"] for each in log][:2] == ["webhook_inbox.changed", "webhook_inbox.opened"]
    for wrong in ({"answer": "nice"}, {"retry_after_s": -1}, {"retry_after_s": 86_401}, {"colour": "red"}):
        assert client.put(f"/v1/projects/{home.project}/inbox", json=wrong).status_code in {400, 422}, wrong


def test_it_passes_the_whole_check_and_shows_what_came(home: Instance) -> None:
    client = home.client("developer")
    made = endpoint(home, open_inbox(home).json()["url"]).json()
    check = client.post(f"/v1/webhooks/{made['id']}/check").json()
    assert {each["probe"]: each["passed"] for each in check["probes"]} == dict.fromkeys(
        ("signed", "forged", "stale", "repeated"), True
    )
    came = requests(home)
    assert [each["verdict"] for each in came] == ["repeated", "verified", "refused", "refused", "verified"]
    assert [each["status"] for each in came] == [200, 200, 401, 401, 200]
    shown = {each["name"]: each["value"] for each in came[0]["headers"]}
    assert shown["authorization"] == "••••••••"
    assert shown["webhook-id"] == came[0]["message"]
    assert '"webhook.check"' in came[0]["body"]
    # Where we listen is no tenant's to learn.
    delivery = client.get(f"/v1/deliveries/{check['probes'][0]['delivery']}").json()
    assert delivery["attempts"][0]["address"] is None
    assert delivery["attempts"][0]["request"]["url"] == made["url"]
    assert client.delete(f"/v1/projects/{home.project}/inbox/requests").status_code == 204
    assert requests(home) == []


@pytest.mark.parametrize(
    ("answer", "status", "accepted"),
    [("accept", 200, True), ("500", 500, False), ("429", 429, False), ("endless", 200, True)],
)
def test_it_misbehaves_as_it_is_told(home: Instance, answer: str, status: int, accepted: bool) -> None:
    made = endpoint(home, open_inbox(home, answer=answer, retry_after_s=77).json()["url"]).json()
    attempt = send_test(home, made["id"])
    assert (attempt["response"]["status"], attempt["outcome"] == "accepted") == (status, accepted)
    assert requests(home)[0]["verdict"] == "verified"
    if answer == "429":
        assert {"name": "retry-after", "value": "77"} in attempt["response"]["headers"]
    if answer == "endless":
        assert attempt["response"]["body_cut"]


def test_what_it_let_in_unverified_is_not_said_to_be_refused(home: Instance) -> None:
    page = f"/projects/{home.project}/inbox"
    for answer, said in (("accept", "Unverified"), ("verify", "Refused"), ("500", "Refused")):
        url = open_inbox(home, answer=answer).json()["url"]
        httpx.post(url, json={"type": "parcel.moved"})
        shown = text_of(home.browser("developer").get(page))
        newest = shown[shown.index("Answered") :].split("parcel.moved")[0]
        assert said in newest
        assert ("Refused" in newest) == (said == "Refused")
        assert requests(home)[0]["verdict"] == "refused"


def test_gone_disables_the_endpoint(home: Instance) -> None:
    made = endpoint(home, open_inbox(home, answer="410").json()["url"]).json()
    send_test(home, made["id"])
    assert home.client("developer").get(f"/v1/webhooks/{made['id']}").json()["state"] == "disabled"


def test_what_was_not_accepted_is_no_repeat_when_it_comes_again(home: Instance) -> None:
    url = open_inbox(home, answer="500").json()["url"]
    made = endpoint(home, url).json()
    body, headers = _signed(made["signing_secret"])
    assert httpx.post(url, content=body, headers=headers).status_code == 500
    open_inbox(home)
    first, second = (httpx.post(url, content=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert ("webhook-repeated" in first.headers, second.headers["webhook-repeated"]) == (False, "true")


def _signed(secret: str) -> tuple[bytes, dict[str, str]]:
    body = (
        b'{"id":"msg_1","type":"parcel.moved","timestamp":"2027-01-15T08:00:00.000Z","project":"proj_1",'
        b'"environment":"sandbox","data":{}}'
    )
    return body, signing.signature_headers([signing.secret_bytes(secret)], "msg_1", clock.now(), body)


# --- what it keeps to -----------------------------------------------------------------------------


def test_it_keeps_the_latest_and_only_the_start_of_what_is_long(
    home: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_queries, "REQUESTS_MAX", 3)
    url = open_inbox(home).json()["url"]
    for number in range(5):
        assert httpx.post(url, content=b"x" * 100_000, headers={"n": str(number), "y": "z" * 5000}).status_code == 401
    came = requests(home)
    numbers = [next(each["value"] for each in one["headers"] if each["name"] == "n") for one in came]
    assert numbers == ["4", "3", "2"]
    assert (came[0]["body_bytes"], len(came[0]["body"]), came[0]["body_cut"]) == (100_000, 65_536, True)
    assert max(len(each["value"]) for each in came[0]["headers"]) == inbox_records.HEADER_CHARACTERS_MAX
    assert "no signing secret" in came[0]["detail"]


def test_what_is_posted_elsewhere_is_nowhere(home: Instance) -> None:
    open_inbox(home)
    for path in ("/inbox/x", f"/inbox/{'0' * 32}", f"/inbox/{'0' * 31}"):
        answer = httpx.post(home.url + path, content=b"{}")
        assert (answer.status_code, answer.text) == (404, "there is no inbox here\n")
    assert httpx.get(home.url + f"/inbox/{'0' * 32}").status_code in {404, 405}
    assert requests(home) == []


def test_a_production_project_cannot_have_one(home: Instance) -> None:
    with home.store.write() as tx:
        values = {column.name: column for column in project_rows.c if column.name not in {"id", "slug"}}
        sandbox = tx.execute(select(*values.values()).where(project_rows.c.id == home.project)).mappings().one()
        row = {**sandbox, "id": "proj_live", "slug": "live", "environment": "production"}
        row |= {"sandbox_id": home.project, "sandbox_environment": "sandbox"}
        tx.execute(insert(project_rows).values(row))
    for method, path, body in (
        ("PUT", "", {}),
        ("GET", "", None),
        ("GET", "/requests", None),
        ("DELETE", "/requests", None),
    ):
        answer = home.client("developer").request(method, f"/v1/projects/proj_live/inbox{path}", json=body)
        assert (answer.status_code, "Only a sandbox project has an inbox" in answer.text) == (409, True), method
    assert home.browser("developer").get("/projects/proj_live/inbox").status_code == 409
    for environment in ("sandbox", "production"):
        made = {
            "project_id": "proj_live", "environment": environment, "address": "0" * 32, "answer": "verify",
            "retry_after_s": 1, "created_at": clock.now(),
        }  # fmt: skip
        with pytest.raises(IntegrityError), home.store.write() as tx:
            tx.execute(insert(webhook_inboxes).values(made))


# --- the one way to an address of ours ------------------------------------------------------------


def test_an_endpoint_may_have_its_own_projects_inbox_and_no_other_address_of_ours(home: Instance) -> None:
    url = open_inbox(home).json()["url"]
    with home.store.write() as tx:
        new = NewProject("Second", "Another project", "parcels")
        second = projects.create_project(tx, home.actor("owner"), home.harbour, new)
    body = {"url": url, "event_types": ["webhook.check"]}
    foreign = home.client("owner").post(f"/v1/projects/{second.id}/webhooks", json=body)
    assert (foreign.status_code, "no inbox of this project" in foreign.text) == (422, True)
    for wrong in (f"{url}/", f"{url}?x=1", f"{url}0", url.replace("/inbox/", "/inbox/../"), f"{home.url}/inbox/"):
        assert endpoint(home, wrong).status_code == 422, wrong
    assert endpoint(home, url).status_code == 201


def test_only_an_inboxs_url_goes_the_way_of_inboxes() -> None:
    settings = Settings(public_url="https://freehold.example", host="0.0.0.0", port=8400)  # noqa: S104 — an operator's
    route, address = InboxRoute.of(settings), "0123456789abcdefghjkmnpqrstvwxyz"
    assert route.target(f"https://freehold.example/inbox/{address}") == f"http://127.0.0.1:8400/inbox/{address}"
    for url in (
        f"http://freehold.example/inbox/{address}", f"https://freehold.example:8400/inbox/{address}",
        f"https://freehold.example/inbox/{address}/", f"https://freehold.example/inbox/{address}?a", "https://freehold.example/",
        f"https://freehold.example/inbox/../v1/me#{address}", f"https://freehold.example/inbox/{address.upper()}",
        f"https://freehold.example.evil.example/inbox/{address}", f"https://evil.example/inbox/{address}",
        f"https://freehold.example/inbox/{address}\n", f"https://freehold.example/inbox/%30{address[1:]}",
    ):  # fmt: skip
        assert route.target(url) is None, url
        assert inbox_route.inbox_address(settings, url) is None
    assert refusal(ip_address("127.0.0.1"), route.policy) is None
    for other in ("127.0.0.2", "::1", "10.0.0.1", "169.254.169.254"):
        assert refusal(ip_address(other), route.policy) is not None, other
    assert (route.policy.allows_port(8400), route.policy.allows_port(8401)) == (True, False)
    assert (
        InboxRoute.of(Settings(host="::", port=1)).target(f"http://[::]:1/inbox/{address}")
        == f"http://[::1]:1/inbox/{address}"
    )


def test_a_production_request_never_takes_that_way(home: Instance) -> None:
    url = open_inbox(home).json()["url"]

    async def send() -> Any:
        async with Sender.of(home.settings) as sender:
            return [await sender.send(Outgoing(url, (), b"{}"), each) for each in ("production", "sandbox")]

    production, sandbox = asyncio.run(send())
    assert (production.outcome, production.status) == ("blocked", None)
    assert (sandbox.status, sandbox.address) == (401, None)


def test_where_it_is_not_yet_opened_its_url_is_refused(home: Instance) -> None:
    wanted = EndpointSettings(f"{home.url}/inbox/{'0' * 32}", ("parcel.moved",))
    with pytest.raises(Problem) as refused, home.store.write() as tx:
        actions.create_endpoint(tx, home.actor("developer"), home.secret, home.settings, home.project, wanted)
    assert refused.value.code == "invalid"


# --- its page -------------------------------------------------------------------------------------


def test_the_page_opens_it_changes_it_and_shows_each_request(home: Instance) -> None:
    browser, page = home.browser("developer"), f"/projects/{home.project}/inbox"
    assert "No inbox yet" in text_of(browser.get(page))
    assert browser.post(page).headers["location"] == f"{page}?done=inbox-saved"
    url = home.client("developer").get(f"/v1/projects/{home.project}/inbox").json()["url"]
    shown = browser.get(page).text
    assert url in shown
    assert "Nothing came yet" in shown
    assert f'value="{url}"' in browser.get(f"/projects/{home.project}/webhooks/new?to=inbox").text
    endpoint(home, url)
    httpx.post(url, content=b'{"type": "<b>bold</b>"}')
    one = requests(home)[0]["id"]
    for address in (page, f"{page}?id={one}"):
        text = browser.get(address).text
        assert "The header webhook-id is missing" in text
        assert "<b>bold</b>" not in text
    assert browser.get(f"{page}?id=inr_x").status_code == 404
    wrong = browser.post(page, {"answer": "429", "retry_after_s": "soon"})
    assert (wrong.status_code, "A whole number of seconds." in text_of(wrong)) == (422, True)
    assert browser.post(page, {"answer": "nice"}).status_code == 422
    assert browser.post(page, {"answer": "429", "retry_after_s": "60"}).status_code == 303
    assert browser.post(f"{page}/clear").status_code == 303
    assert requests(home) == []


def test_others_see_nothing_of_it(home: Instance) -> None:
    open_inbox(home)
    for path in ("", "/live"):
        assert home.browser("stranger").get(f"/projects/{home.project}/inbox{path}").status_code == 404
        assert home.browser("billing").get(f"/projects/{home.project}/inbox{path}").status_code == 403
    auditor = home.browser("auditor")
    assert "Your role lets you look at this" in text_of(auditor.get(f"/projects/{home.project}/inbox"))
    assert auditor.post(f"/projects/{home.project}/inbox", {"answer": "500"}).status_code == 403
    assert auditor.post(f"/projects/{home.project}/inbox/clear").status_code == 403
    assert home.browser("stranger").post(f"/projects/{home.project}/inbox/clear").status_code == 404
