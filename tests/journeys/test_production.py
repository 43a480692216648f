"""From a proven sandbox to live traffic, by two people: in two browsers, straight on and by a denial, and by commands alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.conftest import Commands
from tests.journeys import steps
from tests.journeys.browsers import look, watched
from tests.supervisor.instances import Instance, running
from tests.supervisor.test_watch import eventually

TEAM: Final = "dalia@northgate.example"
LAUNCH: Final = str(datetime.now(UTC).date() + timedelta(days=30))
LOOKUP: Final = "/gateway/example/v1/countries/NO"


@dataclass(frozen=True, slots=True)
class House:
    """A running instance with its operator and one engineer, who each have a token."""

    instance: Instance
    operator: httpx.Client
    team: httpx.Client
    organization: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An instance that is set up, with a second owner."""
    with (
        running(tmp_path_factory.mktemp("house") / "data") as instance,
        _client(instance) as ines,
        _client(instance) as dalia,
    ):
        person = {"name": "Ines Okafor", "email": steps.OPERATOR, "password": steps.PASSWORD}
        made = send(ines, "/v1/setup", {"setup_token": instance.setup_token, "organization": "Northgate", **person})
        ines.headers["Authorization"] = f"Bearer {made['token']}"
        organization = made["organization"]["id"]
        invited = send(ines, f"/v1/organizations/{organization}/invitations", {"email": TEAM, "role": "developer"})
        token = invited["link"].partition("#token=")[2]
        joined = {"token": token, "name": "Dalia Evans", "password": steps.PASSWORD}
        answer = dalia.post("/v1/invitations/accept", json=joined)
        assert answer.is_success, answer.text
        session = dalia.post("/v1/session", json={"email": TEAM, "password": steps.PASSWORD}).json()
        dalia.headers["X-CSRF-Token"] = session["csrf_token"]
        yield House(instance, ines, dalia, organization)


def _client(instance: Instance) -> httpx.Client:
    return httpx.Client(base_url=instance.url, timeout=90)


def send(client: httpx.Client, path: str, body: Any, method: str = "POST") -> dict[str, Any]:
    answer = client.request(method, path, json=body)
    assert answer.is_success, f"{path}: {answer.text}"
    made: dict[str, Any] = answer.json() if answer.content else {}
    return made


def lookup(house: House, secret: str, path: str = LOOKUP) -> int:
    """A lookup through the gateway; its status."""
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{house.instance.gate_url}{path}", headers=headers, timeout=60).status_code


