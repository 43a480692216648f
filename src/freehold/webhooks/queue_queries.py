"""SQL of the delivery queue: which endpoints have something due, what is claimed of it, how endpoints fare.

A delivery is claimed by its lease. While it is pending, `due_at` says when it is sent next, and no
`due_at` that it waits for its endpoint to be resumed, out of the dispatcher's way. The queue is kept
by endpoint: looking for work goes from endpoint to endpoint (ix_deliveries_waiting), so that nobody's
backlog is walked through to find another's delivery.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, bindparam, column, func, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import deliveries, messages, projects, webhook_endpoints
from freehold.store.types import Instant
from freehold.webhooks.records import Message
from freehold.webhooks.rules import Consequence, Health

_D = deliveries.c
_E = webhook_endpoints.c
# Written out, not bound: only so does either database see that its partial index holds the answer.
_PENDING: Final[ColumnElement[bool]] = literal_column("deliveries.state = 'pending'")
_HEALTH: Final = (_E.state, _E.failures, _E.failing_since_at, _E.held_until_at)

# --- looking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """An endpoint that has something due, how much of it as far as was counted, and how it wants to be served."""

    endpoint_id: str
    due: int
    state: str
    fifo: bool
    max_per_second: int | None
    held_until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found, and from where the next one goes on: "" where it came to the end."""

    waiting: list[Waiting]
    go_on_after: str


_DUE_OF: Final = """(SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'pending'
    AND webhook_endpoint_id = seen.id AND due_at <= :now AND (leased_until_at IS NULL OR leased_until_at <= :now)
    LIMIT :most) AS free)"""
_NEXT: Final = "SELECT min(webhook_endpoint_id) FROM deliveries WHERE state = 'pending' AND webhook_endpoint_id > "
# From one endpoint straight to the next (a "loose index scan"): each step is one probe of the index.
_LOOK: Final = text(
    f"""WITH RECURSIVE seen(id, step) AS (
        SELECT ({_NEXT} :after), 1 UNION ALL
        SELECT ({_NEXT} seen.id), step + 1 FROM seen WHERE seen.id IS NOT NULL AND step < :steps)
    SELECT seen.id, {_DUE_OF} AS due, e.state, e.fifo, e.max_per_second, e.held_until_at
    FROM seen LEFT JOIN webhook_endpoints AS e ON e.id = seen.id WHERE seen.id IS NOT NULL"""  # noqa: S608 — constants
).columns(column("id"), column("due"), column("state"), column("fifo"), column("max_per_second"), column("held_until_at", Instant))  # fmt: skip


def look(tx: Transaction, now: datetime, after: str, steps: int, most: int) -> Look:
    """Endpoints that have something due which nobody has claimed, after an id, in at most so many steps. Takes no lock.

    What is due of each is counted up to `most`.
    """
    rows = tx.execute(_LOOK, {"now": clock.to_ms(now), "after": after, "steps": steps, "most": most}).all()
    found = [
        Waiting(row.id, row.due, row.state, bool(row.fifo), row.max_per_second, row.held_until_at)
        for row in rows
        if row.due
    ]
    return Look(found, rows[-1].id if len(rows) == steps else "")


# --- claiming -------------------------------------------------------------------------------------

_FREE: Final = "state = 'pending' AND due_at <= :now AND (leased_until_at IS NULL OR leased_until_at <= :now)"
# A limit for each of several endpoints is said differently: PostgreSQL by LATERAL, where what another
# dispatcher holds is passed over; SQLite, which has neither but one writer, by a correlated IN.
_TAKE_SQLITE: Final = text(
    f"""SELECT d.id FROM json_each(:endpoints) AS e CROSS JOIN deliveries AS d WHERE d.rowid IN (
        SELECT rowid FROM deliveries WHERE webhook_endpoint_id = e.value AND {_FREE} ORDER BY due_at LIMIT :most)"""  # noqa: S608 — constants
)
_TAKE_POSTGRESQL: Final = text(
    f"""SELECT d.id FROM unnest(:endpoints) AS e(id) CROSS JOIN LATERAL (
        SELECT id FROM deliveries WHERE webhook_endpoint_id = e.id AND {_FREE}
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED) AS d"""  # noqa: S608 — constants
).bindparams(bindparam("endpoints", type_=ARRAY(Text)))


