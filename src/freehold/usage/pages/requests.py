"""A project's single requests, newest first."""

from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.requests import RequestsView
from freehold.kit import clock
from freehold.kit.paging import Cursor, to_text
from freehold.kit.paging import page as cut_page
from freehold.projects.actions import read_project
from freehold.usage import actions
from freehold.usage.glances import request_row
from freehold.usage.pages.address import instant, last, project_address, read_filter, requests_address
from freehold.usage.pages.filters import chips, picks
from freehold.usage.pages.one_request import opened_request
from freehold.usage.records import RequestRow
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page

_SHOWN: Final = 50


def show_requests(call: Call, project_id: str) -> Response[Any]:
    """A project's single requests, newest first; with `live=yes` new ones are put before them as they are counted."""
    query = call.query_lists()
    start, end = instant(query, "from"), instant(query, "to")
    after = after_instant(last(query, "cursor") or None)
    live = last(query, "live") == "yes" and not (start or end or after)
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "requests", project=project)
        rows = actions.list_requests(
            tx, call.actor, project_id, read_filter(query), start, end, _SHOWN + 1, after
        )  # fmt: skip
        offered, as_of = picks(tx, call, project, query), actions.as_of(tx)
        opened = opened_request(tx, call, project, query, project_address(project_id, "requests", query))
    cut = cut_page(rows, _SHOWN, _place)
    now = to_text(Cursor(clock.to_ms(shell.now), "-"))
    shown = RequestsView(
        project_id=project_id, rows=tuple(request_row(row) for row in cut.data), picks=offered,
        chips=chips(offered, query, project_id, "requests"), from_at=start, to_at=end, as_of=as_of,
        pager=Pager(
            older=requests_address(project_id, query, cursor=cut.next_cursor, live="") if cut.next_cursor else None,
            newest=requests_address(project_id, query) if after else None,
        ),
        export_href=project_address(project_id, "requests/export.csv", query, cursor="", live=""),
        live_href=requests_address(project_id, query, live="yes", **{"from": "", "to": ""}),
        tail_url=project_address(project_id, "requests/live", query, cursor="", live="", after=now) if live else "",
        stop_href=requests_address(project_id, query, live=""), opened=opened,
    )  # fmt: skip
    return page("usage/requests.html.j2", shell, shown)


def _place(row: RequestRow) -> Cursor:
    return Cursor(clock.to_ms(row.at), row.id)
