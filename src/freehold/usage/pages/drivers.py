"""Which projects use most: of an organization, and of the instance for its operator. Thin."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.shell import Shell
from freehold.dashboard.views.usage import DriverRow, DriversView, Option
from freehold.kit import clock
from freehold.usage import drivers
from freehold.usage.drivers import Driver, Drivers, Wanted
from freehold.usage.pages.address import MONTH, RANGES, Query, last, read_view
from freehold.web.call import Call
from freehold.web.cursors import read_cursor
from freehold.web.pages import page

_SHOWN = 50


def show_organization_usage(call: Call, organization_id: str) -> Response[Any]:
    """What each project of an organization used, largest first."""
    wanted = _wanted(call)
    with call.read() as tx:
        found = drivers.read_organization_drivers(tx, call.actor, organization_id, wanted)
        shell = frame(tx, call, "usage-of-all", organization_id=organization_id)
    return _page(call, shell, found, f"/organizations/{organization_id}/usage", of_instance=False)


def show_instance_usage(call: Call) -> Response[Any]:
    """What each project of the instance used, largest first; for the operator."""
    wanted = _wanted(call)
    with call.read() as tx:
        found = drivers.read_instance_drivers(tx, call.actor, wanted)
        shell = frame(tx, call, "usage-of-instance")
    return _page(call, shell, found, "/usage", of_instance=True)


def _wanted(call: Call) -> Wanted:
    query = call.query_lists()
    cursor = last(query, "cursor")
    return Wanted(read_view(query, clock.now()).range, True, _SHOWN, read_cursor(cursor) if cursor else None)


def _page(call: Call, shell: Shell, found: Drivers, here: str, of_instance: bool) -> Response[Any]:
    query = call.query_lists()
    view = read_view(query, shell.now)
    names = (*((name, label) for name, label, _ in RANGES), (MONTH, "This month"))
    shown = DriversView(
        here=here, of_instance=of_instance,
        ranges=tuple(
            Option(label=label, href=_address(here, {}, range=name), current=name == view.range_name) for name, label in names
        ),
        rows=tuple(_row(each, query) for each in found.page.data), projects=found.projects, total=found.totals.requests,
        total_before=found.totals_before.requests if found.totals_before else None,
        from_at=found.range.start, to_at=found.range.end, as_of=found.as_of,
        pager=Pager(
            older=_address(here, query, cursor=found.page.next_cursor) if found.page.next_cursor else None,
            newest=_address(here, query, cursor="") if last(query, "cursor") else None,
        ),
    )  # fmt: skip
    return page("usage/drivers.html.j2", shell, shown)


def _row(driver: Driver, query: Query) -> DriverRow:
    counts, project = driver.counts, driver.project
    kept = {name: last(query, name) for name in ("range", "from", "to") if last(query, name)}
    return DriverRow(
        name=project.name, organization=project.organization_name, environment=project.environment,
        href=_address(f"/projects/{project.id}/usage", {}, **kept) if project.id else "", requests=counts.requests,
        before=driver.before.requests if driver.before else 0, served=counts.served, throttled=counts.throttled,
        denied=counts.denied, failed=counts.failed, cost=counts.cost,
    )  # fmt: skip


def _address(path: str, query: Query, **changed: str) -> str:
    asked = {name: last(query, name) for name in query} | changed
    encoded = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{encoded}" if encoded else path
