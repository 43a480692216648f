"""What stands around every page: who is signed in, where they are, and what they can jump to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Environment = Literal["sandbox", "production"]
NoticeTone = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody signed in. `role` is their role in the organization that is shown, in words."""

    name: str
    email: str
    role: str
    is_operator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationFrame:
    """An organization in the switch, or the one that is shown. `deleted_on`: it is to be deleted for good then."""

    id: str
    name: str
    deleted_on: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFrame:
    """The project whose page this is: it decides the environment bar, the favicon and the sidebar's lower half."""

    id: str
    name: str
    environment: Environment
    archived: bool = False
    sibling_id: str | None = None
    keys: int = 0
    webhooks_failing: int = 0
    alerts_firing: int = 0
    # In how many fields it and its sibling differ that nobody accepted.
    drift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A place that the ⌘K menu offers beyond the sidebar's: a project, a key, an endpoint."""

    label: str
    href: str
    hint: str = ""
    icon: str = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What just happened, in one sentence, shown once above the page."""

    text: str
    tone: NoticeTone = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """All that the base template needs.

    `here` is the sidebar item that is current (`projects`, `members`, `tokens`, `audit`, `apis`, `usage-of-all`, `usage-of-instance`, `audit-of-instance`,
    `prices`, `prices-of-all`, `reviews`, `overview`, `production`, `scope`, `keys`, `webhooks`, `usage`, `requests`, `readiness`, `settings`, `account`, or empty).
    `person` is None on the pages before sign-in.
    """

    now: datetime
    csrf_token: str
    nonce: str
    here: str = ""
    person: Person | None = None
    organization: OrganizationFrame | None = None
    organizations: tuple[OrganizationFrame, ...] = ()
    project: ProjectFrame | None = None
    jumps: tuple[Jump, ...] = ()
    # Requests for production access that wait for a reviewer, where this person reviews.
    reviews_waiting: int = 0
    notice: Notice | None = None
