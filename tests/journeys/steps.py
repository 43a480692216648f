"""The steps of the first journey as a person takes them in a browser, with or without JavaScript.

Each step starts on the page where the one before it ended, and goes on by what that page offers next.
"""

import re
import subprocess
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook

from tests.supervisor.instances import Instance
from tests.supervisor.test_watch import eventually
from tests.webhooks.receivers import Received

PASSWORD: Final = "a lighthouse keeper reads at night"
OPERATOR: Final = "ines@northgate.example"
PROJECT: Final = "Country lookup"
_PATIENCE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Issued:
    """A key as its page showed it, once."""

    secret: str
    command: str
    page: str


def open_setup(page: Page, instance: Instance) -> None:
    """Open the link that `freehold up` printed."""
    page.goto(f"{instance.url}/setup#token={instance.setup_token}")
    expect(page.get_by_role("heading", name="Set up Freehold")).to_be_visible()


def set_up(page: Page) -> None:
    """Make the account and the organization."""
    page.get_by_label("Name", exact=True).fill("Ines Okafor")
    page.get_by_label("E-mail address").fill(OPERATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name of the organization").fill("Northgate")
    page.get_by_role("button", name="Create and go on to the first project").click()
    expect(page.get_by_role("heading", name="Your first project")).to_be_visible()


def create_project(page: Page, name: str = PROJECT) -> None:
    """Describe the first project; the scope is next."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Purpose").fill("Shows prices in the visitor's own currency")
    page.get_by_label("Product line").fill("Storefront")
    page.get_by_label("Use case").fill("Checkout forms")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Scope")).to_be_visible()


def declare_scope(page: Page) -> None:
    """Tick one endpoint and one event; the key is next."""
    page.get_by_role("checkbox", name="GET /v1/countries/{country}").check()
    page.get_by_role("checkbox", name="lookup.completed").check()
    page.get_by_role("button", name="Save scope").click()
    expect(page.get_by_role("heading", name="Issue a key")).to_be_visible()


def issue_key(page: Page, name: str = "checkout-web") -> Issued:
    """Issue a key; its secret is on the page that answers."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Issue key").click()
    expect(page.get_by_text("Waiting for the first call.")).to_be_visible()
    secret = page.locator("#secret").inner_text()
    assert re.fullmatch(r"fh_test_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", secret)
    stored = page.get_by_role("link", name="I stored it, go on").get_attribute("href")
    assert stored is not None
    return Issued(secret, page.locator("#snippet").inner_text(), stored)


def run_shown(command: str) -> dict[str, Any]:
    """Run the shown command in a shell, as it stands; the JSON that it prints."""
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{command} --silent --show-error"],
        capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = httpx.Response(200, text=done.stdout).json()
    return answer


def next_step(page: Page) -> Locator:
    """The one filled button of the page's next step."""
    return page.get_by_role("region", name="Next step").get_by_role("link").first


def add_endpoint(page: Page, url: str) -> str:
    """Add the first webhook endpoint; its signing secret, which the page shows once."""
    page.get_by_label("URL").fill(url)
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("heading", name="Put this endpoint to work")).to_be_visible()
    return page.locator("#secret").inner_text()


def send_test_event(page: Page) -> None:
    """Send the signed test event, and see what came back."""
    page.get_by_role("button", name="Send test event").click()
    expect(page.get_by_text("Accepted.")).to_be_visible()


def verified(received: Received, signing_secret: str) -> dict[str, Any]:
    """A received event, its signature verified by the public Standard Webhooks library."""
    event: dict[str, Any] = Webhook(signing_secret).verify(received.body, received.by_name)
    return event


def reload_until(page: Page, place: Locator, pattern: str) -> None:
    """Reload a page until a part of it says what is on its way: usage is collected within a second or two."""
    eventually(
        lambda: page.reload() is not None and place.count() > 0 and bool(re.search(pattern, place.first.inner_text()))
    )


def go(page: Page, place: str) -> None:
    """Go to a page of the project by the sidebar."""
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile(rf"^{place}\b"))
    link.click()
    expect(link).to_have_attribute("aria-current", "page")


def confirm_by_name(page: Page, name: str, button: str, typed: str | None = None) -> None:
    """Type the name that a dangerous act asks for (or something else), and do it."""
    page.get_by_label(f"Type {name} to confirm").fill(typed or name)
    page.get_by_role("button", name=button).click()


def sign_in(page: Page, email: str, password: str) -> None:
    """Fill in the sign-in form that is open, and send it."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def path_of(page: Page) -> str:
    """Where the page is, without host and query."""
    return urlsplit(page.url).path
