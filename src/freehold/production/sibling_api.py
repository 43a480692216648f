"""HTTP of bindings, clone, drift and promotion. Thin: parse, one action, present."""

from typing import Any, cast

from litestar import Response

from freehold.errors import invalid
from freehold.production import bindings_actions, clone_actions, drift_actions, promoting
from freehold.production.drift_rules import acceptance_faults
from freehold.production.shaping import Tools
from freehold.production.sibling_records import CloneOrder, Direction, PromotionOrder
from freehold.production.sibling_views import (
    BindingsBody,
    BindingsView,
    CloneBody,
    CloneView,
    DriftAcceptanceBody,
    DriftView,
    PromotionBody,
    PromotionView,
    bindings_view,
    clone_plan_view,
    cloned_view,
    drift_view,
    promoted_view,
    promotion_plan_view,
    values_if_any,
    values_of,
)
from freehold.store.engine import Transaction
from freehold.web.call import Call


def read_bindings(call: Call, project_id: str) -> BindingsView:
    """What a sandbox project's production sibling needs values of, and what was given. Either sibling's id serves."""
    with call.read() as tx:
        return bindings_view(bindings_actions.bindings_of(tx, call.actor, project_id))


def give_bindings(call: Call, project_id: str, data: BindingsBody) -> BindingsView:
    """Give slots their values for production, kept sealed: null takes one away, what is not named stays as it is."""
    values = values_if_any(data.bindings)
    with call.write() as tx:
        return bindings_view(
            bindings_actions.give_bindings(tx, call.actor, call.secret, call.settings, project_id, values)
        )


def clone_project(call: Call, project_id: str, data: CloneBody) -> Response[CloneView]:
    """Clone a proven sandbox project into production: shown first (`plan`), then carried out whole or not at all.

    Signing secrets, and the keys that `issue_keys` names, are shown in this answer alone. Of a project that was cloned
    before it answers what is there, and changes nothing.
    """
    if data.plan:
        with call.read() as tx:
            return _answer(clone_plan_view(clone_actions.plan_clone(tx, call.actor, project_id)))
    order = CloneOrder(data.fingerprint, values_of(data.bindings), tuple(data.issue_keys))

    def act(tx: Transaction) -> CloneView:
        cloned = clone_actions.clone_project(tx, call.actor, _tools(call), project_id, order)
        return cloned_view(clone_actions.plan_clone(tx, call.actor, project_id), cloned)

    return _answer(cast("CloneView", call.once_confirmed(act)))


def read_drift(call: Call, project_id: str) -> DriftView:
    """How a project and its sibling differ now: which side is ahead, who and when, and what was accepted."""
    with call.read() as tx:
        return drift_view(drift_actions.read_drift(tx, call.actor, project_id))


def promote_drift(call: Call, project_id: str, data: PromotionBody) -> Response[PromotionView]:
    """Let production take items of the sandbox, with what they need: shown first (`plan`), then all or nothing."""
    return _bring(call, project_id, "promote", data)


def revert_drift(call: Call, project_id: str, data: PromotionBody) -> Response[PromotionView]:
    """Let the sandbox take items of production, with what they need: shown first (`plan`), then all or nothing."""
    return _bring(call, project_id, "revert", data)


def accept_drift(call: Call, project_id: str, data: DriftAcceptanceBody) -> DriftView:
    """Accept differences with a reason, for so many days or until either value changes; or withdraw that."""
    with call.write() as tx:
        if data.withdraw:
            if faults := acceptance_faults(data.reason, data.days, withdrawn=True):
                raise invalid(*faults)
            return drift_view(drift_actions.withdraw(tx, call.actor, project_id, data.paths))
        return drift_view(drift_actions.accept(tx, call.actor, project_id, data.paths, data.reason, data.days))


def _bring(call: Call, project_id: str, direction: Direction, data: PromotionBody) -> Response[PromotionView]:
    if data.plan:
        with call.read() as tx:
            plan = promoting.plan_promotion(tx, call.actor, project_id, direction, data.items)
        return _answer(promotion_plan_view(plan))
    items = None if data.items is None else tuple(data.items)
    order = PromotionOrder(items, data.fingerprint, values_of(data.bindings))

    def act(tx: Transaction) -> PromotionView:
        return promoted_view(promoting.carry_out(tx, call.actor, _tools(call), project_id, direction, order))

    return _answer(cast("PromotionView", call.once_confirmed(act)))


def _tools(call: Call) -> Tools:
    return Tools(call.secret, call.settings)


def _answer(view: Any) -> Response[Any]:
    return Response(view, status_code=200, media_type="application/json")
