"""Every sample page in a browser, in both sizes: also what a filled instance does not show fits, such as refusals and names of any length."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.browsers import NARROW, WIDE, assert_fits
from tests.tidy.sample_pages import PAGES
from tests.tidy.show_pages import Handler


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser, whose addresses are names of samples."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        context = browser.new_context(base_url=f"http://127.0.0.1:{server.server_port}")
        yield context.new_page()
        context.close()
        server.shutdown()


@pytest.mark.parametrize("name", PAGES)
def test_a_sample_page_is_not_wider_than_its_window(page: Page, name: str) -> None:
    page.set_viewport_size(WIDE)
    answer = page.goto(name)
    assert answer is not None
    assert answer.status == 200
    assert_fits(page)
    page.set_viewport_size(NARROW)
    assert_fits(page)
