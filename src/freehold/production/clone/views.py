"""What the API takes and shows of clones, and how it is filled. No IO."""

from typing import Annotated

import msgspec

from freehold.production.bindings.views import BindingView, Values, binding_view
from freehold.production.clone.records import Cloned
from freehold.production.siblings.records import ClonePlan
from freehold.production.siblings.views import (
    PLANS_FINGERPRINT,
    OnceSecretView,
    Plan,
    SiblingGroupView,
    group_views,
    once_views,
)
from freehold.web.inputs import Body


class CloneBody(Body, frozen=True):
    """A plan is asked for, or the plan that was shown is carried out.

    `issue_keys`: names of declared keys that are issued at once, their texts listed in this answer alone.
    """

    plan: Plan = False
    fingerprint: Annotated[str, PLANS_FINGERPRINT] = ""
    bindings: Values = msgspec.field(default_factory=dict)
    issue_keys: Annotated[list[str], msgspec.Meta(examples=[["checkout-web"]])] = msgspec.field(default_factory=list)


class OnceKeyView(msgspec.Struct, kw_only=True):
    """A key that was issued with the clone; `secret` is shown this once."""

    id: str
    name: str
    secret: str


class CloneView(msgspec.Struct, kw_only=True):
    """A clone, planned or carried out.

    `created`: whether this call made the production project. A project that has its sibling already is cloned no
    more: `production` names it, and promotion brings over what `groups` shows. `confirmed_by`, `silent` and
    `propagation_ms`: of the gate processes that decide by it, null for a plan.
    """

    production: str | None
    created: bool
    fingerprint: str
    groups: list[SiblingGroupView]
    bindings: list[BindingView]
    consequences: list[str]
    signing_secrets: list[OnceSecretView] = msgspec.field(default_factory=list)
    keys: list[OnceKeyView] = msgspec.field(default_factory=list)
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


def clone_plan_view(plan: ClonePlan) -> CloneView:
    """A clone's plan as the API shows it."""
    return CloneView(
        production=plan.production.id if plan.production else None, created=False, fingerprint=plan.fingerprint,
        groups=group_views(plan.differences), bindings=[binding_view(each) for each in plan.bindings],
        consequences=list(plan.consequences),
    )  # fmt: skip


def cloned_view(plan: ClonePlan, cloned: Cloned) -> CloneView:
    """A clone that was carried out, with `plan` as it stands then."""
    view = clone_plan_view(plan)
    view.created = cloned.created
    view.signing_secrets = once_views(cloned.signing_secrets)
    view.keys = [
        OnceKeyView(id=each.detail.key.id, name=each.detail.key.name, secret=each.text) for each in cloned.keys
    ]
    return view
