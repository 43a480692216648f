"""What a binding given for production is, and its values. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from freehold.production.shape.records import BindingSlot

# A URL or a header's value is one text; networks and members are several.
BindingValue = str | tuple[str, ...]
# By the pointers of their slots.
Bindings = Mapping[str, BindingValue]


@dataclass(frozen=True, slots=True)
class GivenBinding:
    """A slot's value for production as it is shown: its secret part is sealed."""

    slot: str
    shown: str
    given_by: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class BoundSlot:
    """A slot with what it was given, if anything; `slot` None: given once, and no part of the shape any more."""

    pointer: str
    slot: BindingSlot | None
    given: GivenBinding | None

    @property
    def is_missing(self) -> bool:
        """Whether a clone waits for it."""
        return self.slot is not None and self.slot.required and self.given is None
