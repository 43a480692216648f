"""Real browsers that are watched: whatever a page does wrong while a journey goes on fails its test.

Wrong is: an error or a warning in the console (a breach of the content security policy is one), an
exception in a script, a request that failed or that was answered with an error nobody expected, and, where
a journey stops to look, an accessibility rule that is broken or a page that is wider than its window.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
WIDE: Final[ViewportSize] = {"width": 1440, "height": 1000}
NARROW: Final[ViewportSize] = {"width": 390, "height": 844}

# Where a folder is named here, every page that is looked at leaves its picture there.
PICTURES: Final = os.environ.get("FREEHOLD_TEST_PICTURES")

_PATIENCE_MS: Final = 30_000
_RULES: Final[dict[str, Any]] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}

_COLOURS: Final[dict[str, Any]] = _RULES | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window: the one that FREEHOLD_TEST_CHROMIUM names, else one that is there.

    Keep it no longer than a module: while it runs, its thread's event loop counts as running, and the
    tests of other modules start loops of their own.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("FREEHOLD_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        # Without a path, Playwright's own; the sandbox cannot be had as root, and the pages are ours.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a person's browser did wrong so far. `expected` counts the error answers that the journey provokes."""

    faults: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    expected: Counter[int] = field(default_factory=Counter)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("requestfailed", self._request_failed)
        context.on("response", self._response)

    def expect(self, status: int, times: int = 1) -> None:
        """The next steps provoke an error on purpose: so many answers of this status."""
        self.expected[status] += times

    def assert_clean(self) -> None:
        """Nothing went wrong, and exactly the expected errors were answered."""
        assert not self.faults, "\n".join(self.faults)
        assert self.answers == self.expected

    def _console(self, message: ConsoleMessage) -> None:
        # An error answer is counted as an answer; Chromium's line about it says nothing more.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text} ({message.location})")

    def _request_failed(self, request: Request) -> None:
        # Leaving a page breaks off what it still loads, and the stream of events that it waits for.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"request failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.answers[response.status] += 1
            if self.answers[response.status] > self.expected[response.status]:
                self.faults.append(f"answered {response.status}: {response.request.method} {response.url}")


@contextmanager
def watched(browser: Browser, scheme: Scheme = "light", *, java_script: bool = True) -> Iterator[tuple[Page, Watch]]:
    """One person's browser, open on an empty page; what it did wrong fails the test when it closes."""
    context = browser.new_context(
        viewport=WIDE, color_scheme=scheme, java_script_enabled=java_script, reduced_motion="reduce"
    )
    context.set_default_timeout(_PATIENCE_MS)
    watch = Watch()
    watch.follow(context)
    try:
        yield context.new_page(), watch
        watch.assert_clean()
    finally:
        context.close()


def look(page: Page, name: str) -> None:
    """Look at a page as it stands, in both sizes: every rule of accessibility holds, and nothing sticks out.

    In dark it is the same document in other colours: only the rule of contrast can answer otherwise than it did in light.
    """
    settle(page)
    dark = page.evaluate("document.documentElement.classList.contains('dark')")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert_fits(page)
        _assert_accessible(page, _COLOURS if dark else _RULES)
        if PICTURES:
            path = Path(PICTURES) / f"{name}-{size['width']}-{'dark' if dark else 'light'}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(page.screenshot(full_page=True))
    page.set_viewport_size(WIDE)


def settle(page: Page) -> None:
    """Wait until the page that a click led to is here, whole.

    A click ends as soon as the browser has taken the new document, when there may be nothing in it yet.
    """
    page.locator("main").first.wait_for()
    page.wait_for_load_state()


def assert_fits(page: Page) -> None:
    """The page is not wider than its window."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window, f"{page.url} is {width} px wide in a window of {window} px: {_too_wide(page)}"


def _too_wide(page: Page) -> Any:
    return page.evaluate(
        """() => [...document.querySelectorAll("main *, header *, aside *")]
             .filter(each => each.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
             .map(each => `${each.tagName.toLowerCase()}.${each.className} "${each.textContent.trim().slice(0, 40)}"`)"""
    )


def _assert_accessible(page: Page, rules: dict[str, Any]) -> None:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    # What was broken and nothing else: the long list of what was kept has to be brought here too.
    broken = page.evaluate("rules => axe.run(rules).then(({violations}) => ({violations}))", rules)
    assert not broken["violations"], f"{page.url}\n{AxeResults(broken).generate_report()}"
