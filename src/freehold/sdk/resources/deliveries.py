# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with deliveries."""

from datetime import datetime

from freehold.sdk.calls import Call, Mode, Resource, key_or_new, listing, operation, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import Delivery, DeliveryDetail, Replay
from freehold.sdk.models.words import DeliveryState


class DeliveryCalls(Resource[Mode]):
    """What `client.deliveries` does."""

    @listing
    def list(
        self,
        endpoint_id: str,
        *,
        state: DeliveryState | None = None,
        event_type: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        message: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Delivery]]:
        """An endpoint's deliveries, newest first.

        `state`: Only in this state.
        `event_type`: Only of this event type.
        `from_`: From this time on.
        `to`: Before this time.
        `message`: Only of this message.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/webhooks/{segment(endpoint_id)}/deliveries",
            Page[Delivery],
            query={
                "state": state,
                "event_type": event_type,
                "from": from_,
                "to": to,
                "message": message,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @operation
    def get(self, delivery_id: str) -> Call[DeliveryDetail]:
        """One delivery with its attempts in full: what was sent, what came back, how long each step took.

        Raises NotFound.
        """
        return Call("GET", f"/v1/deliveries/{segment(delivery_id)}", DeliveryDetail, repeatable=True)

    @operation
    def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Call[Replay]:
        """Send one delivery once more, with the same id and body; it gets a new schedule of retries.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/deliveries/{segment(delivery_id)}/replay",
            Replay,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )
