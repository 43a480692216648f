"""SQL of the instance, accounts, organizations and throttles."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, text, update

from freehold.kit import clock
from freehold.organizations import rules
from freehold.organizations.records import (
    Membership,
    Organization,
    User,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    instance,
    members,
    organizations,
    throttles,
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

USER = (users.c.id, users.c.email, users.c.name, users.c.is_operator, users.c.created_at, users.c.disabled_at)


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
    row = tx.execute(select(*USER).where(users.c.id == user_id)).first()
    return User(*row) if row else None


def find_user_by_email(tx: Transaction, email: str) -> tuple[User, str] | None:
    """An account and its password hash by address (uq_users_email)."""
    row = tx.execute(select(*USER, users.c.password_hash).where(users.c.email == email)).first()
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


def renew_password_hash(tx: Transaction, user_id: str, old: str, new: str) -> bool:
    """Replace the hash that a password was checked against; False where the password was changed meanwhile."""
    kept = update(users).where(users.c.id == user_id, users.c.password_hash == old)
    return tx.execute(kept.values(password_hash=new)).rowcount == 1


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


# --- tokens ---------------------------------------------------------------------------------------


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
