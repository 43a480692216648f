# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with invitations."""

from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Invitation, IssuedInvitation, Session
from freehold.sdk.models.words import Role


class InvitationCalls(Resource[Mode]):
    """What `client.invitations` does."""

    @listing
    def list(
        self, organization_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Invitation]]:
        """The invitations that can still be accepted, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/invitations",
            Page[Invitation],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self, organization_id: str, *, email: str, role: Role, idempotency_key: str | None = None
    ) -> Call[IssuedInvitation]:
        """Invite an address; the link is in this answer and nowhere else.

        An address to ask.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/invitations",
            IssuedInvitation,
            body=sent({"email": email, "role": role}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def withdraw(self, organization_id: str, invitation_id: str) -> Call[None]:
        """Take an invitation back.

        Raises NotFound.
        """
        return Call(
            "DELETE",
            f"/v1/organizations/{segment(organization_id)}/invitations/{segment(invitation_id)}",
            NoneType,
            repeatable=True,
        )

    @operation
    def accept(
        self, token: str, *, name: str | Unset | None = UNSET, password: str | Unset | None = UNSET
    ) -> Call[Session]:
        """Join an organization with an invitation's token; begins a session.

        Accepting an invitation: as a new account with `name` and `password`, or as the caller.

        `token`: The token behind `#token=` in the invitation's link.
        `name`: The new account's name.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST", "/v1/invitations/accept", Session, body=sent({"token": token, "name": name, "password": password})
        )
