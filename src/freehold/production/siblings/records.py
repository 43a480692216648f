"""What a clone is going to do. No behaviour."""

from dataclasses import dataclass

from freehold.production.bindings.records import BoundSlot
from freehold.production.shape.records import Difference, Shape
from freehold.projects.records import Project


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
