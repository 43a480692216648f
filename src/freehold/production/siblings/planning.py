"""The plan of a clone: shown before it, beside the request that asks for it, and kept with the decision."""

from freehold.errors import Problem
from freehold.kit import canonical_json
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.production.bindings import actions as bindings_actions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.rules import differences, empty_shape
from freehold.production.siblings import words
from freehold.production.siblings.records import ClonePlan
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def plan_clone(tx: Transaction, actor: Actor, project_id: str) -> ClonePlan:
    """What cloning a sandbox project is going to do. Changes nothing."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return plan_of(tx, require_sandbox(project))


def plan_of(tx: Transaction, project: Project) -> ClonePlan:
    """The same, whoever asks: for the page of a review."""
    shape, production = read_shape(tx, project), projects.find_sibling(tx, project)
    there = read_shape(tx, production) if production else empty_shape(shape["api"])
    found = tuple(differences(shape, there))
    return ClonePlan(
        project, production, shape, canonical_json.fingerprint(shape), found,
        tuple(bindings_actions.slots_of(tx, project)), () if production else words.of_clone(found),
    )  # fmt: skip


def require_same(seen: str, present: str) -> None:
    """Problem `shape_changed` where the plan that somebody saw is not what would happen now."""
    if seen != present:
        raise Problem("shape_changed", "What would happen has changed since the plan was shown. Look at it again.")


def require_sandbox(project: Project) -> Project:
    """A project that can be cloned; Problem `conflict` where it is a production project."""
    if project.environment == "sandbox":
        return project
    raise Problem("conflict", "A production project is made by cloning its sandbox project, and is not cloned itself.")
