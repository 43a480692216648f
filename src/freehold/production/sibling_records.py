"""What a clone or a promotion is going to do, is told to do, and did. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from freehold.keys.actions import IssuedKey
from freehold.production.bindings_records import Bindings, BoundSlot
from freehold.production.records import Difference, Shape
from freehold.projects.records import Project

# Production takes the sandbox's values, or the other way round.
Direction = Literal["promote", "revert"]


@dataclass(frozen=True, slots=True)
class ClonePlan:
    """What cloning a sandbox project is going to do. `fingerprint`: of its shape, which an approval names.

    `differences`: what the production project will have and has not; all of the shape where there is none yet.
    `production`: the sibling where it was cloned before: then there is nothing to clone, and promotion goes on from there.
    """

    sandbox: Project
    production: Project | None
    shape: Shape
    fingerprint: str
    differences: tuple[Difference, ...]
    bindings: tuple[BoundSlot, ...]
    consequences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CloneOrder:
    """What a person orders: the plan that they saw, by its fingerprint, values for slots, and keys to issue at once."""

    fingerprint: str
    bindings: Bindings = field(default_factory=dict, repr=False)
    issue_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cloned:
    """What a clone left. `signing_secrets` (by slot) and `keys` are shown this once; both empty where nothing was new."""

    production: Project
    created: bool
    signing_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: tuple[IssuedKey, ...] = ()


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
