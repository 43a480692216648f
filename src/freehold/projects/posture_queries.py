"""What several projects have and how far they have come, in a fixed number of queries however many they are.

Reads the tables of slices to the right (keys, usage, webhooks, alerts, production), never their code: a project's posture
is made of everything that it owns, and each of those slices already imports this one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ScalarSelect, and_, case, func, or_, select

from freehold.projects.records import (
    Counts,
    DriftSummary,
    ProductionAccess,
    Progress,
    ReadinessSummary,
    Standing,
)
from freehold.store.engine import Transaction
from freehold.store.schema import (
    access_requests,
    alert_firings,
    attempts,
    deliveries,
    drift_heads,
    key_secrets,
    keys,
    projects,
    readiness_results,
    scope_endpoints,
    usage_events,
    webhook_endpoints,
)
from freehold.store.schema.names import number_of


def counts_of(tx: Transaction, project_ids: Sequence[str], now: datetime) -> dict[str, Counts]:
    """How many keys that serve now and webhook endpoints each project has."""
    has_secret = (
        select(key_secrets.c.selector)
        .where(
            key_secrets.c.key_id == keys.c.id,
            or_(
                key_secrets.c.state == "active", and_(key_secrets.c.state == "retiring", key_secrets.c.retires_at > now)
            ),
        )
        .exists()
    )
    serving = _count(
        select(func.count()).where(
            keys.c.project_id == projects.c.id,
            keys.c.state == "active",
            projects.c.state == "active",
            or_(keys.c.expires_at.is_(None), keys.c.expires_at > now),
            has_secret,
        )
    )
    here = (webhook_endpoints.c.project_id == projects.c.id, webhook_endpoints.c.deleted_at.is_(None))
    receiving = _count(select(func.count()).where(*here))
    failing = _count(
        select(
            func.coalesce(func.sum(case((webhook_endpoints.c.state.in_(("failing", "disabled")), 1), else_=0)), 0)
        ).where(*here)
    )
    firing = _count(
        select(func.count()).where(alert_firings.c.project_id == projects.c.id, alert_firings.c.resolved_at.is_(None))
    )
    rows = tx.execute(select(projects.c.id, serving, receiving, failing, firing).where(projects.c.id.in_(project_ids)))
    return {row[0]: Counts(row[1], row[2], row[3], row[4]) for row in rows}


def progress_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, Progress]:
    """How far each project has come, with the newest evidence of each step."""
    scope = _count(select(func.count()).where(scope_endpoints.c.project_id == projects.c.id))
    key = _newest(
        select(keys.c.id).where(keys.c.project_id == projects.c.id, keys.c.state == "active").order_by(keys.c.id.desc())
    )
    allowed = _newest(
        select(usage_events.c.id)
        .where(usage_events.c.project_id == number_of(projects.c.id), usage_events.c.outcome == "allowed")
        .order_by(usage_events.c.at.desc())
    )
    endpoint = _newest(
        select(webhook_endpoints.c.id)
        .where(webhook_endpoints.c.project_id == projects.c.id, webhook_endpoints.c.deleted_at.is_(None))
        .order_by(webhook_endpoints.c.id.desc())
    )
    accepted = _newest(
        select(deliveries.c.id)
        .join(attempts, attempts.c.delivery_id == deliveries.c.id)
        .join(webhook_endpoints, webhook_endpoints.c.id == deliveries.c.webhook_endpoint_id)
        .where(
            deliveries.c.project_id == projects.c.id,
            webhook_endpoints.c.deleted_at.is_(None),
            attempts.c.outcome == "accepted",
        )
        .order_by(deliveries.c.created_at.desc())
    )
    query = select(projects.c.id, scope, key, allowed, endpoint, accepted).where(projects.c.id.in_(project_ids))
    return {row[0]: Progress(row[1] > 0, row[2], row[3], row[4], row[5]) for row in tx.execute(query)}


def readiness_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, ReadinessSummary]:
    """How far each project is on its way to production, as it was looked at last; one query (primary key)."""
    column = readiness_results.c
    blocks = and_(column.state.in_(("failed", "waiting")), column.blocking)
    query = (
        select(
            column.project_id,
            func.sum(case((column.state == "passed", 1), else_=0)),
            func.sum(case((column.state != "not_applicable", 1), else_=0)),
            func.sum(case((blocks, 1), else_=0)),
        )
        .where(column.project_id.in_(project_ids))
        .group_by(column.project_id)
    )
    return {row[0]: ReadinessSummary(int(row[1]), int(row[2]), int(row[3])) for row in tx.execute(query)}


def drift_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, DriftSummary]:
    """How each project differs from its sibling, as the last change of either left it; two queries (primary key, uq_drift_heads_production_id)."""
    column, found = drift_heads.c, dict[str, DriftSummary]()
    # One after the other: an OR of both would use neither index.
    for place in (column.sandbox_id, column.production_id):
        query = select(place, column.differences, column.unaccepted).where(place.in_(project_ids))
        found |= {row[0]: DriftSummary(row[1], row[2]) for row in tx.execute(query)}
    return found


_OPEN: Final = ("requested", "approved")


def standings_of(
    tx: Transaction, project_ids: Sequence[str], readiness: Mapping[str, ReadinessSummary],
    drift: Mapping[str, DriftSummary], now: datetime,
) -> dict[str, Standing]:  # fmt: skip
    """How each project stands on its way to production, siblings alike; two queries (ix_access_requests_project)."""
    sibling, request = projects.alias("sibling"), access_requests.c
    sandbox_id = func.coalesce(projects.c.sandbox_id, projects.c.id)
    newest = select(request.id).where(request.project_id == sandbox_id, request.kind == "access")
    change = select(request.id).where(
        request.project_id == sandbox_id, request.kind == "change", request.ended_at.is_(None)
    )
    live = _count(select(func.count()).select_from(sibling).where(sibling.c.sandbox_id == sandbox_id))
    rows = tx.execute(
        select(projects.c.id, live, _newest(newest.order_by(request.id.desc())), _newest(change)).where(
            projects.c.id.in_(project_ids)
        )
    ).all()
    wanted = {request_id for row in rows for request_id in row[2:4] if request_id}
    columns = (request.id, request.state, request.waiting_on, request.requested_by, request.expires_at)
    found = {row.id: row for row in tx.execute(select(*columns).where(request.id.in_(wanted)))}
    blocking = {project_id: each.blocking for project_id, each in readiness.items()}
    unaccepted = {project_id: each.unaccepted for project_id, each in drift.items()}
    return {
        row[0]: replace(
            _standing(bool(row[1]), found.get(row[2]), found.get(row[3]), now),
            blocking=blocking.get(row[0], 0),
            differences=unaccepted.get(row[0], 0),
        )
        for row in rows
    }


def reviews_waiting(tx: Transaction) -> int:
    """How many requests for production access wait for a reviewer (ix_access_requests_state)."""
    request = access_requests.c
    return tx.execute(
        select(func.count()).where(request.state == "requested", request.waiting_on == "reviewer")
    ).scalar_one()


def _standing(is_live: bool, request: Any, change: Any, now: datetime) -> Standing:
    access, lost = _access(request, now)
    return Standing(
        access="live" if is_live else access, promotion=access if is_live and access in _OPEN else None, lost=None if is_live else lost,
        request_id=request.id if request else None, waiting_on=request.waiting_on if request else None,
        requested_by=request.requested_by if request else None, change_id=change.id if change else None,
        change_by=change.requested_by if change else None,
    )  # fmt: skip


def _access(request: Any, now: datetime) -> tuple[ProductionAccess, str | None]:
    """Of the newest request: an approval that lapsed or whose time is over is as if none had been asked for."""
    if request is None:
        return "not_requested", None
    if request.state in ("lapsed", "expired"):
        return "not_requested", request.state
    if request.state == "approved" and request.expires_at <= now:
        return "not_requested", "expired"
    return request.state, None


def _count(query: Any) -> ScalarSelect[int]:
    scalar: ScalarSelect[int] = query.correlate(projects).scalar_subquery()
    return scalar


def _newest(query: Any) -> ScalarSelect[str | None]:
    scalar: ScalarSelect[str | None] = query.limit(1).correlate(projects).scalar_subquery()
    return scalar
