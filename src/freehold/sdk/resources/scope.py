# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with scope."""

from collections.abc import Sequence

from freehold.sdk.calls import Call, Mode, Resource, operation, segment, sent
from freehold.sdk.models import ConfirmedScope, ObservedScope


class ScopeCalls(Resource[Mode]):
    """What `client.scope` does."""

    @operation
    def get(self, project_id: str) -> Call[ObservedScope]:
        """What a project declares, and what was observed of each item in the last 30 days.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/scope", ObservedScope, repeatable=True)

    @operation
    def set(
        self, project_id: str, *, endpoints: Sequence[str], event_types: Sequence[str], if_match: str | None = None
    ) -> Call[ConfirmedScope]:
        """Declare what a project uses, whole; answers when every live gate process decides by it.

        What a project declares, whole: operation ids and event types of the catalogue.

        `endpoints`: Operation ids of the catalogue.
        `event_types`: Event types of the catalogue.

        Raises Conflict, NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "PUT",
            f"/v1/projects/{segment(project_id)}/scope",
            ConfirmedScope,
            body=sent({"endpoints": endpoints, "event_types": event_types}),
            if_match=if_match,
            repeatable=True,
        )
