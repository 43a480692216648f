"""The pages of production access: a project's request, the review queue, one review."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Filter, Link, NextStep, Pager, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A readiness check with its evidence: whether it passed, whether it blocks, and the one thing that clears it."""

    title: str
    passed: bool
    blocking: bool
    detail: str = ""
    evidence: Link | None = None
    at: datetime | None = None
    fix: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """A risk: how grave, what, and why it matters."""

    level: str
    tone: Tone
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One thing that happened to a request. `items`: what of the shape changed; `lines`: what was said, a line each."""

    who: str
    what: str
    icon: str
    tone: Tone
    at: datetime
    lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeLine:
    """One revision of the shape: its number, who made it, what it changed."""

    number: int
    who: str
    at: datetime
    what: str
    href: str
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a request stands, in a word, a tone and a sentence."""

    word: str
    tone: Tone
    sentence: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request as pages show it: what was asked, what is known, what became of it."""

    id: str
    is_change: bool
    is_open: bool
    standing: Standing
    project_name: str
    organization_name: str
    use_case: tuple[str, ...]
    band: str
    peak: str
    launch: str
    asked_by: str
    asked_at: datetime
    reviewer: str
    reason: tuple[str, ...]
    decided_by: str
    decided_at: datetime | None
    expires_at: datetime | None
    fingerprint: str
    present: str
    present_number: int | None
    base: str
    entries: tuple[EntryLine, ...]
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request in a list."""

    id: str
    href: str
    project_name: str
    organization_name: str
    is_change: bool
    standing: Standing
    waits_for: str
    asked_by: str
    asked_at: datetime
    reviewer: str
    blockers: int
    risk: str
    risk_tone: Tone
    risk_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGroup:
    """A part of what the clone would make, with its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionView:
    """A project on its way to production (`production/production.html.j2`).

    Fields of `request_form`: `use_case`, `requests_a_day_from`, `requests_a_day_to`, `peak_a_second`, `launch_on`; of
    `answer_form` the same and `text`; of `comment_form` and `withdraw_form`: `text`.
    """

    project_id: str
    sandbox_id: str
    is_live: bool
    production_id: str | None
    standing: Standing
    next_step: NextStep | None
    blockers: tuple[CheckLine, ...]
    passed: int
    total: int
    request: RequestView | None
    earlier: tuple[RequestRow, ...]
    may_ask: bool
    plan: tuple[PlanGroup, ...] = ()
    plan_note: str = ""
    request_form: Form = field(default_factory=Form)
    answer_form: Form = field(default_factory=Form)
    comment_form: Form = field(default_factory=Form)
    withdraw_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """The review queue (`production/queue.html.j2`)."""

    rows: tuple[RequestRow, ...]
    reviews: bool
    waiting: int
    filters: tuple[Filter, ...]
    filtered: bool
    pager: Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """One review (`production/review.html.j2`): evidence left, decisions right.

    Fields: of `approve_form`: `fingerprint`, `reason`; of `deny_form`: `reason`; of `changes_form` and `comment_form`: `text`.
    """

    request: RequestView
    project_id: str
    production_id: str | None
    environment: str
    next_step: NextStep | None
    checks: tuple[CheckLine, ...]
    risks: tuple[RiskLine, ...]
    shapes: tuple[ShapeLine, ...]
    shapes_href: str
    changed: tuple[str, ...]
    plan: tuple[PlanGroup, ...] = ()
    plan_note: str = ""
    approve_form: Form = field(default_factory=Form)
    deny_form: Form = field(default_factory=Form)
    changes_form: Form = field(default_factory=Form)
    comment_form: Form = field(default_factory=Form)
