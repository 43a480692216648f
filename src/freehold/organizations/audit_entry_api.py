"""HTTP of the audit log's entries: an organization's, and for the operator those of the whole instance. Thin: parse, one reading, present."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.organizations import actions
from freehold.organizations.audit import INSTANCE_CHAIN
from freehold.organizations.audit_reading import AuditFilter, entries
from freehold.organizations.permissions import require, require_operator
from freehold.organizations.records import AuditEntry
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_instant
from freehold.web.inputs import CursorText, Limit, with_time_zone

ActorText = Annotated[
    str | None, QueryParameter(description="Only changes by this actor's id or name.", max_length=300)
]
ActionText = Annotated[str | None, QueryParameter(description="Only this action, like `key.revoked`.", max_length=100)]
SubjectText = Annotated[
    str | None, QueryParameter(description="Only changes of what has this id or name.", max_length=2048)
]
SubjectKindText = Annotated[
    str | None,
    QueryParameter(description="Only changes of this kind of thing, like `webhook_endpoint`.", max_length=100),
]
ProjectText = Annotated[
    str | None, QueryParameter(description="Only changes in this project, by its id.", max_length=100)
]
RequestText = Annotated[
    str | None, QueryParameter(description="Only what this request changed, by its `X-Request-Id`.", max_length=100)
]
SinceTime = Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")]
UntilTime = Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")]


class AuditEntryView(msgspec.Struct, kw_only=True):
    """One change, as it is on record. `organization` null: of the instance itself. Hash in hexadecimal."""

    id: str
    at: datetime
    organization: str | None
    actor: "ActorView"
    action: str
    subject: "SubjectView"
    project: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str
    position: int
    hash: str
    reason: str | None


class ActorView(msgspec.Struct, kw_only=True):
    """Who made a change. `on_behalf_of`: the person whose token it was, by their id."""

    kind: str
    id: str
    name: str
    on_behalf_of: str | None


class SubjectView(msgspec.Struct, kw_only=True):
    """What was changed."""

    kind: str
    id: str
    name: str


def list_audit_entries(  # noqa: PLR0913 — each is one parameter of the query
    call: Call, organization_id: str, *, actor: ActorText = None, action: ActionText = None, subject: SubjectText = None,
    subject_kind: SubjectKindText = None, project: ProjectText = None, request_id: RequestText = None, since: SinceTime = None,
    until: UntilTime = None, limit: Limit = 50, cursor: CursorText = None,
) -> Page[AuditEntryView]:  # fmt: skip
    """An organization's audit log, newest first."""
    wanted = AuditFilter(
        actor,
        action,
        subject,
        project,
        with_time_zone("from", since),
        with_time_zone("to", until),
        subject_kind,
        request_id,
    )
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        actions.read_organization(tx, call.actor, organization_id)
        rows = entries(tx, organization_id, wanted, checked_limit(limit) + 1, after_instant(cursor))
    return _page(rows, limit)


def list_instance_audit_entries(  # noqa: PLR0913 — each is one parameter of the query
    call: Call, *, organization: Annotated[
        str | None, QueryParameter(description="Only changes in this organization, by its id; `instance`: in none.", max_length=100)
    ] = None,
    actor: ActorText = None, action: ActionText = None, subject: SubjectText = None, subject_kind: SubjectKindText = None,
    project: ProjectText = None, request_id: RequestText = None, since: SinceTime = None, until: UntilTime = None, limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[AuditEntryView]:  # fmt: skip
    """The audit log of all organizations and of the instance itself, newest first; operators only."""
    wanted = AuditFilter(
        actor,
        action,
        subject,
        project,
        with_time_zone("from", since),
        with_time_zone("to", until),
        subject_kind,
        request_id,
    )
    require_operator(call.actor)
    with call.read() as tx:
        rows = entries(tx, organization, wanted, checked_limit(limit) + 1, after_instant(cursor))
    return _page(rows, limit)


def _page(rows: list[AuditEntry], limit: int) -> Page[AuditEntryView]:
    cut = page(rows, limit, lambda row: Cursor(clock.to_ms(row.at), row.id))
    return Page([audit_entry_view(row) for row in cut.data], cut.next_cursor)


def audit_entry_view(entry: AuditEntry) -> AuditEntryView:
    """An audit entry as the API shows it."""
    return AuditEntryView(
        id=entry.id, at=entry.at, reason=entry.reason, organization=None if entry.chain == INSTANCE_CHAIN else entry.chain,
        actor=ActorView(
            kind=entry.actor_kind, id=entry.actor_id, name=entry.actor_name, on_behalf_of=entry.on_behalf_of
        ),
        action=entry.action,
        subject=SubjectView(kind=entry.subject_kind, id=entry.subject_id, name=entry.subject_name),
        project=entry.project_id, before=entry.before, after=entry.after, address=entry.address,
        request_id=entry.request_id, position=entry.position, hash=entry.hash.hex(),
    )  # fmt: skip
