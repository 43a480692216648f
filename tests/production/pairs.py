"""A sandbox project with its production sibling, for tests of clone, drift and promotion: actions called directly."""

from dataclasses import replace
from typing import Any, Final

from freehold.errors import Problem
from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.bindings.records import Bindings
from freehold.production.clone import actions as clone_actions
from freehold.production.clone.records import Cloned, CloneOrder
from freehold.production.drift import actions as drift_actions
from freehold.production.drift import promoting
from freehold.production.drift.promotion_records import Direction, Promoted, PromotionOrder
from freehold.production.drift.records import Drift
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.queries import policy_of
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.production.shape import revisions
from freehold.production.siblings import planning as clone_planning
from freehold.projects import queries as projects
from tests.http.served import SYSTEM, Instance
from tests.production.review_world import ASKED

PRODUCTION_URL: Final = "https://live.example.com/hooks"
# A value for each slot of the furnished project.
BINDINGS: Final[Bindings] = {
    "/webhooks/orders/url": PRODUCTION_URL,
    "/webhooks/orders/headers/X-Env": "production",
    "/webhooks/orders/headers/Authorization": "Bearer of-production",
    "/keys/web/allowed_cidrs": ("198.51.100.0/24",),
    "/alert_channels/ops/url": "https://chat.example.com/hooks/live",
}


def tools_of(instance: Instance) -> Tools:
    """What applying a shape needs besides a transaction."""
    return Tools(instance.secret, instance.settings)


def approve(instance: Instance, project: str = "") -> None:
    """Let the project be asked for and approved as it is now, by two people; nothing blocks it."""
    project = project or instance.project
    with instance.store.write() as tx:
        found = projects.find_project(tx, project)
        assert found is not None
        policy = policy_of(tx, found.api_id)
        if policy.blocking:
            readiness_policies.set_policy(tx, SYSTEM, found.api_id, replace(policy, blocking=frozenset()))
        asked = review_actions.request_access(tx, instance.actor("developer"), project, ASKED)
    with instance.store.write() as tx:
        head = revisions.head_of(tx, project)
        assert head is not None
        review_decisions.approve_request(tx, instance.actor("operator"), asked.id, head.fingerprint, "")


def may_clone(instance: Instance, project: str = "") -> bool:
    """Whether the project's shape as it is now is approved."""
    with instance.store.write() as tx:
        found = projects.find_project(tx, project or instance.project)
        assert found is not None
        try:
            review_actions.may_clone(tx, found)
        except Problem:
            return False
    return True


def is_live(instance: Instance, project: str = "") -> bool:
    """Whether the project has a production sibling."""
    with instance.store.read() as tx:
        found = projects.find_project(tx, project or instance.project)
        return found is not None and projects.find_sibling(tx, found) is not None


def clone(instance: Instance, bindings: Bindings = BINDINGS, project: str = "", **more: Any) -> Cloned:
    """Clone the project as its owner would, by the plan as it is now; approved before, where it is not live yet."""
    owner, project = instance.actor("owner"), project or instance.project
    if not may_clone(instance, project) and not is_live(instance, project):
        approve(instance, project)
    with instance.store.read() as tx:
        fingerprint = clone_planning.plan_clone(tx, owner, project).fingerprint
    with instance.store.write() as tx:
        return clone_actions.clone_project(
            tx, owner, tools_of(instance), project, CloneOrder(fingerprint, bindings, **more)
        )


def bring(
    instance: Instance, direction: Direction, *items: str, project: str = "", bindings: Bindings | None = None
) -> Promoted:
    """Promote or revert items (none named: all), by the plan as it is now."""
    owner, project, chosen = instance.actor("owner"), project or instance.project, items or None
    with instance.store.read() as tx:
        plan = promoting.plan_promotion(tx, owner, project, direction, chosen)
    order = PromotionOrder(chosen, plan.fingerprint, bindings or {})
    with instance.store.write() as tx:
        return promoting.carry_out(tx, owner, tools_of(instance), project, direction, order)


def drift(instance: Instance, project: str = "") -> Drift:
    """How the siblings differ now."""
    with instance.store.read() as tx:
        return drift_actions.read_drift(tx, instance.actor("owner"), project or instance.project)


def give(instance: Instance, values: Any, project: str = "") -> list[Any]:
    """Give slots values for production."""
    with instance.store.write() as tx:
        return bindings_actions.give_bindings(
            tx, instance.actor("owner"), instance.secret, instance.settings, project or instance.project, values
        )
