"""Members of an organization, and invitations by link.

An invitation's token is shown once, to the person who invites: they pass the link on. The link holds
it behind `#`, which browsers keep to themselves, so it reaches no server's log.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret, keyed_digest
from freehold.organizations import audit, member_queries, needed, queries, rules
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import require
from freehold.organizations.records import ROLES, Actor, Invitation, Member, Organization, Role, ServiceRole, User
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A new invitation with the token of its link, which is shown this once."""

    invitation: Invitation
    token: str

    def __repr__(self) -> str:
        return f"IssuedInvitation({self.invitation.id})"


def list_members(tx: Transaction, actor: Actor, organization_id: str) -> list[Member]:
    """An organization's members, by address."""
    require(actor, "members.read", organization_id)
    read_organization(tx, actor, organization_id)
    return member_queries.members_of(tx, organization_id)


def list_invitations(tx: Transaction, actor: Actor, organization_id: str) -> list[Invitation]:
    """The invitations that can still be accepted, newest first."""
    require(actor, "members.read", organization_id)
    read_organization(tx, actor, organization_id)
    return member_queries.open_invitations(tx, organization_id, clock.now())


def invite(
    tx: Transaction, actor: Actor, secret: InstanceSecret, organization_id: str, email: str, role: Role, days: int
) -> IssuedInvitation:
    """Ask an address to join. An open invitation of the same address is replaced, and its link with it."""
    require(actor, "members.edit", organization_id)
    email = rules.clean_email(email)
    if errors := rules.check_email("email", email):
        raise invalid(*errors)
    _require_may_change(actor, organization_id, None, role)
    audit.hold(tx, organization_id)
    if any(member.email == email for member in member_queries.members_of(tx, organization_id)):
        raise invalid(FieldError("email", "This person is a member already.", "already_member"))
    now = clock.now()
    member_queries.withdraw_open_invitation(tx, organization_id, email, now)
    token = secrets.token_urlsafe(32)
    invited_by = actor.user_id
    if invited_by is None:
        raise Problem("forbidden", "Only a person can invite, not a service token.")
    invitation = Invitation(
        ids.new_id("inv"), organization_id, email, role, invited_by, now, now + timedelta(days=days), None, None
    )
    with broken_constraint_means(Problem("conflict", "This address was invited by somebody else just now.")):
        member_queries.insert_invitation(tx, invitation, invitation_digest(secret, token))
    audit.record(
        tx, actor, "invitation.created", organization_id=organization_id, subject_kind="invitation",
        subject_id=invitation.id, subject_name=email, after={"role": role},
    )  # fmt: skip
    return IssuedInvitation(invitation, token)


def withdraw_invitation(tx: Transaction, actor: Actor, organization_id: str, invitation_id: str) -> None:
    """Take an open invitation back."""
    require(actor, "members.edit", organization_id)
    audit.hold(tx, organization_id)
    invitation = member_queries.find_invitation_by_id(tx, organization_id, invitation_id)
    if invitation is None:
        raise not_found("invitation")
    member_queries.withdraw_open_invitation(tx, organization_id, invitation.email, clock.now())
    audit.record(
        tx, actor, "invitation.withdrawn", organization_id=organization_id, subject_kind="invitation",
        subject_id=invitation.id, subject_name=invitation.email, before={"role": invitation.role},
    )  # fmt: skip


def read_invitation(tx: Transaction, secret: InstanceSecret, token: str) -> tuple[Invitation, Organization, bool]:
    """What a link invites to, and whether its address has an account already."""
    invitation = member_queries.find_invitation(tx, invitation_digest(secret, token))
    if invitation is None or invitation.withdrawn_at or invitation.accepted_at or invitation.expires_at <= clock.now():
        raise Problem("not_found", "This invitation is no longer open. Ask for a new one.")
    organization = queries.find_organization(tx, invitation.organization_id)
    if organization is None:
        raise not_found("organization")
    return invitation, organization, queries.find_user_by_email(tx, invitation.email) is not None


def check_new_member(name: str, password: str, email: str) -> None:
    """Raise Problem `invalid` with all that is wrong with a new account's name and password."""
    errors = rules.check_text("name", rules.clean_name(name)) + rules.check_password("password", password, email)
    if errors:
        raise invalid(*errors)


