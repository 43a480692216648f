"""What the API takes and shows of bindings, clones, drift and promotion: bodies and views, and how they are filled. No IO."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from freehold.production import sibling_words
from freehold.production.bindings_records import BindingValue, BoundSlot
from freehold.production.drift_records import Drift, Drifted
from freehold.production.drift_rules import ACCEPTED_DAYS_MAX, REASON_MAX
from freehold.production.records import BindingKind, Difference, DifferenceKind
from freehold.production.sibling_records import Cloned, ClonePlan, Promoted, PromotionPlan
from freehold.projects.records import Environment
from freehold.web.inputs import Body, number, text

_EXAMPLE = {"/webhooks/orders/url": "https://example.com/hooks", "/keys/web/allowed_cidrs": ["203.0.113.0/24"]}
_BINDINGS = msgspec.Meta(
    description="Values by slot: a URL or a header's value as a text, networks or members as a list.",
    examples=[_EXAMPLE],
)
Values = Annotated[dict[str, str | list[str]], _BINDINGS]
ValuesIfAny = Annotated[dict[str, str | list[str] | None], _BINDINGS]
Items = Annotated[
    list[str] | None,
    msgspec.Meta(description="Items by their JSON Pointers; null: all that differ.", examples=[["/webhooks/orders"]]),
]
# Of no length of its own: another one than the plan's is refused, whatever it is.
_FINGERPRINT = msgspec.Meta(description="The plan's.", examples=["3f9a…"])
Plan = Annotated[bool, msgspec.Meta(description="Show what would happen, and change nothing.", examples=[True])]


class BindingsBody(Body, frozen=True):
    """Values for slots in production: null takes one away, what is not named stays as it is."""

    bindings: ValuesIfAny


class CloneBody(Body, frozen=True):
    """A plan is asked for, or the plan that was shown is carried out.

    `issue_keys`: names of declared keys that are issued at once, their texts listed in this answer alone.
    """

    plan: Plan = False
    fingerprint: Annotated[str, _FINGERPRINT] = ""
    bindings: Values = msgspec.field(default_factory=dict)
    issue_keys: Annotated[list[str], msgspec.Meta(examples=[["checkout-web"]])] = msgspec.field(default_factory=list)


class PromotionBody(Body, frozen=True):
    """Which items are brought over, and values for the slots that are new there.

    `fingerprint`: of the plan that was shown; without it, whatever would happen now is done.
    """

    plan: Plan = False
    items: Items = None
    fingerprint: Annotated[str | None, _FINGERPRINT] = None
    bindings: Values = msgspec.field(default_factory=dict)


class DriftAcceptanceBody(Body, frozen=True):
    """Which differences are accepted, why and for how long; with `withdraw`, no more."""

    paths: Annotated[
        list[str], msgspec.Meta(description="Differences by their JSON Pointers.", examples=[["/webhooks/orders/fifo"]])
    ]
    reason: Annotated[str, text("Production's receiver is older until May", maximum=REASON_MAX)] = ""
    days: Annotated[int, number(30, "For how long, unless a value changes before.", 1, ACCEPTED_DAYS_MAX)] = 30
    withdraw: Annotated[bool, msgspec.Meta(description="Withdraw the acceptances instead.", examples=[False])] = False


class BindingView(msgspec.Struct, kw_only=True):
    """A slot's value for production. `shown`: what may be seen of it. `kind` null: no part of the shape any more."""

    slot: str
    kind: BindingKind | None
    label: str
    required: bool
    shown: str | None
    given_by: str | None
    given_at: datetime | None


class BindingsView(msgspec.Struct, kw_only=True):
    """A sandbox project's bindings for production. `missing`: how many a clone still waits for."""

    missing: int
    bindings: list[BindingView]


class SiblingDifferenceView(msgspec.Struct, kw_only=True):
    """One field in which siblings differ; an absent side is null."""

    path: str
    item: str
    kind: DifferenceKind
    sandbox: Any
    production: Any


class SiblingGroupView(msgspec.Struct, kw_only=True):
    """The differences in one part of a shape."""

    title: str
    differences: list[SiblingDifferenceView]


