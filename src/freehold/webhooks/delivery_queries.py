"""SQL of messages, deliveries and attempts: what is to be sent, what is being sent, what came of it.

A delivery is claimed by its lease. While it is pending, `due_at` says when it is sent next, and no
`due_at` that it waits for its endpoint to be resumed, out of the dispatcher's way.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.store.engine import Transaction
from freehold.store.schema import (
    attempts,
    deliveries,
    messages,
    projects,
    scope_event_types,
    webhook_endpoints,
    webhook_subscriptions,
)
from freehold.webhooks.records import Attempt, Delivery, DeliveryState, Message, Timing
from freehold.webhooks.rules import Consequence

_D = deliveries.c
_DELIVERY: Final = (
    _D.id, _D.message_id, _D.webhook_endpoint_id, _D.project_id, messages.c.event_type, messages.c.origin, _D.state,
    _D.attempts, _D.due_at, _D.leased_until_at, _D.created_at, _D.finished_at, _D.probe,
)  # fmt: skip
_MESSAGE: Final = tuple(messages.c)

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


def messages_of(
    tx: Transaction,
    project_id: str,
    limit: int,
    after: tuple[datetime, str] | None = None,
    event_type: str | None = None,
) -> list[Message]:
    """A project's messages, newest first, after an (instant, id) (ix_messages_project_created_at)."""
    query = select(*_MESSAGE, _count_deliveries()).where(messages.c.project_id == project_id)
    if event_type:
        query = query.where(messages.c.event_type == event_type)
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
    """An endpoint that a message is for, and whether it is served now."""

    endpoint_id: str
    served: bool


