"""Locking a production project, so that promotion is the only way to what it declares. Held by `production/locking`."""

from freehold.errors import Problem
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import queries
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def set_locked(tx: Transaction, actor: Actor, project_id: str, locked: bool, revision: int | None = None) -> Project:
    """Lock or unlock a production project; twice changes nothing. `revision`: the one the caller saw, None for any."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.lock", project.organization_id)
    if project.environment != "production":
        raise Problem("conflict", "Only a production project is locked: a sandbox is where changes are tried.")
    # The log before the row, as every change takes them; then the project as it is once that is held.
    audit.hold(tx, project.organization_id)
    project = read_project(tx, actor, project_id)
    if project.locked == locked:
        return project
    seen = project.revision if revision is None else revision
    if not queries.change_project(tx, project.id, seen, {"locked": locked}):
        raise changed_meanwhile("project")
    audit.record(
        tx, actor, "project.locked" if locked else "project.unlocked", organization_id=project.organization_id,
        subject_kind="project", subject_id=project.id, subject_name=project.name, project_id=project.id,
        before={"locked": project.locked}, after={"locked": locked},
    )  # fmt: skip
    return read_project(tx, actor, project_id)
