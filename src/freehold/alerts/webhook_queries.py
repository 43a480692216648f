"""SQL of what rules on webhooks look at: attempts, and deliveries that wait for another. Reads only."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, case, func, select, type_coerce

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import attempts, deliveries

# A delivery is tried for at most so long (webhooks/rules.RETRY_AFTER_S, with jitter, and a day of Retry-After).
_TRIED_FOR: Final = timedelta(days=8)
# A webhook check's probes are meant to be refused.
_NO_PROBE: Final = deliveries.c.probe.is_(None)
_FAILED: Final = case((attempts.c.outcome != "accepted", 1), else_=0)


def attempts_between(
    tx: Transaction, project_id: str, endpoint_id: str | None, start: datetime, end: datetime
) -> tuple[int, int]:
    """How many attempts there were, and how many of them were not accepted (ix_deliveries_project)."""
    query = (
        select(func.count(), func.coalesce(func.sum(_FAILED), 0))
        .select_from(attempts)
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(deliveries.c.project_id == project_id, _NO_PROBE, deliveries.c.created_at >= start - _TRIED_FOR)
        .where(attempts.c.at >= start, attempts.c.at < end)
    )
    if endpoint_id:
        query = query.where(deliveries.c.webhook_endpoint_id == endpoint_id)
    row = tx.execute(query).one()
    return int(row[0]), int(row[1])


def attempts_by_step(
    tx: Transaction, project_id: str, endpoint_id: str | None, start: datetime, end: datetime, step: timedelta
) -> dict[datetime, tuple[int, int]]:
    """The same of equal steps side by side since 1970, by their beginnings; steps without an attempt are left out."""
    step_ms = step // timedelta(milliseconds=1)
    place = type_coerce(attempts.c.at, BigInteger)
    begun = (place - place % step_ms).label("begun")
    query = (
        select(begun, func.count(), func.sum(_FAILED))
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(deliveries.c.project_id == project_id, _NO_PROBE, deliveries.c.created_at >= start - _TRIED_FOR)
        .where(attempts.c.at >= start, attempts.c.at < end)
        .group_by(begun)
    )
    if endpoint_id:
        query = query.where(deliveries.c.webhook_endpoint_id == endpoint_id)
    return {clock.from_ms(int(row[0])): (int(row[1]), int(row[2])) for row in tx.execute(query)}


def waiting_for_retry(tx: Transaction, project_id: str, endpoint_id: str | None) -> int:
    """How many deliveries were tried and wait for another attempt (ix_deliveries_project)."""
    query = select(func.count()).where(
        deliveries.c.project_id == project_id, deliveries.c.state == "pending", deliveries.c.attempts > 0,
        deliveries.c.due_at.is_not(None), _NO_PROBE,
    )  # fmt: skip
    if endpoint_id:
        query = query.where(deliveries.c.webhook_endpoint_id == endpoint_id)
    return tx.execute(query).scalar_one()
