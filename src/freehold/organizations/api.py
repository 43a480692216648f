"""HTTP of setup, sessions, tokens, organizations, members and the audit log. Thin: parse, one action, present."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from freehold.errors import FieldError, invalid
from freehold.kit.paging import Page, page_of_whole
from freehold.organizations import actions, members, passwords, rules, sessions, tokens
from freehold.organizations.cookies import accept_with_new_account, invitation_link, no_session_cookie, session_cookie
from freehold.organizations.records import (
    Invitation,
    Member,
    Organization,
    Role,
    ServiceRole,
    Token,
    User,
)
from freehold.web.call import Call, checked_limit, etag
from freehold.web.cursors import read_cursor
from freehold.web.inputs import Body, CursorText, Limit, text, with_time_zone

T = TypeVar("T")
EmailText = Annotated[str, text("ada@example.com", maximum=rules.EMAIL_MAX, minimum=3)]
NewPassword = Annotated[
    str,
    text(
        "a boat in the harbour at noon",
        "12 characters or more.",
        minimum=rules.PASSWORD_MIN,
        maximum=rules.PASSWORD_MAX,
    ),
]
RoleName = Annotated[Role, msgspec.Meta(examples=["developer"])]


class UserView(msgspec.Struct, kw_only=True):
    """A person's account."""

    id: str
    email: str
    name: str
    is_operator: bool


class OrganizationView(msgspec.Struct, kw_only=True):
    """A team or company."""

    id: str
    name: str
    slug: str
    is_operator: bool
    created_at: datetime
    etag: str


class SetupBody(Body, frozen=True):
    """The first-run setup: the operator's account and organization."""

    setup_token: Annotated[str, text("8kZ…", "The token behind `#token=` in the link that Freehold prints.")]
    email: EmailText
    name: Annotated[str, text("Ada Lovelace", "The operator's name.", minimum=1)]
    password: NewPassword
    organization: Annotated[str, text("Northgate", "The operator's organization.", minimum=1)]


class SetupView(msgspec.Struct, kw_only=True):
    """What the first-run setup made. `token` is an access token of the operator, shown this once."""

    organization: OrganizationView
    user: UserView
    token: str


class SessionBody(Body, frozen=True):
    """Signing in."""

    email: EmailText
    password: Annotated[str, text("a few unrelated words", "The account's password.", maximum=rules.PASSWORD_MAX)]


class SessionView(msgspec.Struct, kw_only=True):
    """A new session. Send `csrf_token` as `X-CSRF-Token` with every changing call that uses the session's cookie."""

    user: UserView
    csrf_token: str
    expires_at: datetime


class MembershipView(msgspec.Struct, kw_only=True):
    """An organization and the caller's role in it."""

    organization: OrganizationView
    role: Role


class MeView(msgspec.Struct, kw_only=True):
    """The caller: a person, or an organization's service token (then `user` is null)."""

    user: UserView | None
    organizations: list[MembershipView]
    token: "TokenView | None"
    roles: dict[str, list[ServiceRole]]


class TokenBody(Body, frozen=True):
    """A new access token: the caller's own, or with `organization` a service token of that organization."""

    name: Annotated[str, text("Nightly report", "What the token is for.", minimum=1)]
    organization: Annotated[str | None, msgspec.Meta(description="The organization's id, for a service token.")] = None
    roles: list[ServiceRole] = msgspec.field(default_factory=list)
    expires_at: datetime | None = None


class TokenView(msgspec.Struct, kw_only=True):
    """An access token, without its text."""

    id: str
    kind: str
    name: str
    organization: str | None
    roles: list[ServiceRole]
    last4: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class IssuedTokenView(TokenView, kw_only=True):
    """A new access token; `token` is shown this once."""

    token: str


class OrganizationBody(Body, frozen=True):
    """A new organization."""

    name: Annotated[str, text("Harbour", "The organization's name.", minimum=1)]


class OrganizationPatch(Body, frozen=True):
    """New values; what is absent stays."""

    name: Annotated[str, text("Harbour", minimum=1)] | UnsetType = UNSET


class MemberView(msgspec.Struct, kw_only=True):
    """A person in an organization."""

    user: str
    email: str
    name: str
    role: Role
    joined_at: datetime
    last_seen_at: datetime | None


class RoleBody(Body, frozen=True):
    """A member's new role."""

    role: RoleName


