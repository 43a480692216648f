# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with firings."""

from freehold.sdk.calls import Call, Mode, Resource, listing, operation, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import Firing, FiringDetail
from freehold.sdk.models.words import FiringState


class FiringCalls(Resource[Mode]):
    """What `client.firings` does."""

    @listing
    def list(
        self, project_id: str, *, state: FiringState | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Firing]]:
        """A project's firings, newest first.

        `state`: Only those that are open, or over.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/firings",
            Page[Firing],
            query={"state": state, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def get(self, firing_id: str) -> Call[FiringDetail]:
        """One firing with what was told of it, and what came of that.

        Raises NotFound.
        """
        return Call("GET", f"/v1/firings/{segment(firing_id)}", FiringDetail, repeatable=True)

    @operation
    def acknowledge(self, firing_id: str) -> Call[FiringDetail]:
        """Say that you have taken a firing on. The first person stays named.

        Raises NotFound.
        """
        return Call("POST", f"/v1/firings/{segment(firing_id)}/acknowledge", FiringDetail, repeatable=True)
