"""The first journey, whole, by somebody who has never seen Freehold: from the printed link to one explained request."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import steps
from tests.journeys.browsers import Watch, look, watched
from tests.supervisor.instances import Instance
from tests.supervisor.test_watch import eventually
from tests.webhooks.receivers import Receiver, served

COUNTRY: Final = "/gateway/example/v1/countries"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's webhook receiver, on this machine."""
    with served() as started:
        yield started


def call(instance: Instance, secret: str, country: str = "NO") -> httpx.Response:
    """One protected lookup through the gateway."""
    return httpx.get(
        f"{instance.gate_url}{COUNTRY}/{country}", headers={"Authorization": f"Bearer {secret}"}, timeout=60
    )


def test_first_journey(browser: Browser, instance: Instance, receiver: Receiver) -> None:
    with watched(browser) as (page, watch):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        steps.open_setup(page, instance)
        # The one-time token has left the address and its field is out of the way.
        assert "token" not in page.url
        expect(page.get_by_label("Setup token")).to_be_hidden()
        look(page, "setup")
        steps.set_up(page)
        look(page, "first-project")
        steps.create_project(page)
        project = steps.path_of(page).removesuffix("/scope")
        look(page, "first-scope")
        steps.declare_scope(page)
        look(page, "first-key")

        issued = first_key(page)
        signing_secret = webhook_check(page, receiver)
        lookup_event(instance, receiver, issued.secret, signing_secret)
        explained_number(page, instance, project)
        look(page, "request-explained")

        page.goto(f"{instance.url}{project}")
        # In the panel: what the strip above tells is readiness, as soon as the tasks process has looked at the project.
        expect(page.get_by_role("region", name="Setup, with its evidence")).to_contain_text("5 done")
        look(page, "overview-proven")

        archive_and_restore(page, instance, issued.secret)
        revoke(page, instance, issued)
        sign_out_and_in(page, watch)


def first_key(page: Page) -> steps.Issued:
    """Issue the key, make the shown call, and see the page notice it by itself."""
    issued = steps.issue_key(page)
    look(page, "key-issued")
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.get_by_label("Where this is").get_by_role("link", name="Keys").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.locator("#secret")).to_have_text(issued.secret)

    page.get_by_role("button", name="Copy secret").click()
    eventually(lambda: page.evaluate("navigator.clipboard.readText()") == issued.secret)
    page.evaluate("window.notReloaded = true")
    assert steps.run_shown(issued.command)["name"] == "Norway"
    expect(page.get_by_text("The first call arrived.")).to_be_visible()
    assert page.evaluate("window.notReloaded")
    look(page, "key-first-call")

    page.get_by_role("link", name="I stored it, go on").click()
    expect(page.get_by_role("heading", name="Key details")).to_be_visible()
    assert issued.secret not in page.content()
    return issued


def webhook_check(page: Page, receiver: Receiver) -> str:
    """Add the endpoint, send it a signed test event, and see what came back; the signing secret."""
    steps.go(page, "Overview")
    steps.next_step(page).click()
    look(page, "first-endpoint")
    signing_secret = steps.add_endpoint(page, receiver.url())
    look(page, "endpoint-added")
    steps.send_test_event(page)
    expect(page.get_by_role("heading", name="webhook.check")).to_be_visible()
    # What the receiver answered, word for word.
    expect(page.get_by_text("thanks")).to_be_visible()
    expect(page.get_by_text("x-seen")).to_be_visible()
    look(page, "test-event")
    assert steps.verified(receiver.requests[0], signing_secret)["type"] == "webhook.check"
    return signing_secret


def lookup_event(instance: Instance, receiver: Receiver, secret: str, signing_secret: str) -> None:
    """A lookup is announced to the receiver, signed."""
    # The first call came before there was an endpoint: its event went to nobody.
    assert call(instance, secret, "SE").status_code == 200
    eventually(lambda: len(receiver.requests) == 2)
    event = steps.verified(receiver.requests[1], signing_secret)
    assert (event["type"], event["environment"]) == ("lookup.completed", "sandbox")


def explained_number(page: Page, instance: Instance, project: str, *, scripted: bool = True) -> None:
    """From the number on the usage page down to one request and the rule that let it pass."""
    page.goto(f"{instance.url}{project}/usage")
    steps.reload_until(page, page.get_by_label("Totals for the range"), r"Requests\s+2\b")
    page.locator("[data-chart] .fh-bar").last.click()
    expect(page.get_by_role("heading", name="Requests", level=1)).to_be_visible()
    row = page.get_by_role("row", name="/v1/countries/SE")
    expect(row).to_contain_text("Allowed")
    row.get_by_role("link").first.click()
    if scripted:
        page.get_by_role("complementary", name="The request that is open").get_by_role(
            "link", name="Every check of it"
        ).click()
    expect(page.get_by_role("heading", name="Why it was allowed")).to_be_visible()
    expect(page.get_by_role("link", name="checkout-web")).to_be_visible()


