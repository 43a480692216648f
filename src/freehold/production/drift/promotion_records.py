"""What a promotion or a revert is going to do, is told to do, and did. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from freehold.production.bindings.records import Bindings, BoundSlot
from freehold.production.shape.records import Difference, Shape
from freehold.projects.records import Project

# Production takes the sandbox's values, or the other way round.
Direction = Literal["promote", "revert"]


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """What promoting, or reverting, some items is going to do to the project that changes (`target`).

    `items`: all that change; `pulled`: which of them come along unasked, and why. `fingerprint`: of this plan, which
    is another once either sibling changes. `slots`: those of the target that hold nothing yet.
    """

    direction: Direction
    sandbox: Project
    production: Project
    wanted: Shape
    items: tuple[str, ...]
    pulled: Mapping[str, str]
    differences: tuple[Difference, ...]
    slots: tuple[BoundSlot, ...]
    consequences: tuple[str, ...]
    needs_approval: bool
    fingerprint: str

    @property
    def target(self) -> Project:
        """The sibling that changes."""
        return self.production if self.direction == "promote" else self.sandbox


@dataclass(frozen=True, slots=True)
class PromotionOrder:
    """What a person orders: items (None: all that differ), the plan that they saw, and values for slots that are new."""

    items: tuple[str, ...] | None = None
    fingerprint: str | None = None
    bindings: Bindings = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion or revert did. `signing_secrets` of new webhook endpoints by slot are shown this once."""

    plan: PromotionPlan
    signing_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
