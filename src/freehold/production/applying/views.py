"""Shapes, plans and revisions as the API shows them, and the bodies that it takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from freehold.production.applying.actions import Compared, Seen
from freehold.production.applying.engine import Applied
from freehold.production.applying.planning import Plan
from freehold.production.shape.document_types import ShapeDocument
from freehold.production.shape.records import (
    BindingKind,
    BindingSlot,
    Cause,
    Difference,
    DifferenceKind,
    Revision,
    Shape,
)
from freehold.web.inputs import Body

ChangeKind = Literal["added", "removed", "changed"]

_KINDS: Final[dict[DifferenceKind, ChangeKind]] = {
    "only_in_sandbox": "added", "only_in_production": "removed", "differs": "changed",
}  # fmt: skip
_EXAMPLE: Final = {
    "api": "example", "labels": {"name": "Country lookup", "purpose": "Shows each price in its own currency"},
    "scope": {"endpoints": ["get_country"], "event_types": ["lookup.completed"]},
    "keys": {"checkout-web": {"quota": {"limit": 100_000, "period": "day"}, "expires_after_days": 365}},
}  # fmt: skip
_SLOTS: Final = {"/webhooks/orders/url": "https://example.com/hooks"}

WantedShape = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="The whole shape, as the schema at `/schemas/shape.json` has it. What is left out is not there.",
        examples=[_EXAMPLE],
    ),
]
GivenBindings = Annotated[
    dict[str, str | list[str]],
    msgspec.Meta(
        description="Values of slots by their JSON Pointers. What is left out keeps what it holds.", examples=[_SLOTS]
    ),
]
PlanFingerprint = Annotated[
    str | None,
    msgspec.Meta(
        description="The `fingerprint` of the plan that you saw; where applying would do something else by now: 409 `shape_changed`."
    ),
]


class ShapePlanBody(Body, frozen=True):
    """A shape that a project is to have."""

    shape: WantedShape
    bindings: GivenBindings = msgspec.field(default_factory=dict)


class ShapeBody(Body, frozen=True):
    """A shape that a project is to have now."""

    shape: WantedShape
    bindings: GivenBindings = msgspec.field(default_factory=dict)
    fingerprint: PlanFingerprint = None


class ShapeRestoreBody(Body, frozen=True):
    """A past revision that a project is to be like again. With `plan`, nothing is done: the answer says what would be."""

    number: Annotated[int, msgspec.Meta(description="The revision's number.", examples=[1], ge=1, le=2**53 - 1)]
    plan: Annotated[bool, msgspec.Meta(description="Only say what would be done.")] = False
    bindings: GivenBindings = msgspec.field(default_factory=dict)
    fingerprint: PlanFingerprint = None


class BindingSlotView(msgspec.Struct, kw_only=True):
    """A value that an environment has to be given, never the value. `filled`: whether the slot holds one."""

    slot: str
    kind: BindingKind
    label: str
    filled: bool


class ShapeView(msgspec.Struct, kw_only=True):
    """What a project declares. `etag`: of the shape, for `If-Match`. `number`: of its newest revision."""

    project: str
    etag: str
    fingerprint: str
    number: int
    changed_at: datetime | None
    shape: ShapeDocument
    bindings: list[BindingSlotView]


class ShapeChangeView(msgspec.Struct, kw_only=True):
    """One field that is other than before. `item`: the part of the shape that it belongs to; both are JSON Pointers."""

    path: str
    item: str
    change: ChangeKind
    before: Any
    after: Any


class ShapePlanView(msgspec.Struct, kw_only=True):
    """What applying a shape would do. `fingerprint`: of the plan, to apply exactly this one."""

    fingerprint: str
    changes: int
    differences: list[ShapeChangeView]
    bindings_changed: list[str]
    bindings_missing: list[BindingSlotView]
    consequences: list[str]
    shape_before: str
    shape_after: str


class AppliedShapeView(msgspec.Struct, kw_only=True):
    """What was done. `signing_secrets`: of new webhook endpoints by slot, shown this once. `applied` false: it was only planned."""

    applied: bool
    project: str
    plan: ShapePlanView
    signing_secrets: dict[str, str]


class ConfirmedShapeView(AppliedShapeView, kw_only=True):
    """A shape that was applied, once every live gate process decides by it."""

    confirmed_by: int = 0
    silent: int = 0
    propagation_ms: int = 0


class ShapeChangerView(msgspec.Struct, kw_only=True):
    """Who did something."""

    kind: str
    id: str
    name: str


class ShapePathView(msgspec.Struct, kw_only=True):
    """One field that a revision changed."""

    path: str
    item: str
    change: ChangeKind


class RevisionView(msgspec.Struct, kw_only=True):
    """What a project declared from one change on: who made it, when, and why."""

    number: int
    fingerprint: str
    cause: Cause
    by: ShapeChangerView
    at: datetime
    request_id: str | None
    changes: list[ShapePathView]


class RevisionDetailView(RevisionView, kw_only=True):
    """A revision with its shape, and how that differs from the one of the revision `against`."""

    shape: ShapeDocument
    against: int | None
    differences: list[ShapeChangeView]


def shape_view(seen: Seen) -> ShapeView:
    """A project's shape for an answer."""
    return ShapeView(
        project=seen.project.id, etag=f'"{seen.fingerprint}"', fingerprint=seen.fingerprint, number=seen.number,
        changed_at=seen.changed_at, shape=_document(seen.shape),
        bindings=[_slot_view(slot, filled) for slot, filled in seen.slots],
    )  # fmt: skip


