"""Access requests and their history: SQL only."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from freehold.production.review.records import AccessRequest, NewRequest, RequestFilter
from freehold.store.engine import Transaction
from freehold.store.schema import (
    access_requests,
    organizations,
    projects,
    usage_rollups,
    users,
)

_columns = access_requests.c
_reviewer, _decider = users.alias("reviewer"), users.alias("decider")


# --- requests -------------------------------------------------------------------------------------


def insert_request(tx: Transaction, request: AccessRequest) -> None:
    """Write a new request (uq_access_requests_open: a second open one of its project breaks it)."""
    asked = request.asked
    tx.execute(
        insert(access_requests).values(
            id=request.id, project_id=request.project_id, environment="sandbox",
            organization_id=request.organization_id, kind=request.kind,
            use_case=asked.use_case if asked else None,
            requests_a_day_from=asked.requests_a_day_from if asked else None,
            requests_a_day_to=asked.requests_a_day_to if asked else None,
            peak_a_second=asked.peak_a_second if asked else None, launch_on=asked.launch_on if asked else None,
            requested_by=request.requested_by, requested_name=request.requested_name,
            requested_at=request.requested_at, fingerprint=request.fingerprint, number=request.number,
            base_fingerprint=request.base_fingerprint, state=request.state, waiting_on=request.waiting_on, revision=1,
        )
    )  # fmt: skip


def find_request(tx: Transaction, request_id: str) -> AccessRequest | None:
    """One request (primary key)."""
    row = tx.execute(_requests().where(_columns.id == request_id)).first()
    return _request(row) if row else None


def lock_request(tx: Transaction, request_id: str) -> AccessRequest | None:
    """One request, whose row is held until the commit."""
    tx.execute(select(_columns.id).where(_columns.id == request_id).with_for_update())
    return find_request(tx, request_id)


def lock_open_request(tx: Transaction, project_id: str) -> AccessRequest | None:
    """The open request of a sandbox project, whose row is held until the commit (uq_access_requests_open)."""
    query = select(_columns.id).where(_columns.project_id == project_id, _columns.ended_at.is_(None))
    found = tx.execute(query.with_for_update()).scalar()
    return find_request(tx, found) if found else None


def open_request(tx: Transaction, project_id: str) -> AccessRequest | None:
    """The open request of a sandbox project (uq_access_requests_open)."""
    row = tx.execute(_requests().where(_columns.project_id == project_id, _columns.ended_at.is_(None))).first()
    return _request(row) if row else None


def change_request(tx: Transaction, request_id: str, revision: int, values: Mapping[str, Any]) -> bool:
    """Change a request that still has a revision; whether it had."""
    done = tx.execute(
        update(access_requests)
        .where(_columns.id == request_id, _columns.revision == revision)
        .values(revision=_columns.revision + 1, **values)
    )
    return done.rowcount == 1


def latest_request(tx: Transaction, project_id: str) -> AccessRequest | None:
    """A project's newest request for access, open or over (ix_access_requests_project)."""
    query = _requests().where(_columns.project_id == project_id, _columns.kind == "access")
    row = tx.execute(query.order_by(_columns.id.desc()).limit(1)).first()
    return _request(row) if row else None


def requests_of_project(
    tx: Transaction, project_id: str, limit: int, after_id: str | None = None
) -> list[AccessRequest]:
    """A project's requests of both kinds, newest first (ix_access_requests_project)."""
    query = _requests().where(_columns.project_id == project_id)
    if after_id:
        query = query.where(_columns.id < after_id)
    return [_request(row) for row in tx.execute(query.order_by(_columns.id.desc()).limit(limit))]


def decided_requests_of_organization(tx: Transaction, organization_id: str) -> list[tuple[str, str]]:
    """Every decided request of an organization, oldest first: its project and its id (ix_access_requests_organization)."""
    query = select(_columns.project_id, _columns.id).where(
        _columns.organization_id == organization_id, _columns.decided_at.is_not(None)
    )
    return [(row.project_id, row.id) for row in tx.execute(query.order_by(_columns.id))]


