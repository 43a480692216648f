"""What happened and a project's webhook endpoints may want to hear, written with the change itself.

A slice to the left of the webhooks cannot call them. It writes an announcement in the transaction of what
it does; the dispatcher turns each into a message, once, and takes the row away in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, exists, insert, select

from freehold.kit import ids
from freehold.store.engine import Transaction
from freehold.store.schema import announcements

EventName = Literal[
    "key.rotated", "key.revoked", "key.expiring", "alert.opened", "alert.resolved", "access_request.decided",
    "drift.detected", "report.ready", "report.failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that happened to a project, with what its webhook endpoints are told of it. `id`: the message's."""

    id: str
    project_id: str
    event_type: EventName
    payload: dict[str, Any]
    at: datetime


def announce(tx: Transaction, project_id: str, event_type: EventName, payload: Mapping[str, Any], at: datetime) -> str:
    """Tell of what this transaction does, once it is committed; the id of the message that it becomes."""
    message_id = ids.new_id("msg")
    tx.execute(
        insert(announcements).values(
            id=message_id, project_id=project_id, event_type=event_type, payload=dict(payload), at=at
        )
    )
    return message_id


def any_waiting(tx: Transaction) -> bool:
    """Whether there is an announcement."""
    return bool(tx.execute(select(exists().select_from(announcements))).scalar_one())


def take(tx: Transaction, limit: int) -> list[Announcement]:
    """Take up to so many announcements away, oldest first; those that another transaction takes are left to it."""
    columns = announcements.c
    oldest = select(columns.id).order_by(columns.id).limit(limit).with_for_update(skip_locked=True)
    rows = tx.execute(
        delete(announcements)
        .where(columns.id.in_(oldest.scalar_subquery()))
        .returning(columns.id, columns.project_id, columns.event_type, columns.payload, columns.at)
    ).all()
    return sorted((Announcement(*row) for row in rows), key=lambda each: each.id)
