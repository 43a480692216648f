"""How far a catalogue reaches: the projects on an API, and those that declare each of its items. SQL only.

Reads the tables of the slice to the right, never its code, as an import does to name what it touches.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select

from freehold.store.engine import Transaction
from freehold.store.schema import projects, scope_endpoints, scope_event_types


def project_counts(tx: Transaction, api_ids: Collection[str]) -> dict[str, int]:
    """How many projects are on each of several APIs (ix_projects_api_id)."""
    query = (
        select(projects.c.api_id, func.count().label("projects"))
        .where(projects.c.api_id.in_(api_ids))
        .group_by(projects.c.api_id)
    )
    counted = {row.api_id: row.projects for row in tx.execute(query)}
    return {api_id: counted.get(api_id, 0) for api_id in api_ids}


def endpoint_reach(tx: Transaction, api_id: str) -> dict[str, int]:
    """How many projects declare each endpoint of an API, by operation id; those that none declares are left out."""
    return _reach(tx, scope_endpoints.c.operation_id, scope_endpoints.c.api_id == api_id)


def event_type_reach(tx: Transaction, api_id: str) -> dict[str, int]:
    """How many projects declare each event type of an API, by name; those that none declares are left out."""
    return _reach(tx, scope_event_types.c.event_type, scope_event_types.c.api_id == api_id)


def _reach(tx: Transaction, item: ColumnElement[str], of_api: ColumnElement[bool]) -> dict[str, int]:
    query = select(item.label("name"), func.count().label("projects")).where(of_api).group_by(item)
    return {row.name: row.projects for row in tx.execute(query)}
