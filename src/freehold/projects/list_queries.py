"""SQL of the list of an organization's projects: which there are, those that need attention first."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from freehold.projects.queries import found_by
from freehold.store.engine import Transaction
from freehold.store.schema import drift_heads, projects, webhook_endpoints

_P, _W, _D = projects.c, webhook_endpoints.c, drift_heads.c
_SIBLING = projects.alias("sibling")


def sandboxes_by_attention(
    tx: Transaction, organization_id: str, limit: int, after: tuple[bool, str] | None, search: str | None,
    with_archived: bool,
) -> list[tuple[str, bool]]:  # fmt: skip
    """Ids of sandbox projects with whether they or their siblings need attention: those first, of each kind the newest first.

    After a place in that order. Every project of the organization is looked at, in a few steps of indexes each
    (uq_projects_organization_id_slug_environment, ix_webhook_endpoints_project_id, primary key of drift_heads).
    """
    found = select(_P.id, case((_needs_attention(), 1), else_=0).label("attention"))
    found = found.where(_P.organization_id == organization_id, _P.environment == "sandbox")
    if not with_archived:
        found = found.where(_P.state == "active")
    if search:
        found = found.where(found_by(search))
    rows = found.subquery().c
    query = select(rows.id, rows.attention)
    if after is not None:
        needed, project_id = int(after[0]), after[1]
        query = query.where(
            or_(rows.attention < needed, and_(rows.attention == needed, rows.id < project_id))
        )  # fmt: skip
    query = query.order_by(rows.attention.desc(), rows.id.desc()).limit(limit)
    return [(row.id, bool(row.attention)) for row in tx.execute(query)]


def _needs_attention() -> ColumnElement[bool]:
    """Whether an endpoint of either sibling fails or is disabled, or they differ in what nobody accepted."""
    siblings = select(_SIBLING.c.id).where(_SIBLING.c.sandbox_id == _P.id)
    return or_(
        _exists(webhook_endpoints, _W.project_id == _P.id, *_fails()),
        _exists(webhook_endpoints, _W.project_id.in_(siblings.correlate(projects)), *_fails()),
        _exists(drift_heads, _D.sandbox_id == _P.id, _D.unaccepted > 0),
    )


def _fails() -> tuple[ColumnElement[bool], ...]:
    return _W.deleted_at.is_(None), _W.state.in_(("failing", "disabled"))


def _exists(table: Any, *conditions: Any) -> ColumnElement[bool]:
    return select(1).select_from(table).where(*conditions).correlate(projects).exists()
