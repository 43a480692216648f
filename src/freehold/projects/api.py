"""HTTP of projects and their scope. Thin: parse, one action, present."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import Parameter
from msgspec import UNSET

from freehold.kit.paging import Cursor, Page, page
from freehold.projects import actions, locking, postures
from freehold.projects.limit_bodies import (
    quota_of,
    rate_limits_of,
)
from freehold.projects.records import (
    Environment,
    NewOwner,
    NewProject,
    Project,
    ProjectChange,
    Scope,
)
from freehold.projects.views import (
    ConfirmedProjectView,
    ConfirmedScopeView,
    OwnerBody,
    ProjectBody,
    ProjectPatch,
    ProjectView,
    ScopeBody,
    project_view,
)
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import CursorText, Limit


def create_project(call: Call, organization_id: str, data: ProjectBody) -> Response[ProjectView]:
    """Make a sandbox project."""
    new = NewProject(
        data.name, data.purpose, data.api, data.product_line, data.use_case, _owners(data.owners),
        rate_limits_of(data.rate_limits), quota_of(data.quota),
    )  # fmt: skip

    def act(tx: Transaction) -> ProjectView:
        project = actions.create_project(tx, call.actor, organization_id, new)
        return project_view(postures.posture_of(tx, call.actor, project.id))

    return call.create(act)


def list_projects(
    call: Call,
    organization_id: str,
    search: Annotated[
        str | None,
        Parameter(description="Words in name, purpose, product line, use case or an owner's name.", max_length=200),
    ] = None,
    environment: Annotated[Environment | None, Parameter(description="Only projects of this environment.")] = None,
    archived: Annotated[bool | None, Parameter(description="Only archived ones, or only others.")] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[ProjectView]:
    """An organization's projects with their posture, newest first."""
    with call.read() as tx:
        rows = postures.list_projects(
            tx, call.actor, organization_id, checked_limit(limit) + 1, after_id(cursor), search, environment, archived
        )
    cut = page(rows, limit, lambda row: Cursor(0, row.project.id))
    return Page([project_view(row) for row in cut.data], cut.next_cursor)


def read_project(call: Call, project_id: str) -> ProjectView:
    """One project with its posture."""
    with call.read() as tx:
        return project_view(postures.posture_of(tx, call.actor, project_id))


def edit_project(call: Call, project_id: str, data: ProjectPatch) -> ConfirmedProjectView:
    """Change a project's labels, owners or limits, or lock it (RFC 7396); answers when every live gate decides by it."""
    change = ProjectChange(
        name=None if data.name is UNSET else data.name,
        purpose=None if data.purpose is UNSET else data.purpose,
        product_line=None if data.product_line is UNSET else data.product_line or "",
        use_case=None if data.use_case is UNSET else data.use_case or "",
        owners=None if data.owners is UNSET else _owners(data.owners),
        rate_limits=None if data.rate_limits is UNSET else rate_limits_of(data.rate_limits),
        quota=UNSET if data.quota is UNSET else quota_of(data.quota),
    )

    def act(tx: Transaction) -> Project:
        revision = call.revision()
        if data.locked is UNSET:
            return actions.edit_project(tx, call.actor, project_id, change, revision)
        project = locking.set_locked(tx, call.actor, project_id, data.locked, revision)
        return project if change == ProjectChange() else actions.edit_project(tx, call.actor, project_id, change)

    return _confirmed(call, project_id, act)


def archive_project(call: Call, project_id: str) -> ConfirmedProjectView:
    """Archive a project: nothing is deleted; answers when every live gate process refuses its keys."""
    return _confirmed(call, project_id, lambda tx: actions.archive_project(tx, call.actor, project_id, call.revision()))


def restore_project(call: Call, project_id: str) -> ConfirmedProjectView:
    """Bring an archived project back; answers when its keys serve again on every live gate process."""
    return _confirmed(call, project_id, lambda tx: actions.restore_project(tx, call.actor, project_id, call.revision()))


def set_scope(call: Call, project_id: str, data: ScopeBody) -> ConfirmedScopeView:
    """Declare what a project uses, whole; answers when every live gate process decides by it."""
    wanted = Scope(data.endpoints, data.event_types)
    scope, confirmation = call.confirmed(
        lambda tx: actions.set_scope(tx, call.actor, project_id, wanted, call.revision())
    )
    return ConfirmedScopeView(endpoints=scope.endpoints, event_types=scope.event_types, **asdict(confirmation))


def _confirmed(call: Call, project_id: str, act: Callable[[Transaction], Project]) -> ConfirmedProjectView:
    """Change a project, show it as it is then, and wait for the gates."""

    def changed(tx: Transaction) -> ProjectView:
        act(tx)
        return project_view(postures.posture_of(tx, call.actor, project_id))

    view, confirmation = call.confirmed(changed)
    return ConfirmedProjectView(**msgspec.structs.asdict(view), **asdict(confirmation))


def _owners(bodies: list[OwnerBody]) -> tuple[NewOwner, ...]:
    return tuple(NewOwner(body.member, body.duty) for body in bodies)
