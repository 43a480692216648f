"""What is known of a person who is deleted. No behaviour."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Named:
    """How a person is called: what is to be found of them, or what stands in its place."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a person cannot be deleted yet, and what to do first. `code` is stable; `href` is where to do it."""

    code: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class PersonDeletion:
    """The deletion of a person: done at once, and then gone through history twice."""

    user_id: str
    deleted_at: datetime
    deleted_by: str
    sealed: bytes | None
    round: int
    passed_table: str
    due_at: datetime
    counts: dict[str, int]
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What deleting a person would do now. `obstacles`: what has to be done first; with none, it may be done."""

    user_id: str
    email: str
    name: str
    organizations: tuple[str, ...]
    sessions: int
    tokens: int
    owned_projects: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    pseudonym: Named