def due_of(tx: Transaction, endpoint_ids: Sequence[str], most: int, now: datetime) -> list[str]:
    """Due deliveries of endpoints that nobody has claimed, at most so many of each, the longest due first.

    Each is held until the commit, and what another dispatcher holds is passed over: two never claim one.
    """
    given: dict[str, Any] = {"now": clock.to_ms(now), "most": most}
    if tx.dialect.name == "sqlite":
        return list(tx.execute(_TAKE_SQLITE, given | {"endpoints": json.dumps(endpoint_ids)}).scalars())
    return list(tx.execute(_TAKE_POSTGRESQL, given | {"endpoints": list(endpoint_ids)}).scalars())


def first_in_line(tx: Transaction, endpoint_id: str, now: datetime) -> str | None:
    """The delivery that an endpoint with a line receives next, if it is due (ix_deliveries_line).

    What has no place in the line (a test, or what was there before the line) goes before it.
    """
    mine = (_PENDING, _D.webhook_endpoint_id == endpoint_id)
    free = or_(_D.leased_until_at.is_(None), _D.leased_until_at <= now)
    no_place = select(_D.id).where(*mine, _D.place.is_(None), _D.due_at <= now, free).order_by(_D.due_at).limit(1)
    if (found := tx.execute(no_place).scalar()) is not None:
        return str(found)
    head = select(_D.id, _D.due_at).where(*mine, _D.place.is_not(None)).order_by(_D.place).limit(1)
    row = tx.execute(head).first()
    return str(row[0]) if row and row[1] is not None and row[1] <= now else None


def is_being_sent(tx: Transaction, endpoint_id: str, now: datetime) -> bool:
    """Whether a delivery of an endpoint is claimed at this moment (ix_deliveries_waiting)."""
    leased = (_PENDING, _D.webhook_endpoint_id == endpoint_id, _D.leased_until_at > now)
    return tx.execute(select(_D.id).where(*leased).limit(1)).first() is not None


def lock_endpoint(tx: Transaction, endpoint_id: str) -> tuple[Health, datetime | None] | None:
    """Hold an endpoint's row until the commit: how it fares, and its next slot where it has a rate."""
    query = select(*_HEALTH, _E.paced_at).where(_E.id == endpoint_id, _E.deleted_at.is_(None)).with_for_update()
    row = tx.execute(query).first()
    return (Health(*row[:4]), row[4]) if row else None


def set_slot(tx: Transaction, endpoint_id: str, paced_at: datetime) -> None:
    """When an endpoint with a rate of its own has its next slot."""
    tx.execute(update(webhook_endpoints).where(_E.id == endpoint_id).values(paced_at=paced_at))


def lease(tx: Transaction, delivery_ids: Sequence[str], until: datetime) -> None:
    """Claim deliveries until an instant, after which they can be claimed again."""
    tx.execute(update(deliveries).where(_D.id.in_(delivery_ids)).values(leased_until_at=until))


def postpone(tx: Transaction, delivery_ids: Sequence[str], due_at: datetime | None) -> None:
    """Give claimed deliveries back unsent, due at an instant, or with None when their endpoint is resumed."""
    if delivery_ids:
        mine = (_D.id.in_(delivery_ids), _PENDING)
        tx.execute(update(deliveries).where(*mine).values(due_at=due_at, leased_until_at=None))


def give_back(tx: Transaction, claims: Collection[tuple[str, datetime]]) -> None:
    """Give deliveries back that were claimed and not begun; one that another has claimed since stays theirs."""
    by_token: dict[datetime, list[str]] = {}
    for delivery_id, token in claims:
        by_token.setdefault(token, []).append(delivery_id)
    for token, delivery_ids in by_token.items():
        mine = (_D.id.in_(delivery_ids), _PENDING, _D.leased_until_at == token)
        tx.execute(update(deliveries).where(*mine).values(leased_until_at=None))


def claimed(tx: Transaction, delivery_ids: Sequence[str]) -> list[tuple[str, str, bool, Message]]:
    """What a claim took: delivery, endpoint, whether the project is archived, message (primary keys)."""
    query = (
        select(_D.id, _D.webhook_endpoint_id, projects.c.state, *messages.c)
        .join(messages, messages.c.id == _D.message_id)
        .join(projects, projects.c.id == _D.project_id)
        .where(_D.id.in_(delivery_ids))
        .order_by(_D.due_at, _D.id)
    )
    return [(row[0], row[1], row[2] == "archived", Message(*row[3:])) for row in tx.execute(query)]


