"""HTTP of drift and promotion. Thin: parse, one action, present."""

from typing import Any, cast

from litestar import Response

from freehold.errors import invalid
from freehold.production.applying.tools import Tools
from freehold.production.bindings.views import values_of
from freehold.production.drift import actions, promoting
from freehold.production.drift.promotion_records import Direction, PromotionOrder
from freehold.production.drift.rules import acceptance_faults
from freehold.production.drift.views import (
    DriftAcceptanceBody,
    DriftView,
    PromotionBody,
    PromotionView,
    drift_view,
    promoted_view,
    promotion_plan_view,
)
from freehold.store.engine import Transaction
from freehold.web.call import Call


def read_drift(call: Call, project_id: str) -> DriftView:
    """How a project and its sibling differ now: which side is ahead, who and when, and what was accepted."""
    with call.read() as tx:
        return drift_view(actions.read_drift(tx, call.actor, project_id))


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
            return drift_view(actions.withdraw(tx, call.actor, project_id, data.paths))
        return drift_view(actions.accept(tx, call.actor, project_id, data.paths, data.reason, data.days))


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
