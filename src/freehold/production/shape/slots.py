"""Bindings as a caller gives them: which slots they fill, which are missing, and what is wrong with them. Pure."""

from collections.abc import Collection, Mapping, Sequence

from freehold.errors import FieldError, Problem
from freehold.keys.settings_rules import NETWORKS_MAX, normal_network
from freehold.production.shape.pointers import pointer, tokens_of
from freehold.production.shape.records import BindingKind, BindingSlot, Shape
from freehold.production.shape.rules import binding_slots
from freehold.webhooks.headers import MASK

# A list for slots that take several values. By the pointers of their slots.
Bindings = Mapping[str, str | Sequence[str]]


def one(bindings: Bindings, *tokens: str) -> str | None:
    """The value that is given for a slot; None where none is."""
    value = bindings.get(pointer(*tokens))
    return value if isinstance(value, str) or value is None else (value[0] if value else None)


def several(bindings: Bindings, *tokens: str) -> tuple[str, ...] | None:
    """The values that are given for a slot that takes several; None where none are."""
    value = bindings.get(pointer(*tokens))
    return None if value is None else (value,) if isinstance(value, str) else tuple(value)


def missing(wanted: Shape, bindings: Bindings, filled: Collection[str]) -> list[BindingSlot]:
    """The slots of a shape that neither hold a value nor are given one. Whom a report schedule mails may be nobody."""
    return [
        each
        for each in binding_slots(wanted)
        if each.slot not in bindings
        and place_of(each.slot) not in filled
        and tokens_of(each.slot)[0] != "report_schedules"
    ]


def place_of(slot: str) -> str:
    """A slot as `filled_slots` calls it: the names of headers are told apart without case."""
    match tokens_of(slot):
        case ["webhooks", name, "headers", header]:
            return pointer("webhooks", name, "headers", header.lower())
    return slot


def bindings_missing(slots: Collection[BindingSlot]) -> Problem:
    """That a shape cannot be without these values."""
    errors = tuple(FieldError(field_of(each.slot), f"Give a value: {each.label}.", "binding_missing") for each in slots)
    names = ", ".join(each.slot for each in slots)
    return Problem("bindings_missing", f"Give a value for each of these slots: {names}.", errors)


def binding_faults(wanted: Shape, bindings: Bindings) -> list[FieldError]:
    """What is wrong with bindings, apart from what only their use can tell (whether a URL may be sent to)."""
    kinds = {each.slot: each.kind for each in binding_slots(wanted)}
    faults = []
    for slot, value in bindings.items():
        if slot not in kinds:
            words = f"The shape has no slot {slot!r}."
            faults.append(FieldError(field_of(slot), words, "unknown_slot"))
        elif fault := _fault(kinds[slot], value):
            faults.append(FieldError(field_of(slot), fault, "bad_binding"))
    return faults


def field_of(slot: str) -> str:
    """How an error calls a slot."""
    return f"bindings.{slot}"


def _fault(kind: BindingKind, value: str | Sequence[str]) -> str | None:
    values = [value] if isinstance(value, str) else value
    if not values or not all(values):
        return "Give a value, or leave the slot out."
    if kind in ("url", "header"):
        if value == MASK:
            return (
                "This is the mask of a value, not a value. Give the value, or leave the slot out to keep what it holds."
            )
        return None if isinstance(value, str) else "One value, not a list."
    if kind == "networks":
        return _network_fault(values)
    return None


def _network_fault(values: Sequence[str]) -> str | None:
    if len(values) > NETWORKS_MAX:
        return f"At most {NETWORKS_MAX} networks."
    for text in values:
        try:
            normal_network(text)
        except ValueError:
            return f"{text!r} is not a network. Write it like 203.0.113.0/24 or 2001:db8::/32."
    return None
