"""What was observed of a project's scope in the last 30 days: SQL over the rollups, and over what was refused as undeclared."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, distinct, func, or_, select

from freehold.keys.records import ALLOWED, Reason
from freehold.store.engine import Transaction
from freehold.store.schema import usage_events, usage_rollups
from freehold.store.schema.usage import UNDECLARED

_WINDOW: Final = timedelta(days=30)
_COLUMNS: Final = usage_rollups.c
_NEWEST: Final = 1000
_PATHS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """The use of one endpoint by a project. `refused`: denied because it is not declared, or not to that key. `last_at`: the beginning of its last minute of use, where minutes are kept."""

    allowed: int
    denied: int
    refused: int
    keys: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A method and path that a project calls and does not declare.

    `outcome` tells whether the catalogue has it (`endpoint_not_in_scope`, then `endpoint` names it) or not (`endpoint_unknown`).
    """

    method: str | None
    path: str | None
    outcome: str
    endpoint: str | None
    requests: int
    last_at: datetime


def undeclared_use(tx: Transaction, project_id: str, now: datetime) -> list[Undeclared]:
    """What a project calls undeclared, most often first: the 20 most frequent of its newest 1,000 such requests.

    By ix_usage_events_undeclared. Bounded, since a caller can make up any number of paths; how many were refused in all, the rollups know.
    """
    of = usage_events.c
    newest = (
        select(of.method, of.path, of.outcome, of.endpoint, of.at)
        .where(of.project_id == project_id, of.at >= now - _WINDOW, UNDECLARED, or_(of.path.is_not(None), of.endpoint.is_not(None)))
        .order_by(of.at.desc())
        .limit(_NEWEST)
        .subquery()
    )  # fmt: skip
    what = (newest.c.method, newest.c.path, newest.c.outcome, newest.c.endpoint)
    count, last_at = func.count(), func.max(newest.c.at)
    query = select(*what, count, last_at).group_by(*what).order_by(count.desc(), last_at.desc(), *what)
    return [Undeclared(*row) for row in tx.execute(query.limit(_PATHS_MAX))]


def scope_use(tx: Transaction, project_id: str, now: datetime) -> dict[str, ScopeUse]:
    """How a project used each endpoint of the catalogue in 30 days, declared or not (primary key)."""
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
