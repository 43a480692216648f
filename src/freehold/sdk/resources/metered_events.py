# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with metered events."""

from datetime import datetime

from freehold.sdk.calls import Call, Mode, Resource, listing, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import MeteredEvent


class MeteredEventCalls(Resource[Mode]):
    """What `client.metered_events` does."""

    @listing
    def list(
        self,
        project_id: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[MeteredEvent]]:
        """A project's metered events, newest first by the time that they count for. Their units are in the usage's cost.

        `from_`: That count from this time on.
        `to`: That count before this time.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/metered_events",
            Page[MeteredEvent],
            query={"from": from_, "to": to, "limit": limit, "cursor": cursor},
            repeatable=True,
        )