def requests(
    tx: Transaction, wanted: RequestFilter, organization_ids: Collection[str] | None, now: datetime, limit: int,
    after_id: str | None = None, *, oldest_first: bool = False,
) -> list[AccessRequest]:  # fmt: skip
    """Requests of some organizations (None: of all), by time (ix_access_requests_state, _organization)."""
    query = _requests()
    if organization_ids is not None:
        query = query.where(_columns.organization_id.in_(organization_ids))
    for name in ("state", "kind", "organization_id", "waiting_on"):
        value = getattr(wanted, name)
        query = query.where(_columns[name] == value) if value is not None else query
    if wanted.only_open:
        query = query.where(_columns.ended_at.is_(None))
    if wanted.min_age_days is not None:
        query = query.where(_columns.requested_at <= now - timedelta(days=wanted.min_age_days))
    if after_id:
        query = query.where(_columns.id > after_id if oldest_first else _columns.id < after_id)
    order = _columns.id if oldest_first else _columns.id.desc()
    return [_request(row) for row in tx.execute(query.order_by(order).limit(limit))]


def expired(tx: Transaction, now: datetime, limit: int) -> list[str]:
    """Approvals whose time is over and that nobody has cloned by (ix_access_requests_expires_at)."""
    query = select(_columns.id).where(
        _columns.state == "approved", _columns.ended_at.is_(None), _columns.expires_at <= now
    )
    return list(tx.execute(query.order_by(_columns.expires_at).limit(limit)).scalars())


def busiest_day(tx: Transaction, project_id: str, now: datetime) -> int:
    """The most requests that a project had on one UTC day of the last 30 (usage_rollups' primary key)."""
    column = usage_rollups.c
    days = (
        select(func.sum(column.requests).label("requests"))
        .where(column.project_id == project_id, column.grain == "day", column.bucket_at >= now - timedelta(days=30))
        .group_by(column.bucket_at)
        .subquery()
    )
    return int(tx.execute(select(func.coalesce(func.max(days.c.requests), 0))).scalar_one())


def organizations_with_requests(tx: Transaction) -> list[tuple[str, str]]:
    """Organizations that ever asked, by name: for the queue's filter."""
    asked = select(_columns.organization_id).distinct()
    query = select(organizations.c.id, organizations.c.name).where(organizations.c.id.in_(asked))
    return [(row.id, row.name) for row in tx.execute(query.order_by(organizations.c.name))]


def _requests() -> Select[Any]:
    return (
        select(
            access_requests, projects.c.name.label("project_name"), organizations.c.name.label("organization_name"),
            _reviewer.c["name"].label("reviewer_name"), _decider.c["name"].label("decided_name"),
        )
        .join(projects, projects.c.id == _columns.project_id)
        .join(organizations, organizations.c.id == _columns.organization_id)
        .join(_reviewer, _reviewer.c["id"] == _columns.reviewer_id, isouter=True)
        .join(_decider, _decider.c["id"] == _columns.decided_by, isouter=True)
    )  # fmt: skip


def _request(row: Row[*tuple[Any, ...]]) -> AccessRequest:
    asked = None
    if row.kind == "access":
        asked = NewRequest(
            row.use_case, row.requests_a_day_from, row.requests_a_day_to, row.peak_a_second, row.launch_on
        )
    return AccessRequest(
        id=row.id, project_id=row.project_id, organization_id=row.organization_id, kind=row.kind, asked=asked,
        requested_by=row.requested_by, requested_name=row.requested_name, requested_at=row.requested_at,
        fingerprint=row.fingerprint, number=row.number, base_fingerprint=row.base_fingerprint, state=row.state,
        waiting_on=row.waiting_on, reviewer_id=row.reviewer_id, decided_by=row.decided_by, decided_at=row.decided_at,
        reason=row.reason, approved_fingerprint=row.approved_fingerprint, approved_number=row.approved_number,
        covered_fingerprint=row.covered_fingerprint, expires_at=row.expires_at, ended_at=row.ended_at,
        ended_why=row.ended_why, revision=row.revision, project_name=row.project_name,
        organization_name=row.organization_name, reviewer_name=row.reviewer_name, decided_name=row.decided_name,
    )  # fmt: skip
