"""SQL of the operator's APIs and their catalogues. Each function takes a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from freehold.apis.records import Api, Catalogue, EndpointRow, EventType
from freehold.store.engine import Transaction
from freehold.store.schema import apis, endpoints, event_types, projects, scope_endpoints, scope_event_types

_API: Final = (
    apis.c.id, apis.c.slug, apis.c.name, apis.c.upstream_sandbox, apis.c.upstream_production,
    apis.c.document_digest, apis.c.imported_at, apis.c.revision, apis.c.created_at, apis.c.fail_open, apis.c.pass_key,
)  # fmt: skip
_ENDPOINT: Final = (
    endpoints.c.operation_id, endpoints.c.method, endpoints.c.path, endpoints.c.summary, endpoints.c.example,
    endpoints.c.removed_at,
)  # fmt: skip
_EVENT_TYPE: Final = (
    event_types.c.name, event_types.c.summary, event_types.c.schema, event_types.c.example, event_types.c.removed_at,
)  # fmt: skip


def find_api(tx: Transaction, api_id: str) -> Api | None:
    """An API by its id (primary key)."""
    return _api(tx.execute(select(*_API).where(apis.c.id == api_id)).first())


def find_api_by_slug(tx: Transaction, slug: str) -> Api | None:
    """An API by its slug (unique)."""
    return _api(tx.execute(select(*_API).where(apis.c.slug == slug)).first())


def lock_api(tx: Transaction, api_id: str) -> Api | None:
    """An API by its id, held until the commit: two imports into one API go one after the other."""
    return _api(tx.execute(select(*_API).where(apis.c.id == api_id).with_for_update()).first())


def list_apis(tx: Transaction, limit: int, before_id: str | None = None) -> list[Api]:
    """Up to `limit` APIs, newest first, before an id (primary key: ids sort by time)."""
    query = select(*_API).order_by(apis.c.id.desc()).limit(limit)
    if before_id:
        query = query.where(apis.c.id < before_id)
    return [Api(**row._mapping) for row in tx.execute(query)]


def slugs_like(tx: Transaction, slug: str) -> set[str]:
    """The slugs that begin with a slug."""
    return set(tx.execute(select(apis.c.slug).where(apis.c.slug.startswith(slug, autoescape=True))).scalars())


def document_of(tx: Transaction, api_id: str) -> str | None:
    """The text of an API's document as it was sent (primary key)."""
    text: str | None = tx.execute(select(apis.c.document).where(apis.c.id == api_id)).scalar_one_or_none()
    return text


