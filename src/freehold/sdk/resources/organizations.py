# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with organizations."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Organization, OrganizationDeletion


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

    @operation
    def delete(self, organization_id: str, *, name: str) -> Call[OrganizationDeletion]:
        """Let an organization wait for its deletion: by an owner of it, or an operator. Its keys stop at once.

        It answers when every live gate refuses them. Within the days of grace it can be restored to what it was.

        The organization's name, typed to confirm it.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/delete",
            OrganizationDeletion,
            body=sent({"name": name}),
        )

    @operation
    def restore(self, organization_id: str) -> Call[OrganizationDeletion]:
        """Take the deletion of an organization back: its projects are what they were, and their keys serve again.

        Raises Conflict, NotFound.
        """
        return Call("POST", f"/v1/organizations/{segment(organization_id)}/restore", OrganizationDeletion)
