"""HTTP of a clone. Thin: parse, one action, present."""

from typing import Any, cast

from litestar import Response

from freehold.production.applying.tools import Tools
from freehold.production.bindings.views import values_of
from freehold.production.clone import actions
from freehold.production.clone.records import CloneOrder
from freehold.production.clone.views import CloneBody, CloneView, clone_plan_view, cloned_view
from freehold.production.siblings import planning as clone_planning
from freehold.store.engine import Transaction
from freehold.web.call import Call


def clone_project(call: Call, project_id: str, data: CloneBody) -> Response[CloneView]:
    """Clone a proven sandbox project into production: shown first (`plan`), then carried out whole or not at all.

    Signing secrets, and the keys that `issue_keys` names, are shown in this answer alone. Of a project that was cloned
    before it answers what is there, and changes nothing.
    """
    if data.plan:
        with call.read() as tx:
            return _answer(clone_plan_view(clone_planning.plan_clone(tx, call.actor, project_id)))
    order = CloneOrder(data.fingerprint, values_of(data.bindings), tuple(data.issue_keys))

    def act(tx: Transaction) -> CloneView:
        cloned = actions.clone_project(tx, call.actor, Tools(call.secret, call.settings), project_id, order)
        return cloned_view(clone_planning.plan_clone(tx, call.actor, project_id), cloned)

    return _answer(cast("CloneView", call.once_confirmed(act)))


def _answer(view: Any) -> Response[Any]:
    return Response(view, status_code=200, media_type="application/json")
