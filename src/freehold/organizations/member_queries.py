"""SQL of members and invitations."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from freehold.organizations.records import (
    Invitation,
    Member,
    Role,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    invitations,
    members,
    project_owners,
    projects,
    sessions,
    users,
)


def insert_member(tx: Transaction, organization_id: str, user_id: str, role: Role, now: datetime) -> None:
    """Add a member; IntegrityError where they are one."""
    tx.execute(insert(members).values(organization_id=organization_id, user_id=user_id, role=role, joined_at=now))


def members_of(tx: Transaction, organization_id: str) -> list[Member]:
    """An organization's members, by address."""
    last_seen = (
        select(sessions.c.user_id, func.max(sessions.c.seen_at).label("seen_at"))
        .group_by(sessions.c.user_id)
        .subquery()
    )
    query = (
        select(members, users.c.email, users.c.name, last_seen.c.seen_at)
        .join(users, users.c.id == members.c.user_id)
        .outerjoin(last_seen, last_seen.c.user_id == members.c.user_id)
        .where(members.c.organization_id == organization_id)
        .order_by(users.c.email)
    )
    return [
        Member(row.organization_id, row.user_id, row.email, row.name, row.role, row.joined_at, row.seen_at)
        for row in tx.execute(query)
    ]


def projects_owned_in(tx: Transaction, organization_id: str) -> dict[str, list[str]]:
    """The names of the projects that each member answers for, by user id.

    Reads a table of the slice to the right, never its code: what leaving takes away is the members page's to say.
    """
    query = (
        select(project_owners.c.user_id, projects.c.name)
        .join(projects, projects.c.id == project_owners.c.project_id)
        .where(project_owners.c.organization_id == organization_id)
        .order_by(projects.c.name)
        .distinct()
    )
    owned: dict[str, list[str]] = {}
    for user_id, name in tx.execute(query):
        owned.setdefault(user_id, []).append(name)
    return owned


def live_projects_left_alone(tx: Transaction, organization_id: str) -> dict[str, list[tuple[str, str]]]:
    """Id and name of each active production project that a member is the one technical owner of, by user id.

    Of the same tables, for the same reason.
    """
    query = (
        select(func.min(project_owners.c.user_id).label("user_id"), projects.c.id, projects.c.name)
        .join(projects, projects.c.id == project_owners.c.project_id)
        .where(
            project_owners.c.organization_id == organization_id, project_owners.c.duty == "technical",
            projects.c.environment == "production", projects.c.state == "active",
        )
        .group_by(projects.c.id, projects.c.name)
        .having(func.count() == 1)
        .order_by(projects.c.name, projects.c.id)
    )  # fmt: skip
    alone: dict[str, list[tuple[str, str]]] = {}
    for row in tx.execute(query):
        alone.setdefault(row.user_id, []).append((row.id, row.name))
    return alone


def names_of_projects(tx: Transaction, project_ids: Collection[str]) -> dict[str, str]:
    """The names of several projects by id (primary key), for the audit log's page."""
    rows = tx.execute(select(projects.c.id, projects.c.name).where(projects.c.id.in_(project_ids)))
    return {row.id: row.name for row in rows}


def find_member(tx: Transaction, organization_id: str, user_id: str) -> Member | None:
    """One member (primary key)."""
    row = tx.execute(
        select(members, users.c.email, users.c.name)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.organization_id == organization_id, members.c.user_id == user_id)
    ).first()
    return Member(row.organization_id, row.user_id, row.email, row.name, row.role, row.joined_at) if row else None


def lock_owners(tx: Transaction, organization_id: str) -> int:
    """How many owners an organization has; their rows are held, so that two cannot both leave last.

    Whoever changes a role takes these locks first, and reads the member's role after: so no change is
    decided by a role that another one has just replaced.
    """
    query = select(members.c.user_id).where(members.c.organization_id == organization_id, members.c.role == "owner")
    return len(tx.execute(query.with_for_update()).all())


def set_role(tx: Transaction, organization_id: str, user_id: str, role: Role) -> None:
    """Change a member's role."""
    tx.execute(
        update(members)
        .where(members.c.organization_id == organization_id, members.c.user_id == user_id)
        .values(role=role)
    )


def delete_member(tx: Transaction, organization_id: str, user_id: str) -> list[str]:
    """Take a member out, and out of the projects they own in it; the projects' ids."""
    owned = tx.execute(
        delete(project_owners)
        .where(project_owners.c.organization_id == organization_id, project_owners.c.user_id == user_id)
        .returning(project_owners.c.project_id)
    )
    project_ids = sorted(set(owned.scalars()))
    tx.execute(delete(members).where(members.c.organization_id == organization_id, members.c.user_id == user_id))
    return project_ids


def insert_invitation(tx: Transaction, invitation: Invitation, token_digest: bytes) -> None:
    """Add an invitation; IntegrityError where the address has an open one."""
    tx.execute(
        insert(invitations).values(
            id=invitation.id, organization_id=invitation.organization_id, email=invitation.email,
            role=invitation.role, token_digest=token_digest, invited_by=invitation.invited_by,
            created_at=invitation.created_at, expires_at=invitation.expires_at,
        )
    )  # fmt: skip


def withdraw_open_invitation(tx: Transaction, organization_id: str, email: str, now: datetime) -> None:
    """Close the open invitation of an address, if there is one."""
    tx.execute(
        update(invitations)
        .where(
            invitations.c.organization_id == organization_id,
            invitations.c.email == email,
            invitations.c.accepted_at.is_(None),
            invitations.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def open_invitations(tx: Transaction, organization_id: str, now: datetime) -> list[Invitation]:
    """The invitations that can still be accepted, newest first."""
    query = select(invitations).where(
        invitations.c.organization_id == organization_id,
        invitations.c.accepted_at.is_(None),
        invitations.c.withdrawn_at.is_(None),
        invitations.c.expires_at > now,
    )
    return [_invitation(row) for row in tx.execute(query.order_by(invitations.c.id.desc()))]


def find_invitation(tx: Transaction, token_digest: bytes) -> Invitation | None:
    """An invitation by its token (uq_invitations_token_digest)."""
    row = tx.execute(select(invitations).where(invitations.c.token_digest == token_digest)).first()
    return _invitation(row) if row else None


def find_invitation_by_id(tx: Transaction, organization_id: str, invitation_id: str) -> Invitation | None:
    """An organization's invitation (primary key)."""
    row = tx.execute(
        select(invitations).where(invitations.c.organization_id == organization_id, invitations.c.id == invitation_id)
    ).first()
    return _invitation(row) if row else None


def accept_invitation(tx: Transaction, invitation_id: str, now: datetime) -> bool:
    """Use an invitation up; whether it could still be used (its row's lock decides)."""
    done = tx.execute(
        update(invitations)
        .where(
            invitations.c.id == invitation_id,
            invitations.c.accepted_at.is_(None),
            invitations.c.withdrawn_at.is_(None),
            invitations.c.expires_at > now,
        )
        .values(accepted_at=now)
    )
    return done.rowcount == 1


def _invitation(row: Row[*tuple[Any, ...]]) -> Invitation:
    return Invitation(
        row.id, row.organization_id, row.email, row.role, row.invited_by,
        row.created_at, row.expires_at, row.accepted_at, row.withdrawn_at,
    )  # fmt: skip