def plan_view(plan: Plan) -> ShapePlanView:
    """A plan for an answer."""
    return ShapePlanView(
        fingerprint=plan.fingerprint, changes=plan.changes, differences=change_views(plan.differences),
        bindings_changed=list(plan.rebound), bindings_missing=[_slot_view(each, filled=False) for each in plan.needed],
        consequences=list(plan.consequences), shape_before=plan.fingerprint_before, shape_after=plan.fingerprint_after,
    )  # fmt: skip


def applied_view(project_id: str, plan: Plan, applied: Applied | None) -> AppliedShapeView:
    """What was done, or would be, for an answer."""
    secrets = dict(applied.secrets) if applied else {}
    return AppliedShapeView(
        applied=applied is not None, project=project_id, plan=plan_view(plan), signing_secrets=secrets
    )  # fmt: skip


def change_views(differences: Sequence[Difference]) -> list[ShapeChangeView]:
    """Differences of a later shape from an earlier one, for an answer."""
    return [
        ShapeChangeView(
            path=each.path, item=each.item, change=_KINDS[each.kind], before=each.production, after=each.sandbox
        )
        for each in differences
    ]


def revision_view(revision: Revision) -> RevisionView:
    """A revision for an answer."""
    return RevisionView(**_revision_fields(revision))


def revision_detail_view(compared: Compared) -> RevisionDetailView:
    """A revision with its shape for an answer."""
    return RevisionDetailView(
        **_revision_fields(compared.revision), shape=_document(compared.revision.shape), against=compared.against,
        differences=change_views(compared.differences),
    )  # fmt: skip


def change_kind(kind: str) -> ChangeKind:
    """A difference's kind, as of a later shape from an earlier one."""
    return next((word for name, word in _KINDS.items() if name == kind), "changed")


def _revision_fields(revision: Revision) -> dict[str, Any]:
    return {
        "number": revision.number, "fingerprint": revision.fingerprint, "cause": revision.cause, "at": revision.at,
        "by": ShapeChangerView(kind=revision.actor_kind, id=revision.actor_id, name=revision.actor_name),
        "request_id": revision.request_id or None,
        "changes": [
            ShapePathView(path=each["path"], item=each["item"], change=change_kind(each["kind"]))
            for each in revision.changes
        ],
    }  # fmt: skip


def _slot_view(slot: BindingSlot, filled: bool) -> BindingSlotView:
    return BindingSlotView(slot=slot.slot, kind=slot.kind, label=slot.label, filled=filled)


def _document(shape: Shape) -> ShapeDocument:
    return msgspec.convert(shape, ShapeDocument)