class InvitationBody(Body, frozen=True):
    """An address to ask."""

    email: EmailText
    role: RoleName


class InvitationView(msgspec.Struct, kw_only=True):
    """An invitation that can still be accepted."""

    id: str
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class IssuedInvitationView(InvitationView, kw_only=True):
    """A new invitation; `link` is shown this once. Pass it on to the person."""

    link: str


class AcceptBody(Body, frozen=True):
    """Accepting an invitation: as a new account with `name` and `password`, or as the caller."""

    token: Annotated[str, text("q3V…", "The token behind `#token=` in the invitation's link.")]
    name: Annotated[str | None, text("Grace Hopper", "The new account's name.")] = None
    password: NewPassword | None = None


# --- setup and sessions ---------------------------------------------------------------------------


def set_up(call: Call, data: SetupBody) -> Response[SetupView]:
    """Do the first-run setup with the one-time token; begins a session too."""
    actions.check_new_operator(data.email, data.name, data.password, data.organization)
    with call.read() as tx:
        actions.check_setup_token(tx, call.secret, data.setup_token)
    new = actions.NewOperator(data.email, data.name, passwords.hash_password(data.password), data.organization)
    with call.write() as tx:
        actions.check_setup_token(tx, call.secret, data.setup_token)
        user, organization = actions.set_up(tx, new, call.address, call.request_id)
        actor = tokens.actor_of_user(tx, user.id)
        if actor is None:  # pragma: no cover - the account was made two lines above
            raise LookupError(user.id)
        issued = tokens.create_personal_token(tx, actor, call.secret, "First token", None)
        signed_in = sessions.begin_session(tx, call.secret, user, call.visitor, call.settings.session_days)
    view = SetupView(organization=organization_view(organization), user=user_view(user), token=issued.text)
    return Response(view, status_code=201, cookies=[session_cookie(call, signed_in)])


def begin_session(call: Call, data: SessionBody) -> Response[SessionView]:
    """Sign in with e-mail address and password."""
    signed_in = sessions.sign_in(
        call.store, call.secret, data.email, data.password, call.visitor, call.settings.session_days
    )
    view = SessionView(
        user=user_view(signed_in.user),
        csrf_token=sessions.csrf_token(call.secret, signed_in.text),
        expires_at=signed_in.expires_at,
    )
    return Response(view, status_code=201, cookies=[session_cookie(call, signed_in)])


def end_session(call: Call) -> Response[None]:
    """Sign out."""
    caller = call.caller
    if caller.session is not None:
        with call.write() as tx:
            sessions.sign_out(tx, caller.actor, caller.session.digest)
    return Response(None, status_code=204, cookies=[no_session_cookie()])


def read_me(call: Call) -> MeView:
    """Who the caller is, and what they may do where."""
    caller = call.caller
    with call.read() as tx:
        own = actions.memberships(tx, caller.user.id) if caller.user else []
    return MeView(
        user=user_view(caller.user) if caller.user else None,
        organizations=[
            MembershipView(organization=organization_view(each.organization), role=each.role) for each in own
        ],
        token=token_view(caller.token) if caller.token else None,
        roles={organization: sorted(roles) for organization, roles in caller.actor.roles.items()},
    )


# --- tokens ---------------------------------------------------------------------------------------


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
    return _cut([token_view(row) for row in rows], limit, cursor, lambda view: view.id)


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


# --- organizations --------------------------------------------------------------------------------


def list_organizations(call: Call, limit: Limit = 50, cursor: CursorText = None) -> Page[OrganizationView]:
    """The organizations that the caller can see, by name."""
    with call.read() as tx:
        views = [organization_view(each) for each in actions.list_organizations(tx, call.actor)]
    return _cut(views, limit, cursor, lambda view: view.id)


def create_organization(call: Call, data: OrganizationBody) -> Response[OrganizationView]:
    """Make an organization; operators only."""
    return call.create(lambda tx: organization_view(actions.create_organization(tx, call.actor, data.name)))


def read_organization(call: Call, organization_id: str) -> OrganizationView:
    """One organization."""
    with call.read() as tx:
        return organization_view(actions.read_organization(tx, call.actor, organization_id))


def edit_organization(call: Call, organization_id: str, data: OrganizationPatch) -> OrganizationView:
    """Rename an organization."""
    with call.write() as tx:
        name = None if data.name is UNSET else data.name
        return organization_view(actions.rename_organization(tx, call.actor, organization_id, name, call.revision()))


