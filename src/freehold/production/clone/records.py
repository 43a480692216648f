"""What a clone is told to do, and did. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freehold.keys.actions import IssuedKey
from freehold.production.bindings.records import Bindings
from freehold.projects.records import Project


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
