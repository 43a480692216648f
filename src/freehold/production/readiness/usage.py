"""SQL of what readiness asks of usage: the days' sums of several projects, and the one request that proves a check."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, func, or_, select

from freehold.keys.records import ALLOWED, Reason
from freehold.production.readiness.facts import DayUse, SeenRequest
from freehold.store.engine import Transaction
from freehold.store.schema import usage_events, usage_rollups
from freehold.usage.queries import of_kind

_R: Final = usage_rollups.c
# Denials by which a project's own protection is seen to refuse. Those without a known key are of no project.
REFUSALS: Final = tuple(
    reason.value
    for reason in (
        Reason.REVOKED, Reason.EXPIRED, Reason.WRONG_ENVIRONMENT, Reason.ENDPOINT_UNKNOWN, Reason.ENDPOINT_NOT_IN_SCOPE,
        Reason.ADDRESS_NOT_ALLOWED,
    )
)  # fmt: skip


def use_of(tx: Transaction, project_ids: Sequence[str], since: datetime, rates_since: datetime) -> dict[str, DayUse]:
    """What the days' sums say of projects; failures and the busiest day from `rates_since` on (primary key)."""
    failed = of_kind(_R.outcome, _R.status_class == 5, "failed")
    rated = and_(_R.bucket_at >= rates_since, or_(_R.outcome == ALLOWED, failed))
    query = (
        select(
            _R.project_id, _R.endpoint, func.max(case((_R.outcome == ALLOWED, _R.bucket_at))),
            func.max(case((_R.outcome.in_(REFUSALS), _R.bucket_at))),
            func.sum(case((rated, _R.requests), else_=0)), func.sum(case((and_(rated, failed), _R.requests), else_=0)),
        )
        .where(_R.project_id.in_(project_ids), _R.grain == "day", _R.bucket_at >= since, _R.requests > 0)
        .group_by(_R.project_id, _R.endpoint)
    )  # fmt: skip
    uses = {each: _Use() for each in project_ids}
    for project_id, *use in tx.execute(query):
        uses[project_id].add(*use)
    busiest = _busiest_days(tx, project_ids, rates_since)
    return {project_id: each.seen(busiest.get(project_id, 0)) for project_id, each in uses.items()}


def _busiest_days(tx: Transaction, project_ids: Sequence[str], since: datetime) -> dict[str, int]:
    """The most requests that were allowed on one day, of each project that had any (primary key)."""
    query = (
        select(_R.project_id, func.sum(_R.requests))
        .where(_R.project_id.in_(project_ids), _R.grain == "day", _R.bucket_at >= since, _R.outcome == ALLOWED)
        .group_by(_R.project_id, _R.bucket_at)
    )
    found: dict[str, int] = {}
    for project_id, requests in tx.execute(query):
        found[project_id] = max(int(requests), found.get(project_id, 0))
    return found


class _Use:
    """One project's endpoints, put together."""

    def __init__(self) -> None:
        self._exercised: dict[str, datetime] = {}
        self._denied_on: datetime | None = None
        self._requests = self._failed = 0

    def add(
        self, endpoint: str, allowed_on: datetime | None, denied_on: datetime | None, requests: int, failed: int
    ) -> None:
        if allowed_on is not None:
            self._exercised[endpoint] = allowed_on
        if denied_on is not None:
            self._denied_on = max(denied_on, self._denied_on or denied_on)
        self._requests += int(requests)
        self._failed += int(failed)

    def seen(self, busiest: int) -> DayUse:
        allowed_on = max(self._exercised.values(), default=None)
        return DayUse(self._exercised, allowed_on, self._denied_on, self._requests, self._failed, busiest)


def newest_request(tx: Transaction, project_id: str, outcomes: Sequence[str], day: datetime) -> SeenRequest | None:
    """The newest request of a day with one of these outcomes; None where it was put away (ix_usage_events_project_at)."""
    column = usage_events.c
    query = (
        select(column.id, column.endpoint, column.outcome, column.at)
        .where(column.project_id == project_id, column.at >= day, column.at < day + timedelta(days=1))
        .where(column.outcome.in_(outcomes))
        .order_by(column.at.desc(), column.id.desc())
        .limit(1)
    )
    row = tx.execute(query).first()
    return SeenRequest(row.id, row.endpoint or "", row.outcome, row.at) if row else None