class OnceKeyView(msgspec.Struct, kw_only=True):
    """A key that was issued with the clone; `secret` is shown this once."""

    id: str
    name: str
    secret: str


class OnceSecretView(msgspec.Struct, kw_only=True):
    """A new webhook endpoint's signing secret, by the endpoint's slot; shown this once."""

    slot: str
    signing_secret: str


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


def values_of(values: Mapping[str, str | list[str]]) -> dict[str, BindingValue]:
    """Values as the actions take them."""
    return {slot: value if isinstance(value, str) else tuple(value) for slot, value in values.items()}


def values_if_any(values: Mapping[str, str | list[str] | None]) -> dict[str, BindingValue | None]:
    """The same, where None takes a value away."""
    return {slot: tuple(value) if isinstance(value, list) else value for slot, value in values.items()}


def bindings_view(slots: list[BoundSlot]) -> BindingsView:
    """Bindings as the API shows them."""
    return BindingsView(missing=sum(each.is_missing for each in slots), bindings=[_binding(each) for each in slots])


def clone_plan_view(plan: ClonePlan) -> CloneView:
    """A clone's plan as the API shows it."""
    return CloneView(
        production=plan.production.id if plan.production else None, created=False, fingerprint=plan.fingerprint,
        groups=_groups(plan.differences), bindings=[_binding(each) for each in plan.bindings],
        consequences=list(plan.consequences),
    )  # fmt: skip


def cloned_view(plan: ClonePlan, cloned: Cloned) -> CloneView:
    """A clone that was carried out, with `plan` as it stands then."""
    view = clone_plan_view(plan)
    view.created = cloned.created
    view.signing_secrets = _once(cloned.signing_secrets)
    view.keys = [
        OnceKeyView(id=each.detail.key.id, name=each.detail.key.name, secret=each.text) for each in cloned.keys
    ]
    return view


def promotion_plan_view(plan: PromotionPlan) -> PromotionView:
    """A promotion's plan as the API shows it."""
    return PromotionView(
        target=plan.target.id, fingerprint=plan.fingerprint, items=list(plan.items),
        pulled=[PulledView(item=item, why=why) for item, why in plan.pulled.items()],
        groups=_groups(plan.differences), bindings=[_binding(each) for each in plan.slots],
        consequences=list(plan.consequences), needs_approval=plan.needs_approval,
    )  # fmt: skip


def promoted_view(promoted: Promoted) -> PromotionView:
    """A promotion that was carried out."""
    view = promotion_plan_view(promoted.plan)
    view.signing_secrets = _once(promoted.signing_secrets)
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
        **_difference_fields(each.difference),
        ahead=AheadView(environment=mark.environment, by=mark.by, at=mark.at, revision=mark.revision) if mark else None,
        acceptance=DriftAcceptanceView(
            id=accepted.id, reason=accepted.reason, accepted_by=accepted.accepted_by, at=accepted.at,
            expires_at=accepted.expires_at,
        ) if accepted else None,
    )  # fmt: skip


def _groups(found: tuple[Difference, ...]) -> list[SiblingGroupView]:
    return [
        SiblingGroupView(
            title=title, differences=[SiblingDifferenceView(**_difference_fields(each)) for each in members]
        )
        for title, members in sibling_words.grouped(found)
    ]


def _difference_fields(each: Difference) -> dict[str, Any]:
    return {
        "path": each.path, "item": each.item, "kind": each.kind, "sandbox": each.sandbox, "production": each.production
    }  # fmt: skip


def _binding(bound: BoundSlot) -> BindingView:
    slot, given = bound.slot, bound.given
    return BindingView(
        slot=bound.pointer, kind=slot.kind if slot else None, label=slot.label if slot else "No part of the shape",
        required=slot.required if slot else False, shown=given.shown if given else None,
        given_by=given.given_by if given else None, given_at=given.given_at if given else None,
    )  # fmt: skip


def _once(secrets: Mapping[str, str]) -> list[OnceSecretView]:
    return [OnceSecretView(slot=slot, signing_secret=secret) for slot, secret in sorted(secrets.items())]
