"""A project's single requests, newest first."""

from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.requests import RequestsView
from freehold.kit import clock
from freehold.kit.paging import Cursor, to_text
from freehold.projects.actions import read_project
from freehold.usage import actions
from freehold.usage.glances import request_row
from freehold.usage.pages.address import instant, last, project_address, read_filter, requests_address
from freehold.usage.pages.filters import chips, path_pick, picks
from freehold.usage.pages.one_request import opened_request
from freehold.usage.pages.unlisted import unlisted_of
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
        listed = actions.page_of_requests(
            tx, call.actor, project_id, read_filter(query), start, end, _SHOWN, after
        )  # fmt: skip
        offered, as_of = (*picks(tx, call, project, query), path_pick(query)), actions.as_of(tx)
        opened = opened_request(tx, call, project, query, project_address(project_id, "requests", query))
        unlisted = unlisted_of(tx, call.settings, listed)
    older = to_text(Cursor(clock.to_ms(listed.after[0]), listed.after[1])) if listed.after else ""
    now = to_text(Cursor(clock.to_ms(shell.now), "-"))
    shown = RequestsView(
        project_id=project_id, rows=tuple(request_row(row) for row in listed.rows), picks=offered,
        chips=chips(offered, query, project_id, "requests"), from_at=start, to_at=end, as_of=as_of,
        pager=Pager(
            older=requests_address(project_id, query, cursor=older, live="") if older else None,
            newest=requests_address(project_id, query) if after else None,
        ),
        export_href=project_address(project_id, "requests/export.csv", query, cursor="", live=""),
        live_href=requests_address(project_id, query, live="yes", **{"from": "", "to": ""}),
        tail_url=project_address(project_id, "requests/live", query, cursor="", live="", after=now) if live else "",
        stop_href=requests_address(project_id, query, live=""), opened=opened, unlisted=unlisted,
    )  # fmt: skip
    return page("usage/requests.html.j2", shell, shown)
