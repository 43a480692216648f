"""A second person joins by invitation, sees what their role allows and why the rest is refused; strangers see nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import steps
from tests.journeys.browsers import look, watched
from tests.supervisor.instances import Instance, running

AUDITOR: Final = "amir@northgate.example"
STRANGER: Final = "maya@lumen.example"


@dataclass(frozen=True, slots=True)
class Northgate:
    """A running instance with one organization, one project and one key."""

    url: str
    organization: str
    project: str
    key: str


@pytest.fixture(scope="module")
def northgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Northgate]:
    """An instance that its operator has set up, with a project and its key."""
    with running(tmp_path_factory.mktemp("northgate") / "data") as instance:
        yield _filled(instance)


def _filled(instance: Instance) -> Northgate:
    with httpx.Client(base_url=instance.url, timeout=60) as client:
        person = {"name": "Ines Okafor", "email": steps.OPERATOR, "password": steps.PASSWORD}
        made = _post(client, "/v1/setup", {"setup_token": instance.setup_token, "organization": "Northgate", **person})
        client.headers["Authorization"] = f"Bearer {made['token']}"
        organization = made["organization"]["id"]
        new = {"name": steps.PROJECT, "purpose": "Prices in one's own currency", "api": "example"}
        project = _post(client, f"/v1/organizations/{organization}/projects", new)["id"]
        scope = {"endpoints": ["get_country"], "event_types": []}
        assert client.put(f"/v1/projects/{project}/scope", json=scope).status_code == 200
        key = _post(client, f"/v1/projects/{project}/keys", {"name": "checkout-web"})["id"]
    return Northgate(instance.url, organization, f"/projects/{project}", f"/projects/{project}/keys/{key}")


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sign_in_as_operator(page: Page, northgate: Northgate) -> None:
    page.goto(f"{northgate.url}/sign-in")
    steps.sign_in(page, steps.OPERATOR, steps.PASSWORD)
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()


def invite(page: Page, email: str, role: str) -> str:
    """Invite somebody on the members page that is open; the link, shown once."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Role", exact=True).select_option(role)
    page.get_by_role("button", name="Make an invitation link").click()
    expect(page.get_by_role("heading", name=f"Invitation for {email}")).to_be_visible()
    return page.locator("#secret").inner_text()


def accept(page: Page, link: str, name: str) -> None:
    """Open the link in one's own browser and join with a new account."""
    page.goto(link)
    assert "token" not in page.url
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Join the organization").click()
    expect(page.get_by_text("Welcome to the organization.")).to_be_visible()


def test_an_invited_person_sees_what_the_role_allows(browser: Browser, northgate: Northgate) -> None:
    with watched(browser) as (operator, _), watched(browser) as (invited, watch):
        sign_in_as_operator(operator, northgate)
        steps.go(operator, "Members")
        link = invite(operator, AUDITOR, "auditor")
        look(operator, "invited")
        accept(invited, link, "Amir Haddad")
        expect(invited.get_by_role("navigation", name="Main")).to_contain_text("Auditor")
        invited.get_by_role("link", name=steps.PROJECT, exact=True).click()
        expect(invited.get_by_role("heading", name=steps.PROJECT, level=1)).to_be_visible()
        look(invited, "overview-of-auditor")

        refused = invited.get_by_role("button", name="Issue key")
        expect(refused).to_have_attribute("aria-disabled", "true")
        reason = refused.get_attribute("title")
        assert reason
        refused.click(force=True)
        expect(invited.locator("#live")).to_have_text(reason)

        invited.goto(northgate.url + northgate.key)
        expect(invited.get_by_role("button", name="Revoke key")).to_be_disabled()
        look(invited, "key-of-auditor")
        # What the page does not offer, the server does not do.
        token = invited.locator("input[name=csrf_token]").first.get_attribute("value")
        answer = invited.request.post(
            f"{northgate.url}{northgate.key}/revoke", form={"csrf_token": token or "", "confirm": "checkout-web"}
        )
        assert answer.status == 403
        # A link works once.
        watch.expect(422)
        invited.goto(link)
        invited.get_by_label("Your name").fill("Somebody Else")
        invited.get_by_label("Password").fill(steps.PASSWORD)
        invited.get_by_role("button", name="Join the organization").click()
        expect(invited.get_by_role("alert")).to_be_visible()
        look(invited, "invitation-spent")


def test_another_organization_sees_nothing_of_the_first(browser: Browser, northgate: Northgate) -> None:
    with watched(browser) as (operator, _), watched(browser) as (stranger, watch):
        sign_in_as_operator(operator, northgate)
        operator.goto(f"{northgate.url}/organizations/new")
        operator.get_by_label("Name", exact=True).fill("Lumen Travel")
        operator.get_by_role("button", name="Make the organization").click()
        expect(operator.get_by_role("heading", name="Members")).to_be_visible()
        accept(stranger, invite(operator, STRANGER, "owner"), "Maya Okafor")
        expect(stranger.get_by_text("No project yet")).to_be_visible()
        look(stranger, "no-project-yet")

        of_the_first = (
            northgate.project,
            f"{northgate.project}/usage",
            northgate.key,
            f"/organizations/{northgate.organization}/members",
        )
        for path in of_the_first:
            watch.expect(404)
            answer = stranger.goto(northgate.url + path)
            assert answer is not None
            assert answer.status == 404
            assert not re.search("Northgate|Country lookup|checkout-web", stranger.content())
        look(stranger, "not-found")
