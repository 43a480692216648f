# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with webhook checks."""

from freehold.sdk.calls import Call, Mode, Resource, listing, operation, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import WebhookCheck


class WebhookCheckCalls(Resource[Mode]):
    """What `client.webhook_checks` does."""

    @listing
    def list(
        self, endpoint_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[WebhookCheck]]:
        """An endpoint's checks, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/webhooks/{segment(endpoint_id)}/checks",
            Page[WebhookCheck],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def get(self, check_id: str) -> Call[WebhookCheck]:
        """One check, as far as it has come.

        Raises NotFound.
        """
        return Call("GET", f"/v1/webhook_checks/{segment(check_id)}", WebhookCheck, repeatable=True)
