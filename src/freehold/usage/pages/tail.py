"""The live tail of a project's requests, as server-sent events: the rows of the list, as they are counted.

Bounded: so many followers a process, so many rows a look, so long a connection. A browser goes on
with `Last-Event-ID`, signed in anew; a pause goes on with the same in `after`.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent, ServerSentEventMessage

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.requests import RequestsView
from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.paging import Cursor, to_text
from freehold.projects.actions import read_project
from freehold.usage import actions
from freehold.usage.glances import request_row
from freehold.usage.pages.address import last, read_filter
from freehold.usage.records import RequestRow
from freehold.usage.tail import LOOK_BACK, ROWS_MAX, Tail
from freehold.web.call import Call
from freehold.web.cursors import after_instant

_LOOK_EVERY_S: Final = 1.0
# A longer one would follow for somebody who has signed out meanwhile: the browser comes back by itself.
_LOOKS: Final = 300
_SILENT_LOOKS: Final = 15
_FOLLOWERS_MAX: Final = 32
# A break longer than this begins anew: the list has the rest.
_RESUMED: Final = timedelta(hours=1)

_followers: set[object] = set()


async def live_requests(call: Call, project_id: str) -> ServerSentEvent:
    """Send the rows of a project's requests as they are counted."""
    if len(_followers) >= _FOLLOWERS_MAX:
        raise Problem("too_many_requests", "Too many pages follow requests already. Reload this one in a minute.")
    # Once before the answer begins, so that a wrong id or filter is answered as such.
    tail = Tail(await sync_to_thread(_begin, call, project_id))
    return ServerSentEvent(_follow(call, project_id, tail))


async def _follow(call: Call, project_id: str, tail: Tail) -> AsyncIterator[ServerSentEventMessage]:
    follower = object()
    _followers.add(follower)
    try:
        for look in range(_LOOKS):
            rows, html = await sync_to_thread(_look, call, project_id, tail)
            if rows:
                newest = rows[0]
                place = to_text(Cursor(clock.to_ms(newest.at), newest.id))
                yield ServerSentEventMessage(event="rows", data=html, id=place)
            elif look % _SILENT_LOOKS == 0:
                yield ServerSentEventMessage(comment="waiting")
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        _followers.discard(follower)


def _begin(call: Call, project_id: str) -> datetime:
    query = call.query_lists()
    with call.read() as tx:
        actions.list_requests(tx, call.actor, project_id, read_filter(query), None, None, 1)
    after = after_instant(call.headers.get("last-event-id") or last(query, "after") or None)
    now = clock.now()
    return max(after[0] - LOOK_BACK, now - _RESUMED) if after else now - LOOK_BACK


def _look(call: Call, project_id: str, tail: Tail) -> tuple[list[RequestRow], str]:
    filter_ = read_filter(call.query_lists())
    with call.read() as tx:
        rows = tail.new(actions.list_requests(tx, call.actor, project_id, filter_, tail.start, None, ROWS_MAX))
        if not rows:
            return rows, ""
        shell = frame(tx, call, "requests", project=read_project(tx, call.actor, project_id))
    view = RequestsView(
        project_id=project_id, rows=tuple(map(request_row, rows)), picks=(), chips=(), from_at=None, to_at=None,
        as_of=shell.now, pager=Pager(), export_href="", live_href="",
    )  # fmt: skip
    return rows, render_part("usage/requests.html.j2", "rows", shell, view)
