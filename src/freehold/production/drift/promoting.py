"""Promotion and revert: one sibling takes chosen items of the other's shape, and what they need comes along.

The same either way round. Production takes values of its own for slots that are new to it; so does the sandbox.
"""

from collections.abc import Sequence

from freehold.errors import FieldError, invalid
from freehold.keys import queries as keys
from freehold.kit import canonical_json
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.production.applying.engine import apply_shape
from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.bindings.records import Bindings, BindingValue, BoundSlot
from freehold.production.drift.promotion_records import Direction, Promoted, PromotionOrder, PromotionPlan
from freehold.production.readiness.queries import policy_of
from freehold.production.review import going_live
from freehold.production.shape import rules
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.pointers import sorted_pointers, tokens_of
from freehold.production.shape.records import Cause, Shape
from freehold.production.siblings import words as sibling_words
from freehold.production.siblings.pairs import pair_of
from freehold.production.siblings.planning import require_same
from freehold.projects import queries as projects
from freehold.projects.actions import require_active
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def plan_promotion(
    tx: Transaction, actor: Actor, project_id: str, direction: Direction, items: Sequence[str] | None = None
) -> PromotionPlan:
    """What bringing items (None: all that differ) over is going to do. Changes nothing. Either sibling's id serves."""
    sandbox, production = pair_of(tx, actor, project_id, "production.read")
    return _plan(tx, sandbox, production, direction, items)


def carry_out(
    tx: Transaction, actor: Actor, tools: Tools, project_id: str, direction: Direction, order: PromotionOrder
) -> Promoted:
    """Bring items over, all of the plan or nothing. Where nothing differs, nothing changes.

    Problem `shape_changed` where the plan that was seen (if one is named) is not what would happen now.
    """
    sandbox, production = pair_of(tx, actor, project_id, "production.edit")
    audit.hold(tx, sandbox.organization_id)
    plan = _plan(tx, sandbox, production, direction, order.items)
    require_active(plan.target)
    if order.fingerprint is not None:
        require_same(order.fingerprint, plan.fingerprint)
    if not plan.items:
        return Promoted(plan)
    if plan.needs_approval:
        going_live.require_approval(tx, sandbox)
    values = _values(tx, tools, plan, order.bindings)
    # What was promoted is on record before it is done, with what is in it: who was asked may look it up.
    _record(tx, actor, plan)
    cause: Cause = "promotion" if direction == "promote" else "revert"
    applied = apply_shape(tx, actor, tools, plan.target, plan.wanted, values, cause)
    if plan.needs_approval and _now_equal(tx, sandbox, production):
        going_live.note_live(tx, sandbox, production, actor)
    return Promoted(plan, applied.secrets)


def _plan(
    tx: Transaction, sandbox: Project, production: Project, direction: Direction, items: Sequence[str] | None
) -> PromotionPlan:
    left, right = read_shape(tx, sandbox), read_shape(tx, production)
    source, present, target = (left, right, production) if direction == "promote" else (right, left, sandbox)
    differing = {each.item for each in rules.differences(left, right)}
    chosen = rules.selected(present, source, differing if items is None else _known(items, left, right))
    found = tuple(rules.differences(chosen.shape, present))
    live = {key.name for key in keys.active_keys_of(tx, target.id)}
    return PromotionPlan(
        direction, sandbox, production, chosen.shape, tuple(sorted_pointers(chosen.items)), dict(chosen.pulled), found,
        _new_slots(tx, sandbox, direction, present, chosen.shape), sibling_words.of_change(found, live, target.environment),
        direction == "promote" and _is_material(tx, sandbox, chosen.items),
        canonical_json.fingerprint(
            {"direction": direction, "sandbox": left, "production": right, "items": sorted(chosen.items)}
        ),
    )  # fmt: skip


def _known(items: Sequence[str], left: Shape, right: Shape) -> set[str]:
    known = {*rules.items_of(left), *rules.items_of(right)}
    errors = [
        FieldError(f"items.{index}", f"Neither project declares {item}.", "unknown_item")
        for index, item in enumerate(items)
        if item not in known
    ]
    if errors:
        raise invalid(*errors)
    return set(items)


def _new_slots(
    tx: Transaction, sandbox: Project, direction: Direction, present: Shape, wanted: Shape
) -> tuple[BoundSlot, ...]:
    """The slots that the target has not yet. What was given for production beforehand serves a promotion alone."""
    held = {each.slot for each in rules.binding_slots(present)}
    new = [each for each in rules.binding_slots(wanted) if each.slot not in held]
    before = {each.pointer: each.given for each in bindings_actions.slots_of(tx, sandbox)} if new else {}
    return tuple(BoundSlot(each.slot, each, before.get(each.slot) if direction == "promote" else None) for each in new)


def _values(tx: Transaction, tools: Tools, plan: PromotionPlan, named: Bindings) -> dict[str, BindingValue]:
    """What the target's new slots get. A sandbox is given its own; of owners, whoever they are on the other side."""
    slots = [each.slot for each in plan.slots if each.slot is not None]
    if plan.direction == "promote":
        return bindings_actions.values_for(tx, tools.secret, tools.settings, plan.sandbox, slots, named)
    found = bindings_actions.checked(tx, tools.settings, plan.sandbox, slots, named, "sandbox")
    bindings_actions.require_all(slots, found)
    return bindings_actions.people_as_values(tx, plan.production, slots) | found


def _is_material(tx: Transaction, sandbox: Project, items: frozenset[str]) -> bool:
    policy = policy_of(tx, sandbox.api_id)
    return policy.promotion_needs_approval and any(tokens_of(item)[0] in policy.material for item in items)


def _now_equal(tx: Transaction, sandbox: Project, production: Project) -> bool:
    here, there = (projects.find_project(tx, each.id) for each in (sandbox, production))
    return here is not None and there is not None and read_shape(tx, here) == read_shape(tx, there)


def _record(tx: Transaction, actor: Actor, plan: PromotionPlan) -> None:
    action = "drift.promoted" if plan.direction == "promote" else "drift.reverted"
    audit.record(
        tx, actor, action, organization_id=plan.target.organization_id, subject_kind="project",
        subject_id=plan.target.id, subject_name=plan.target.name, project_id=plan.target.id,
        after={"items": list(plan.items), "pulled": dict(plan.pulled)},
    )  # fmt: skip
