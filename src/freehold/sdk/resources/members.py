# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with members."""

from types import NoneType

from freehold.sdk.calls import Call, Mode, Resource, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Member
from freehold.sdk.models.words import Role


class MemberCalls(Resource[Mode]):
    """What `client.members` does."""

    @listing
    def list(self, organization_id: str, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Member]]:
        """An organization's members, by e-mail address.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/members",
            Page[Member],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def remove(self, organization_id: str, user_id: str) -> Call[None]:
        """Take a member out; anybody may leave by themselves. Not the only technical owner of a live production project.

        Raises Conflict, NotFound.
        """
        return Call(
            "DELETE",
            f"/v1/organizations/{segment(organization_id)}/members/{segment(user_id)}",
            NoneType,
            repeatable=True,
        )

    @operation
    def change_role(self, organization_id: str, user_id: str, *, role: Role) -> Call[Member]:
        """Give a member another role.

        A member's new role.

        Raises Conflict, NotFound.
        """
        return Call(
            "PATCH",
            f"/v1/organizations/{segment(organization_id)}/members/{segment(user_id)}",
            Member,
            body=sent({"role": role}),
            repeatable=True,
        )
