"""What was served, as the rollups of days counted it: SQL only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select

from freehold.keys.records import ALLOWED
from freehold.prices.records import Priced, Quantity
from freehold.store.engine import Transaction
from freehold.store.schema import projects, usage_rollups

_R = usage_rollups.c
_FAILED = 5


def served(
    tx: Transaction, project_ids: Sequence[str], month: datetime, start: datetime, end: datetime
) -> dict[str, list[Quantity]]:
    """What was served in [start, end) by project and endpoint, and in the month before it (usage_rollups' primary key)."""
    early, late = _R.bucket_at < start, _R.bucket_at >= start
    sums = [_sum_of(column, when) for column in (_R.requests, _R.cost) for when in (early, late)]
    query = (
        select(_R.project_id, _R.endpoint, *sums)
        .where(_R.project_id.in_(project_ids), *_served_within(month, end))
        .group_by(_R.project_id, _R.endpoint)
    )
    found: dict[str, list[Quantity]] = {}
    for project_id, endpoint, *counts in tx.execute(query):
        found.setdefault(project_id, []).append(Quantity(endpoint, *map(int, counts)))
    return found


def projects_by_id(tx: Transaction, project_ids: Sequence[str]) -> dict[str, Priced]:
    """What prices ask of projects (primary key)."""
    column = projects.c
    query = select(column.id, column.api_id, column.environment).where(column.id.in_(project_ids))
    return {row.id: Priced(row.id, row.api_id, row.environment) for row in tx.execute(query)}


def projects_of(tx: Transaction, organization_id: str) -> list[str]:
    """An organization's projects by id, archived ones too (their usage stays)."""
    query = select(projects.c.id).where(projects.c.organization_id == organization_id)
    return sorted(tx.execute(query).scalars())


def _served_within(start: datetime, end: datetime) -> list[Any]:
    served_ = and_(_R.outcome == ALLOWED, _R.status_class != _FAILED)
    return [_R.grain == "day", _R.bucket_at >= start, _R.bucket_at < end, served_]


def _sum_of(column: Any, when: Any) -> Any:
    return func.sum(case((when, column), else_=0))