# --- members --------------------------------------------------------------------------------------


def list_members(call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[MemberView]:
    """An organization's members, by e-mail address."""
    with call.read() as tx:
        views = [member_view(each) for each in members.list_members(tx, call.actor, organization_id)]
    return _cut(views, limit, cursor, lambda view: view.user)


def change_role(call: Call, organization_id: str, user_id: str, data: RoleBody) -> MemberView:
    """Give a member another role."""
    with call.write() as tx:
        return member_view(members.change_role(tx, call.actor, organization_id, user_id, data.role))


def remove_member(call: Call, organization_id: str, user_id: str) -> None:
    """Take a member out; anybody may leave by themselves."""
    with call.write() as tx:
        members.remove_member(tx, call.actor, organization_id, user_id)


def list_invitations(
    call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[InvitationView]:
    """The invitations that can still be accepted, newest first."""
    with call.read() as tx:
        views = [invitation_view(each) for each in members.list_invitations(tx, call.actor, organization_id)]
    return _cut(views, limit, cursor, lambda view: view.id)


def invite(call: Call, organization_id: str, data: InvitationBody) -> Response[IssuedInvitationView]:
    """Invite an address; the link is in this answer and nowhere else."""

    def act(tx: Any) -> IssuedInvitationView:
        issued = members.invite(
            tx, call.actor, call.secret, organization_id, data.email, data.role, call.settings.invitation_days
        )
        return IssuedInvitationView(
            link=invitation_link(call, issued.token), **msgspec.structs.asdict(invitation_view(issued.invitation))
        )

    return call.create(act)


def withdraw_invitation(call: Call, organization_id: str, invitation_id: str) -> None:
    """Take an invitation back."""
    with call.write() as tx:
        members.withdraw_invitation(tx, call.actor, organization_id, invitation_id)


def accept_invitation(call: Call, data: AcceptBody) -> Response[SessionView]:
    """Join an organization with an invitation's token; begins a session."""
    if call.caller_or_none is not None and data.password is None:
        with call.write() as tx:
            members.accept_as_user(tx, call.actor, call.secret, data.token)
            user = call.caller.user
            if user is None:
                raise invalid(FieldError("token", "Only a person can accept an invitation.", "not_a_person"))
            signed_in = sessions.begin_session(tx, call.secret, user, call.visitor, call.settings.session_days)
    else:
        signed_in = accept_with_new_account(call, data.token, data.name or "", data.password or "")
    view = SessionView(
        user=user_view(signed_in.user),
        csrf_token=sessions.csrf_token(call.secret, signed_in.text),
        expires_at=signed_in.expires_at,
    )
    return Response(view, status_code=201, cookies=[session_cookie(call, signed_in)])


# --- presenting -----------------------------------------------------------------------------------


def _cut(views: list[T], limit: int, cursor: str | None, id_of: Callable[[T], str]) -> Page[T]:
    """A page of a list that is short enough to be read whole."""
    after = read_cursor(cursor) if cursor else None
    return page_of_whole(views, checked_limit(limit), after, id_of)


def user_view(user: User) -> UserView:
    """An account as the API shows it."""
    return UserView(id=user.id, email=user.email, name=user.name, is_operator=user.is_operator)


def organization_view(organization: Organization) -> OrganizationView:
    """An organization as the API shows it."""
    return OrganizationView(
        id=organization.id, name=organization.name, slug=organization.slug, is_operator=organization.is_operator,
        created_at=organization.created_at, etag=etag(organization.revision),
    )  # fmt: skip


def token_view(token: Token) -> TokenView:
    """A token as the API shows it."""
    return TokenView(
        id=token.id, kind=token.kind, name=token.name, organization=token.organization_id, roles=token.roles,
        last4=token.last4, created_at=token.created_at, expires_at=token.expires_at, last_used_at=token.last_used_at,
    )  # fmt: skip


def member_view(member: Member) -> MemberView:
    """A member as the API shows one."""
    return MemberView(
        user=member.user_id, email=member.email, name=member.name, role=member.role, joined_at=member.joined_at,
        last_seen_at=member.last_seen_at,
    )  # fmt: skip


def invitation_view(invitation: Invitation) -> InvitationView:
    """An invitation as the API shows it."""
    return InvitationView(
        id=invitation.id, email=invitation.email, role=invitation.role, created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )  # fmt: skip
