"""Cloning: the production sibling of a sandbox project, in the same shape, made whole or not at all.

Nothing secret of the sandbox is read here. What a slot holds in production is given for production; keys are declared,
and signing secrets made anew.
"""

from collections.abc import Sequence
from dataclasses import replace

from freehold.errors import FieldError, Problem, invalid
from freehold.kit import canonical_json, clock, ids
from freehold.organizations import audit
from freehold.organizations.closing import require_open
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.organizations.rules import free_slug
from freehold.production.applying.engine import apply_shape
from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.bindings.records import Bindings
from freehold.production.clone.issuing import issue_declared
from freehold.production.clone.records import Cloned, CloneOrder
from freehold.production.review import going_live
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.records import Shape
from freehold.production.shape.rules import binding_slots
from freehold.production.siblings.planning import require_same, require_sandbox
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Duty, Project
from freehold.store import epoch, touched
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


def clone_project(tx: Transaction, actor: Actor, tools: Tools, project_id: str, order: CloneOrder) -> Cloned:
    """Make the production sibling of an approved sandbox project. Of one that has it already: it, and nothing changes.

    Problem `shape_changed` where the shape is not the one of the plan any more; `not_approved` where nobody approved it.
    """
    project = read_project(tx, actor, project_id)
    require(actor, "production.edit", project.organization_id)
    sandbox = require_sandbox(project)
    require_active(sandbox)
    # From here on nobody changes the shape, and of two that clone one comes after the other.
    audit.hold(tx, sandbox.organization_id)
    if there := projects.find_sibling(tx, sandbox):
        return Cloned(there, created=False)
    if not order.fingerprint:
        raise invalid(FieldError("fingerprint", "Look at the plan first, and send its fingerprint.", "required"))
    shape = read_shape(tx, sandbox)
    require_same(order.fingerprint, canonical_json.fingerprint(shape))
    _require_declared(shape, order.issue_keys)
    going_live.require_approval(tx, sandbox)
    values = bindings_actions.values_for(
        tx, tools.secret, tools.settings, sandbox, binding_slots(shape), order.bindings
    )
    cloned = make_sibling(tx, actor, tools, sandbox, shape, values)
    issued = [issue_declared(tx, actor, tools, cloned.production.id, name) for name in dict.fromkeys(order.issue_keys)]
    going_live.note_live(tx, sandbox, cloned.production, actor)
    _require_reached(tx, cloned.production, shape)
    return replace(cloned, keys=tuple(issued))


def make_sibling(
    tx: Transaction, actor: Actor, tools: Tools, sandbox: Project, shape: Shape, values: Bindings
) -> Cloned:
    """The production sibling itself, with a value for each slot. Who calls this has asked whether it may be."""
    touched.because(tx, "clone")
    production = _insert(tx, actor, sandbox, values)
    applied = apply_shape(tx, actor, tools, production, shape, values, "clone")
    epoch.advance(tx, "project", production.id, clock.now())
    found = projects.find_project(tx, production.id)
    return Cloned(found or production, created=True, signing_secrets=applied.secrets)


def _insert(tx: Transaction, actor: Actor, sandbox: Project, values: Bindings) -> Project:
    require_open(tx, sandbox.organization_id)
    taken = projects.slugs_like(tx, sandbox.organization_id, "production", sandbox.slug)
    production = replace(
        sandbox, id=ids.new_id("proj"), environment="production", sandbox_id=sandbox.id, revision=1, locked=False,
        slug=free_slug(sandbox.slug, taken), created_by=actor.name, created_at=clock.now(), rate_limits=(), quota=None,
    )  # fmt: skip
    with broken_constraint_means(Problem("already_exists", "The production project was made just now. Look again.")):
        projects.insert_project(tx, production)
    projects.replace_owners(tx, production, _owners(values))
    audit.record(
        tx, actor, "project.cloned", organization_id=sandbox.organization_id, subject_kind="project",
        subject_id=production.id, subject_name=production.name, project_id=production.id,
        after={"environment": "production", "sandbox": sandbox.id, "purpose": sandbox.purpose},
    )  # fmt: skip
    return production


def _owners(values: Bindings) -> list[tuple[str, Duty]]:
    duties: tuple[Duty, ...] = ("technical", "billing", "audit")
    return [(member, duty) for duty in duties for member in values.get(f"/owners/{duty}", ())]


def _require_declared(shape: Shape, names: Sequence[str]) -> None:
    errors = [
        FieldError(f"issue_keys.{index}", f"The project declares no key {name!r}.", "unknown_key")
        for index, name in enumerate(names)
        if name not in shape["keys"]
    ]
    if errors:
        raise invalid(*errors)


def _require_reached(tx: Transaction, project: Project, wanted: Shape) -> None:
    """Raise where a project is not in the shape that it was to be brought to: nothing of it is kept then."""
    present = projects.find_project(tx, project.id)
    if present is None or canonical_json.fingerprint(read_shape(tx, present)) != canonical_json.fingerprint(wanted):
        raise Problem("conflict", "The shape would not have been the one of the plan. Nothing was changed.")
