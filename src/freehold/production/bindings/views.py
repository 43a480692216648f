"""What the API takes and shows of bindings, and how it is filled. No IO."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from freehold.production.bindings.records import BindingValue, BoundSlot
from freehold.production.shape.records import BindingKind
from freehold.web.inputs import Body

_EXAMPLE = {"/webhooks/orders/url": "https://example.com/hooks", "/keys/web/allowed_cidrs": ["203.0.113.0/24"]}
_BINDINGS = msgspec.Meta(
    description="Values by slot: a URL or a header's value as a text, networks or members as a list.",
    examples=[_EXAMPLE],
)
Values = Annotated[dict[str, str | list[str]], _BINDINGS]
ValuesIfAny = Annotated[dict[str, str | list[str] | None], _BINDINGS]


class BindingsBody(Body, frozen=True):
    """Values for slots in production: null takes one away, what is not named stays as it is."""

    bindings: ValuesIfAny


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


def values_of(values: Mapping[str, str | list[str]]) -> dict[str, BindingValue]:
    """Values as the actions take them."""
    return {slot: value if isinstance(value, str) else tuple(value) for slot, value in values.items()}


def values_if_any(values: Mapping[str, str | list[str] | None]) -> dict[str, BindingValue | None]:
    """The same, where None takes a value away."""
    return {slot: tuple(value) if isinstance(value, list) else value for slot, value in values.items()}


def bindings_view(slots: list[BoundSlot]) -> BindingsView:
    """Bindings as the API shows them."""
    return BindingsView(missing=sum(each.is_missing for each in slots), bindings=[binding_view(each) for each in slots])


def binding_view(bound: BoundSlot) -> BindingView:
    """One binding as the API shows it."""
    slot, given = bound.slot, bound.given
    return BindingView(
        slot=bound.pointer, kind=slot.kind if slot else None, label=slot.label if slot else "No part of the shape",
        required=slot.required if slot else False, shown=given.shown if given else None,
        given_by=given.given_by if given else None, given_at=given.given_at if given else None,
    )  # fmt: skip
