# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with organizations."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Organization


class OrganizationCalls(Resource[Mode]):
    """What `client.organizations` does."""

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Organization]]:
        """The organizations that the caller can see, by name.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.
        """
        return Call(
            "GET", "/v1/organizations", Page[Organization], query={"limit": limit, "cursor": cursor}, repeatable=True
        )

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Call[Organization]:
        """Make an organization; operators only.

        A new organization.

        `name`: The organization's name.

        Raises AlreadyExists, IdempotencyConflict.
        """
        return Call(
            "POST",
            "/v1/organizations",
            Organization,
            body=sent({"name": name}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, organization_id: str) -> Call[Organization]:
        """One organization.

        Raises NotFound.
        """
        return Call("GET", f"/v1/organizations/{segment(organization_id)}", Organization, repeatable=True)

    @operation
    def edit(
        self, organization_id: str, *, name: str | Unset = UNSET, if_match: str | None = None
    ) -> Call[Organization]:
        """Rename an organization.

        New values; what is absent stays.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/organizations/{segment(organization_id)}",
            Organization,
            body=sent({"name": name}),
            if_match=if_match,
            repeatable=True,
        )
