# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with messages."""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Message, MessageDetail
from freehold.sdk.models.words import MessageOrigin


class MessageCalls(Resource[Mode]):
    """What `client.messages` does."""

    @listing
    def list(
        self,
        project_id: str,
        *,
        event_type: str | None = None,
        origin: MessageOrigin | None = None,
        matched: bool | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Message]]:
        """A project's messages, newest first, also those that no endpoint received.

        `event_type`: Only of this event type.
        `origin`: Only from there.
        `matched`: Whether an endpoint received it: `false` finds those that matched none.
        `from_`: From this time on.
        `to`: Before this time.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/messages",
            Page[Message],
            query={
                "event_type": event_type,
                "origin": origin,
                "matched": matched,
                "from": from_,
                "to": to,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @operation
    def publish(
        self,
        project_id: str,
        *,
        event_type: str,
        payload: Any,
        id: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Message]:
        """Publish an event to a project; it is delivered to every endpoint that subscribes to its type.

        An event to publish. `id` is the publisher's own name for it: sent twice, it is one message.

        `event_type`: Of the API's catalogue.
        `payload`: Fits the event type's schema.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/messages",
            Message,
            body=sent({"event_type": event_type, "payload": payload, "id": id}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, message_id: str) -> Call[MessageDetail]:
        """One message with its payload and deliveries.

        Raises NotFound.
        """
        return Call("GET", f"/v1/messages/{segment(message_id)}", MessageDetail, repeatable=True)
