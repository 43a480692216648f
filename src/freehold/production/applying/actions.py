"""What people do with a project's shape: look at it, plan a change, apply it, look back, restore.

One function is one use case and one transaction, which the caller opens.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.errors import Problem, invalid, not_found
from freehold.kit import canonical_json
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.production.applying.engine import Applied, apply_shape
from freehold.production.applying.planning import Plan, plan_for
from freehold.production.applying.tools import Tools
from freehold.production.shape import revisions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.assets import assets_of, filled_slots
from freehold.production.shape.documents import document_faults, normal_shape
from freehold.production.shape.records import BindingSlot, Cause, Difference, Revision, Shape
from freehold.production.shape.rules import binding_slots, differences, empty_shape
from freehold.production.shape.slots import Bindings, place_of
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """A project's shape as it is now. `slots`: with whether each holds a value. `number` 0: nothing of it is on record yet."""

    project: Project
    shape: Shape
    fingerprint: str
    number: int
    changed_at: datetime | None
    slots: tuple[tuple[BindingSlot, bool], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A revision, and how it differs from another (`against`), which None stands before the first."""

    revision: Revision
    against: int | None
    differences: tuple[Difference, ...]


def see_shape(tx: Transaction, actor: Actor, project_id: str) -> Seen:
    """A project's shape, its fingerprint, and its slots: never what they hold."""
    project = _readable(tx, actor, project_id)
    assets, head = assets_of(tx, project), revisions.head_of(tx, project.id)
    shape, filled = read_shape(tx, project, assets), filled_slots(assets)
    slots = tuple((slot, place_of(slot.slot) in filled) for slot in binding_slots(shape))
    return Seen(
        project, shape, canonical_json.fingerprint(shape), head.number if head else 0,
        head.changed_at if head else None, slots,
    )  # fmt: skip


def wanted_shape(document: object) -> Shape:
    """A shape that a caller wrote, in its normal form. Problem `invalid` names the fields that are wrong."""
    if faults := document_faults(document, prefix="shape"):
        raise invalid(*faults)
    if not isinstance(document, dict):
        raise TypeError("a document without faults is an object")
    return normal_shape(document)


def plan_shape(
    tx: Transaction, actor: Actor, tools: Tools, project_id: str, wanted: Shape, bindings: Bindings, *,
    present: str | None = None,
) -> Plan:  # fmt: skip
    """What applying a shape with these bindings would do.

    Problem `precondition_failed` where the shape is another by now than the one with the fingerprint `present`.
    """
    project = read_project(tx, actor, project_id)
    require(actor, "production.edit", project.organization_id)
    made = plan_for(tx, tools, project, wanted, bindings)
    if present is not None and present != made.fingerprint_before:
        raise changed_meanwhile("project's shape")
    return made


def set_shape(
    tx: Transaction, actor: Actor, tools: Tools, project_id: str, wanted: Shape, bindings: Bindings, *,
    plan: str | None = None, present: str | None = None, cause: Cause = "file",
) -> tuple[Plan, Applied]:  # fmt: skip
    """Apply a shape, whole or not at all. `plan`: the fingerprint of the plan that the caller saw; `present`: that of the shape.

    Problem `shape_changed` where applying would do something else by now, `precondition_failed` where the shape is another.
    """
    project = read_project(tx, actor, project_id)
    require(actor, "production.edit", project.organization_id)
    # From here on nobody else changes what the plan is made of.
    audit.hold(tx, project.organization_id)
    made = plan_shape(tx, actor, tools, project_id, wanted, bindings, present=present)
    # What is there already is not done again, whichever plan it was of.
    if plan is not None and made.changes and plan != made.fingerprint:
        raise Problem("shape_changed", "The project changed since this was planned. Look at the plan again.")
    return made, apply_shape(tx, actor, tools, project, wanted, bindings, cause)


def list_revisions(
    tx: Transaction, actor: Actor, project_id: str, limit: int, before: int | None = None
) -> list[Revision]:  # fmt: skip
    """A project's revisions, newest first, before a number."""
    project = _readable(tx, actor, project_id)
    return revisions.history(tx, project.id, limit, before)


def compare_revision(
    tx: Transaction, actor: Actor, project_id: str, number: int, against: int | None = None
) -> Compared:
    """A revision, and how it differs from another one of the project; by itself, from the one before."""
    project = _readable(tx, actor, project_id)
    found = _revision(tx, project, number)
    other = against if against is not None else (number - 1 or None)
    before = _revision(tx, project, other).shape if other is not None else empty_shape(found.shape["api"])
    return Compared(found, other, tuple(differences(found.shape, before)))


def past_shape(tx: Transaction, actor: Actor, project_id: str, number: int) -> Shape:
    """What a project declared in a revision."""
    return _revision(tx, _readable(tx, actor, project_id), number).shape


def _readable(tx: Transaction, actor: Actor, project_id: str) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return project


def _revision(tx: Transaction, project: Project, number: int) -> Revision:
    found = revisions.revision(tx, project.id, number)
    if found is None:
        raise not_found("revision of the project's shape")
    return found
