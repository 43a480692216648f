"""HTTP of access and service tokens. Thin: parse, one action, present."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from freehold.errors import FieldError, invalid
from freehold.kit.paging import Page
from freehold.organizations import tokens
from freehold.organizations.views import IssuedTokenView, TokenBody, TokenView, cut, token_view
from freehold.web.call import Call
from freehold.web.inputs import CursorText, Limit, with_time_zone


def list_tokens(
    call: Call,
    organization: Annotated[
        str | None,
        QueryParameter(description="The organization whose service tokens to list, by its id.", max_length=100),
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[TokenView]:
    """The caller's own access tokens, or with `organization` that organization's service tokens."""
    with call.read() as tx:
        if organization is None:
            rows = tokens.list_personal_tokens(tx, call.actor)
        else:
            rows = tokens.list_service_tokens(tx, call.actor, organization)
    return cut([token_view(row) for row in rows], limit, cursor, lambda view: view.id)


def create_token(call: Call, data: TokenBody) -> Response[IssuedTokenView]:
    """Make an access token; its text is in this answer and nowhere else."""
    if data.organization is None and data.roles:
        raise invalid(
            FieldError(
                "roles", "A personal token has its person's roles; roles go with an organization.", "not_allowed"
            )
        )
    expires_at = with_time_zone("expires_at", data.expires_at)

    def act(tx: Any) -> IssuedTokenView:
        if data.organization is None:
            issued = tokens.create_personal_token(tx, call.actor, call.secret, data.name, expires_at)
        else:
            issued = tokens.create_service_token(
                tx, call.actor, call.secret, data.organization, data.name, data.roles, expires_at
            )
        return IssuedTokenView(token=issued.text, **msgspec.structs.asdict(token_view(issued.token)))

    return call.create(act)


def revoke_token(call: Call, token_id: str) -> None:
    """End an access token at once."""
    with call.write() as tx:
        tokens.revoke_token(tx, call.actor, token_id)
