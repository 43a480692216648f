"""How far the quotas of keys and projects are spent in their present period.

Reads the tables of slices to the right (keys, usage), never their code: like a project's posture, its
quota's state is part of its API resource. Grants and settles nothing: that is the gates'.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Column, func, select

from freehold.projects.limits import Period, Quota, QuotaState, period_of
from freehold.store.engine import Transaction
from freehold.store.schema import keys, quota_counters, usage_rollups


def states_of_projects(tx: Transaction, quotas: Mapping[str, Quota], now: datetime) -> dict[str, QuotaState]:
    """The states of projects' quotas, by the project's id (primary key, ix_usage_rollups_project)."""
    return _states(tx, quotas, quotas, usage_rollups.c.project_id, now)


def states_of_keys(tx: Transaction, quotas: Mapping[str, Quota], now: datetime) -> dict[str, QuotaState]:
    """The states of keys' quotas, by the key's id (primary keys, ix_usage_rollups_project)."""
    if not quotas:
        return {}
    project_ids = tx.execute(select(keys.c.project_id).distinct().where(keys.c.id.in_(quotas))).scalars().all()
    return _states(tx, quotas, project_ids, usage_rollups.c.key_id, now)


def _states(
    tx: Transaction, quotas: Mapping[str, Quota], project_ids: Collection[str], owner: Column[str], now: datetime
) -> dict[str, QuotaState]:
    by_period: dict[Period, list[str]] = defaultdict(list)
    for owner_id, quota in quotas.items():
        by_period[quota.period].append(owner_id)
    states = {}
    for period, owner_ids in by_period.items():
        began_at, resets_at = period_of(period, now)
        granted = _granted(tx, owner_ids, began_at)
        counted = _counted(tx, owner_ids, project_ids, owner, period, began_at)
        for owner_id in owner_ids:
            # What was used before the quota was set counts too, and is granted to nobody.
            used = counted.get(owner_id, 0)
            reserved = max(0, granted.get(owner_id, 0) - used)
            states[owner_id] = QuotaState(quotas[owner_id].limit, used, reserved, began_at, resets_at)
    return states


def _granted(tx: Transaction, owner_ids: Collection[str], began_at: datetime) -> dict[str, int]:
    query = select(quota_counters.c.owner_id, quota_counters.c.granted)
    rows = tx.execute(query.where(quota_counters.c.owner_id.in_(owner_ids), quota_counters.c.period_at == began_at))
    return {row.owner_id: row.granted for row in rows}


def _counted(
    tx: Transaction, owner_ids: Collection[str], project_ids: Collection[str], owner: Column[str], period: Period, began_at: datetime
) -> dict[str, int]:  # fmt: skip
    """The cost of all that was let through in a period, as far as it is counted."""
    query = (
        select(owner, func.sum(usage_rollups.c.cost))
        .where(usage_rollups.c.project_id.in_(project_ids), owner.in_(owner_ids), usage_rollups.c.outcome == "allowed")
        .where(usage_rollups.c.grain == period, usage_rollups.c.bucket_at == began_at)
        .group_by(owner)
    )
    return {owner_id: int(cost) for owner_id, cost in tx.execute(query)}
