"""SQL of projects, their owners and their scope."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, case, delete, func, insert, or_, select, update

from freehold.projects.limits import kept_limits, quota_from, rate_limits_from
from freehold.projects.records import Duty, Environment, Owner, Project, Scope
from freehold.store.engine import Transaction
from freehold.store.schema import (
    project_owners,
    projects,
    scope_endpoints,
    scope_event_types,
    users,
)

_PROJECT = [column for column in projects.c if column.name != "sandbox_environment"]


def insert_project(tx: Transaction, project: Project) -> None:
    """Add a project; IntegrityError where its slug is taken."""
    tx.execute(
        insert(projects).values(
            id=project.id, organization_id=project.organization_id, api_id=project.api_id,
            environment=project.environment, sandbox_id=project.sandbox_id,
            sandbox_environment="sandbox" if project.sandbox_id else None,
            name=project.name, slug=project.slug, purpose=project.purpose, product_line=project.product_line,
            use_case=project.use_case, state=project.state, created_by=project.created_by, created_at=project.created_at,
            **kept_limits(project.rate_limits, project.quota),
        )
    )  # fmt: skip


def find_project(tx: Transaction, project_id: str) -> Project | None:
    """A project by id (primary key)."""
    row = tx.execute(select(*_PROJECT).where(projects.c.id == project_id)).first()
    return _project(row) if row else None


def projects_by_id(tx: Transaction, project_ids: Sequence[str]) -> list[Project]:
    """Projects by their ids, in the order of their ids (primary key)."""
    rows = tx.execute(select(*_PROJECT).where(projects.c.id.in_(project_ids)).order_by(projects.c.id))
    return [_project(row) for row in rows]


def find_projects(tx: Transaction, project_ids: Sequence[str]) -> list[Project]:
    """Several projects by their ids (primary key)."""
    return [_project(row) for row in tx.execute(select(*_PROJECT).where(projects.c.id.in_(project_ids)))]


def find_sibling(tx: Transaction, project: Project) -> Project | None:
    """The same workload in the other environment (primary key, uq_projects_sandbox_id)."""
    if project.sandbox_id:
        return find_project(tx, project.sandbox_id)
    row = tx.execute(select(*_PROJECT).where(projects.c.sandbox_id == project.id)).first()
    return _project(row) if row else None


def siblings_of(tx: Transaction, several: Sequence[Project]) -> dict[str, Project]:
    """The siblings of several projects, by the id of the project whose sibling it is (as `find_sibling`)."""
    sandbox_ids = {project.sandbox_id: project.id for project in several if project.sandbox_id}
    ids = [project.id for project in several]
    query = select(*_PROJECT).where(or_(projects.c.id.in_(sandbox_ids), projects.c.sandbox_id.in_(ids)))
    found = [_project(row) for row in tx.execute(query)]
    of_production = {sandbox_ids[each.id]: each for each in found if each.id in sandbox_ids}
    return of_production | {each.sandbox_id: each for each in found if each.sandbox_id}


def slugs_like(tx: Transaction, organization_id: str, environment: Environment, slug: str) -> set[str]:
    """The slugs in use that begin with this one."""
    query = select(projects.c.slug).where(
        projects.c.organization_id == organization_id,
        projects.c.environment == environment,
        projects.c.slug.startswith(slug, autoescape=True),
    )
    return set(tx.execute(query).scalars())


def projects_of(
    tx: Transaction,
    organization_id: str,
    limit: int,
    after_id: str | None = None,
    search: str | None = None,
    environment: Environment | None = None,
    archived: bool | None = None,
) -> list[Project]:
    """An organization's projects, newest first, after an id (uq_projects_organization_id_slug_environment)."""
    query = select(*_PROJECT).where(projects.c.organization_id == organization_id)
    if after_id:
        query = query.where(projects.c.id < after_id)
    if environment:
        query = query.where(projects.c.environment == environment)
    if archived is not None:
        query = query.where(projects.c.state == ("archived" if archived else "active"))
    if search:
        query = query.where(found_by(search))
    return [_project(row) for row in tx.execute(query.order_by(projects.c.id.desc()).limit(limit))]


def found_by(search: str) -> ColumnElement[bool]:
    """Whether a project has some text in its name, purpose or labels, or in an owner's name."""
    columns = (projects.c.name, projects.c.slug, projects.c.purpose, projects.c.product_line, projects.c.use_case)
    owner = (
        select(project_owners.c.project_id)
        .join(users, users.c.id == project_owners.c.user_id)
        .where(project_owners.c.project_id == projects.c.id, users.c.name.icontains(search, autoescape=True))
    )
    return or_(*(column.icontains(search, autoescape=True) for column in columns), owner.exists())


