"""SQL of sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.organizations.queries import USER
from freehold.organizations.records import (
    Session,
    User,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    sessions,
    throttles,
    users,
)


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
        select(*sessions.c, *(column.label(f"person_{column.name}") for column in USER))
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.digest == digest, sessions.c.expires_at > now, users.c.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    user = User(*(row._mapping[f"person_{column.name}"] for column in USER))
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