def make_sandbox(house: House, name: str, product_line: str | None = "Storefront") -> str:
    """A sandbox project that is proven by what happens in it; its id."""
    team, owners = house.team, [{"member": TEAM, "duty": "technical"}, {"member": steps.OPERATOR, "duty": "technical"}]
    labels = {"name": name, "purpose": "Prices in one's own currency", "product_line": product_line, "api": "example"}
    path = f"/v1/organizations/{house.organization}/projects"
    project = str(send(team, path, {**labels, "owners": owners})["id"])
    at = f"/v1/projects/{project}"
    send(team, f"{at}/scope", {"endpoints": ["get_country"], "event_types": ["lookup.completed"]}, "PUT")
    expires = (datetime.now(UTC) + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
    secret = send(team, f"{at}/keys", {"name": "checkout-web", "expires_at": expires})["secret"]
    inbox = send(team, f"{at}/inbox", {"answer": "verify"}, "PUT")["url"]
    wanted = {"url": inbox, "event_types": ["lookup.completed", "alert.opened"], "description": "Orders"}
    webhook = send(team, f"{at}/webhooks", wanted)["id"]
    assert send(team, f"/v1/webhooks/{webhook}/check", {})["state"] == "passed"
    assert lookup(house, secret) == 200
    assert lookup(house, secret, "/gateway/example/v1/countries") == 403
    alert = team.get(f"{at}/alerts").json()["data"][0]["id"]
    send(team, f"/v1/alerts/{alert}/test", {})
    return project


def readiness(house: House, project: str) -> dict[str, str]:
    """How each check of a project stands."""
    checks = house.team.get(f"/v1/projects/{project}/readiness").json()["checks"]
    return {each["code"]: each["state"] for each in checks if each["blocking"]}


def open_as(page: Page, house: House, email: str, path: str) -> None:
    """Sign in and open a page."""
    page.goto(f"{house.instance.url}/sign-in")
    steps.sign_in(page, email, steps.PASSWORD)
    page.goto(f"{house.instance.url}{path}")


def ask(page: Page) -> None:
    """Fill in what Freehold does not know, and ask."""
    page.get_by_label("What is it for?").fill("Checkout asks for each visitor's currency.")
    page.get_by_label("Requests a day, at least").fill("1000")
    page.get_by_label("Requests a day, at most").fill("50000")
    page.get_by_label("Most within one second").fill("20")
    page.get_by_label("Launch").fill(LAUNCH)
    page.get_by_role("button", name="Ask for access").click()
    expect(page.get_by_text("Waiting for review").first).to_be_visible()


def decide(page: Page, house: House, name: str) -> None:
    """Open a request from the queue."""
    page.goto(f"{house.instance.url}/access_requests")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def clone(page: Page, house: House, project: str, name: str) -> str:
    """Clone with a receiver of production's own; the production project's id."""
    page.goto(f"{house.instance.url}/projects/{project}/clone")
    page.get_by_label("The URL of orders").fill("https://hooks.northgate.example/freehold")
    steps.confirm_by_name(page, name, "Clone into production")
    expect(page.get_by_role("heading", name="Shown once")).to_be_visible()
    assert page.get_by_text("whsec_").count() == 1
    found = house.team.get(f"/v1/projects/{project}").json()
    assert found["production_access"] == "live"
    return str(found["sibling"])


def go_live(page: Page, house: House, production: str) -> None:
    """Issue the declared key, and make a call of real traffic with it."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(f"{house.instance.url}/projects/{production}/keys")
    page.get_by_role("link", name="Issue checkout-web").click()
    expect(page.get_by_text("checkout-web is declared")).to_be_visible()
    page.get_by_role("button", name="Issue key").click()
    secret = page.locator("#secret").inner_text()
    assert re.fullmatch(r"fh_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", secret)
    assert lookup(house, secret) == 200


def test_the_straight_way(browser: Browser, house: House) -> None:
    project = make_sandbox(house, "Straight on")
    eventually(
        lambda: (
            set(readiness(house, project).values()) <= {"passed", "not_applicable"} or _binding_alone(house, project)
        )
    )
    with watched(browser) as (team, _), watched(browser) as (operator, _):
        open_as(team, house, TEAM, f"/projects/{project}/bindings")
        team.get_by_label("The URL of orders").fill("https://hooks.northgate.example/freehold")
        team.get_by_role("button", name="Save bindings").click()
        eventually(lambda: set(readiness(house, project).values()) <= {"passed", "not_applicable"})
        team.goto(f"{house.instance.url}/projects/{project}/readiness")
        look(team, "readiness-clear")
        team.goto(f"{house.instance.url}/projects/{project}/production")
        ask(team)
        look(team, "access-asked")

        open_as(operator, house, steps.OPERATOR, "/access_requests")
        look(operator, "queue")
        decide(operator, house, "Straight on")
        look(operator, "review")
        operator.get_by_role("button", name="Approve this shape").click()
        expect(operator.get_by_text("Approved").first).to_be_visible()

        production = clone(team, house, project, "Straight on")
        go_live(team, house, production)
        team.once("dialog", lambda dialog: dialog.accept())
        team.goto(f"{house.instance.url}/projects/{production}/drift")
        expect(team.get_by_role("heading", name="Drift")).to_be_visible()
        assert house.team.get(f"/v1/projects/{project}").json()["drift"]["differences"] == 0
        look(team, "no-drift")

        # What the sandbox changes afterwards shows on both sides, and is promoted.
        send(house.team, f"/v1/projects/{project}", {"purpose": "Prices, and taxes"}, "PATCH")
        team.reload()
        team.get_by_role("checkbox", name=re.compile("purpose")).check()
        team.get_by_role("button", name="Promote").click()
        look(team, "promotion")
        steps.confirm_by_name(team, "Straight on", "Promote to production")
        eventually(lambda: house.team.get(f"/v1/projects/{project}").json()["drift"]["differences"] == 0)
        assert house.team.get(f"/v1/projects/{production}").json()["purpose"] == "Prices, and taxes"


def test_the_way_with_a_denial(browser: Browser, house: House) -> None:
    project = make_sandbox(house, "Roundabout", product_line=None)
    eventually(lambda: {code for code, state in readiness(house, project).items() if state not in ("passed", "not_applicable")} == {"purpose", "bindings"})  # fmt: skip
    with watched(browser) as (team, _), watched(browser) as (operator, _):
        open_as(team, house, TEAM, f"/projects/{project}/production")
        ask(team)
        open_as(operator, house, steps.OPERATOR, "/access_requests")
        decide(operator, house, "Roundabout")
        expect(operator.get_by_text(re.compile("2 blocking checks fail")).first).to_be_visible()
        expect(operator.get_by_role("button", name="Approve this shape")).to_be_disabled()
        look(operator, "review-blocked")
        operator.get_by_label("Why", exact=True).fill("Say which product line pays for it.")
        operator.get_by_role("button", name="Deny").click()

        team.reload()
        expect(team.get_by_text("Say which product line pays for it.").first).to_be_visible()
        look(team, "denied")
        team.goto(f"{house.instance.url}/projects/{project}/settings")
        team.get_by_label("Product line").fill("Storefront")
        team.get_by_role("button", name="Save labels").click()
        expect(team.get_by_text("Saved.")).to_be_visible()
        team.goto(f"{house.instance.url}/projects/{project}/bindings")
        team.get_by_label("The URL of orders").fill("https://hooks.northgate.example/freehold")
        team.get_by_role("button", name="Save bindings").click()
        eventually(lambda: set(readiness(house, project).values()) <= {"passed", "not_applicable"})
        team.goto(f"{house.instance.url}/projects/{project}/production")
        ask(team)

        decide(operator, house, "Roundabout")
        operator.get_by_role("button", name="Approve this shape").click()
        expect(operator.get_by_text("Approved").first).to_be_visible()
        production = clone(team, house, project, "Roundabout")
        go_live(team, house, production)


FILE: Final = """version = 1
api = "example"
owners = ["technical"]

[labels]
name = "By commands"
purpose = "Prices in one's own currency"
product_line = "Storefront"

[scope]
endpoints = ["get_country"]
event_types = ["lookup.completed"]

[keys.checkout-web]
expires_after_days = 365

[webhooks.orders]
event_types = ["alert.opened", "lookup.completed"]

[alerts.denials]
name = "Denials"
metric = "denials"
thresholds = [{ at = 100 }]
period = "day"

[bindings]
"/webhooks/orders/url" = "env:ORDERS_URL"
"""


def test_the_way_by_commands(house: House, tmp_path: Path) -> None:
    """As CI goes it: commands and one file, by two people who each have a token."""
    ines, dalia = (
        _commands(house, client, tmp_path / name) for client, name in ((house.operator, "ines"), (house.team, "dalia"))
    )
    owners = ("--owner", TEAM, "--owner", steps.OPERATOR)
    project = dalia.json("projects", "create", "By commands", "--purpose", "To be declared by a file", *owners)["id"]
    (tmp_path / "freehold.toml").write_text(FILE)
    file = (str(tmp_path / "freehold.toml"), "-p", project)
    inbox = dalia.json("inbox", "open", "-p", project)["url"]
    dalia("plan", *file, status=2, ORDERS_URL=inbox)
    dalia("apply", *file, "--yes", ORDERS_URL=inbox)
    dalia("plan", *file, status=0, ORDERS_URL=inbox)

    secret = dalia.json("keys", "issue", "-p", project, "--declared", "checkout-web")["secret"]
    webhook = dalia.json("webhooks", "list", "-p", project)["data"][0]["id"]
    dalia("webhooks", "check", webhook)
    assert (lookup(house, secret), lookup(house, secret, "/gateway/example/v1/countries")) == (200, 403)
    dalia("alerts", "test", dalia.json("alerts", "list", "-p", project)["data"][0]["id"])
    dalia("bindings", "set", project, "--bind", "/webhooks/orders/url=https://hooks.northgate.example/freehold")
    eventually(lambda: set(readiness(house, project).values()) <= {"passed", "not_applicable"})
    dalia("readiness", "show", project, status=0)

    asked = ("--use-case", "Checkout", "--from", "1000", "--to", "50000", "--peak", "20", "--launch", LAUNCH)
    request = dalia.json("access", "request", "-p", project, *asked)
    dalia.fails("clone", project, "--yes")
    dalia.fails("access", "approve", request["id"], "--fingerprint", request["present_fingerprint"])
    ines("access", "approve", request["id"], "--fingerprint", request["present_fingerprint"])
    made = dalia.json("clone", project, "--issue-key", "checkout-web", "--yes")
    [live] = [each["secret"] for each in made["keys"]]
    assert lookup(house, live) == 200
    dalia("drift", project, status=0)

    (tmp_path / "freehold.toml").write_text(FILE.replace('"get_country"', '"get_country", "get_time"'))
    dalia("apply", *file, "--yes", ORDERS_URL=inbox)
    assert "get_time" in dalia("drift", project, status=2)
    assert lookup(house, live, "/gateway/example/v1/time") == 403
    dalia("promote", project, "--all", "--yes")
    dalia("drift", project, status=0)
    assert lookup(house, live, "/gateway/example/v1/time?zone=Europe/Oslo") == 200


def _commands(house: House, client: httpx.Client, home: Path) -> Commands:
    token = client.post("/v1/tokens", json={"name": "CI"}).json()["token"]
    return Commands(
        home, FREEHOLD_URL=house.instance.url, FREEHOLD_TOKEN=token, FREEHOLD_ORGANIZATION=house.organization
    )


def _binding_alone(house: House, project: str) -> bool:
    return {code for code, state in readiness(house, project).items() if state not in ("passed", "not_applicable")} == {
        "bindings"
    }