def count_projects(tx: Transaction, organization_id: str) -> tuple[int, int]:
    """How many active and how many archived sandbox projects an organization has."""
    query = select(
        func.coalesce(func.sum(case((projects.c.state == "active", 1), else_=0)), 0),
        func.coalesce(func.sum(case((projects.c.state == "archived", 1), else_=0)), 0),
    ).where(projects.c.organization_id == organization_id, projects.c.environment == "sandbox")
    active, archived = tx.execute(query).one()
    return int(active), int(archived)


def product_lines_of(tx: Transaction, organization_id: str) -> list[str]:
    """The product lines in use in an organization, for suggestions."""
    query = select(projects.c.product_line).where(
        projects.c.organization_id == organization_id, projects.c.product_line.is_not(None)
    )
    return sorted(tx.execute(query.distinct()).scalars())


def change_project(tx: Transaction, project_id: str, revision: int, values: dict[str, Any]) -> bool:
    """Change a project that still has this revision; whether it had."""
    done = tx.execute(
        update(projects)
        .where(projects.c.id == project_id, projects.c.revision == revision)
        .values(revision=revision + 1, **values)
    )
    return done.rowcount == 1


def _project(row: Row[*tuple[Any, ...]]) -> Project:
    columns = dict(row._mapping)
    rate_limits, quota = columns.pop("rate_limits"), quota_from(columns.pop("quota"), columns.pop("quota_period"))
    return Project(**columns, rate_limits=rate_limits_from(rate_limits), quota=quota)


# --- owners ---------------------------------------------------------------------------------------


def owners_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, list[Owner]]:
    """The owners of several projects, technical ones first (primary key)."""
    query = (
        select(project_owners.c.project_id, users.c.id, users.c.email, users.c.name, project_owners.c.duty)
        .join(users, users.c.id == project_owners.c.user_id)
        .where(project_owners.c.project_id.in_(project_ids))
        .order_by(case((project_owners.c.duty == "technical", 0), else_=1), project_owners.c.duty, users.c.email)
    )
    owners: dict[str, list[Owner]] = {project_id: [] for project_id in project_ids}
    for project_id, *owner in tx.execute(query):
        owners[project_id].append(Owner(*owner))
    return owners


def replace_owners(tx: Transaction, project: Project, owners: Iterable[tuple[str, Duty]]) -> None:
    """Set a project's owners; IntegrityError where one is no member of its organization."""
    tx.execute(delete(project_owners).where(project_owners.c.project_id == project.id))
    rows = [
        {"project_id": project.id, "user_id": user_id, "duty": duty, "organization_id": project.organization_id}
        for user_id, duty in owners
    ]
    if rows:
        tx.execute(insert(project_owners), rows)


# --- scope ----------------------------------------------------------------------------------------


def scope_of(tx: Transaction, project_id: str) -> Scope:
    """What a project declares, in alphabetical order (primary keys)."""
    endpoints = select(scope_endpoints.c.operation_id).where(scope_endpoints.c.project_id == project_id)
    event_types = select(scope_event_types.c.event_type).where(scope_event_types.c.project_id == project_id)
    return Scope(sorted(tx.execute(endpoints).scalars()), sorted(tx.execute(event_types).scalars()))


def add_to_scope(tx: Transaction, project: Project, endpoints: Sequence[str], event_types: Sequence[str]) -> None:
    """Declare more; IntegrityError where the API's catalogue has no such item."""
    if endpoints:
        rows = [{"project_id": project.id, "operation_id": item, "api_id": project.api_id} for item in endpoints]
        tx.execute(insert(scope_endpoints), rows)
    if event_types:
        rows = [{"project_id": project.id, "event_type": item, "api_id": project.api_id} for item in event_types]
        tx.execute(insert(scope_event_types), rows)


def remove_from_scope(tx: Transaction, project_id: str, endpoints: Sequence[str], event_types: Sequence[str]) -> None:
    """Declare less. Keys that were narrowed to a removed endpoint lose it too (foreign key, cascade)."""
    tx.execute(
        delete(scope_endpoints).where(
            scope_endpoints.c.project_id == project_id, scope_endpoints.c.operation_id.in_(endpoints)
        )
    )
    tx.execute(
        delete(scope_event_types).where(
            scope_event_types.c.project_id == project_id, scope_event_types.c.event_type.in_(event_types)
        )
    )