def subscribers(tx: Transaction, project_id: str, event_type: str, declared: bool) -> list[Subscriber]:
    """Who receives an event type of a project; with `declared`, only while the scope declares it.

    Holds the endpoints' rows (shared) until the commit, so that none is paused between here and the
    insertion of its delivery (ix_webhook_subscriptions_project).
    """
    query = (
        select(webhook_endpoints.c.id, webhook_endpoints.c.state)
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
    return [Subscriber(endpoint_id, state in {"active", "failing"}) for endpoint_id, state in tx.execute(held)]


def insert_deliveries(tx: Transaction, rows: Sequence[Delivery]) -> None:
    """Add deliveries; IntegrityError where a message is delivered to an endpoint already, or to another project's."""
    elsewhere = ("event_type", "origin")
    if rows:
        tx.execute(
            insert(deliveries),
            [{name: value for name, value in asdict(row).items() if name not in elsewhere} for row in rows],
        )


# --- the queue ------------------------------------------------------------------------------------


def due_deliveries(tx: Transaction, now: datetime, limit: int, busy: Collection[str] = ()) -> list[tuple[str, str]]:
    """Due (delivery, endpoint) pairs that nobody has claimed, the longest due first (ix_deliveries_due).

    In a writing transaction each is held until the commit, and what another dispatcher holds is
    passed over: two never claim one. (SQLite has one writer, and ignores the clause.)
    """
    query = select(_D.id, _D.webhook_endpoint_id).where(
        _D.state == "pending", _D.due_at <= now, or_(_D.leased_until_at.is_(None), _D.leased_until_at <= now)
    )
    if busy:
        query = query.where(_D.webhook_endpoint_id.not_in(busy))
    rows = tx.execute(query.order_by(_D.due_at, _D.id).limit(limit).with_for_update(skip_locked=True))
    return [(row[0], row[1]) for row in rows]


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether anything is due that nobody has claimed; takes no lock (ix_deliveries_due)."""
    unclaimed = or_(_D.leased_until_at.is_(None), _D.leased_until_at <= now)
    return (
        tx.execute(select(_D.id).where(_D.state == "pending", _D.due_at <= now, unclaimed).limit(1)).first() is not None
    )


def lease(tx: Transaction, delivery_ids: Sequence[str], until: datetime) -> None:
    """Claim deliveries until an instant, after which they can be claimed again."""
    tx.execute(update(deliveries).where(_D.id.in_(delivery_ids)).values(leased_until_at=until))


def postpone(tx: Transaction, delivery_ids: Sequence[str], due_at: datetime | None) -> None:
    """Give claimed deliveries back unsent, due at an instant, or with None when their endpoint is resumed."""
    mine = (_D.id.in_(delivery_ids), _D.state == "pending")
    tx.execute(update(deliveries).where(*mine).values(due_at=due_at, leased_until_at=None))


def park(tx: Transaction, endpoint_id: str) -> None:
    """Take an endpoint's pending deliveries out of the queue until it is resumed (ix_deliveries_endpoint)."""
    tx.execute(
        update(deliveries).where(_D.webhook_endpoint_id == endpoint_id, _D.state == "pending").values(due_at=None)
    )


def unpark(tx: Transaction, endpoint_id: str, now: datetime) -> int:
    """Put an endpoint's parked deliveries back into the queue; how many (ix_deliveries_endpoint)."""
    parked = (_D.webhook_endpoint_id == endpoint_id, _D.state == "pending", _D.due_at.is_(None))
    return tx.execute(update(deliveries).where(*parked).values(due_at=now)).rowcount


def drop(tx: Transaction, endpoint_id: str, now: datetime) -> int:
    """End the pending deliveries of an endpoint that is gone; how many (ix_deliveries_endpoint)."""
    gone = (_D.webhook_endpoint_id == endpoint_id, _D.state == "pending")
    values = {"state": "dropped", "due_at": None, "leased_until_at": None, "finished_at": now}
    return tx.execute(update(deliveries).where(*gone).values(**values)).rowcount


def claimed(tx: Transaction, delivery_ids: Sequence[str]) -> list[tuple[str, str, bool, Message]]:
    """What a claim took: delivery, endpoint, whether the project is archived, message (primary keys)."""
    query = (
        select(_D.id, _D.webhook_endpoint_id, projects.c.state, *_MESSAGE)
        .join(messages, messages.c.id == _D.message_id)
        .join(projects, projects.c.id == _D.project_id)
        .where(_D.id.in_(delivery_ids))
        .order_by(_D.due_at, _D.id)
    )
    return [(row[0], row[1], row[2] == "archived", Message(*row[3:])) for row in tx.execute(query)]


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


def count_attempt(tx: Transaction, delivery_id: str) -> tuple[int, int]:
    """Take the number of a delivery's next attempt, and which it is since the last replay.

    The row's lock orders two at one instant.
    """
    counting = update(deliveries).where(_D.id == delivery_id).values(attempts=_D.attempts + 1)
    number, before = tx.execute(counting.returning(_D.attempts, _D.attempts_before)).one()
    return number, number - before


def settle(tx: Transaction, delivery_id: str, token: datetime, follows: Consequence, now: datetime) -> bool:
    """What an attempt makes of its delivery; whether it counted.

    A failure counts only while its claim's lease is the delivery's: whoever claimed it since decides.
    An acceptance always counts, for the receiver has the message.
    """
    mine = [_D.id == delivery_id, _D.state == "pending"]
    if follows.state != "delivered":
        mine.append(_D.leased_until_at == token)
    finished_at = None if follows.state == "pending" else now
    values = {"state": follows.state, "due_at": follows.due_at, "leased_until_at": None, "finished_at": finished_at}
    return tx.execute(update(deliveries).where(*mine).values(**values)).rowcount == 1


def insert_attempt(tx: Transaction, attempt: Attempt) -> None:
    """Add an attempt; IntegrityError where the delivery has one of that number."""
    tx.execute(insert(attempts).values(asdict(attempt)))


def attempts_of(tx: Transaction, delivery_id: str) -> list[Attempt]:
    """A delivery's attempts in order (uq_attempts_delivery_id_number)."""
    rows = tx.execute(select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.number))
    return [_attempt(row) for row in rows]


def _attempt(row: Row[*tuple[Any, ...]]) -> Attempt:
    values = dict(row._mapping)
    for name in ("request_headers", "response_headers"):
        if values[name] is not None:
            values[name] = tuple((pair[0], pair[1]) for pair in values[name])
    return Attempt(**values | {"timing": Timing(**values["timing"])})
