"""Every page of a filled instance, in both sizes and both colour schemes: nothing breaks, nothing sticks out, axe finds nothing.

The pages are those of the route table: a page that is added there is looked at here, or this fails.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest
from litestar import get
from playwright.sync_api import Browser, Page

from freehold.routes import PAGES
from tests.journeys.browsers import SCHEMES, Scheme, Watch, look, watched
from tests.journeys.demo_instance import Demo, filled, running_demo

# Not pages, but what pages ask for; and pages that are looked at where they can be reached.
_NOT_HERE: Final = {
    "/", "/setup", "/sign-in", "/static/{path:path}", "/projects/{project_id:str}/drift/plan",
}  # fmt: skip
_ROUTES: Final = [
    path
    for method, path, _ in PAGES
    if method is get
    and path not in _NOT_HERE
    and not path.endswith(("/live", "/export.csv", "/file", "/preview"))
    # Look as a project's own does, and an organization's.
    and path
    not in {
        "/organizations/{organization_id:str}/reports/schedules/{schedule_id:str}",
        "/organizations/{organization_id:str}/reports/{report_id:str}",
        "/audit/forwarding/{forwarding_id:str}",
    }
]
_PROJECT: Final = "/projects/{project_id:str}"
_MORE: Final = {
    "a denied request": f"{_PROJECT}/requests/{{denied_id:str}}",
    "a request beside its list": f"{_PROJECT}/requests?request={{denied_id:str}}",
    "a throttled request": f"{_PROJECT}/requests/{{throttled_id:str}}",
    "a failed request": f"{_PROJECT}/requests/{{failed_id:str}}",
    "usage of 30 days by key": f"{_PROJECT}/usage?range=30d&group_by=key",
    "usage of a month as a table": f"{_PROJECT}/usage?range=month&timezone=Asia/Kolkata&table=yes&kind=served&kind=denied",
    "no metered event": f"{_PROJECT}/metered_events",
    "requests followed": f"{_PROJECT}/requests?live=yes",
    "denied requests": f"{_PROJECT}/requests?kind=denied",
    "no request fits": f"{_PROJECT}/requests?outcome=expired",
    "no project fits": "/organizations/{organization_id:str}/projects?query=zebra",
    "an approved access request": "/access_requests/{approved_id:str}",
    "a promotion": f"{_PROJECT}/drift/plan?do=promote&item=/labels/purpose",
    "an acceptance": f"{_PROJECT}/drift/plan?do=accept&item=/labels/purpose",
    "no report fits": f"{_PROJECT}/reports?state=failed&asker=schedule",
    "something done": f"{_PROJECT}?done=saved",
}
_PAGES: Final = {_PROJECT if path == _PROJECT else path.removeprefix(f"{_PROJECT}/"): path for path in _ROUTES} | _MORE
_FAILING: Final = ("bindings", "clone", "webhooks", "webhooks/{endpoint_id:str}", "deliveries/{delivery_id:str}")
_IN_PRODUCTION: Final = (_PROJECT, "scope", "keys/{key_id:str}", "usage", "a throttled request", "drift")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The filled instance, running: a copy for each worker of what one of them has made."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    with running_demo(filled(shared), tmp_path_factory.mktemp("demo") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def pages(browser: Browser, demo: Demo) -> Iterator[dict[Scheme, tuple[Page, Watch]]]:
    """A browser of each colour scheme, signed in as the operator."""
    with ExitStack() as open_browsers:
        opened = {scheme: open_browsers.enter_context(watched(browser, scheme)) for scheme in SCHEMES}
        for page, _ in opened.values():
            page.context.add_cookies([{"name": "freehold_session", "value": demo.session, "url": demo.url}])
        yield opened


def open_page(pages: dict[Scheme, tuple[Page, Watch]], scheme: Scheme, url: str, name: str) -> Page:
    """Open a page and look at it in both sizes; nothing may go wrong on the way."""
    page, watch = pages[scheme]
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    assert page.url == url
    look(page, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    assert not watch.faults, "\n".join(watch.faults)
    return page


def address(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::str)?\}", lambda placeholder: ids[placeholder[1]], path)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", _PAGES)
def test_page(pages: dict[Scheme, tuple[Page, Watch]], demo: Demo, name: str, scheme: Scheme) -> None:
    page = open_page(pages, scheme, demo.url + address(_PAGES[name], demo.ids), name)
    environment = "sandbox" if _PAGES[name].startswith(_PROJECT) else None
    assert page.locator("html").get_attribute("data-env") == environment


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", _FAILING)
def test_page_of_a_failing_webhook(
    pages: dict[Scheme, tuple[Page, Watch]], demo: Demo, name: str, scheme: Scheme
) -> None:
    open_page(pages, scheme, demo.url + address(_PAGES[name], demo.failing), f"failing {name}")


@pytest.mark.parametrize("name", _IN_PRODUCTION)
def test_page_of_production(pages: dict[Scheme, tuple[Page, Watch]], demo: Demo, name: str) -> None:
    page = open_page(pages, "light", demo.url + address(_PAGES[name], demo.production), f"production {name}")
    assert page.locator("html").get_attribute("data-env") == "production"
    assert page.title().startswith("Production · ")
