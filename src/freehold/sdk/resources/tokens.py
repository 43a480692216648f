# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with tokens."""

from collections.abc import Sequence
from datetime import datetime
from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import IssuedToken, Token
from freehold.sdk.models.words import TokenRole


class TokenCalls(Resource[Mode]):
    """What `client.tokens` does."""

    @listing
    def list(
        self, *, organization: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Token]]:
        """The caller's own access tokens, or with `organization` that organization's service tokens.

        `organization`: The organization whose service tokens to list, by its id.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            "/v1/tokens",
            Page[Token],
            query={"organization": organization, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        name: str,
        *,
        organization: str | Unset | None = UNSET,
        roles: Sequence[TokenRole] | Unset = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[IssuedToken]:
        """Make an access token; its text is in this answer and nowhere else.

        A new access token: the caller's own, or with `organization` a service token of that organization.

        `name`: What the token is for.
        `organization`: The organization's id, for a service token.

        Raises IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            "/v1/tokens",
            IssuedToken,
            body=sent({"name": name, "organization": organization, "roles": roles, "expires_at": expires_at}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def revoke(self, token_id: str) -> Call[None]:
        """End an access token at once.

        Raises NotFound.
        """
        return Call("DELETE", f"/v1/tokens/{segment(token_id)}", NoneType, repeatable=True)
