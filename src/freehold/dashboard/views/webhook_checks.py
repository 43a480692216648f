"""The webhook check of an endpoint, and its sandbox clock."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Link, Tone

ProbeState = Literal["passed", "failed", "unclear", "running", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """What is known of an endpoint's receiver now: `standing` in a word, `detail` in a sentence; counts until `until`."""

    standing: str
    detail: str
    tone: Tone
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRow:
    """One probe: what was sent, what a right receiver does, what this one did, and the delivery that proves it."""

    probe: str
    title: str
    asks: str
    state: ProbeState
    detail: str
    evidence: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """An earlier check, with the verdicts of its probes in order."""

    id: str
    state: str
    started_at: datetime
    started_by: str
    probes: tuple[ProbeState, ...]
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """The check of one endpoint (`webhooks/check.html.j2`): the newest, or an earlier one (`shown_id`).

    The block `live` waits at `/projects/{project_id}/webhooks/{endpoint_id}/check/live` while it is `running`.
    `form` has no fields. `advance_form`: `by_s` (empty: to the next attempt); None in production.
    """

    project_id: str
    endpoint_id: str
    endpoint_url: str
    standing: StandingView
    running: bool
    probes: tuple[ProbeRow, ...]
    earlier: tuple[CheckRow, ...]
    started_at: datetime | None = None
    started_by: str = ""
    expires_at: datetime | None = None
    old: bool = False
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRow:
    """One time that the clock was moved on."""

    by: str
    advanced_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceView:
    """The sandbox clock of one endpoint (`webhooks/clock.html.j2`). Form: `by_s`, empty for the next attempt."""

    project_id: str
    endpoint_id: str
    endpoint_url: str
    state: str
    due: int
    next_attempt_at: datetime | None
    failing_since: datetime | None
    held_until: datetime | None
    choices: tuple[Choice, ...]
    moves: tuple[AdvanceRow, ...]
    form: Form = field(default_factory=Form)
