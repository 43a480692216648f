"""Pages of messages: a project's list, and one with its payload and deliveries. Thin: read, present."""

from typing import Any, Final

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Filter
from freehold.dashboard.views.webhooks import MessageRow, MessagesView, MessageView
from freehold.errors import not_found
from freehold.kit.paging import page as cut_page
from freehold.projects.actions import read_project
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page
from freehold.webhooks import delivery_actions, glance_queries
from freehold.webhooks.delivery_pages import delivery_rows
from freehold.webhooks.delivery_views import place_of
from freehold.webhooks.endpoint_forms import event_type_choices
from freehold.webhooks.glance_queries import Fates
from freehold.webhooks.list_addresses import pager
from freehold.webhooks.records import Message

_SHOWN: Final = 50


def show_messages(call: Call, project_id: str) -> Response[Any]:
    """A project's messages, newest first."""
    event_type, cursor = call.query_value("event_type"), call.query_value("cursor")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        rows = delivery_actions.list_messages(
            tx, call.actor, project_id, _SHOWN + 1, after_instant(cursor or None), event_type or None
        )
        shown = cut_page(rows, _SHOWN, place_of)
        fates = glance_queries.fates_of_messages(tx, [each.id for each in shown.data])
        choices = tuple((each.value, each.label) for each in event_type_choices(tx, project))
        shell = frame(tx, call, "webhooks", project=project)
    chosen = Filter(name="event_type", label="Event", value=event_type, choices=(("", "Any"), *choices))
    view = MessagesView(
        project_id=project_id, rows=tuple(_row(each, fates[each.id]) for each in shown.data), filters=(chosen,),
        pager=pager(call, f"/projects/{project_id}/messages", shown.next_cursor, ("event_type",)), filtered=bool(event_type or cursor),
    )  # fmt: skip
    return page("webhooks/messages.html.j2", shell, view)


def show_message(call: Call, project_id: str, message_id: str) -> Response[Any]:
    """One message: its payload, and what became of it at each endpoint."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        detail = delivery_actions.read_message(tx, call.actor, message_id)
        message = detail.message
        if message.project_id != project_id:
            raise not_found("message")
        fates = glance_queries.fates_of_messages(tx, [message.id])
        view = MessageView(
            project_id=project_id, message=_row(message, fates[message.id]), dedup_id=message.dedup_id or "",
            request_id=message.request_id or "", payload=msgspec.json.encode(message.payload).decode(),
            deliveries=delivery_rows(tx, detail.deliveries),
        )  # fmt: skip
        shell = frame(tx, call, "webhooks", project=project)
    return page("webhooks/message.html.j2", shell, view)


def _row(message: Message, fates: Fates) -> MessageRow:
    return MessageRow(
        id=message.id, event_type=message.event_type, origin=message.origin, created_at=message.created_at,
        delivered=fates.delivered, failed=fates.failed, pending=fates.pending, dropped=fates.dropped,
    )  # fmt: skip
