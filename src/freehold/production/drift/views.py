"""What the API takes and shows of drift and promotion: bodies and views, and how they are filled. No IO."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.production.bindings.views import BindingView, Values, binding_view
from freehold.production.drift.promotion_records import Promoted, PromotionPlan
from freehold.production.drift.records import Drift, Drifted
from freehold.production.drift.rules import ACCEPTED_DAYS_MAX, REASON_MAX
from freehold.production.siblings.views import (
    PLANS_FINGERPRINT,
    OnceSecretView,
    Plan,
    SiblingDifferenceView,
    SiblingGroupView,
    difference_fields,
    group_views,
    once_views,
)
from freehold.projects.records import Environment
from freehold.web.inputs import Body, number, text

Items = Annotated[
    list[str] | None,
    msgspec.Meta(description="Items by their JSON Pointers; null: all that differ.", examples=[["/webhooks/orders"]]),
]


class PromotionBody(Body, frozen=True):
    """Which items are brought over, and values for the slots that are new there.

    `fingerprint`: of the plan that was shown; without it, whatever would happen now is done.
    """

    plan: Plan = False
    items: Items = None
    fingerprint: Annotated[str | None, PLANS_FINGERPRINT] = None
    bindings: Values = msgspec.field(default_factory=dict)


class DriftAcceptanceBody(Body, frozen=True):
    """Which differences are accepted, why and for how long; with `withdraw`, no more."""

    paths: Annotated[
        list[str], msgspec.Meta(description="Differences by their JSON Pointers.", examples=[["/webhooks/orders/fifo"]])
    ]
    reason: Annotated[str, text("Production's receiver is older until May", maximum=REASON_MAX)] = ""
    days: Annotated[int, number(30, "For how long, unless a value changes before.", 1, ACCEPTED_DAYS_MAX)] = 30
    withdraw: Annotated[bool, msgspec.Meta(description="Withdraw the acceptances instead.", examples=[False])] = False


class PulledView(msgspec.Struct, kw_only=True):
    """An item that comes along unasked, and why."""

    item: str
    why: str


class PromotionView(msgspec.Struct, kw_only=True):
    """A promotion or revert, planned or carried out. `target`: the project that changes.

    `confirmed_by`, `silent` and `propagation_ms`: of the gate processes that decide by it, null for a plan.
    """

    target: str
    fingerprint: str
    items: list[str]
    pulled: list[PulledView]
    groups: list[SiblingGroupView]
    bindings: list[BindingView]
    consequences: list[str]
    needs_approval: bool
    signing_secrets: list[OnceSecretView] = msgspec.field(default_factory=list)
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class AheadView(msgspec.Struct, kw_only=True):
    """The side that changed a field last: who, when, and in which revision of its shape."""

    environment: Environment
    by: str
    at: datetime
    revision: int


class DriftAcceptanceView(msgspec.Struct, kw_only=True):
    """That somebody accepted a difference, until an instant or a change."""

    id: str
    reason: str
    accepted_by: str
    at: datetime
    expires_at: datetime


class DriftedView(SiblingDifferenceView, kw_only=True):
    """One difference of siblings: the side that is ahead, and whether it was accepted."""

    ahead: AheadView | None
    acceptance: DriftAcceptanceView | None


class DriftView(msgspec.Struct, kw_only=True):
    """How two siblings differ now, field by field. They differ in nothing exactly where their fingerprints are equal."""

    sandbox: str
    production: str
    sandbox_fingerprint: str
    production_fingerprint: str
    unaccepted: int
    differences: list[DriftedView]


def promotion_plan_view(plan: PromotionPlan) -> PromotionView:
    """A promotion's plan as the API shows it."""
    return PromotionView(
        target=plan.target.id, fingerprint=plan.fingerprint, items=list(plan.items),
        pulled=[PulledView(item=item, why=why) for item, why in plan.pulled.items()],
        groups=group_views(plan.differences), bindings=[binding_view(each) for each in plan.slots],
        consequences=list(plan.consequences), needs_approval=plan.needs_approval,
    )  # fmt: skip


def promoted_view(promoted: Promoted) -> PromotionView:
    """A promotion that was carried out."""
    view = promotion_plan_view(promoted.plan)
    view.signing_secrets = once_views(promoted.signing_secrets)
    return view


def drift_view(drift: Drift) -> DriftView:
    """Drift as the API shows it."""
    return DriftView(
        sandbox=drift.sandbox.id, production=drift.production.id, sandbox_fingerprint=drift.sandbox_fingerprint,
        production_fingerprint=drift.production_fingerprint, unaccepted=drift.unaccepted,
        differences=[_drifted(each) for each in drift.differences],
    )  # fmt: skip


def _drifted(each: Drifted) -> DriftedView:
    mark, accepted = each.ahead, each.acceptance
    return DriftedView(
        **difference_fields(each.difference),
        ahead=AheadView(environment=mark.environment, by=mark.by, at=mark.at, revision=mark.revision) if mark else None,
        acceptance=DriftAcceptanceView(
            id=accepted.id, reason=accepted.reason, accepted_by=accepted.accepted_by, at=accepted.at,
            expires_at=accepted.expires_at,
        ) if accepted else None,
    )  # fmt: skip
