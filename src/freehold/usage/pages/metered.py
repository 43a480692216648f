"""A project's metered events, beside the sums that they are part of."""

from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.usage import MeteredRow, MeteredView
from freehold.kit.paging import page as cut_page
from freehold.projects.actions import read_project
from freehold.usage.metered_list import MeteredEvent, list_metered
from freehold.usage.metered_places import after_event, place_of
from freehold.usage.pages.address import instant, last, project_address
from freehold.web.call import Call
from freehold.web.pages import page

_SHOWN: Final = 50


def show_metered(call: Call, project_id: str) -> Response[Any]:
    """What was reported as used without a request through the gate, newest first."""
    query = call.query_lists()
    start, end, after = instant(query, "from"), instant(query, "to"), after_event(last(query, "cursor") or None)
    with call.read() as tx:
        shell = frame(tx, call, "usage", project=read_project(tx, call.actor, project_id))
        found = list_metered(tx, call.actor, project_id, start, end, _SHOWN + 1, after)
    cut = cut_page(found, _SHOWN, place_of)
    older = project_address(project_id, "metered_events", query, cursor=cut.next_cursor or "")
    shown = MeteredView(
        project_id=project_id, rows=tuple(_row(each, project_id) for each in cut.data), from_at=start, to_at=end,
        pager=Pager(
            older=older if cut.next_cursor else None,
            newest=project_address(project_id, "metered_events", query, cursor="") if after else None,
        ),
    )  # fmt: skip
    return page("usage/metered.html.j2", shell, shown)


def _row(event: MeteredEvent, project_id: str) -> MeteredRow:
    return MeteredRow(
        at=event.at, units=event.units, type=event.type, source=event.source, id=event.event_id,
        endpoint=event.endpoint or "", key_name=event.key_name or "",
        key_href=f"/projects/{project_id}/keys/{event.key_id}" if event.key_id else "", received_at=event.received_at,
    )  # fmt: skip
