"""The essential parts of the first journey by keyboard alone: no mouse touches the page."""

import re
from typing import Final

from playwright.sync_api import Browser, Page, expect

from tests.journeys import steps
from tests.journeys.browsers import watched
from tests.supervisor.instances import Instance
from tests.supervisor.test_watch import eventually

# More stops than any page has: a control that Tab does not reach is not there for a keyboard.
_STOPS_MAX: Final = 150


def focused(page: Page) -> str:
    """The accessible name of what has the focus, as far as the page spells it out."""
    found: str = page.evaluate(
        """() => {
             const one = document.activeElement;
             const label = one.labels?.[0]?.textContent ?? one.getAttribute("aria-label") ?? one.textContent ?? "";
             return label.replace(/\\\\s+/g, " ").trim();
           }"""
    )
    return found


def tab_to(page: Page, pattern: str) -> None:
    """Press Tab until something of this name has the focus; where it is must be visible."""
    for _ in range(_STOPS_MAX):
        page.keyboard.press("Tab")
        if re.search(pattern, focused(page)):
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"Tab never reached {pattern!r} on {page.url}")


def fill_in(page: Page, *fields: tuple[str, str]) -> None:
    """Type into fields, one after the other."""
    for name, text in fields:
        tab_to(page, name)
        page.keyboard.type(text)


def test_first_journey_by_keyboard(browser: Browser, instance: Instance) -> None:
    with watched(browser) as (page, _):
        steps.open_setup(page, instance)
        # The first field that a person fills in has the focus already.
        eventually(lambda: focused(page) == "Name")
        page.keyboard.type("Ines Okafor")
        fill_in(page, ("^E-mail address", steps.OPERATOR), ("^Password", steps.PASSWORD), ("organization", "Northgate"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Your first project")).to_be_visible()

        eventually(lambda: focused(page) == "Name")
        page.keyboard.type(steps.PROJECT)
        fill_in(page, ("^Purpose", "Shows prices in the visitor's own currency"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Scope")).to_be_visible()

        tab_to(page, "countries/{country}")
        page.keyboard.press("Space")
        tab_to(page, "^Save scope")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Issue a key")).to_be_visible()

        page.keyboard.type("checkout-web")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Waiting for the first call.")).to_be_visible()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        tab_to(page, "^Copy secret")
        page.keyboard.press("Enter")
        secret = page.locator("#secret").inner_text()
        eventually(lambda: page.evaluate("navigator.clipboard.readText()") == secret)
        steps.run_shown(page.locator("#snippet").inner_text())
        expect(page.get_by_text("The first call arrived.")).to_be_visible()

        jump_to_usage(page)
        walk_the_chart(page)


def jump_to_usage(page: Page) -> None:
    """The jump menu, from opening it to the page that it leads to."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()
    page.keyboard.type("usage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    steps.reload_until(page, page.get_by_label("Totals for the range"), r"Requests\s+1\b")


def walk_the_chart(page: Page) -> None:
    """Along the bars by arrow keys, into the requests behind the last one, and on to the one request."""
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    page.keyboard.press("Enter")
    bars = page.locator("[data-chart] .fh-bar")
    tab_to_chart(page)
    page.keyboard.press("End")
    expect(bars.last).to_be_focused()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(bars.count() - 2)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Requests", level=1)).to_be_visible()
    open_a_request(page)
    tab_to(page, "^Every check of it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why it was allowed")).to_be_visible()


def open_a_request(page: Page) -> None:
    """F to the filters and back, J to the first request, Enter to have it beside the list: the address keeps it."""
    page.wait_for_load_state()
    page.keyboard.press("f")
    tab_to(page, "^Served")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Served")).to_be_hidden()
    page.keyboard.press("j")
    pane = page.get_by_role("complementary", name="The request that is open")
    expect(pane).to_be_hidden()
    page.keyboard.press("Enter")
    expect(pane).to_contain_text("req_")
    assert "request=req_" in page.url
    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    assert "request=" not in page.url
    # Where it was closed is where one goes on.
    page.keyboard.press("Enter")
    expect(pane).to_be_visible()
    page.reload()
    expect(pane).to_contain_text("req_")


def tab_to_chart(page: Page) -> None:
    for _ in range(_STOPS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-chart] .fh-bar')"):
            return
    raise AssertionError("Tab never reached the chart")
