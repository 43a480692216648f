"""SQL of messages, deliveries and attempts: fan-out, what is kept for an endpoint, what came of it.

What the dispatcher does with the queue is in queue_queries.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import (
    attempts,
    deliveries,
    messages,
    scope_event_types,
    webhook_endpoints,
    webhook_subscriptions,
)
from freehold.webhooks.records import Attempt, Delivery, DeliveryState, HeaderPairs, Message, Origin, Timing

_D = deliveries.c
_DELIVERY: Final = (
    _D.id, _D.message_id, _D.webhook_endpoint_id, _D.project_id, messages.c.event_type, messages.c.origin, _D.state,
    _D.attempts, _D.due_at, _D.leased_until_at, _D.created_at, _D.finished_at, _D.probe, _D.place,
)  # fmt: skip
_MESSAGE: Final = tuple(messages.c)
_ATTEMPT: Final = tuple(each.name for each in fields(Attempt))
# Written out, not bound: only so does either database see that its partial index holds the answer.
_PENDING: Final[ColumnElement[bool]] = literal_column("deliveries.state = 'pending'")

# --- messages -------------------------------------------------------------------------------------


def insert_message(tx: Transaction, message: Message) -> bool:
    """Add a message; False where the project has one of this `dedup_id`, which another transaction may just have committed."""
    values = {name: value for name, value in asdict(message).items() if name != "deliveries"}
    insertion = (sqlite if tx.dialect.name == "sqlite" else postgresql).insert(messages).values(**values)
    once = insertion.on_conflict_do_nothing(index_elements=["project_id", "dedup_id"])
    return tx.execute(once.returning(messages.c.id)).first() is not None


def find_message(tx: Transaction, message_id: str) -> Message | None:
    """A message by id (primary key)."""
    row = tx.execute(select(*_MESSAGE, _count_deliveries()).where(messages.c.id == message_id)).first()
    return _message(row) if row else None


def find_message_by_dedup_id(tx: Transaction, project_id: str, dedup_id: str) -> Message | None:
    """A project's message by its publisher's name for it (uq_messages_project_id_dedup_id)."""
    named = (messages.c.project_id == project_id, messages.c.dedup_id == dedup_id)
    row = tx.execute(select(*_MESSAGE, _count_deliveries()).where(*named)).first()
    return _message(row) if row else None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages to show; None means any. `matched`: whether an endpoint received it, or none did."""

    event_type: str | None = None
    origin: Origin | None = None
    since: datetime | None = None
    until: datetime | None = None
    matched: bool | None = None


def messages_of(
    tx: Transaction, project_id: str, limit: int, after: tuple[datetime, str] | None = None,
    wanted: MessageFilter | None = None,
) -> list[Message]:  # fmt: skip
    """A project's messages, newest first, after an (instant, id) (ix_messages_project_created_at)."""
    query = select(*_MESSAGE, _count_deliveries()).where(messages.c.project_id == project_id)
    wanted = wanted or MessageFilter()
    if wanted.event_type:
        query = query.where(messages.c.event_type == wanted.event_type)
    if wanted.origin:
        query = query.where(messages.c.origin == wanted.origin)
    if wanted.since:
        query = query.where(messages.c.created_at >= wanted.since)
    if wanted.until:
        query = query.where(messages.c.created_at < wanted.until)
    if wanted.matched is not None:
        received = exists().where(_D.message_id == messages.c.id)
        query = query.where(received if wanted.matched else ~received)
    if after:
        query = query.where(_before(messages.c.created_at, messages.c.id, after))
    ordered = query.order_by(messages.c.created_at.desc(), messages.c.id.desc()).limit(limit)
    return [_message(row) for row in tx.execute(ordered)]


def _count_deliveries() -> Any:
    count = select(func.count()).where(_D.message_id == messages.c.id).correlate(messages)
    return count.scalar_subquery().label("deliveries")


def _message(row: Row[*tuple[Any, ...]]) -> Message:
    return Message(**row._mapping)


def _before(at: Any, identifier: Any, place: tuple[datetime, str]) -> Any:
    return or_(at < place[0], and_(at == place[0], identifier < place[1]))


# --- fan-out --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An endpoint that a message is for, whether it is served now, and whether it receives in order."""

    endpoint_id: str
    served: bool
    fifo: bool


def subscribers(tx: Transaction, project_id: str, event_type: str, declared: bool) -> list[Subscriber]:
    """Who receives an event type of a project; with `declared`, only while the scope declares it.

    Holds the endpoints' rows (shared) until the commit, so that none is paused between here and the
    insertion of its delivery; those that receive in order alone, and first, so that two publishers
    neither take one place nor wait for each other (ix_webhook_subscriptions_project).
    """
    subscribed = select(webhook_subscriptions.c.webhook_endpoint_id).where(
        webhook_subscriptions.c.project_id == project_id, webhook_subscriptions.c.event_type == event_type
    )
    in_order = select(webhook_endpoints.c.id).where(webhook_endpoints.c.id.in_(subscribed), webhook_endpoints.c.fifo)
    tx.execute(in_order.order_by(webhook_endpoints.c.id).with_for_update(key_share=True)).all()
    query = (
        select(webhook_endpoints.c.id, webhook_endpoints.c.state, webhook_endpoints.c.fifo)
        .join(webhook_subscriptions, webhook_subscriptions.c.webhook_endpoint_id == webhook_endpoints.c.id)
        .where(
            webhook_subscriptions.c.project_id == project_id,
            webhook_subscriptions.c.event_type == event_type,
            webhook_endpoints.c.deleted_at.is_(None),
        )
    )
    if declared:
        in_scope = exists().where(
            scope_event_types.c.project_id == project_id, scope_event_types.c.event_type == event_type
        )
        query = query.where(in_scope)
    held = query.order_by(webhook_endpoints.c.id).with_for_update(read=True, of=webhook_endpoints)
    return [Subscriber(row[0], row[1] in {"active", "failing"}, row[2]) for row in tx.execute(held)]


