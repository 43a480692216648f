"""Pages of an organization's members and invitations. Thin: parse the form, one action, present."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.organizations import InvitationRow, MemberRow, MembersView
from freehold.dashboard.views.parts import Todo
from freehold.dashboard.views.shell import Notice
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.organizations import cookies, member_queries, members, needed, queries, rules
from freehold.organizations.permissions import blocked
from freehold.organizations.records import ROLE_WORDS, ROLES, Actor, Invitation, Member, Obstacle, Role
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other


class _Invited(msgspec.Struct):
    """What is kept of an invitation's answer, sealed, so that the same form shows the same link."""

    email: str
    link: str


def show_members(call: Call, organization_id: str) -> Response[Any]:
    """The members, the open invitations, and the form that invites."""
    return _members(call, organization_id)


def invite(call: Call, organization_id: str) -> Response[Any]:
    """Invite an address; this answer shows the link, once."""
    email, role = call.field("email"), cast("Role", call.field("role"))

    def act(tx: Transaction) -> Answer:
        days = call.settings.invitation_days
        issued = members.invite(tx, call.actor, call.secret, organization_id, email, role, days)
        made = _Invited(issued.invitation.email, cookies.invitation_link(call, issued.token))
        return Answer(200, msgspec.json.encode(made))

    try:
        answer = call.once(act)
    except Problem as problem:
        form = refused(problem, {"email": email, "role": role}, new_id("req"))
        return _members(call, organization_id, problem.status, form=form)
    return _members(call, organization_id, invited=msgspec.json.decode(answer.body, type=_Invited))


def change_role(call: Call, organization_id: str, user_id: str) -> Response[Any]:
    """Give a member another role."""
    try:
        with call.write() as tx:
            members.change_role(tx, call.actor, organization_id, user_id, cast("Role", call.field("role")))
    except Problem as problem:
        return _members(call, organization_id, problem.status, wrong=problem)
    return see_other(f"/organizations/{organization_id}/members", "member-saved")


def remove_member(call: Call, organization_id: str, user_id: str) -> Response[Any]:
    """Take a member out, or leave oneself."""
    try:
        with call.write() as tx:
            members.remove_member(tx, call.actor, organization_id, user_id)
    except Problem as problem:
        return _members(call, organization_id, problem.status, wrong=problem)
    if user_id == call.actor.user_id:
        return see_other("/account", "left")
    return see_other(f"/organizations/{organization_id}/members", "member-removed")


def withdraw_invitation(call: Call, organization_id: str, invitation_id: str) -> Response[Any]:
    """Take an invitation back."""
    with call.write() as tx:
        members.withdraw_invitation(tx, call.actor, organization_id, invitation_id)
    return see_other(f"/organizations/{organization_id}/members", "invitation-withdrawn")


def _members(
    call: Call, organization_id: str, status: int = 200, *,
    form: Form | None = None, invited: _Invited | None = None, wrong: Problem | None = None,
) -> Response[Any]:  # fmt: skip
    edit_blocked = blocked(call.actor, "members.edit", organization_id)
    form = form or Form({"role": "developer"}, idempotency_key=new_id("req"))
    with call.read() as tx:
        people = members.list_members(tx, call.actor, organization_id)
        owned = member_queries.projects_owned_in(tx, organization_id)
        first = needed.obstacles_to_leaving(tx, organization_id)
        view = MembersView(
            organization_id=organization_id,
            members=tuple(_member_row(call.actor, each, people, owned, first.get(each.user_id, ())) for each in people),
            invitations=_invitation_rows(tx, members.list_invitations(tx, call.actor, organization_id)),
            roles=tuple(Choice(role, role.capitalize(), ROLE_WORDS[role]) for role in ROLES),
            invitation_link=invited.link if invited else None,
            invited=invited.email if invited else "",
            edit_blocked=edit_blocked,
            invite_form=replace(form, blocked=edit_blocked),
        )
        shell = frame(tx, call, "members", organization_id)
    if wrong is not None:
        shell = replace(shell, notice=Notice(text=wrong.detail, tone="bad"))
    return page("organizations/members.html.j2", shell, view, status)


def _member_row(
    actor: Actor, member: Member, everyone: list[Member], owned: Mapping[str, list[str]], first: Sequence[Obstacle]
) -> MemberRow:
    is_self, fixed = member.user_id == actor.user_id, _fixed(actor, member, everyone)
    may_remove = not fixed and (is_self or not blocked(actor, "members.edit", member.organization_id))
    return MemberRow(
        user_id=member.user_id, name=member.name, email=member.email, role=member.role, joined_at=member.joined_at,
        owns=tuple(owned.get(member.user_id, ())), fixed=fixed, is_self=is_self,
        todos=tuple(Todo(text=each.detail, href=each.href) for each in first) if may_remove else (),
    )  # fmt: skip


def _fixed(actor: Actor, member: Member, everyone: list[Member]) -> str:
    """Why a member can be neither changed nor removed, empty where they can."""
    owners = sum(each.role == "owner" for each in everyone)
    if rules.leaves_no_owner(owners, member.role, None):
        return "The only owner: make another member an owner first."
    roles = actor.roles.get(member.organization_id, frozenset())
    if member.user_id != actor.user_id and not rules.may_change_role(roles, member.role, None):
        return "Only an owner can change or remove an owner."
    return ""


def _invitation_rows(tx: Transaction, invitations: list[Invitation]) -> tuple[InvitationRow, ...]:
    names = queries.names_of_users(tx, {each.invited_by for each in invitations})
    return tuple(
        InvitationRow(
            id=each.id, email=each.email, role=each.role, invited_by=names[each.invited_by],
            created_at=each.created_at, expires_at=each.expires_at,
        )
        for each in invitations
    )  # fmt: skip
