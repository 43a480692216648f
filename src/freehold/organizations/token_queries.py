"""SQL of access and service tokens."""

from datetime import datetime

from sqlalchemy import insert, select, update

from freehold.organizations.records import (
    Token,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    tokens,
)

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
