"""What was observed of a project's events: SQL that counts messages and deliveries for other slices' pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select

from freehold.store.engine import Transaction
from freehold.store.schema import deliveries, messages, webhook_endpoints, webhook_subscriptions

_WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class EventTypeUse:
    """How often an event type was published to a project in 30 days, when last, and how many endpoints receive it."""

    messages: int
    endpoints: int
    last_at: datetime | None


def deliveries_since(tx: Transaction, project_id: str, since: datetime) -> tuple[int, int]:
    """How many deliveries were delivered and how many failed, probes of checks aside (ix_deliveries_project)."""
    query = select(
        func.coalesce(func.sum(case((deliveries.c.state == "delivered", 1), else_=0)), 0),
        func.coalesce(func.sum(case((deliveries.c.state == "failed", 1), else_=0)), 0),
    ).where(deliveries.c.project_id == project_id, deliveries.c.created_at >= since, deliveries.c.probe.is_(None))
    delivered, failed = tx.execute(query).one()
    return int(delivered), int(failed)


def messages_since(tx: Transaction, project_id: str, since: datetime) -> int:
    """How many messages a project got (ix_messages_project_created_at)."""
    query = select(func.count()).where(messages.c.project_id == project_id, messages.c.created_at >= since)
    return int(tx.execute(query).scalar_one())


def event_types_of(tx: Transaction, project_id: str, now: datetime) -> dict[str, EventTypeUse]:
    """What was published to a project in 30 days, and who receives it, by event type."""
    published = (
        select(messages.c.event_type, func.count(), func.max(messages.c.created_at))
        .where(
            messages.c.project_id == project_id,
            messages.c.created_at >= now - _WINDOW,
            messages.c.origin == "published",
        )
        .group_by(messages.c.event_type)
    )
    receiving = (
        select(webhook_subscriptions.c.event_type, func.count())
        .join(webhook_endpoints, webhook_endpoints.c.id == webhook_subscriptions.c.webhook_endpoint_id)
        .where(webhook_subscriptions.c.project_id == project_id, webhook_endpoints.c.deleted_at.is_(None))
        .group_by(webhook_subscriptions.c.event_type)
    )
    seen = {row[0]: (int(row[1]), row[2]) for row in tx.execute(published)}
    endpoints = {row[0]: int(row[1]) for row in tx.execute(receiving)}
    return {
        name: EventTypeUse(seen.get(name, (0, None))[0], endpoints.get(name, 0), seen.get(name, (0, None))[1])
        for name in seen.keys() | endpoints.keys()
    }


def next_due_at(tx: Transaction) -> datetime | None:
    """When the next delivery of all can be sent: one that is due waits while its endpoint is left alone (ix_deliveries_due)."""
    held_until_at = webhook_endpoints.c.held_until_at
    sent_at = case((held_until_at > deliveries.c.due_at, held_until_at), else_=deliveries.c.due_at)
    joined = deliveries.join(webhook_endpoints, webhook_endpoints.c.id == deliveries.c.webhook_endpoint_id)
    return tx.execute(select(func.min(sent_at)).select_from(joined).where(deliveries.c.state == "pending")).scalar()
