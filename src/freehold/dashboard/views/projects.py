"""The list of projects, a new one, one project's overview, scope and settings."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.charts import BarChart
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.limits import OwnerLimits
from freehold.dashboard.views.parts import Activity, Check, Danger, NextStep, Pager, Snippet, Tone
from freehold.dashboard.views.shell import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSide:
    """One environment's half of a row: a project and its posture over the last 24 hours."""

    id: str
    environment: Environment
    archived: bool
    serving_keys: int
    webhook_endpoints: int
    webhooks_failing: int
    requests: int
    denied: int
    hourly: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A sandbox project and its production sibling, where there is one."""

    name: str
    purpose: str
    product_line: str
    use_case: str
    owners: tuple[str, ...]
    sandbox: ProjectSide
    production: ProjectSide | None
    next_step: NextStep | None
    attention: str = ""
    # How far it is on its way to production: checks passed, all that apply, those that block. None: not looked at yet.
    readiness: tuple[int, int, int] | None = None
    # In how many fields the siblings differ, and in how many of them nobody accepted that. None: there is no sibling.
    drift: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsView:
    """The projects of an organization, page by page (`projects/list.html.j2`), those that need attention first."""

    organization_id: str
    rows: tuple[ProjectRow, ...]
    total: int
    query: str = ""
    show_archived: bool = False
    archived: int = 0
    pager: Pager = field(default_factory=Pager)
    create_blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProjectView:
    """The form of a sandbox project (`projects/new.html.j2`).

    Fields: `name`, `purpose`, `product_line`, `use_case`, `api`, `owner`. `first_run` shows the steps of setup.
    """

    organization_id: str
    apis: tuple[Choice, ...]
    members: tuple[Choice, ...]
    product_lines: tuple[str, ...] = ()
    form: Form = field(default_factory=Form)
    first_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Somebody who answers for a project. `duties` in words: `technical`, `billing`, `audit`."""

    name: str
    email: str
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLine:
    """A line below an asset's name."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One kind of thing that the project owns: how many, of what, and what there is to say of them."""

    label: str
    icon: str
    count: int
    unit: str
    href: str
    lines: tuple[AssetLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectHead:
    """What a project is: for the header of its overview and for its settings."""

    id: str
    organization_id: str
    name: str
    slug: str
    environment: Environment
    purpose: str
    product_line: str
    use_case: str
    api_name: str
    created_at: datetime
    archived_at: datetime | None = None
    api_fails_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageGlance:
    """The last 24 hours: totals, and the hours as bars."""

    requests: int
    served: int
    throttled: int
    denied: int
    failed: int
    latency_us: int | None
    as_of: datetime
    chart: BarChart


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """One project (`projects/overview.html.j2`). `checks` are the steps of setup with their evidence."""

    project: ProjectHead
    owners: tuple[Owner, ...]
    ownership_note: str
    ownership_tone: Tone
    checks: tuple[Check, ...]
    next_step: NextStep
    usage: UsageGlance
    activity: tuple[Activity, ...]
    assets: tuple[Asset, ...]
    snippets: tuple[Snippet, ...]
    scope_endpoints: tuple[str, ...]
    scope_event_types: tuple[str, ...]
    # Of a project without a sibling: how it stands with production, in words.
    access: str = "No production sibling yet"
    issue_blocked: str | None = None
    # Of a sandbox project: how many checks for production passed, how many there are, how many block.
    readiness: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEndpoint:
    """One endpoint of the catalogue: whether it is declared, and what was observed of it in the last 30 days."""

    operation_id: str
    method: str
    path: str
    summary: str
    declared: bool
    requests: int
    denied: int
    last_at: datetime | None
    keys: int
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEventType:
    """One event type of the catalogue: whether it is declared, and what was observed of it in the last 30 days."""

    name: str
    summary: str
    declared: bool
    messages: int
    endpoints: int
    last_at: datetime | None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeclaredCall:
    """A method and path that is called and not declared. `known`: the catalogue has it. `href`: the requests."""

    method: str
    path: str
    known: bool
    requests: int
    last_at: datetime
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView:
    """The scope (`projects/scope.html.j2`). Fields: `endpoints`, `event_types` (ticked boxes)."""

    project_id: str
    api_name: str
    endpoints: tuple[ScopeEndpoint, ...]
    event_types: tuple[ScopeEventType, ...]
    undeclared_calls: tuple[UndeclaredCall, ...] = ()
    next_step: NextStep | None = None
    form: Form = field(default_factory=Form)

    @property
    def declared(self) -> int:
        """How many endpoints are declared."""
        return sum(each.declared for each in self.endpoints)

    @property
    def unexercised(self) -> int:
        """How many of the declared endpoints were never called."""
        return sum(each.declared and not each.requests for each in self.endpoints)

    @property
    def undeclared_use(self) -> int:
        """How many requests were denied because they were outside the scope."""
        return sum(each.denied for each in self.endpoints if not each.declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """Settings (`projects/settings.html.j2`).

    Labels form: `name`, `purpose`, `product_line`, `use_case`, `revision`. Owners form: `technical`,
    `billing`, `audit` (ids of members, several each), `revision`. Limits form: those of `projects/limit_pages`,
    `revision`. Archive form: `confirm` (the project's name).
    """

    project: ProjectHead
    revision: int
    members: tuple[Choice, ...]
    product_lines: tuple[str, ...]
    limits: OwnerLimits
    archive: Danger
    labels_form: Form = field(default_factory=Form)
    owners_form: Form = field(default_factory=Form)
    limits_form: Form = field(default_factory=Form)
    archive_form: Form = field(default_factory=Form)
    locked: bool = False
    lock_form: Form = field(default_factory=Form)
