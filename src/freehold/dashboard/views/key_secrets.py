"""A key's secrets: those that serve side by side, with who calls with them, and those that have ended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Snippet
from freehold.dashboard.views.shell import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRow:
    """Who called with a secret lately, when last, and how often."""

    address: str
    user_agent: str
    last_at: datetime
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """One version of the secret. `identifier` never holds more than the last four characters.

    `since_rotation`: its requests since the newest secret was made; None where there was no rotation.
    """

    version: int
    identifier: str
    selector: str
    state: Literal["active", "retiring", "retired", "revoked"]
    created_at: datetime
    retires_at: datetime | None
    last_used_at: datetime | None
    requests: int
    held: bool = False
    retires_by: datetime | None = None
    since_rotation: int | None = None
    callers: tuple[CallerRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsView:
    """The secrets of one key (`keys/secrets.html.j2`).

    `serving`: the current one, then the one that retires. `warning`: why its overlap should not end yet, in
    words; empty where nothing speaks against it. Rotate form: `overlap_s`, `hold`. Overlap form: `retires_on`
    (a date), `hold`. Retire form: no field of its own.
    """

    serving: tuple[SecretRow, ...]
    ended: tuple[SecretRow, ...] = ()
    retiring: SecretRow | None = None
    warning: str = ""
    unused_hours: int = 25
    overlaps: tuple[Choice, ...] = ()
    rotate_form: Form = field(default_factory=Form)
    overlap_form: Form = field(default_factory=Form)
    retire_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatedKeyView:
    """A key just rotated (`keys/rotated.html.j2`): `secret` is shown here and never again.

    `retires_at`: until when the secret before it serves; None where it ended at once.
    """

    project_id: str
    key_id: str
    name: str
    environment: Environment
    identifier: str
    version: int
    secret: str
    snippet: Snippet
    retires_at: datetime | None
    held: bool
