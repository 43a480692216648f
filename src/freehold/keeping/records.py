"""What is known of a person who is deleted. No behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from freehold.organizations.records import Obstacle


@dataclass(frozen=True, slots=True)
class Named:
    """How a person is called: what is to be found of them, or what stands in its place."""

    email: str
    name: str


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


DeletionState = Literal["waiting", "deleting", "deleted"]


@dataclass(frozen=True, slots=True)
class OrganizationDeletion:
    """An organization that is to be deleted, is being deleted, or was: then it is all that is left of it."""

    organization_id: str
    state: DeletionState
    name: str
    asked_at: datetime
    asked_by: str
    ends_at: datetime
    archived: list[str]
    reminded_at: datetime | None
    emptied_at: datetime | None
    recipients: list[str]
    counts: dict[str, int]
    last_seal: dict[str, Any] | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """What deleting an organization would do. `refused`: why it cannot be, in words."""

    organization_id: str
    name: str
    members: int
    projects: int
    serving_keys: int
    webhook_endpoints: int
    reports: int
    audit_entries: int
    refused: str | None
