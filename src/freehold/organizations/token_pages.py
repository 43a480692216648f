"""The page of access tokens: one's own and the organization's. Thin: parse the form, one action, present."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, cast

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.organizations import TokenRow, TokensView
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.organizations import actions, queries, tokens
from freehold.organizations.permissions import blocked, may
from freehold.organizations.records import ROLE_WORDS, SERVICE_ROLES, ServiceRole, Token
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_LAST_SECOND = time(23, 59, 59, tzinfo=UTC)


class _Shown(msgspec.Struct):
    """What is kept of a new token's answer, sealed, so that the same form shows the same token."""

    name: str
    text: str


def show_tokens(call: Call, organization_id: str) -> Response[Any]:
    """One's own access tokens, and the organization's service tokens for those who may see them."""
    return _tokens(call, organization_id)


def create_own_token(call: Call, organization_id: str) -> Response[Any]:
    """Make an access token of one's own; this answer shows it, once."""

    def issue(tx: Transaction) -> tokens.IssuedToken:
        return tokens.create_personal_token(tx, call.actor, call.secret, call.field("name"), _expiry(call))

    try:
        shown = _issue_once(call, issue)
    except Problem as problem:
        values = {name: call.field(name) for name in ("name", "expires_on")}
        return _tokens(call, organization_id, problem.status, own=_refused(problem, values))
    return _tokens(call, organization_id, shown=shown)


def create_service_token(call: Call, organization_id: str) -> Response[Any]:
    """Make a service token of the organization; this answer shows it, once."""
    roles = cast("list[ServiceRole]", call.fields("roles"))

    def issue(tx: Transaction) -> tokens.IssuedToken:
        return tokens.create_service_token(
            tx, call.actor, call.secret, organization_id, call.field("name"), roles, _expiry(call)
        )

    try:
        shown = _issue_once(call, issue)
    except Problem as problem:
        values = {"name": call.field("name"), "expires_on": call.field("expires_on"), "roles": call.fields("roles")}
        return _tokens(call, organization_id, problem.status, service=_refused(problem, values))
    return _tokens(call, organization_id, shown=shown)


def revoke_token(call: Call, organization_id: str, token_id: str) -> Response[Any]:
    """End a token at once."""
    with call.write() as tx:
        tokens.revoke_token(tx, call.actor, token_id)
    return see_other(f"/organizations/{organization_id}/tokens", "token-revoked")


def _issue_once(call: Call, issue: Callable[[Transaction], tokens.IssuedToken]) -> _Shown:
    def act(tx: Transaction) -> Answer:
        issued = issue(tx)
        return Answer(200, msgspec.json.encode(_Shown(issued.token.name, issued.text)))

    return msgspec.json.decode(call.once(act).body, type=_Shown)


def _expiry(call: Call) -> datetime | None:
    """The end of the day that was typed, in UTC."""
    text = call.field("expires_on")
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), _LAST_SECOND)
    except ValueError:
        raise invalid(FieldError("expires_on", "Write the day like 2026-11-22.", "invalid_date")) from None


def _refused(problem: Problem, values: Values) -> Form:
    """The form with its messages: the API's `expires_at` is the form's `expires_on`."""
    errors = tuple(replace(each, field="expires_on") if each.field == "expires_at" else each for each in problem.errors)
    return refused(replace(problem, errors=errors), values, new_id("req"))


def _tokens(
    call: Call, organization_id: str, status: int = 200, *,
    own: Form | None = None, service: Form | None = None, shown: _Shown | None = None,
) -> Response[Any]:  # fmt: skip
    edit_blocked = blocked(call.actor, "tokens.edit", organization_id)
    service = service or Form(idempotency_key=new_id("req"))
    with call.read() as tx:
        actions.read_organization(tx, call.actor, organization_id)
        shell = frame(tx, call, "tokens", organization_id)
        own_rows = tokens.list_personal_tokens(tx, call.actor)
        service_rows = []
        if may(call.actor, "tokens.edit", organization_id):
            service_rows = tokens.list_service_tokens(tx, call.actor, organization_id)
        names = queries.names_of_users(tx, {row.created_by or "" for row in service_rows})
    view = TokensView(
        organization_id=organization_id,
        own=tuple(_row(row, "fhp_", {}) for row in own_rows),
        service=tuple(_row(row, "fho_", names) for row in service_rows),
        service_roles=tuple(Choice(role, role.capitalize(), ROLE_WORDS[role]) for role in SERVICE_ROLES),
        secret=shown.text if shown else None,
        secret_name=shown.name if shown else "",
        own_form=own or Form(idempotency_key=new_id("req")),
        service_form=replace(service, blocked=edit_blocked),
    )
    return page("organizations/tokens.html.j2", shell, view, status)


def _row(token: Token, prefix: str, names: dict[str, str]) -> TokenRow:
    return TokenRow(
        id=token.id, name=token.name, identifier=f"{prefix}…{token.last4}", roles=tuple(token.roles),
        created_by=names.get(token.created_by or "", "a token"), created_at=token.created_at,
        expires_at=token.expires_at, last_used_at=token.last_used_at,
    )  # fmt: skip
