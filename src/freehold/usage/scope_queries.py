"""What was observed of a project's scope: SQL over the rollups of the last 30 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, distinct, func, select

from freehold.keys.records import ALLOWED, Reason
from freehold.store.engine import Transaction
from freehold.store.schema import usage_rollups

_WINDOW: Final = timedelta(days=30)
_COLUMNS: Final = usage_rollups.c


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """The use of one endpoint by a project. `refused`: denied because it is not declared, or not to that key. `last_at`: the beginning of its last minute of use, where minutes are kept."""

    allowed: int
    denied: int
    refused: int
    keys: int
    last_at: datetime


def scope_use(tx: Transaction, project_id: str, now: datetime) -> dict[str, ScopeUse]:
    """How a project used each endpoint of the catalogue in 30 days, declared or not (ix_usage_rollups_project)."""
    # The hours are summed; the minutes only say when the last use was.
    hours = _COLUMNS.grain == "hour"
    allowed = func.sum(case((and_(hours, _COLUMNS.outcome == ALLOWED), _COLUMNS.requests), else_=0))
    denied = func.sum(case((and_(hours, _COLUMNS.outcome != ALLOWED), _COLUMNS.requests), else_=0))
    refused = func.sum(
        case((and_(hours, _COLUMNS.outcome == Reason.ENDPOINT_NOT_IN_SCOPE), _COLUMNS.requests), else_=0)
    )
    query = (
        select(
            _COLUMNS.endpoint,
            allowed,
            denied,
            refused,
            func.count(distinct(_COLUMNS.key_id)),
            func.max(_COLUMNS.bucket_at),
        )
        .where(
            _COLUMNS.project_id == project_id,
            _COLUMNS.grain.in_(("minute", "hour")),
            _COLUMNS.bucket_at >= now - _WINDOW,
        )
        .where(_COLUMNS.endpoint != "")
        .group_by(_COLUMNS.endpoint)
    )
    return {row[0]: ScopeUse(int(row[1]), int(row[2]), int(row[3]), int(row[4]), row[5]) for row in tx.execute(query)}