def counts_of(tx: Transaction, api_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """How many endpoints and event types each API has, those removed left out (primary keys)."""
    found = {api_id: [0, 0] for api_id in api_ids}
    for place, table in enumerate((endpoints, event_types)):
        query = (
            select(table.c.api_id, func.count())
            .where(table.c.api_id.in_(api_ids), table.c.removed_at.is_(None))
            .group_by(table.c.api_id)
        )
        for api_id, count in tx.execute(query):
            found[api_id][place] = count
    return {api_id: (counts[0], counts[1]) for api_id, counts in found.items()}


def endpoints_of(tx: Transaction, api_id: str, include_removed: bool = False) -> list[EndpointRow]:
    """An API's endpoints in their document's order, those removed last (primary key)."""
    query = _catalogue_rows(endpoints, _ENDPOINT, api_id, include_removed)
    return [EndpointRow(**row._mapping) for row in tx.execute(query)]


def event_types_of(tx: Transaction, api_id: str, include_removed: bool = False) -> list[EventType]:
    """An API's event types in their document's order, those removed last (primary key)."""
    query = _catalogue_rows(event_types, _EVENT_TYPE, api_id, include_removed)
    return [EventType(**row._mapping) for row in tx.execute(query)]


def find_event_type(tx: Transaction, api_id: str, name: str) -> EventType | None:
    """One event type, also one that was removed (primary key)."""
    query = select(*_EVENT_TYPE).where(event_types.c.api_id == api_id, event_types.c.name == name)
    row = tx.execute(query).first()
    return EventType(**row._mapping) if row else None


def find_endpoint(tx: Transaction, api_id: str, operation_id: str) -> EndpointRow | None:
    """One endpoint, also one that was removed (primary key)."""
    query = select(*_ENDPOINT).where(endpoints.c.api_id == api_id, endpoints.c.operation_id == operation_id)
    row = tx.execute(query).first()
    return EndpointRow(**row._mapping) if row else None


def endpoint_names(tx: Transaction, api_id: str) -> frozenset[str]:
    """The operation ids that a scope may name (primary key)."""
    query = select(endpoints.c.operation_id).where(endpoints.c.api_id == api_id, endpoints.c.removed_at.is_(None))
    return frozenset(tx.execute(query).scalars())


def catalogue_of(tx: Transaction, api_id: str) -> Catalogue:
    """An API's whole catalogue, with what was removed from it."""
    rows = endpoints_of(tx, api_id, include_removed=True), event_types_of(tx, api_id, include_removed=True)
    return Catalogue(tuple(rows[0]), tuple(rows[1]))


def scopes_naming(
    tx: Transaction, api_id: str, operation_ids: Collection[str], names: Collection[str]
) -> list[Row[*tuple[Any, ...]]]:
    """What the API's scopes name of these endpoints and event types, by project (ix_projects_api_id).

    Rows of project_id, project_name, organization_id, environment, kind (`endpoint`, `event_type`) and declared.
    """
    query = union_all(
        _declared(scope_endpoints, scope_endpoints.c.operation_id, "endpoint", api_id, operation_ids),
        _declared(scope_event_types, scope_event_types.c.event_type, "event_type", api_id, names),
    )
    return list(tx.execute(query.order_by("project_id", "kind", "declared")))


def _declared(scope: Table, column: ColumnElement[str], kind: str, api_id: str, names: Collection[str]) -> Select[Any]:
    return (
        select(
            projects.c.id.label("project_id"), projects.c.name.label("project_name"), projects.c.organization_id,
            projects.c.environment, literal(kind).label("kind"), column.label("declared"),
        )
        .join(scope, scope.c.project_id == projects.c.id)
        .where(projects.c.api_id == api_id, column.in_(names))
    )  # fmt: skip


def _catalogue_rows(
    table: Table, columns: Sequence[ColumnElement[Any]], api_id: str, include_removed: bool
) -> Select[Any]:
    query = select(*columns).where(table.c.api_id == api_id)
    if not include_removed:
        query = query.where(table.c.removed_at.is_(None))
    # The name settles the order among rows that were removed, whose positions are of older documents.
    name = list(table.primary_key.columns)[-1]
    return query.order_by(table.c.removed_at.is_not(None), table.c.position, name)


def insert_api(tx: Transaction, api: Api) -> None:
    """Add an API; IntegrityError where its slug is taken."""
    values = {column.name: getattr(api, column.name) for column in _API}
    tx.execute(insert(apis).values(**values))


def update_api(tx: Transaction, api: Api) -> None:
    """Write all of an API that its operator chooses, and its revision."""
    tx.execute(
        update(apis)
        .where(apis.c.id == api.id)
        .values(
            name=api.name, upstream_sandbox=api.upstream_sandbox, upstream_production=api.upstream_production,
            fail_open=api.fail_open, pass_key=api.pass_key, revision=api.revision,
        )
    )  # fmt: skip


def update_document(tx: Transaction, api: Api, document: str) -> None:
    """Write an API's document with its digest, time of import and revision."""
    tx.execute(
        update(apis)
        .where(apis.c.id == api.id)
        .values(
            document=document, document_digest=api.document_digest, imported_at=api.imported_at, revision=api.revision
        )
    )


def replace_catalogue(tx: Transaction, api_id: str, catalogue: Catalogue, now: datetime) -> None:
    """Make a catalogue the API's own. What it no longer has stays, marked as removed now, since scopes may name it."""
    routes = [
        {
            "operation_id": each.operation_id, "method": each.method, "path": each.path, "summary": each.summary,
            "example": each.example,
        }
        for each in catalogue.endpoints
    ]  # fmt: skip
    events = [
        {"name": each.name, "summary": each.summary, "schema": each.schema, "example": each.example}
        for each in catalogue.event_types
    ]
    _replace(tx, endpoints, "operation_id", api_id, routes, now)
    _replace(tx, event_types, "name", api_id, events, now)


def _replace(tx: Transaction, table: Table, name: str, api_id: str, rows: list[dict[str, Any]], now: datetime) -> None:
    # All are marked as removed first: two endpoints that exchange their routes never hold one route both.
    ours = table.c.api_id == api_id
    tx.execute(update(table).where(ours, table.c.removed_at.is_(None)).values(removed_at=now))
    known = set(tx.execute(select(table.c[name]).where(ours)).scalars())
    placed = [{**row, "position": position, "removed_at": None} for position, row in enumerate(rows)]
    old = [{**row, "known_name": row[name]} for row in placed if row[name] in known]
    new = [{**row, "api_id": api_id} for row in placed if row[name] not in known]
    if old:
        tx.execute(update(table).where(ours, table.c[name] == bindparam("known_name", type_=Text)), old)
    if new:
        tx.execute(insert(table), new)


def _api(row: Row[*tuple[Any, ...]] | None) -> Api | None:
    return Api(**row._mapping) if row else None
