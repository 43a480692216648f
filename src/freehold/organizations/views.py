"""What the API takes and shows of accounts, organizations, members and tokens. No IO."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from freehold.kit.paging import Page, page_of_whole
from freehold.organizations import rules
from freehold.organizations.records import (
    Invitation,
    Member,
    Organization,
    Role,
    ServiceRole,
    Token,
    User,
)
from freehold.web.call import checked_limit, etag
from freehold.web.cursors import read_cursor
from freehold.web.inputs import Body, text

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


T = TypeVar("T")


def cut(views: list[T], limit: int, cursor: str | None, id_of: Callable[[T], str]) -> Page[T]:
    """A page of a list that is short enough to be read whole."""
    after = read_cursor(cursor) if cursor else None
    return page_of_whole(views, checked_limit(limit), after, id_of)
