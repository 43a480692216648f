"""HTTP of members and invitations. Thin: parse, one action, present."""

from typing import Any

import msgspec
from litestar import Response

from freehold.errors import FieldError, invalid
from freehold.kit.paging import Page
from freehold.organizations import members, sessions
from freehold.organizations.cookies import accept_with_new_account, invitation_link, session_cookie
from freehold.organizations.views import (
    AcceptBody,
    InvitationBody,
    InvitationView,
    IssuedInvitationView,
    MemberView,
    RoleBody,
    SessionView,
    cut,
    invitation_view,
    member_view,
    user_view,
)
from freehold.web.call import Call
from freehold.web.inputs import CursorText, Limit


def list_members(call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[MemberView]:
    """An organization's members, by e-mail address."""
    with call.read() as tx:
        views = [member_view(each) for each in members.list_members(tx, call.actor, organization_id)]
    return cut(views, limit, cursor, lambda view: view.user)


def change_role(call: Call, organization_id: str, user_id: str, data: RoleBody) -> MemberView:
    """Give a member another role."""
    with call.write() as tx:
        return member_view(members.change_role(tx, call.actor, organization_id, user_id, data.role))


def remove_member(call: Call, organization_id: str, user_id: str) -> None:
    """Take a member out; anybody may leave by themselves. Not the only technical owner of a live production project."""
    with call.write() as tx:
        members.remove_member(tx, call.actor, organization_id, user_id)


def list_invitations(
    call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[InvitationView]:
    """The invitations that can still be accepted, newest first."""
    with call.read() as tx:
        views = [invitation_view(each) for each in members.list_invitations(tx, call.actor, organization_id)]
    return cut(views, limit, cursor, lambda view: view.id)


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
