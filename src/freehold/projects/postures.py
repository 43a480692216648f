"""Projects with their posture: what each has, how far it has come, and what is to be done next."""

from collections.abc import Sequence

from freehold.kit import clock
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.projects import list_queries, posture_queries, queries, quota_queries, rules
from freehold.projects.actions import read_project
from freehold.projects.records import (
    Environment,
    Posture,
    Project,
    Viewer,
)
from freehold.store.engine import Transaction


def list_projects(
    tx: Transaction, actor: Actor, organization_id: str, limit: int, after_id: str | None = None,
    search: str | None = None, environment: Environment | None = None, archived: bool | None = None,
) -> list[Posture]:  # fmt: skip
    """An organization's projects with their posture, newest first."""
    require(actor, "projects.read", organization_id)
    read_organization(tx, actor, organization_id)
    rows = queries.projects_of(tx, organization_id, limit, after_id, search, environment, archived)
    return _postures(tx, actor, rows)


def list_by_attention(
    tx: Transaction, actor: Actor, organization_id: str, limit: int, after: tuple[bool, str] | None = None,
    search: str | None = None, with_archived: bool = False,
) -> list[tuple[Posture, bool]]:  # fmt: skip
    """An organization's sandbox projects with whether they or their siblings need attention: those first, then the newest."""
    require(actor, "projects.read", organization_id)
    read_organization(tx, actor, organization_id)
    rows = list_queries.sandboxes_by_attention(tx, organization_id, limit, after, search, with_archived)
    found = {each.project.id: each for each in postures(tx, actor, [project_id for project_id, _ in rows])}
    return [(found[project_id], needed) for project_id, needed in rows]


def postures(tx: Transaction, actor: Actor, project_ids: Sequence[str]) -> list[Posture]:
    """Several projects with their posture: for the siblings of projects that the actor was shown."""
    return _postures(tx, actor, queries.find_projects(tx, project_ids))


def posture_of(tx: Transaction, actor: Actor, project_id: str) -> Posture:
    """One project with its posture."""
    project = read_project(tx, actor, project_id)
    require(actor, "projects.read", project.organization_id)
    return _postures(tx, actor, [project])[0]


def _postures(tx: Transaction, actor: Actor, rows: list[Project]) -> list[Posture]:
    project_ids = [project.id for project in rows]
    owners = queries.owners_of(tx, project_ids)
    counts = posture_queries.counts_of(tx, project_ids, clock.now())
    progress = posture_queries.progress_of(tx, project_ids)
    readiness = posture_queries.readiness_of(tx, project_ids)
    drift = posture_queries.drift_of(tx, project_ids)
    siblings = queries.siblings_of(tx, rows)
    standings = posture_queries.standings_of(tx, project_ids, readiness, drift, clock.now())
    quotas = {project.id: project.quota for project in rows if project.quota}
    quota_states = quota_queries.states_of_projects(tx, quotas, clock.now())
    return [
        Posture(
            project, owners[project.id], siblings.get(project.id), counts[project.id], progress[project.id],
            rules.next_step(project, progress[project.id], standings[project.id], _viewer(actor, project)),
            quota_states.get(project.id), readiness.get(project.id), drift.get(project.id), standings[project.id],
        )
        for project in rows
    ]  # fmt: skip


def _viewer(actor: Actor, project: Project) -> Viewer:
    return Viewer(actor.user_id, actor.reviews, may(actor, "production.edit", project.organization_id))
