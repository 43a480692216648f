"""Differences and slots as pages show them: words, and fields of forms. No IO."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from freehold.dashboard.views.form import Form, Values
from freehold.dashboard.views.siblings import DiffGroup, DiffLine, DriftGroup, DriftLine, SlotField
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.production import bindings_rules, sibling_words
from freehold.production.bindings_records import BindingValue, BoundSlot
from freehold.production.drift_records import Drifted
from freehold.production.pointers import tokens_of
from freehold.production.records import Difference
from freehold.web.call import Call

_HINTS: Final = {
    "url": "Where production's receiver listens, with https.",
    "header": "Kept sealed, and shown no more.",
    "networks": "Set apart by commas or spaces: 203.0.113.0/24.",
    "member": "E-mail addresses of members, set apart by commas. Empty: the same as in the sandbox.",
}
_NAME_DIGITS: Final = 12
_OF_FIELDS: Final = frozenset({"labels", "limits", "scope"})


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
        each.pointer: bindings_rules.typed(each.slot.kind, text)
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


def diff_groups(found: Sequence[Difference]) -> tuple[DiffGroup, ...]:
    """Differences by part of the shape."""
    return tuple(
        DiffGroup(title=title, lines=tuple(DiffLine(**_line(each)) for each in members))
        for title, members in sibling_words.grouped(found)
    )


def drift_groups(found: Sequence[Drifted]) -> tuple[DriftGroup, ...]:
    """The same on the drift page, with who is ahead and what was accepted."""
    by_path = {each.difference.path: each for each in found}
    return tuple(
        DriftGroup(title=title, lines=tuple(_drift_line(by_path[each.path]) for each in members))
        for title, members in sibling_words.grouped(each.difference for each in found)
    )


def title_of(path: str) -> str:
    """A field in words: what it is of, and which."""
    part, *rest = tokens_of(path)
    # Of labels, limits and the scope the first is a field; of all else it is a name, which stays as it is.
    fields = [not place if part in _OF_FIELDS else bool(place) for place in range(len(rest))]
    return " · ".join(each.replace("_", " ") if field else each for each, field in zip(rest, fields, strict=True))


def value_of(value: Any) -> str:
    """A value in words; empty where there is none."""
    if isinstance(value, Mapping) and value.keys() == {"limit", "window_s"}:
        return f"{value['limit']:,} in {value['window_s']:,} s"
    if isinstance(value, Mapping) and value.keys() == {"limit", "period"}:
        return f"{value['limit']:,} in each {value['period']}"
    if isinstance(value, Mapping):
        return ", ".join(_member(name, each) for name, each in value.items() if _says(each))
    if isinstance(value, list | tuple):
        return ", ".join(value_of(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _member(name: str, value: Any) -> str:
    if name.endswith("_s"):
        return f"{name.removesuffix('_s').replace('_', ' ')} {value_of(value)} s"
    return f"{name.replace('_', ' ')} {value_of(value)}"


def _says(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_says(each) for each in value.values())
    return value is not None and value not in ([], "", False)


def _drift_line(each: Drifted) -> DriftLine:
    mark, accepted = each.ahead, each.acceptance
    return DriftLine(
        **_line(each.difference), item=each.difference.item, ahead=mark.environment if mark else None,
        by=mark.by if mark else "", at=mark.at if mark else None, accepted=accepted.reason if accepted else "",
        accepted_by=accepted.accepted_by if accepted else "", accepted_until=accepted.expires_at if accepted else None,
    )  # fmt: skip


def _line(each: Difference) -> dict[str, Any]:
    return {
        "path": each.path, "title": title_of(each.path), "kind": each.kind,
        "sandbox": _side(each.sandbox, each.kind), "production": _side(each.production, each.kind),
    }  # fmt: skip


def _side(value: Any, kind: str) -> str:
    if kind == "differs":
        return value_of(value) or "none"
    return "" if value is None else "declared" if value is True else value_of(value)


def _slot_field(bound: BoundSlot) -> SlotField:
    slot, given = bound.slot, bound.given
    return SlotField(
        pointer=bound.pointer, name=field_of(bound.pointer), kind=slot.kind if slot else "",
        label=slot.label if slot else bound.pointer, hint=_HINTS[slot.kind] if slot else "",
        required=slot.required if slot else False, shown=given.shown if given else "",
        given_by=given.given_by if given else "", given_at=given.given_at if given else None,
    )  # fmt: skip
