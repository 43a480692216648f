"""SQL of the sandbox clock: what is due, failing, held or ending at an endpoint is moved nearer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, func, insert, select, type_coerce, update

from freehold.store.engine import Transaction
from freehold.store.schema import deliveries, webhook_advances, webhook_checks, webhook_endpoints, webhook_secrets
from freehold.webhooks.records import WebhookEndpoint

_D = deliveries.c
_E = webhook_endpoints.c


@dataclass(frozen=True, slots=True)
class Clock:
    """What an endpoint's clock is about: the next attempt, and since when it fails and until when it is left alone."""

    next_due_at: datetime | None
    failing_since_at: datetime | None
    held_until_at: datetime | None


def clock_of(tx: Transaction, endpoint_id: str) -> Clock:
    """When an endpoint is sent to next, and how it fares (ix_deliveries_endpoint, primary key)."""
    waiting = (_D.webhook_endpoint_id == endpoint_id, _D.state == "pending", _D.due_at.is_not(None))
    next_due_at = tx.execute(select(func.min(_D.due_at)).where(*waiting)).scalar_one()
    failing = select(_E.failing_since_at, _E.held_until_at).where(_E.id == endpoint_id)
    failing_since_at, held_until_at = tx.execute(failing).one()
    return Clock(next_due_at, failing_since_at, held_until_at)


def count_due(tx: Transaction, endpoint_id: str, now: datetime) -> int:
    """How many of an endpoint's deliveries are due (ix_deliveries_endpoint)."""
    due = (_D.webhook_endpoint_id == endpoint_id, _D.state == "pending", _D.due_at <= now)
    return tx.execute(select(func.count()).where(*due)).scalar_one()


def move(tx: Transaction, endpoint_id: str, by: timedelta) -> None:
    """Bring nearer what an endpoint waits for: its deliveries, its breaker, its old secrets' and its checks' ends.

    What happened stays at its time: nothing on record is changed.
    """
    _earlier(tx, deliveries, by, ("due_at",), _D.webhook_endpoint_id == endpoint_id, _D.state == "pending")
    _earlier(tx, webhook_endpoints, by, ("failing_since_at", "held_until_at"), _E.id == endpoint_id)
    _earlier(tx, webhook_secrets, by, ("retires_at",), webhook_secrets.c.webhook_endpoint_id == endpoint_id)
    _earlier(tx, webhook_checks, by, ("expires_at",), webhook_checks.c.webhook_endpoint_id == endpoint_id)


def _earlier(tx: Transaction, table: Table, by: timedelta, names: tuple[str, ...], *where: ColumnElement[bool]) -> None:
    # Instants are milliseconds: the arithmetic is on the number, and null stays null.
    milliseconds = by // timedelta(milliseconds=1)
    values: dict[str, Any] = {name: type_coerce(table.c[name], BigInteger) - milliseconds for name in names}
    tx.execute(update(table).where(*where).values(values))


def insert_advance(
    tx: Transaction, advance_id: str, endpoint: WebhookEndpoint, by: timedelta, advanced_by: str, at: datetime
) -> None:
    """Keep that an endpoint's clock was moved; IntegrityError where it is none of the sandbox."""
    tx.execute(
        insert(webhook_advances).values(
            id=advance_id, webhook_endpoint_id=endpoint.id, project_id=endpoint.project_id,
            environment=endpoint.environment, by_ms=by // timedelta(milliseconds=1), advanced_by=advanced_by, at=at,
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advance:
    """One time that an endpoint's clock was moved on."""

    id: str
    by: timedelta
    advanced_by: str
    at: datetime


def advances_of(tx: Transaction, endpoint_id: str, limit: int) -> list[Advance]:
    """The latest moves of an endpoint's clock, newest first (ix_webhook_advances_endpoint)."""
    column = webhook_advances.c
    query = (
        select(column.id, column.by_ms, column.advanced_by, column.at)
        .where(column.webhook_endpoint_id == endpoint_id)
        .order_by(column.at.desc(), column.id.desc())
        .limit(limit)
    )
    return [Advance(row[0], timedelta(milliseconds=row[1]), row[2], row[3]) for row in tx.execute(query)]
