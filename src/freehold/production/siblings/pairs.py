"""Finding the two siblings of a pair, whichever of them is named."""

from freehold.errors import Problem
from freehold.organizations.permissions import Permission, require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def pair_of(tx: Transaction, actor: Actor, project_id: str, permission: Permission) -> tuple[Project, Project]:
    """A sandbox project and its production sibling, whichever of the two is named.

    Problem `not_found` where it is none of the actor's business, `conflict` where there is no sibling yet.
    """
    project = read_project(tx, actor, project_id)
    require(actor, permission, project.organization_id)
    sibling = projects.find_sibling(tx, project)
    if sibling is None:
        raise Problem("conflict", "The project has no production sibling yet: it is made by cloning it.")
    return (project, sibling) if project.environment == "sandbox" else (sibling, project)
