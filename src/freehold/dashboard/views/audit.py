"""The audit log, of an organization and of the whole instance, and where its entries are sent on to."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Filter, Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChange:
    """One field before and after, in words; None where it was or is not there."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One entry. `words`: its action in words; `action` as recorded (`key.revoked`).

    `href` leads to the subject where it has a page; `gone`: it had one, and is no longer there. `same_*` lead to the entries
    of the same subject, actor and request. `raw`: the entry as the API has it, in JSON.
    """

    id: str
    at: datetime
    actor: str
    actor_kind: str
    action: str
    words: str
    subject_kind: str
    subject: str
    href: str
    gone: bool
    project: str
    project_href: str
    organization: str
    address: str
    request_id: str
    position: int
    hash: str
    raw: str
    same_subject: str
    same_actor: str
    same_request: str
    reason: str = ""
    on_behalf_of: str = ""
    changes: tuple[AuditChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingForwarding:
    """A place that entries are sent on to and that takes none, since when."""

    id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """The audit log (`audit/list.html.j2`). `from_on` and `to_on` are dates as typed.

    `at`: the page's own address; `organization_id` empty: of the whole instance. `report_href`: the form of a report of the same days.
    """

    at: str
    organization_id: str
    rows: tuple[AuditRow, ...]
    filters: tuple[Filter, ...]
    subject: str
    request_id: str
    from_on: str
    to_on: str
    pager: Pager
    report_href: str = ""
    filtered: bool = False
    failing: tuple[FailingForwarding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingRow:
    """One forwarding. `lag_since`: since when the oldest entry waits. `position`: of an organization's chain, up to which all is sent.

    `told_at`: when people were told by e-mail that it is failing.
    """

    id: str
    name: str
    kind: str
    to: str
    state: str
    error: str
    failing_since: datetime | None
    next_try_at: datetime | None
    told_at: datetime | None
    lag: int
    lag_since: datetime | None
    sent: int
    refused: int
    position: int | None
    last_sent_at: datetime | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingsView:
    """Where entries are sent on to (`audit/forwardings.html.j2`). `organization_id` empty: of the whole instance.

    Form: `name`, `kind`, `url`, `headers`, `host`, `port`, `transport`, `facility`, `authorities`, `after`.
    """

    at: str
    organization_id: str
    rows: tuple[ForwardingRow, ...]
    kinds: tuple[Choice, ...]
    transports: tuple[Choice, ...]
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingView:
    """One forwarding (`audit/forwarding.html.j2`). Edit form: as `ForwardingsView`, all optional, and `revision`; resume form: `after`.

    `secret` is there only on the answer that made it; `tested`: what came of a test that was just sent.
    """

    at: str
    organization_id: str
    row: ForwardingRow
    revision: int
    transports: tuple[Choice, ...]
    headers: tuple[str, ...]
    edit_form: Form
    resume_form: Form
    delete_form: Form
    danger: Danger
    blocked: str | None = None
    secret: str = ""
    tested: bool = False
    test_error: str = ""
