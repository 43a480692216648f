"""SQL of what rules on traffic look at: sums of the rollups of one project. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, or_, select, type_coerce

from freehold.alerts.records import AlertFilter
from freehold.keys.records import ALLOWED
from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import journals, usage_rollups
from freehold.usage.naming import is_number, number_in
from freehold.usage.queries import complete_to, of_kind
from freehold.usage.records import Grain, Piece
from freehold.usage.rules import cover

_R: Final = usage_rollups.c
_FAILED: Final = of_kind(_R.outcome, _R.status_class == 5, "failed")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What rules need of some requests. `let_through`: those that an upstream should have served; `spent`: of quotas."""

    requests: int = 0
    cost: int = 0
    denials: int = 0
    let_through: int = 0
    failures: int = 0
    spent: int = 0


def _sum(condition: ColumnElement[bool], of: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, of), else_=0)), 0)


_REQUESTS: Final = type_coerce(_R.requests, BigInteger)
_SUMS: Final = (
    func.coalesce(func.sum(_R.requests), 0),
    func.coalesce(func.sum(_R.cost), 0),
    _sum(_R.outcome != ALLOWED, _REQUESTS),
    _sum(or_(_R.outcome == ALLOWED, _FAILED), _REQUESTS),
    _sum(_FAILED, _REQUESTS),
    _sum(_R.outcome == ALLOWED, type_coerce(_R.cost, BigInteger)),
)


def matching(filter_: AlertFilter) -> list[ColumnElement[bool]]:
    """A rule's filter as conditions on the rollups."""
    columns = ((_R.key_id, filter_.key), (_R.endpoint, filter_.endpoint), (_R.outcome, filter_.reason))
    return [column == value for column, value in columns if value is not None]


def within(pieces: Iterable[Piece]) -> ColumnElement[bool]:
    """The whole rollup rows that make up a stretch of time."""
    return or_(*(and_(_R.grain == each.grain, _R.bucket_at >= each.start, _R.bucket_at < each.end) for each in pieces))


def traffic(tx: Transaction, project_id: str, filter_: AlertFilter, start: datetime, end: datetime) -> Traffic:
    """A project's sums between two full minutes (ix_usage_rollups_project)."""
    if start >= end:
        return Traffic()
    project = is_number(_R.project_id, number_in(tx, project_id))
    conditions = [project, *matching(filter_), within(cover([start], end))]
    return Traffic(*map(int, tx.execute(select(*_SUMS).where(*conditions)).one()))


def traffic_by_step(
    tx: Transaction, project_id: str, filter_: AlertFilter, start: datetime, end: datetime, step: timedelta
) -> dict[datetime, Traffic]:
    """The same of equal steps side by side since 1970, by their beginnings; steps without traffic are left out.

    A step is a minute, an hour or a day, or so many of them (ix_usage_rollups_project).
    """
    grain = grain_of(step)
    step_ms = step // timedelta(milliseconds=1)
    place = type_coerce(_R.bucket_at, BigInteger)
    begun = (place - place % step_ms).label("begun")
    conditions = [_R.project_id == project_id, _R.grain == grain, _R.bucket_at >= start, _R.bucket_at < end]
    query = select(begun, *_SUMS).where(*conditions, *matching(filter_)).group_by(begun)
    return {clock.from_ms(int(row[0])): Traffic(*map(int, row[1:])) for row in tx.execute(query)}


def grain_of(step: timedelta) -> Grain:
    """The coarsest rollup that equal steps can be made of."""
    if step % timedelta(days=1) == timedelta(0):
        return "day"
    return "hour" if step % timedelta(hours=1) == timedelta(0) else "minute"


def counted_to(tx: Transaction, now: datetime) -> datetime:
    """The instant before which every decision is counted; now, where no gate is running that could decide."""
    live = tx.execute(select(journals.c.id).where(journals.c.ended_at.is_(None)).limit(1)).first()
    return min(complete_to(tx) or now, now) if live else now


def last_minute(tx: Transaction, project_id: str, filter_: AlertFilter) -> datetime | None:
    """The newest minute in which a project had traffic, or hour where minutes are not kept that long."""
    newest: list[datetime] = []
    for grain in ("minute", "hour", "day", "month"):
        query = select(_R.bucket_at).where(_R.project_id == project_id, _R.grain == grain, *matching(filter_))
        found = tx.execute(query.order_by(_R.bucket_at.desc()).limit(1)).scalar()
        if found is not None:
            newest.append(found)
        if grain == "minute" and newest:
            break
    return max(newest, default=None)


def minutes_with_traffic(tx: Transaction, project_id: str, filter_: AlertFilter, start: datetime) -> Sequence[datetime]:
    """Every minute since an instant in which a project had traffic, in order (ix_usage_rollups_project)."""
    query = (
        select(_R.bucket_at)
        .distinct()
        .where(_R.project_id == project_id, _R.grain == "minute", _R.bucket_at >= start, *matching(filter_))
        .order_by(_R.bucket_at)
    )
    return tx.execute(query).scalars().all()


def quota_spent(
    tx: Transaction, project_id: str, grain: Grain, start: datetime, key_ids: Sequence[str] | None
) -> dict[str, int]:
    """The cost of what was let through in a quota's period: of a project (under ``), or of each of its keys."""
    owner: Any = _R.key_id if key_ids is not None else None
    conditions = [_R.project_id == project_id, _R.grain == grain, _R.bucket_at == start, _R.outcome == ALLOWED]
    if key_ids is None:
        spent = tx.execute(select(func.coalesce(func.sum(_R.cost), 0)).where(*conditions)).scalar_one()
        return {"": int(spent)}
    rows = tx.execute(select(owner, func.sum(_R.cost)).where(*conditions, owner.in_(key_ids)).group_by(owner))
    return {key_id: int(cost) for key_id, cost in rows}
