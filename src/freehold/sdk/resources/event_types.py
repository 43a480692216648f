# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with event types."""

from freehold.sdk.calls import Call, Mode, Resource, listing, operation, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import EventType


class EventTypeCalls(Resource[Mode]):
    """What `client.event_types` does."""

    @listing
    def list(
        self, api: str, *, removed: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[EventType]]:
        """An API's event types, in their document's order.

        `removed`: Also what the document no longer has.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/apis/{segment(api)}/event_types",
            Page[EventType],
            query={"removed": removed, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def get(self, api: str, event_type: str) -> Call[EventType]:
        """One event type, with its payload's schema and an example: the document's, or made from the schema.

        Raises NotFound.
        """
        return Call("GET", f"/v1/apis/{segment(api)}/event_types/{segment(event_type)}", EventType, repeatable=True)
