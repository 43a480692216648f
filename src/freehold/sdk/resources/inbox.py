# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with inbox."""

from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Inbox, InboxRequest
from freehold.sdk.models.words import InboxAnswer


class InboxCalls(Resource[Mode]):
    """What `client.inbox` does."""

    @operation
    def get(self, project_id: str) -> Call[Inbox]:
        """A sandbox project's inbox, once it was opened.

        Raises Conflict, NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/inbox", Inbox, repeatable=True)

    @operation
    def set(
        self, project_id: str, *, answer: InboxAnswer | Unset = UNSET, retry_after_s: int | Unset = UNSET
    ) -> Call[Inbox]:
        """Open a sandbox project's inbox where there is none, and say how it answers.

        How the inbox answers: `verify` as a right receiver does, `accept` everything, or as receivers fail.

        `retry_after_s`: With `429`: the Retry-After, in seconds.

        Raises Conflict, NotFound.
        """
        return Call(
            "PUT",
            f"/v1/projects/{segment(project_id)}/inbox",
            Inbox,
            body=sent({"answer": answer, "retry_after_s": retry_after_s}),
            repeatable=True,
        )

    @listing
    def requests(
        self, project_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[InboxRequest]]:
        """What came to a project's inbox, newest first: the latest hundred are kept.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises Conflict, NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/inbox/requests",
            Page[InboxRequest],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def clear(self, project_id: str) -> Call[None]:
        """Let go of all that came to a project's inbox.

        Raises Conflict, NotFound.
        """
        return Call("DELETE", f"/v1/projects/{segment(project_id)}/inbox/requests", NoneType, repeatable=True)
