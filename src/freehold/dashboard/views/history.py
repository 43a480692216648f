"""A project's history: its revisions, one of them, and what going back to it would do."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger, Pager
from freehold.dashboard.views.siblings import DiffGroup, SlotField


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """One change of what a project declares. `changed`: its first fields, of `total`."""

    number: int
    at: datetime
    by: str
    why: str
    changed: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The revisions, newest first (`production/history.html.j2`)."""

    project_id: str
    rows: tuple[RevisionRow, ...]
    fingerprint: str
    command: str
    pager: Pager = field(default_factory=Pager)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionPageView:
    """One revision (`production/revision.html.j2`), and the plan of going back. Fields: those of the slots, `fingerprint`, `confirm`.

    `against`: the revision that `groups` compares with, 0 before the first. `hindrance`: why it cannot be gone back to.
    """

    project_id: str
    row: RevisionRow
    fingerprint: str
    request_id: str
    against: int
    groups: tuple[DiffGroup, ...]
    is_present: bool
    plan: tuple[DiffGroup, ...] = ()
    plan_fingerprint: str = ""
    slots: tuple[SlotField, ...] = ()
    danger: Danger
    typed: bool = False
    hindrance: str = ""
    form: Form = field(default_factory=Form)
