"""HTTP of messages, deliveries and attempts. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from freehold.kit.paging import Page, page
from freehold.web import nul
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_instant
from freehold.web.inputs import Body, CursorText, Limit, text, with_time_zone
from freehold.webhooks import delivery_actions
from freehold.webhooks.delivery_queries import DeliveryFilter, MessageFilter
from freehold.webhooks.delivery_views import (
    AttemptDetailView,
    DeliveryDetailView,
    DeliveryView,
    MessageDetailView,
    MessageView,
    attempt_detail_view,
    delivery_detail_view,
    delivery_view,
    message_detail_view,
    message_view,
    place_of,
)
from freehold.webhooks.records import (
    DeliveryState,
    NewMessage,
    Origin,
)


class MessageBody(Body, frozen=True):
    """An event to publish. `id` is the publisher's own name for it: sent twice, it is one message."""

    event_type: Annotated[str, text("lookup.completed", "Of the API's catalogue.", minimum=1, maximum=200)]
    payload: Annotated[Any, msgspec.Meta(description="Fits the event type's schema.", examples=[{"id": "lkp_17"}])]
    id: Annotated[str | None, text("lkp_17-completed", minimum=1, maximum=128)] = None

    def __post_init__(self) -> None:
        """Any JSON may be in a payload, NUL too: it is kept escaped."""
        nul.refuse_in_body(self, ("event_type", "id"))


def publish_message(call: Call, project_id: str, data: MessageBody) -> Response[MessageView]:
    """Publish an event to a project; it is delivered to every endpoint that subscribes to its type."""
    new = NewMessage(data.event_type, data.payload, data.id)
    return call.create(
        lambda tx: message_view(delivery_actions.publish_message(tx, call.actor, project_id, new)), status=202
    )


def list_messages(
    call: Call,
    project_id: str,
    *,
    event_type: Annotated[str | None, QueryParameter(description="Only of this event type.", max_length=200)] = None,
    origin: Annotated[Origin | None, QueryParameter(description="Only from there.")] = None,
    matched: Annotated[
        bool | None,
        QueryParameter(description="Whether an endpoint received it: `false` finds those that matched none."),
    ] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[MessageView]:
    """A project's messages, newest first, also those that no endpoint received."""
    wanted = MessageFilter(event_type, origin, with_time_zone("from", since), with_time_zone("to", until), matched)
    with call.read() as tx:
        rows = delivery_actions.list_messages(
            tx, call.actor, project_id, checked_limit(limit) + 1, after_instant(cursor), wanted
        )
    cut = page(rows, limit, place_of)
    return Page([message_view(row) for row in cut.data], cut.next_cursor)


def read_message(call: Call, message_id: str) -> MessageDetailView:
    """One message with its payload and deliveries."""
    with call.read() as tx:
        return message_detail_view(delivery_actions.read_message(tx, call.actor, message_id))


def list_deliveries(
    call: Call,
    endpoint_id: str,
    *,
    # The framework keeps the name `state` for itself.
    in_state: Annotated[DeliveryState | None, QueryParameter(name="state", description="Only in this state.")] = None,
    event_type: Annotated[str | None, QueryParameter(description="Only of this event type.", max_length=200)] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    message: Annotated[str | None, QueryParameter(description="Only of this message.", max_length=100)] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[DeliveryView]:
    """An endpoint's deliveries, newest first."""
    wanted = DeliveryFilter(in_state, event_type, with_time_zone("from", since), with_time_zone("to", until), message)
    with call.read() as tx:
        rows = delivery_actions.list_deliveries(
            tx, call.actor, endpoint_id, wanted, checked_limit(limit) + 1, after_instant(cursor)
        )
    cut = page(rows, limit, place_of)
    return Page([delivery_view(row) for row in cut.data], cut.next_cursor)


def read_delivery(call: Call, delivery_id: str) -> DeliveryDetailView:
    """One delivery with its attempts in full: what was sent, what came back, how long each step took."""
    with call.read() as tx:
        return delivery_detail_view(delivery_actions.read_delivery(tx, call.actor, delivery_id))


def read_attempt(call: Call, attempt_id: str) -> AttemptDetailView:
    """One attempt in full: what was sent, what came back, how long each step took."""
    with call.read() as tx:
        return attempt_detail_view(*delivery_actions.read_attempt(tx, call.actor, attempt_id))
