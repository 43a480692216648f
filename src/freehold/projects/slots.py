"""Slots: the names by which siblings and files mean the same webhook endpoint, alert rule or chat channel. Pure.

A slot is made once, unique in its project, and kept for good, whatever its holder is called or changed to later.
"""

from collections.abc import Collection
from typing import Final

from freehold.errors import FieldError
from freehold.organizations.rules import SLUG_MAX, free_slug, slug_of

_WRONG: Final = (
    f"A slot is 1 to {SLUG_MAX} lower-case letters and digits, with single hyphens between them: `orders`, `orders-2`."
)


def slot_fault(slot: str | None) -> FieldError | None:
    """What is wrong with a slot that a caller chose; None where nothing is, or none was chosen."""
    return None if slot is None or slot == slug_of(slot) else FieldError("slot", _WRONG, "bad_slot")


def free_slot(chosen: str | None, name: str, taken: Collection[str]) -> str:
    """The slot that a caller chose, or one made of a name, with a number where that is taken."""
    return chosen or free_slug(slug_of(name), taken)
