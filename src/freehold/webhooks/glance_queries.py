"""SQL of what pages show beside endpoints, deliveries and messages: how they fared. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select

from freehold.store.engine import Transaction
from freehold.store.schema import attempts, deliveries, webhook_endpoints

_D = deliveries.c
_WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Fates:
    """How many deliveries stand where."""

    delivered: int = 0
    failed: int = 0
    pending: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class EndpointActivity:
    """What an endpoint was sent in 30 days, and when last."""

    fates: Fates = Fates()
    last_at: datetime | None = None


def activity_of_endpoints(tx: Transaction, endpoint_ids: Sequence[str], now: datetime) -> dict[str, EndpointActivity]:
    """What each of these endpoints was sent, probes of checks aside (ix_deliveries_endpoint)."""
    if not endpoint_ids:
        return {}
    query = (
        select(_D.webhook_endpoint_id, *_fate_columns(), func.max(_D.created_at))
        .where(_D.webhook_endpoint_id.in_(endpoint_ids), _D.created_at >= now - _WINDOW, _D.probe.is_(None))
        .group_by(_D.webhook_endpoint_id)
    )
    sums = {row[0]: (_fates(row[1:5]), row[5]) for row in tx.execute(query)}
    return {each: EndpointActivity(*sums.get(each, (Fates(), None))) for each in endpoint_ids}


def fates_of_messages(tx: Transaction, message_ids: Sequence[str]) -> dict[str, Fates]:
    """Where the deliveries of each of these messages stand (uq_deliveries_message_id_webhook_endpoint_id)."""
    mine = _D.message_id.in_(message_ids)
    query = select(_D.message_id, *_fate_columns()).where(mine).group_by(_D.message_id)
    fates = dict.fromkeys(message_ids, Fates())
    return fates | {row[0]: _fates(row[1:5]) for row in tx.execute(query)}


def _fate_columns() -> list[ColumnElement[int]]:
    states = ("delivered", "failed", "pending", "dropped")
    return [func.sum(case((_D.state == state, 1), else_=0)) for state in states]


def _fates(counts: Sequence[Any]) -> Fates:
    return Fates(*(int(count) for count in counts))


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """What came of the latest attempt of a delivery."""

    status: int | None
    error: str | None
    duration_us: int


def last_attempts(tx: Transaction, delivery_ids: Sequence[str]) -> dict[str, LastAttempt]:
    """The latest attempt of each of these deliveries that was tried (uq_attempts_delivery_id_number)."""
    column = attempts.c
    latest = and_(column.delivery_id == _D.id, column.number == _D.attempts)
    query = (
        select(_D.id, column.status, column.error, column.duration_us)
        .join(attempts, latest)
        .where(_D.id.in_(delivery_ids))
    )
    return {row[0]: LastAttempt(*row[1:]) for row in tx.execute(query)}


@dataclass(frozen=True, slots=True)
class EndpointName:
    """What an endpoint was called, also one that has been removed since."""

    url: str
    removed: bool


def endpoint_names(tx: Transaction, endpoint_ids: Sequence[str]) -> dict[str, EndpointName]:
    """The URLs of endpoints, by id (primary key)."""
    column = webhook_endpoints.c
    query = select(column.id, column.url, column.deleted_at).where(column.id.in_(endpoint_ids))
    return {row[0]: EndpointName(row[1], row[2] is not None) for row in tx.execute(query)}