# --- recording ------------------------------------------------------------------------------------


def count_attempts(tx: Transaction, delivery_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Take the number of each delivery's next attempt, and which it is since the last replay, by delivery id.

    The rows' locks order two at one instant.
    """
    counting = update(deliveries).where(_D.id.in_(delivery_ids)).values(attempts=_D.attempts + 1)
    rows = tx.execute(counting.returning(_D.id, _D.attempts, _D.attempts_before))
    return {row[0]: (row[1], row[1] - row[2]) for row in rows}


def deliver(tx: Transaction, delivery_ids: Sequence[str], now: datetime) -> None:
    """End deliveries whose receivers accepted them, whoever has claimed them since: the receiver has the message."""
    values = {"state": "delivered", "due_at": None, "leased_until_at": None, "finished_at": now}
    if delivery_ids:
        tx.execute(update(deliveries).where(_D.id.in_(delivery_ids), _PENDING).values(**values))


_SETTLE: Final = (
    update(deliveries)
    .where(_D.id == bindparam("of"), _PENDING, _D.leased_until_at == bindparam("token", type_=Instant))
    .values(
        state=bindparam("then"), due_at=bindparam("due", type_=Instant), leased_until_at=None,
        finished_at=bindparam("finished", type_=Instant),
    )
)  # fmt: skip


def settle(tx: Transaction, failures: Sequence[tuple[str, datetime, Consequence]], now: datetime) -> None:
    """What failed attempts make of their deliveries: (id, its claim's token, what follows).

    A failure counts only while its claim's lease is the delivery's: whoever claimed it since decides.
    """
    if failures:
        rows = [
            {
                "of": delivery_id, "token": token, "then": follows.state, "due": follows.due_at,
                "finished": None if follows.state == "pending" else now,
            }
            for delivery_id, token, follows in failures
        ]  # fmt: skip
        tx.execute(_SETTLE, rows)


# --- how endpoints fare ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fares:
    """How an endpoint fares, and where it is now: what another URL answered says nothing of it."""

    url: str
    reason: str | None
    health: Health


def fares_of(tx: Transaction, endpoint_ids: Sequence[str], *, locked: bool = False) -> dict[str, Fares]:
    """How endpoints fare that were not deleted, by id; `locked`: their rows are held until the commit, in one order."""
    query = (
        select(_E.id, _E.url, _E.state_reason, *_HEALTH)
        .where(_E.id.in_(endpoint_ids), _E.deleted_at.is_(None))
        .order_by(_E.id)
    )
    rows = tx.execute(query.with_for_update() if locked else query)
    return {row[0]: Fares(row[1], row[2], Health(*row[3:])) for row in rows}


def set_health(tx: Transaction, endpoint_id: str, health: Health, reason: str | None) -> None:
    """Write down how an endpoint fares. Not a change that a person made: its revision stays."""
    values = {
        "state": health.state, "failures": health.failures, "failing_since_at": health.failing_since_at,
        "held_until_at": health.held_until_at, "state_reason": reason,
    }  # fmt: skip
    tx.execute(update(webhook_endpoints).where(_E.id == endpoint_id).values(**values))


# --- the line -------------------------------------------------------------------------------------


def take_place(tx: Transaction, endpoint_id: str) -> int:
    """The next place in an endpoint's line; whoever calls holds the endpoint's row."""
    taking = update(webhook_endpoints).where(_E.id == endpoint_id).values(places=_E.places + 1).returning(_E.places)
    return int(tx.execute(taking).scalar_one())


def line_up(tx: Transaction, endpoint_id: str) -> None:
    """Give every pending delivery of an endpoint a place, in the order in which they were made."""
    order = func.row_number().over(order_by=(_D.created_at, _D.id)).label("place")
    waiting = select(_D.id, order).where(_PENDING, _D.webhook_endpoint_id == endpoint_id).subquery()
    placed = select(waiting.c.place).where(waiting.c.id == _D.id).scalar_subquery()
    count = tx.execute(
        update(deliveries).where(_PENDING, _D.webhook_endpoint_id == endpoint_id).values(place=placed)
    ).rowcount
    tx.execute(update(webhook_endpoints).where(_E.id == endpoint_id).values(places=func.max(_E.places, count) if tx.dialect.name == "sqlite" else func.greatest(_E.places, count)))  # fmt: skip
