"""What all parts of applying a shape share: who does it, on what, and how what an action refuses is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor
from freehold.production.applying.checking import under
from freehold.production.shape.assets import Assets
from freehold.production.shape.pointers import pointer
from freehold.production.shape.records import Shape
from freehold.production.shape.slots import Bindings
from freehold.projects.records import Project
from freehold.settings import Settings
from freehold.store.engine import Transaction
from freehold.webhooks.policy import policy_of
from freehold.webhooks.urls import BadUrl, check_url


@dataclass(frozen=True, slots=True)
class Tools:
    """What the slices' actions need besides a transaction."""

    secret: InstanceSecret
    settings: Settings


@dataclass(frozen=True, slots=True)
class Shaping:
    """One application of a shape. `present` and `assets`: as they were before it.

    `rebound`: slots that are to hold another value. `secrets` fills as it goes: signing secrets by slot.
    """

    tx: Transaction
    actor: Actor
    tools: Tools
    project: Project
    present: Shape
    wanted: Shape
    bindings: Bindings
    assets: Assets
    rebound: frozenset[str]
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def rebinds(self, *tokens: str) -> bool:
        """Whether a slot, or one under it, is to hold another value."""
        place = pointer(*tokens)
        return any(each == place or each.startswith(f"{place}/") for each in self.rebound)


@contextmanager
def telling_of(*names: str) -> Iterator[None]:
    """A block whose Problems name the part of the shape that they are about."""
    where = ".".join(names)
    try:
        yield
    except Problem as problem:
        raise replace(
            problem, detail=f"{where}: {problem.detail}", errors=tuple(under(where, problem.errors))
        ) from None


def normal_url(tools: Tools, project: Project, url: str) -> str:
    """A URL in the form in which it is kept; as it is where it is none that may be sent to, which the action says."""
    try:
        return check_url(url.strip(), project.environment, policy_of(tools.settings, project.environment)).url
    except BadUrl:
        return url
