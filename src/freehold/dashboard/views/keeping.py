"""What is kept for how long, and deleting people and organizations."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger, Todo


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """One kind of data. `how_long` and `by` in words; `rows` is None where there is nothing to count."""

    kind: str
    title: str
    detail: str
    how_long: str
    by: str
    rows: int | None = None
    more: bool = False
    oldest: datetime | None = None
    settable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """What is kept (`keeping/kept.html.j2`). `person_form`: finding an account by its address, `email`."""

    rows: tuple[KeptRow, ...]
    person_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKindPage:
    """One kind and other days for it (`keeping/kind.html.j2`). Fields: `days` (empty: as the environment says), `confirm`.

    `previewed`: other days were asked for; then `rows`, `oldest` and `newest` are exactly what they would delete now.
    """

    kind: str
    title: str
    detail: str
    why: str
    how_long: str
    by: str
    floor: int
    setting: str
    form: Form
    previewed: bool = False
    wanted: str = ""
    rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    archived: bool = False