def accept_as_new_user(
    tx: Transaction, secret: InstanceSecret, token: str, name: str, password_hash: str, address: str, request_id: str
) -> User:
    """Make the invited address's account and join with it."""
    invitation, _, has_account = read_invitation(tx, secret, token)
    if has_account:
        raise Problem("conflict", "This address has an account: sign in with it, then open the link again.")
    user = User(ids.new_id("usr"), invitation.email, rules.clean_name(name), False, clock.now())
    with broken_constraint_means(Problem("conflict", "This address has an account by now: sign in with it.")):
        queries.insert_user(tx, user, password_hash)
    _join(
        tx, invitation, Actor("user", user.id, user.email, user.id, False, {}, address=address, request_id=request_id)
    )
    return user


def accept_as_user(tx: Transaction, actor: Actor, secret: InstanceSecret, token: str) -> Organization:
    """Join with the account that is signed in; only the invited address's."""
    invitation, organization, _ = read_invitation(tx, secret, token)
    user = queries.find_user(tx, actor.user_id or "")
    if user is None or user.email != invitation.email:
        raise Problem("forbidden", f"The invitation is for {invitation.email}. Sign in with that account.")
    _join(tx, invitation, actor)
    return organization


def change_role(tx: Transaction, actor: Actor, organization_id: str, user_id: str, role: Role) -> Member:
    """Give a member another role. The last owner stays one."""
    require(actor, "members.edit", organization_id)
    audit.hold(tx, organization_id)
    owners = member_queries.lock_owners(tx, organization_id)
    member = _member(tx, organization_id, user_id)
    _require_may_change(actor, organization_id, member.role, role)
    _require_owner_left(owners, member.role, role)
    member_queries.set_role(tx, organization_id, user_id, role)
    audit.record(
        tx, actor, "member.role_changed", organization_id=organization_id, subject_kind="user", subject_id=user_id,
        subject_name=member.email, before={"role": member.role}, after={"role": role},
    )  # fmt: skip
    return _member(tx, organization_id, user_id)


def remove_member(tx: Transaction, actor: Actor, organization_id: str, user_id: str) -> None:
    """Take a member out of the organization and of their ownership of its projects. Anybody may leave.

    Problem `conflict` for the last owner, and for the only technical owner of a live production project.
    """
    if actor.user_id != user_id:
        require(actor, "members.edit", organization_id)
    read_organization(tx, actor, organization_id)
    audit.hold(tx, organization_id)
    owners = member_queries.lock_owners(tx, organization_id)
    member = _member(tx, organization_id, user_id)
    if actor.user_id != user_id:
        _require_may_change(actor, organization_id, member.role, None)
    _require_owner_left(owners, member.role, None)
    if obstacles := needed.obstacles_to_leaving(tx, organization_id).get(user_id):
        raise Problem("conflict", " ".join(each.detail for each in obstacles))
    for project_id in member_queries.delete_member(tx, organization_id, user_id):
        audit.touch(tx, actor, project_id)
    audit.record(
        tx, actor, "member.removed", organization_id=organization_id, subject_kind="user", subject_id=user_id,
        subject_name=member.email, before={"role": member.role},
    )  # fmt: skip


def invitation_digest(secret: InstanceSecret, token: str) -> bytes:
    """How an invitation's token is kept."""
    return keyed_digest(secret.derive("invitations"), token)


def _join(tx: Transaction, invitation: Invitation, actor: Actor) -> None:
    audit.hold(tx, invitation.organization_id)
    now = clock.now()
    if actor.user_id is None or not member_queries.accept_invitation(tx, invitation.id, now):
        raise Problem("not_found", "This invitation is no longer open. Ask for a new one.")
    with broken_constraint_means(Problem("conflict", "You are a member already.")):
        member_queries.insert_member(tx, invitation.organization_id, actor.user_id, invitation.role, now)
    audit.record(
        tx, actor, "invitation.accepted", organization_id=invitation.organization_id, subject_kind="user",
        subject_id=actor.user_id, subject_name=invitation.email, after={"role": invitation.role},
    )  # fmt: skip


def _member(tx: Transaction, organization_id: str, user_id: str) -> Member:
    member = member_queries.find_member(tx, organization_id, user_id)
    if member is None:
        raise not_found("member")
    return member


def _require_may_change(actor: Actor, organization_id: str, old: Role | None, new: Role | None) -> None:
    if new is not None and new not in ROLES:
        raise invalid(FieldError("role", f"One of {', '.join(ROLES)}.", "unknown_role"))
    roles: frozenset[ServiceRole] = actor.roles.get(organization_id, frozenset())
    if actor.kind != "system" and not rules.may_change_role(roles, old, new):
        raise Problem("forbidden", "Only an owner can make, change or remove an owner.")


def _require_owner_left(owners: int, old: Role, new: Role | None) -> None:
    if rules.leaves_no_owner(owners, old, new):
        raise Problem("conflict", "An organization needs an owner: make another member one first.")
