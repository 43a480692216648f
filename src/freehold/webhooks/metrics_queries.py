"""SQL of how endpoints fare over time: fates by bucket, attempts by outcome, latencies, what waits. Reads only.

Probes of webhook checks are left out everywhere: a receiver is right to refuse most of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, case, func, literal_column, or_, select, type_coerce, union_all

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import attempts, deliveries
from freehold.webhooks.glance_queries import Fates
from freehold.webhooks.records import Outcome

_D = deliveries.c
# Written out, not bound: only so does either database see that its partial index holds the answer.
_PENDING: Final[ColumnElement[bool]] = literal_column("deliveries.state = 'pending'")
_STATES: Final = ("delivered", "failed", "pending", "dropped")
# Percentiles are of so many of the newest attempts at most, which bounds the sorting.
LATENCIES_MAX: Final = 100_000
_PER_CENT: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Latency:
    """How long complete answers took, in microseconds: None where there was none. `of`: so many were looked at."""

    p50_us: int | None = None
    p95_us: int | None = None
    p99_us: int | None = None
    max_us: int | None = None
    of: int = 0


@dataclass(frozen=True, slots=True)
class Pressure:
    """What an endpoint still has to be sent.

    `retrying` was tried in vain already, `due` should be sent now, `parked` waits for the endpoint to be resumed.
    """

    pending: int = 0
    retrying: int = 0
    due: int = 0
    parked: int = 0
    next_retry_at: datetime | None = None
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The last delivery that a receiver accepted, signed as it was."""

    delivery_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tries:
    """The attempts of a range, by outcome."""

    accepted: int = 0
    refused: int = 0
    unreachable: int = 0
    blocked: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.accepted + self.refused + self.unreachable + self.blocked


@dataclass(frozen=True, slots=True)
class Glance:
    """What an endpoint's row in a list says: its fates by bucket, what waits, what it accepted last."""

    buckets: dict[datetime, Fates] = field(default_factory=dict)
    pressure: Pressure = Pressure()
    accepted: Accepted | None = None


def glances(
    tx: Transaction, endpoint_ids: Sequence[str], start: datetime, end: datetime, bucket: timedelta, now: datetime
) -> dict[str, Glance]:
    """How each of these endpoints fared in a range, and what it has before it."""
    if not endpoint_ids:
        return {}
    fates = fates_by_bucket(tx, endpoint_ids, start, end, bucket)
    waiting, accepted = pressure_of(tx, endpoint_ids, now), last_accepted(tx, endpoint_ids)
    return {each: Glance(fates.get(each, {}), waiting[each], accepted.get(each)) for each in endpoint_ids}


def fates_by_bucket(
    tx: Transaction, endpoint_ids: Sequence[str], start: datetime, end: datetime, bucket: timedelta
) -> dict[str, dict[datetime, Fates]]:
    """How the deliveries that were made in a range stand, by endpoint and by when they were made (ix_deliveries_endpoint)."""
    made, length = type_coerce(_D.created_at, BigInteger), int(bucket.total_seconds() * 1000)
    begin = made - made % length
    counts = [func.sum(case((_D.state == state, 1), else_=0)) for state in _STATES]
    query = select(_D.webhook_endpoint_id, begin, *counts).where(*_made(endpoint_ids, start, end))
    found: dict[str, dict[datetime, Fates]] = {}
    for endpoint_id, at, *sums in tx.execute(query.group_by(_D.webhook_endpoint_id, begin)):
        delivered, failed, pending, dropped = (int(each) for each in sums)
        found.setdefault(endpoint_id, {})[clock.from_ms(int(at))] = Fates(delivered, failed, pending, dropped)
    return found


def tries_of(tx: Transaction, endpoint_id: str, start: datetime, end: datetime) -> Tries:
    """The attempts of the deliveries that were made in a range (ix_deliveries_endpoint, uq_attempts_delivery_id_number)."""
    query = select(attempts.c.outcome, func.count()).join(deliveries, _D.id == attempts.c.delivery_id)
    counted = query.where(*_made([endpoint_id], start, end)).group_by(attempts.c.outcome)
    found: dict[Outcome, int] = {row[0]: int(row[1]) for row in tx.execute(counted)}
    return Tries(**found)


def latency_of(tx: Transaction, endpoint_id: str, start: datetime, end: datetime) -> Latency:
    """How long complete answers took: exact, of the newest LATENCIES_MAX attempts (ix_deliveries_endpoint)."""
    took = (
        select(attempts.c.duration_us)
        .join(deliveries, _D.id == attempts.c.delivery_id)
        .where(*_made([endpoint_id], start, end), attempts.c.status.is_not(None))
        .order_by(_D.created_at.desc())
        .limit(LATENCIES_MAX)
        .subquery()
    )
    ranked = select(
        took.c.duration_us,
        func.row_number().over(order_by=took.c.duration_us).label("rank"),
        func.count().over().label("of"),
    ).subquery()
    # The nearest rank: the smallest value that so many per cent do not exceed.
    ranks = [(ranked.c.of * per_cent + 99) / 100 for per_cent in (*_PER_CENT, 100)]
    wanted = or_(*(ranked.c.rank == func.floor(each) for each in ranks))
    rows = tx.execute(select(ranked.c.rank, ranked.c.duration_us, ranked.c.of).where(wanted)).all()
    if not rows:
        return Latency()
    at, of = {int(row.rank): int(row.duration_us) for row in rows}, int(rows[0].of)
    p50, p95, p99, most = (at[(of * per_cent + 99) // 100] for per_cent in (*_PER_CENT, 100))
    return Latency(p50, p95, p99, most, of)


def pressure_of(tx: Transaction, endpoint_ids: Sequence[str], now: datetime) -> dict[str, Pressure]:
    """What each of these endpoints still has to be sent (ix_deliveries_waiting)."""
    retried = _D.attempts > 0

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    query = (
        select(
            _D.webhook_endpoint_id, func.count(), count(retried), count(_D.due_at <= now), count(_D.due_at.is_(None)),
            func.min(case((retried, _D.due_at))), func.min(_D.created_at),
        )
        .where(_D.webhook_endpoint_id.in_(endpoint_ids), _PENDING, _D.probe.is_(None))
        .group_by(_D.webhook_endpoint_id)
    )  # fmt: skip
    found = {
        row[0]: Pressure(int(row[1]), int(row[2]), int(row[3] or 0), int(row[4]), row[5], row[6])
        for row in tx.execute(query)
    }
    return {each: found.get(each, Pressure()) for each in endpoint_ids}


def last_accepted(tx: Transaction, endpoint_ids: Sequence[str]) -> dict[str, Accepted]:
    """The newest delivery that each of these endpoints accepted (ix_deliveries_endpoint, backwards)."""
    each_newest = [
        select(
            select(_D.webhook_endpoint_id, _D.id, _D.finished_at)
            .where(_D.webhook_endpoint_id == endpoint_id, _D.state == "delivered", _D.probe.is_(None))
            .order_by(_D.created_at.desc(), _D.id.desc())
            .limit(1)
            .subquery()
        )
        for endpoint_id in endpoint_ids
    ]
    return {row[0]: Accepted(row[1], row[2]) for row in tx.execute(union_all(*each_newest))} if each_newest else {}


def _made(endpoint_ids: Sequence[str], start: datetime, end: datetime) -> list[Any]:
    return [
        _D.webhook_endpoint_id.in_(endpoint_ids), _D.created_at >= start, _D.created_at < end, _D.probe.is_(None)
    ]  # fmt: skip
