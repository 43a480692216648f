"""A project's keys: the table, issuing one, the secret shown once, one key."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.charts import BarChart
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.key_secrets import SecretsView
from freehold.dashboard.views.limits import OwnerLimits
from freehold.dashboard.views.parts import Danger, Snippet
from freehold.dashboard.views.requests import RequestRow
from freehold.dashboard.views.shell import Environment

KeyState = Literal["active", "revoked", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key in the table. `identifier` is the readable form without the secret: `fh_test_…9f2c`."""

    id: str
    name: str
    workload: str
    identifier: str
    state: KeyState
    endpoints: str
    limits: str
    requests: int
    denied: int
    hourly: tuple[int, ...]
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRow:
    """A key that is declared and not issued. `id`: the one that it will have."""

    id: str
    name: str
    workload: str
    endpoints: str
    limits: str
    expires: str
    networks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysView:
    """The keys (`keys/list.html.j2`)."""

    project_id: str
    rows: tuple[KeyRow, ...]
    query: str = ""
    state: str = ""
    issue_blocked: str | None = None
    declared: tuple[DeclaredRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeyView:
    """Issuing a key (`keys/new.html.j2`).

    Fields: `name`, `workload`, `narrow` (`no`: the project's scope, `yes`: only `endpoints`), `endpoints`,
    `expires_on` (a date, empty for never), `allowed_cidrs` (one a line), and those of limits (`projects/limit_pages`).
    """

    project_id: str
    environment: Environment
    endpoints: tuple[Choice, ...]
    form: Form = field(default_factory=Form)
    # The name of the declared key that this is, where it is one.
    declared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """The call that the page waited for."""

    request_id: str
    method: str
    path: str
    allowed: bool
    outcome: str
    status: int | None
    latency_us: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDetails:
    """What is fixed or set of a key."""

    id: str
    name: str
    workload: str
    identifier: str
    environment: Environment
    state: KeyState
    endpoints: tuple[str, ...]
    narrowed: bool
    limits: OwnerLimits
    allowed_from: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKeyView:
    """A key just issued (`keys/issued.html.j2`): `secret` is shown here and never again.

    The block `live` waits at `/projects/{project_id}/keys/{key.id}/live` until `first_call` is there.
    """

    project_id: str
    key: KeyDetails
    secret: str
    snippet: Snippet
    first_call: FirstCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """One key (`keys/one.html.j2`).

    Edit form: `name`, `workload`, `narrow`, `endpoints`, `expires_on`, `allowed_cidrs`, those of limits
    (`projects/limit_pages`), `revision`. Revoke form: `confirm` (the key's name).
    """

    project_id: str
    key: KeyDetails
    revision: int
    endpoints: tuple[Choice, ...]
    secrets: SecretsView
    chart: BarChart
    requests: tuple[RequestRow, ...]
    project_limits: OwnerLimits
    revoke: Danger
    edit_form: Form = field(default_factory=Form)
    revoke_form: Form = field(default_factory=Form)
