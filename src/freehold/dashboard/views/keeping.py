"""Deleting people and organizations."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What has to be done first, and where."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDeletionPage:
    """Deleting an account (`keeping/person.html.j2`). The form's field: `confirm`, the e-mail address.

    `deleted_at`: it was done; then `erased_at` says when history was gone through, and `rows` how much of it changed.
    """

    user_id: str
    name: str
    email: str
    is_self: bool
    pseudonym: str
    pseudonym_email: str
    organizations: tuple[str, ...] = ()
    owned_projects: tuple[str, ...] = ()
    todos: tuple[Todo, ...] = ()
    danger: Danger | None = None
    form: Form = field(default_factory=Form)
    deleted_at: datetime | None = None
    erased_at: datetime | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDeletionPage:
    """Deleting an organization (`keeping/organization.html.j2`). The form's field: `confirm`, its name.

    `holds`: what would be deleted, as label and count. `ends_at`: it waits, and can be restored until then.
    """

    organization_id: str
    name: str
    holds: tuple[tuple[str, int], ...]
    grace_days: int
    danger: Danger
    form: Form = field(default_factory=Form)
    restore_form: Form = field(default_factory=Form)
    asked_at: datetime | None = None
    ends_at: datetime | None = None
    is_being_deleted: bool = False
