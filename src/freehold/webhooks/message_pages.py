"""Pages of messages: a project's list, and one with its payload and deliveries. Thin: read, present."""

from typing import Any, Final, get_args

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Filter
from freehold.dashboard.views.webhooks import MessageRow, MessagesView, MessageView
from freehold.errors import not_found
from freehold.kit.paging import page as cut_page
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page
from freehold.webhooks import delivery_actions, glance_queries
from freehold.webhooks.delivery_pages import delivery_rows
from freehold.webhooks.delivery_queries import MessageFilter
from freehold.webhooks.delivery_views import place_of
from freehold.webhooks.endpoint_forms import event_type_choices
from freehold.webhooks.glance_queries import Fates
from freehold.webhooks.list_addresses import pager
from freehold.webhooks.log_filters import instant_text, read_times
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import Message, Origin

_SHOWN: Final = 50
_FILTERS: Final = ("event_type", "origin", "received", "from", "to")
_ORIGINS: Final[tuple[Origin, ...]] = get_args(Origin)


def show_messages(call: Call, project_id: str) -> Response[Any]:
    """A project's messages, newest first."""
    cursor = call.query_value("cursor")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        wanted, fault = _wanted(call)
        rows = delivery_actions.list_messages(
            tx, call.actor, project_id, _SHOWN + 1, after_instant(cursor or None), wanted
        )
        shown = cut_page(rows, _SHOWN, place_of)
        fates = glance_queries.fates_of_messages(tx, [each.id for each in shown.data])
        choices = tuple((each.value, each.label) for each in event_type_choices(tx, project))
        shell = frame(tx, call, "webhooks", project=project)
    view = MessagesView(
        project_id=project_id, rows=tuple(_row(each, fates[each.id]) for each in shown.data),
        filters=_filters(call, choices), from_text=instant_text(wanted.since), to_text=instant_text(wanted.until),
        range_fault=fault, filtered=bool(cursor) or wanted != MessageFilter(),
        pager=pager(call, f"/projects/{project_id}/messages", shown.next_cursor, _FILTERS),
    )  # fmt: skip
    return page("webhooks/messages.html.j2", shell, view)


def _wanted(call: Call) -> tuple[MessageFilter, str]:
    """Which messages the address asks for, and what of it cannot be read; a word that is no choice asks for any."""
    origin = call.query_value("origin")
    times, fault = read_times(call)
    wanted = MessageFilter(
        call.query_value("event_type") or None, origin if origin in _ORIGINS else None, times[0], times[1],
        {"yes": True, "no": False}.get(call.query_value("received")),
    )  # fmt: skip
    return wanted, fault


def _filters(call: Call, event_types: tuple[tuple[str, str], ...]) -> tuple[Filter, ...]:
    received = (("", "Any"), ("yes", "By an endpoint"), ("no", "By none"))
    origins = (("", "Anyone"), ("published", "The API"), ("test", "A test"), ("freehold", "Freehold"))
    return (
        Filter(name="event_type", label="Event", value=call.query_value("event_type"), choices=(("", "Any"), *event_types)),
        Filter(name="origin", label="From", value=call.query_value("origin"), choices=origins),
        Filter(name="received", label="Received", value=call.query_value("received"), choices=received),
    )  # fmt: skip


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
            deliveries=delivery_rows(tx, detail.deliveries), declared=_is_declared(tx, project_id, message.event_type),
        )  # fmt: skip
        shell = frame(tx, call, "webhooks", project=project)
    return page("webhooks/message.html.j2", shell, view)


def _is_declared(tx: Transaction, project_id: str, event_type: str) -> bool:
    return event_type in OWN_EVENTS or event_type in projects.scope_of(tx, project_id).event_types


def _row(message: Message, fates: Fates) -> MessageRow:
    return MessageRow(
        id=message.id, event_type=message.event_type, origin=message.origin, created_at=message.created_at,
        delivered=fates.delivered, failed=fates.failed, pending=fates.pending, dropped=fates.dropped,
    )  # fmt: skip
