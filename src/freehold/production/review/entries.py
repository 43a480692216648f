"""The history of access requests, and the people of a review: SQL only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select, update

from freehold.production.review.records import AccessRequest, Entry
from freehold.store.engine import Transaction
from freehold.store.schema import access_request_entries, members, organizations, users


def insert_entry(tx: Transaction, entry: Entry) -> None:
    """Add to a request's history; its letters are still to be written."""
    tx.execute(
        insert(access_request_entries).values(
            id=entry.id, request_id=entry.request_id, project_id=entry.project_id, kind=entry.kind,
            actor_kind=entry.actor_kind, actor_name=entry.actor_name, user_id=entry.user_id, at=entry.at,
            text=entry.text, facts=entry.facts,
        )
    )  # fmt: skip


def count_entries(tx: Transaction, request_id: str) -> int:
    """How many entries a request has (ix_access_request_entries_request): it orders those of one moment."""
    query = select(func.count()).where(access_request_entries.c.request_id == request_id)
    return tx.execute(query).scalar_one()


def entries_of(tx: Transaction, request_id: str) -> list[Entry]:
    """A request's history, oldest first (ix_access_request_entries_request)."""
    query = _entries().where(access_request_entries.c.request_id == request_id)
    return [_entry(row) for row in tx.execute(query.order_by(access_request_entries.c.id))]


def authors_of(tx: Transaction, request: AccessRequest) -> set[str]:
    """Who asked and, of a change, everybody whose edit is in it: none of them reviews it."""
    authors = {request.requested_by} if request.requested_by else set()
    if request.kind == "change":
        column = access_request_entries.c
        query = select(column.user_id).where(
            column.request_id == request.id,
            column.kind.in_(("requested", "shape_changed")),
            column.user_id.is_not(None),
        )
        authors |= set(tx.execute(query).scalars())
    return authors


def take_untold(tx: Transaction, now: datetime, limit: int) -> list[Entry]:
    """Mark up to so many entries as told, oldest first; those that another transaction has are left to it."""
    column = access_request_entries.c
    oldest = select(column.id).where(column.told_at.is_(None)).order_by(column.id).limit(limit)
    taken = list(tx.execute(oldest.with_for_update(skip_locked=True)).scalars())
    tx.execute(update(access_request_entries).where(column.id.in_(taken)).values(told_at=now))
    return [_entry(row) for row in tx.execute(_entries().where(column.id.in_(taken)).order_by(column.id))]


def any_untold(tx: Transaction) -> bool:
    """Whether letters are to be written (ix_access_request_entries_untold)."""
    query = select(access_request_entries.c.id).where(access_request_entries.c.told_at.is_(None))
    return tx.execute(query.limit(1)).first() is not None


def _entries() -> Select[Any]:
    column = access_request_entries.c
    return select(
        column.id, column.request_id, column.project_id, column.kind, column.actor_kind,
        # A person by the name that they have now; the address that acted where there is no account.
        users.c.name.label("person"), column.actor_name, column.user_id, column.at, column.text, column.facts,
    ).join(users, users.c.id == column.user_id, isouter=True)  # fmt: skip


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        row.id, row.request_id, row.project_id, row.kind, row.actor_kind, row.person or row.actor_name, row.user_id,
        row.at, row.text, row.facts,
    )  # fmt: skip


# --- people ---------------------------------------------------------------------------------------


def reviewers(tx: Transaction) -> Sequence[tuple[str, str, str]]:
    """Everybody who may review, by name: (id, name, address). Operators; owners and admins of the operator's organization."""
    of_operator = (
        select(members.c.user_id)
        .join(organizations, organizations.c.id == members.c.organization_id)
        .where(organizations.c.is_operator, members.c.role.in_(("owner", "admin")))
    )
    query = select(users.c.id, users.c.name, users.c.email).where(
        or_(users.c.is_operator, users.c.id.in_(of_operator)), users.c.disabled_at.is_(None)
    )
    return [(row.id, row.name, row.email) for row in tx.execute(query.order_by(users.c.name, users.c.id))]


def person(tx: Transaction, user_id: str) -> tuple[str, str] | None:
    """Somebody's name and address (primary key)."""
    row = tx.execute(select(users.c.name, users.c.email).where(users.c.id == user_id)).first()
    return (row.name, row.email) if row else None
