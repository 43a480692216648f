"""Who acts, and what they belong to. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

Role = Literal["owner", "admin", "developer", "billing", "auditor"]
ServiceRole = Literal["owner", "admin", "developer", "billing", "auditor", "verifier", "publisher"]
ActorKind = Literal["user", "token", "system"]
TokenKind = Literal["personal", "service", "instance"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SERVICE_ROLES: Final[tuple[ServiceRole, ...]] = get_args(ServiceRole)

# What each role is for, in words for the pages that offer it.
ROLE_WORDS: Final[dict[ServiceRole, str]] = {
    "owner": "Everything, owners included",
    "admin": "Everything but owners",
    "developer": "Projects, scope, keys, webhooks",
    "billing": "Reads projects and usage",
    "auditor": "Reads everything, the audit log too",
    "verifier": "Asks whether keys may pass",
    "publisher": "Publishes events to projects",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for something, with all that decides whether they may."""

    kind: ActorKind
    id: str
    name: str
    user_id: str | None
    is_operator: bool
    # Roles by organization id.
    roles: Mapping[str, frozenset[ServiceRole]]
    # Roles in every organization: the operator organization's service tokens and the instance's own.
    everywhere: frozenset[ServiceRole] = frozenset()
    address: str = ""
    request_id: str = ""
    # Why, in their words, where they were asked for it: the audit log keeps it.
    reason: str = ""
    # Reviews requests for production access: an operator, or an owner or admin of the operator's organization.
    reviews: bool = False

    @property
    def looks_everywhere(self) -> bool:
        """Whether they may look at organizations that they are not in: who runs the instance, and who reviews."""
        return self.is_operator or self.reviews


@dataclass(frozen=True, slots=True)
class By:
    """Who did something, as it is kept with what was done: an actor's kind, id and name, and the call's request id."""

    kind: str
    id: str
    name: str
    request_id: str


@dataclass(frozen=True, slots=True)
class User:
    """A person's account."""

    id: str
    email: str
    name: str
    is_operator: bool
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """A team or company."""

    id: str
    name: str
    slug: str
    is_operator: bool
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A person in an organization."""

    organization_id: str
    user_id: str
    email: str
    name: str
    role: Role
    joined_at: datetime
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """An organization, as one of its members sees it."""

    organization: Organization
    role: Role


@dataclass(frozen=True, slots=True)
class Invitation:
    """An address asked to join, until it is accepted, withdrawn or out of date."""

    id: str
    organization_id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a person cannot go yet, and what to do first. `code` is stable; `href` is where to do it."""

    code: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. The digest names it; the cookie's text is kept nowhere."""

    digest: bytes = field(repr=False)
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, without its text."""

    id: str
    kind: TokenKind
    user_id: str | None
    organization_id: str | None
    name: str
    roles: list[ServiceRole]
    last4: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, as it is on record."""

    id: str
    chain: str
    position: int
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    actor_name: str
    action: str
    subject_kind: str
    subject_id: str
    subject_name: str
    project_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str
    previous_hash: bytes
    hash: bytes
    # The person whose token acted, by their id; and why, in the actor's words, where one was asked for.
    on_behalf_of: str | None = None
    reason: str | None = None
