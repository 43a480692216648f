"""SQL of what readiness asks of usage: the days' sums of several projects, and the one request that proves a check."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, or_, select

from freehold.keys.records import ALLOWED, Reason
from freehold.production.readiness_facts import DayUse, SeenRequest
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
    let_through = or_(_R.outcome == ALLOWED, failed)
    query = (
        select(
            _R.project_id, _R.bucket_at, _R.endpoint,
            func.sum(case((_R.outcome == ALLOWED, _R.requests), else_=0)),
            func.sum(case((_R.outcome.in_(REFUSALS), _R.requests), else_=0)),
            func.sum(case((let_through, _R.requests), else_=0)), func.sum(case((failed, _R.requests), else_=0)),
        )
        .where(_R.project_id.in_(project_ids), _R.grain == "day", _R.bucket_at >= since)
        .group_by(_R.project_id, _R.bucket_at, _R.endpoint)
    )  # fmt: skip
    days = {each: _Days(rates_since) for each in project_ids}
    for project_id, *day in tx.execute(query):
        days[project_id].add(*day)
    return {project_id: each.use() for project_id, each in days.items()}


class _Days:
    """One project's days, added up."""

    def __init__(self, rates_since: datetime) -> None:
        self._rates_since = rates_since
        self._exercised: dict[str, datetime] = {}
        self._denied_on: datetime | None = None
        self._requests = self._failed = 0
        self._by_day: dict[datetime, int] = {}

    def add(self, day: datetime, endpoint: str, allowed: int, refused: int, let_through: int, failed: int) -> None:
        if allowed:
            self._exercised[endpoint] = max(day, self._exercised.get(endpoint, day))
        if refused:
            self._denied_on = max(day, self._denied_on or day)
        if day >= self._rates_since:
            self._requests += int(let_through)
            self._failed += int(failed)
            self._by_day[day] = self._by_day.get(day, 0) + int(allowed)

    def use(self) -> DayUse:
        allowed_on = max(self._exercised.values(), default=None)
        busiest = max(self._by_day.values(), default=0)
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
