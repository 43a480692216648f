# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with endpoints."""

from freehold.sdk.calls import Call, Mode, Resource, listing, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import Endpoint


class EndpointCalls(Resource[Mode]):
    """What `client.endpoints` does."""

    @listing
    def list(
        self, api: str, *, removed: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Endpoint]]:
        """An API's endpoints, in their document's order.

        `removed`: Also what the document no longer has.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/apis/{segment(api)}/endpoints",
            Page[Endpoint],
            query={"removed": removed, "limit": limit, "cursor": cursor},
            repeatable=True,
        )
