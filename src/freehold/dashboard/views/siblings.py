"""Siblings: bindings for production, the clone, drift, and what a promotion, revert or acceptance is going to do."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger
from freehold.dashboard.views.shell import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One field in which siblings differ. `sandbox` and `production` in words, empty where a side has nothing."""

    path: str
    title: str
    kind: str
    sandbox: str
    production: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffGroup:
    """The differences in one part of a shape."""

    title: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotField:
    """A slot as a field of a form. `name`: the field's. `shown`: what may be seen of what was given."""

    pointer: str
    name: str
    kind: str
    label: str
    hint: str
    required: bool
    shown: str = ""
    given_by: str = ""
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingsView:
    """What production needs of its own (`production/bindings.html.j2`). Fields: those of the slots, `clear` (slots)."""

    project_id: str
    slots: tuple[SlotField, ...]
    left: tuple[SlotField, ...] = ()
    missing: int = 0
    production_id: str | None = None
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneView:
    """The plan of a clone (`production/clone.html.j2`). Fields: those of the slots, `issue_keys`, `fingerprint`, `confirm`."""

    project_id: str
    name: str
    fingerprint: str
    groups: tuple[DiffGroup, ...]
    slots: tuple[SlotField, ...]
    consequences: tuple[str, ...]
    keys: tuple[Choice, ...]
    production_id: str | None = None
    hindrance: str = ""
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Something that is shown this once: a key's text, a signing secret."""

    title: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneView:
    """A clone or promotion that was carried out (`production/done.html.j2`), with what is shown this once."""

    title: str
    detail: str
    href: str
    button: str
    secrets: tuple[Once, ...]
    declared_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine(DiffLine):
    """One difference on the drift page: its item, the side that is ahead, and its acceptance."""

    item: str
    ahead: Environment | None = None
    by: str = ""
    at: datetime | None = None
    accepted: str = ""
    accepted_by: str = ""
    accepted_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGroup:
    """The differences in one part of a shape, on the drift page."""

    title: str
    lines: tuple[DriftLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """How siblings differ (`production/drift.html.j2`). Fields: `item` (paths, several), `do`."""

    project_id: str
    sandbox_id: str
    production_id: str | None
    locked: bool
    groups: tuple[DriftGroup, ...] = ()
    total: int = 0
    unaccepted: int = 0
    fingerprint: str = ""
    # All of them ticked: a link does it, where no script runs.
    all_ticked: bool = False
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPlanView:
    """What is going to be done about some differences (`production/drift_plan.html.j2`).

    `direction`: promote, revert or accept. Fields: `item` (hidden), `fingerprint`, those of the slots and `confirm`; of an
    acceptance `reason` and `days`.
    """

    project_id: str
    direction: str
    target: Environment
    chosen: tuple[str, ...]
    pulled: tuple[tuple[str, str], ...]
    groups: tuple[DiffGroup, ...]
    slots: tuple[SlotField, ...]
    danger: Danger
    fingerprint: str = ""
    needs_approval: bool = False
    form: Form = field(default_factory=Form)
