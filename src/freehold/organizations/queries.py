"""SQL of accounts, organizations, members, invitations, sessions, tokens and throttles."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, text, update

from freehold.kit import clock
from freehold.organizations import rules
from freehold.organizations.records import (
    Invitation,
    Member,
    Membership,
    Organization,
    Role,
    Session,
    Token,
    User,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    instance,
    invitations,
    members,
    organizations,
    project_owners,
    projects,
    sessions,
    throttles,
    tokens,
    users,
)

# --- the instance ---------------------------------------------------------------------------------


def is_set_up(tx: Transaction) -> bool:
    """Whether the first-run setup was done."""
    return tx.execute(select(instance.c.set_up_at)).scalar_one() is not None


def setup_token_digest(tx: Transaction) -> bytes | None:
    """The digest of the one-time setup token that is in force."""
    digest: bytes | None = tx.execute(select(instance.c.setup_token_digest)).scalar_one()
    return digest


def mark_set_up(tx: Transaction, now: datetime) -> bool:
    """Close the first-run setup; whether this transaction was the one to do it (the row's lock decides)."""
    done = tx.execute(
        update(instance).where(instance.c.set_up_at.is_(None)).values(set_up_at=now, setup_token_digest=None)
    )
    return done.rowcount == 1


# --- accounts -------------------------------------------------------------------------------------

_USER = (users.c.id, users.c.email, users.c.name, users.c.is_operator, users.c.created_at, users.c.disabled_at)


def insert_user(tx: Transaction, user: User, password_hash: str) -> None:
    """Add an account; IntegrityError where the address has one."""
    tx.execute(
        insert(users).values(
            id=user.id, email=user.email, name=user.name, password_hash=password_hash,
            is_operator=user.is_operator, created_at=user.created_at,
        )
    )  # fmt: skip


def find_user(tx: Transaction, user_id: str) -> User | None:
    """An account by id (primary key)."""
    row = tx.execute(select(*_USER).where(users.c.id == user_id)).first()
    return User(*row) if row else None


def find_user_by_email(tx: Transaction, email: str) -> tuple[User, str] | None:
    """An account and its password hash by address (uq_users_email)."""
    row = tx.execute(select(*_USER, users.c.password_hash).where(users.c.email == email)).first()
    return (User(*row[:-1]), row.password_hash) if row else None


def password_hash_of(tx: Transaction, user_id: str) -> str | None:
    """An account's password hash (primary key)."""
    return tx.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar_one_or_none()


def names_of_users(tx: Transaction, user_ids: Collection[str]) -> dict[str, str]:
    """The names of several people by id (primary key)."""
    rows = tx.execute(select(users.c.id, users.c.name).where(users.c.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def set_password_hash(tx: Transaction, user_id: str, password_hash: str) -> None:
    """Replace an account's password hash."""
    tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


# --- organizations --------------------------------------------------------------------------------


def insert_organization(tx: Transaction, organization: Organization) -> None:
    """Add an organization; IntegrityError where its slug is taken."""
    tx.execute(
        insert(organizations).values(
            id=organization.id, name=organization.name, slug=organization.slug,
            is_operator=organization.is_operator, created_at=organization.created_at,
        )
    )  # fmt: skip


def slugs_like(tx: Transaction, slug: str) -> set[str]:
    """The slugs in use that begin with this one."""
    query = select(organizations.c.slug).where(organizations.c.slug.startswith(slug, autoescape=True))
    return set(tx.execute(query).scalars())


def find_organization(tx: Transaction, organization_id: str) -> Organization | None:
    """An organization by id (primary key)."""
    row = tx.execute(select(organizations).where(organizations.c.id == organization_id)).first()
    return _organization(row) if row else None


def organizations_by_name(tx: Transaction, organization_ids: Collection[str] | None) -> list[Organization]:
    """These organizations (primary key), or with None every one of the instance, by name."""
    query = select(organizations).order_by(organizations.c.name, organizations.c.id)
    if organization_ids is not None:
        query = query.where(organizations.c.id.in_(organization_ids))
    return [_organization(row) for row in tx.execute(query)]


def rename_organization(tx: Transaction, organization_id: str, name: str, revision: int) -> bool:
    """Rename an organization that still has this revision; whether it had."""
    done = tx.execute(
        update(organizations)
        .where(organizations.c.id == organization_id, organizations.c.revision == revision)
        .values(name=name, revision=revision + 1)
    )
    return done.rowcount == 1


def memberships_of(tx: Transaction, user_id: str) -> list[Membership]:
    """The organizations of a person with their role in each, by name (ix_members_user_id)."""
    query = (
        select(*organizations.c, members.c.role)
        .join(members, members.c.organization_id == organizations.c.id)
        .where(members.c.user_id == user_id)
        .order_by(organizations.c.name)
    )
    return [Membership(_organization(row), row.role) for row in tx.execute(query)]


def _organization(row: Row[*tuple[Any, ...]]) -> Organization:
    return Organization(row.id, row.name, row.slug, row.is_operator, row.revision, row.created_at)


# --- members --------------------------------------------------------------------------------------


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


# --- invitations ----------------------------------------------------------------------------------


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


# --- sessions -------------------------------------------------------------------------------------


def insert_session(tx: Transaction, session: Session) -> None:
    """Add a session."""
    tx.execute(
        insert(sessions).values(
            digest=session.digest, user_id=session.user_id, created_at=session.created_at, seen_at=session.seen_at,
            expires_at=session.expires_at, address=session.address, user_agent=session.user_agent,
        )
    )  # fmt: skip


def find_session(tx: Transaction, digest: bytes, now: datetime) -> tuple[Session, User] | None:
    """A session that has not ended, with its person (primary key)."""
    row = tx.execute(
        select(*sessions.c, *(column.label(f"person_{column.name}") for column in _USER))
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.digest == digest, sessions.c.expires_at > now, users.c.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    user = User(*(row._mapping[f"person_{column.name}"] for column in _USER))
    return _session(row), user


def touch_session(tx: Transaction, digest: bytes, now: datetime, expires_at: datetime) -> None:
    """Note that a session was used."""
    tx.execute(update(sessions).where(sessions.c.digest == digest).values(seen_at=now, expires_at=expires_at))


def sessions_of(tx: Transaction, user_id: str, now: datetime) -> list[Session]:
    """A person's sessions that have not ended, last used first (ix_sessions_user_id)."""
    query = select(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
    return [_session(row) for row in tx.execute(query.order_by(sessions.c.seen_at.desc()))]


def delete_session(tx: Transaction, digest: bytes) -> None:
    """End one session."""
    tx.execute(delete(sessions).where(sessions.c.digest == digest))


def delete_sessions_of(tx: Transaction, user_id: str, but: bytes | None) -> int:
    """End a person's sessions but one; how many were ended."""
    query = delete(sessions).where(sessions.c.user_id == user_id)
    return tx.execute(query.where(sessions.c.digest != but) if but else query).rowcount


def delete_ended(tx: Transaction, now: datetime) -> None:
    """Forget ended sessions and spent throttles (their own indexes)."""
    tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
    tx.execute(delete(throttles).where(throttles.c.arrival_at <= now))


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(
        row.digest, row.user_id, row.created_at, row.seen_at, row.expires_at, row.address, row.user_agent
    )  # fmt: skip


# --- tokens ---------------------------------------------------------------------------------------

_TOKEN = [column for column in tokens.c if column.name != "digest"]


def insert_token(tx: Transaction, token: Token, digest: bytes) -> None:
    """Add a token."""
    tx.execute(
        insert(tokens).values(
            id=token.id, kind=token.kind, user_id=token.user_id, organization_id=token.organization_id,
            name=token.name, roles=token.roles, digest=digest, last4=token.last4, created_by=token.created_by,
            created_at=token.created_at, expires_at=token.expires_at,
        )
    )  # fmt: skip


def find_token(tx: Transaction, digest: bytes) -> Token | None:
    """A token by its text's digest (uq_tokens_digest)."""
    row = tx.execute(select(*_TOKEN).where(tokens.c.digest == digest)).first()
    return Token(**row._mapping) if row else None


def find_token_by_id(tx: Transaction, token_id: str) -> Token | None:
    """A token by id (primary key)."""
    row = tx.execute(select(*_TOKEN).where(tokens.c.id == token_id)).first()
    return Token(**row._mapping) if row else None


def tokens_of_user(tx: Transaction, user_id: str) -> list[Token]:
    """A person's access tokens that are not revoked, newest first (ix_tokens_user_id)."""
    query = select(*_TOKEN).where(tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
    return [Token(**row._mapping) for row in tx.execute(query.order_by(tokens.c.id.desc()))]


def tokens_of_organization(tx: Transaction, organization_id: str) -> list[Token]:
    """An organization's service tokens that are not revoked, newest first (ix_tokens_organization_id)."""
    query = select(*_TOKEN).where(tokens.c.organization_id == organization_id, tokens.c.revoked_at.is_(None))
    return [Token(**row._mapping) for row in tx.execute(query.order_by(tokens.c.id.desc()))]


def revoke_token(tx: Transaction, token_id: str, now: datetime) -> bool:
    """End a token; whether it was in force."""
    done = tx.execute(
        update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return done.rowcount == 1


def touch_token(tx: Transaction, token_id: str, now: datetime) -> None:
    """Note that a token was used."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


# --- throttles ------------------------------------------------------------------------------------


def take_throttle(tx: Transaction, name: str, limit: int, window_s: int, now: datetime) -> float:
    """Count one attempt under a name; the seconds to wait, 0 where it may be made. Needs a write transaction."""
    # Plain text, because SQLAlchemy Core has no form of this statement that serves both databases.
    first = text("INSERT INTO throttles (name, arrival_at) VALUES (:name, :arrival_at) ON CONFLICT DO NOTHING")
    tx.execute(first, {"name": name, "arrival_at": clock.to_ms(now)})
    query = select(throttles.c.arrival_at).where(throttles.c.name == name)
    arrival_at = tx.execute(query.with_for_update()).scalar_one()
    moved, wait_s = rules.throttled_until(arrival_at, now, limit, window_s)
    if not wait_s:
        tx.execute(update(throttles).where(throttles.c.name == name).values(arrival_at=moved))
    return wait_s


def clear_throttle(tx: Transaction, name: str) -> None:
    """Forget the attempts under a name."""
    tx.execute(delete(throttles).where(throttles.c.name == name))
