# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with bindings."""

from collections.abc import Mapping, Sequence

from freehold.sdk.calls import Call, Mode, Resource, operation, segment, sent
from freehold.sdk.models import Bindings


class BindingsCalls(Resource[Mode]):
    """What `client.bindings` does."""

    @operation
    def get(self, project_id: str) -> Call[Bindings]:
        """What a sandbox project's production sibling needs values of, and what was given. Either sibling's id serves.

        Raises Conflict, NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/bindings", Bindings, repeatable=True)

    @operation
    def give(self, project_id: str, *, bindings: Mapping[str, str | Sequence[str] | None]) -> Call[Bindings]:
        """Give slots their values for production, kept sealed: null takes one away, what is not named stays as it is.

        Values for slots in production: null takes one away, what is not named stays as it is.

        `bindings`: Values by slot: a URL or a header's value as a text, networks or members as a list.

        Raises Conflict, NotFound.
        """
        return Call(
            "PUT",
            f"/v1/projects/{segment(project_id)}/bindings",
            Bindings,
            body=sent({"bindings": bindings}),
            repeatable=True,
        )
