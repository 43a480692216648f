"""Slots as pages show them: fields of forms, and what comes back of them. No IO."""

import hashlib
from collections.abc import Iterable
from typing import Final

from freehold.dashboard.views.form import Form, Values
from freehold.dashboard.views.siblings import SlotField
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.production.bindings import rules
from freehold.production.bindings.records import BindingValue, BoundSlot
from freehold.web.call import Call

_HINTS: Final = {
    "url": "Where production's receiver listens, with https.",
    "header": "Kept sealed, and shown no more.",
    "networks": "Set apart by commas or spaces: 203.0.113.0/24.",
    "member": "E-mail addresses of members, set apart by commas. Empty: the same as in the sandbox.",
}
_NAME_DIGITS: Final = 12


def field_of(pointer: str) -> str:
    """A slot's field: of letters and digits, whatever is in the pointer."""
    return f"slot-{hashlib.sha256(pointer.encode()).hexdigest()[:_NAME_DIGITS]}"


def slot_fields(slots: Iterable[BoundSlot]) -> tuple[SlotField, ...]:
    """The slots of a shape as fields."""
    return tuple(_slot_field(each) for each in slots if each.slot is not None)


def left_fields(slots: Iterable[BoundSlot]) -> tuple[SlotField, ...]:
    """What was given once and is no part of the shape any more."""
    return tuple(_slot_field(each) for each in slots if each.slot is None)


def typed_values(call: Call, slots: Iterable[BoundSlot]) -> dict[str, BindingValue]:
    """What was typed into the slots' fields; those left empty are left out."""
    return {
        each.pointer: rules.typed(each.slot.kind, text)
        for each in slots
        if each.slot is not None and (text := call.field(field_of(each.pointer)).strip())
    }


def refused_slots(problem: Problem, values: Values, key: str = "") -> Form:
    """A form that comes back: faults of slots beside their fields, others beside theirs or above the form."""
    errors: dict[str, str] = {}
    for each in problem.errors:
        place, dot, pointer = each.field.partition(".")
        name = field_of(pointer) if place == "bindings" and dot else place
        errors.setdefault(name, each.message)
    again = new_id("req") if problem.code == "idempotency_conflict" else key
    return Form(values, errors, None if errors else problem.detail, None, again)


def _slot_field(bound: BoundSlot) -> SlotField:
    slot, given = bound.slot, bound.given
    return SlotField(
        pointer=bound.pointer, name=field_of(bound.pointer), kind=slot.kind if slot else "",
        label=slot.label if slot else bound.pointer, hint=_HINTS[slot.kind] if slot else "",
        required=slot.required if slot else False, shown=given.shown if given else "",
        given_by=given.given_by if given else "", given_at=given.given_at if given else None,
    )  # fmt: skip