def insert_deliveries(tx: Transaction, rows: Sequence[Delivery]) -> None:
    """Add deliveries; IntegrityError where a message is delivered to an endpoint already, or to another project's."""
    elsewhere = ("event_type", "origin")
    if rows:
        tx.execute(
            insert(deliveries),
            [{name: value for name, value in asdict(row).items() if name not in elsewhere} for row in rows],
        )


# --- kept for an endpoint that is not served -------------------------------------------------------


# An endpoint's pending deliveries are found by ix_deliveries_waiting.


def park(tx: Transaction, endpoint_id: str) -> None:
    """Take an endpoint's pending deliveries out of the queue until it is resumed."""
    tx.execute(update(deliveries).where(_D.webhook_endpoint_id == endpoint_id, _PENDING).values(due_at=None))


def unpark(tx: Transaction, endpoint_id: str, now: datetime) -> int:
    """Put an endpoint's parked deliveries back into the queue; how many."""
    parked = (_D.webhook_endpoint_id == endpoint_id, _PENDING, _D.due_at.is_(None))
    return tx.execute(update(deliveries).where(*parked).values(due_at=now)).rowcount


def drop(tx: Transaction, endpoint_id: str, now: datetime) -> int:
    """End the pending deliveries of an endpoint that is gone; how many."""
    gone = (_D.webhook_endpoint_id == endpoint_id, _PENDING)
    values = {"state": "dropped", "due_at": None, "leased_until_at": None, "finished_at": now}
    return tx.execute(update(deliveries).where(*gone).values(**values)).rowcount


# --- deliveries and attempts ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to show; None means any."""

    state: DeliveryState | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    message_id: str | None = None


def find_delivery(tx: Transaction, delivery_id: str) -> Delivery | None:
    """A delivery by id (primary key)."""
    row = tx.execute(_select_deliveries().where(_D.id == delivery_id)).first()
    return Delivery(**row._mapping) if row else None


def deliveries_of_message(tx: Transaction, message_id: str) -> list[Delivery]:
    """A message's deliveries (uq_deliveries_message_id_webhook_endpoint_id)."""
    return [
        Delivery(**row._mapping)
        for row in tx.execute(_select_deliveries().where(_D.message_id == message_id).order_by(_D.id))
    ]


def deliveries_of_endpoint(
    tx: Transaction, endpoint_id: str, wanted: DeliveryFilter, limit: int, after: tuple[datetime, str] | None = None
) -> list[Delivery]:
    """An endpoint's deliveries, newest first, after an (instant, id) (ix_deliveries_endpoint)."""
    query = _select_deliveries().where(_D.webhook_endpoint_id == endpoint_id)
    if wanted.state:
        query = query.where(_D.state == wanted.state)
    if wanted.event_type:
        query = query.where(messages.c.event_type == wanted.event_type)
    if wanted.since:
        query = query.where(_D.created_at >= wanted.since)
    if wanted.until:
        query = query.where(_D.created_at < wanted.until)
    if wanted.message_id:
        query = query.where(_D.message_id == wanted.message_id)
    if after:
        query = query.where(_before(_D.created_at, _D.id, after))
    rows = tx.execute(query.order_by(_D.created_at.desc(), _D.id.desc()).limit(limit))
    return [Delivery(**row._mapping) for row in rows]


def _select_deliveries() -> Any:
    return select(*_DELIVERY).join(messages, messages.c.id == _D.message_id)


def insert_attempts(tx: Transaction, rows: Sequence[Attempt]) -> None:
    """Add attempts; IntegrityError where a delivery has one of that number."""
    if rows:
        mark = "?" if tx.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(_ATTEMPT))
        # The driver's own: SQLAlchemy, value by value, took half of what recording costs.
        statement = f"INSERT INTO attempts ({', '.join(_ATTEMPT)}) VALUES ({marks})"  # noqa: S608 — our own columns
        tx.exec_driver_sql(statement, [_attempt_row(each) for each in rows])


def _attempt_row(each: Attempt) -> tuple[Any, ...]:
    return (
        each.id, each.delivery_id, each.number, clock.to_ms(each.at), each.outcome, each.error, each.status,
        each.address, each.duration_us, _json(each.timing), each.url, _json(each.request_headers), each.request_body,
        _json(each.response_headers), each.response_body,
    )  # fmt: skip


def _json(value: Timing | HeaderPairs | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def attempts_of(tx: Transaction, delivery_id: str) -> list[Attempt]:
    """A delivery's attempts in order (uq_attempts_delivery_id_number)."""
    rows = tx.execute(select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.number))
    return [_attempt(row) for row in rows]


def find_attempt(tx: Transaction, attempt_id: str) -> Attempt | None:
    """An attempt by id (primary key)."""
    row = tx.execute(select(attempts).where(attempts.c.id == attempt_id)).first()
    return _attempt(row) if row else None


def _attempt(row: Row[*tuple[Any, ...]]) -> Attempt:
    values = dict(row._mapping)
    for name in ("request_headers", "response_headers"):
        if values[name] is not None:
            values[name] = tuple((pair[0], pair[1]) for pair in values[name])
    return Attempt(**values | {"timing": Timing(**values["timing"])})