def archive_and_restore(page: Page, instance: Instance, secret: str) -> None:
    """An archived project's key stops at once; restored, it serves again."""
    steps.go(page, "Settings")
    button = page.get_by_role("button", name="Archive project")
    expect(button).to_have_attribute("aria-disabled", "true")
    steps.confirm_by_name(page, steps.PROJECT, "Archive project")
    expect(page.get_by_text("The project is archived. Its keys no longer serve.")).to_be_visible()
    denied = call(instance, secret)
    assert (denied.status_code, denied.json()["code"]) == (403, "project_archived")
    look(page, "project-archived")
    steps.go(page, "Settings")
    page.get_by_role("button", name="Restore project").click()
    expect(page.get_by_text("The project is restored. Its keys serve again.")).to_be_visible()
    assert call(instance, secret).status_code == 200


def revoke(page: Page, instance: Instance, issued: steps.Issued) -> None:
    """A revoked key is refused as soon as the page says so."""
    page.goto(f"{instance.url}{issued.page}")
    steps.confirm_by_name(page, "checkout-web", "Revoke key")
    expect(page.get_by_text("The key is revoked. In force at 1 verifier after")).to_be_visible()
    denied = call(instance, issued.secret)
    assert (denied.status_code, denied.json()["code"]) == (401, "revoked")
    look(page, "key-revoked")


def sign_out_and_in(page: Page, watch: Watch) -> None:
    """Out, not in with a wrong password, and in again to where one was going."""
    wanted = steps.path_of(page)
    page.get_by_role("navigation", name="Main").get_by_text("Ines Okafor").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    look(page, "sign-in")
    page.goto(f"{page.url.partition('/sign-in')[0]}{wanted}")
    watch.expect(422)
    steps.sign_in(page, steps.OPERATOR, "not the password at all")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value(steps.OPERATOR)
    look(page, "wrong-password")
    steps.sign_in(page, steps.OPERATOR, steps.PASSWORD)
    expect(page.get_by_role("heading", name="checkout-web", level=1)).to_be_visible()
    assert steps.path_of(page) == wanted


def test_first_journey_without_java_script(browser: Browser, instance: Instance, receiver: Receiver) -> None:
    with watched(browser, java_script=False) as (page, watch):
        steps.open_setup(page, instance)
        assert instance.setup_token
        page.get_by_label("Setup token").fill(instance.setup_token)
        steps.set_up(page)
        steps.create_project(page)
        project = steps.path_of(page).removesuffix("/scope")
        steps.declare_scope(page)
        issued = steps.issue_key(page)
        assert steps.run_shown(issued.command)["name"] == "Norway"
        page.get_by_role("link", name="I stored it, go on").click()
        steps.reload_until(page, page.get_by_role("row", name="/v1/countries/NO"), "Allowed")
        steps.go(page, "Overview")
        steps.next_step(page).click()
        signing_secret = steps.add_endpoint(page, receiver.url())
        steps.send_test_event(page)
        lookup_event(instance, receiver, issued.secret, signing_secret)
        explained_number(page, instance, project, scripted=False)
        archive_and_restore_plainly(page, watch, instance, issued.secret)
        page.get_by_role("navigation", name="Main").get_by_text("Ines Okafor").click()
        page.get_by_role("button", name="Sign out").click()
        steps.sign_in(page, steps.OPERATOR, steps.PASSWORD)
        expect(page.get_by_role("heading", name="Projects")).to_be_visible()


def archive_and_restore_plainly(page: Page, watch: Watch, instance: Instance, secret: str) -> None:
    """Without a script nothing holds the button: the server asks for the name."""
    steps.go(page, "Settings")
    watch.expect(422)
    steps.confirm_by_name(page, steps.PROJECT, "Archive project", typed="Country")
    expect(page.get_by_label("Type Country lookup to confirm")).to_have_attribute("aria-invalid", "true")
    steps.confirm_by_name(page, steps.PROJECT, "Archive project")
    expect(page.get_by_text("The project is archived. Its keys no longer serve.")).to_be_visible()
    assert call(instance, secret).status_code == 403
    steps.go(page, "Settings")
    page.get_by_role("button", name="Restore project").click()
    expect(page.get_by_text("The project is restored. Its keys serve again.")).to_be_visible()
    assert call(instance, secret).status_code == 200
