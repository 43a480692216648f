"""The page of an organization's audit log. Reads only."""

import base64
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.organizations import AuditChange, AuditProofPage, AuditRow, AuditView
from freehold.dashboard.views.parts import Filter, Pager
from freehold.errors import FieldError, invalid
from freehold.kit import clock, paging
from freehold.organizations import audit_reading, queries
from freehold.organizations.audit_proof import prove
from freehold.organizations.audit_seals import key_id_of, public_key
from freehold.organizations.permissions import require
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page

_FILTERS: Final = ("actor", "action", "subject", "project", "from", "to")
_PAGE: Final = 50


def show_audit(call: Call, organization_id: str) -> Response[Any]:
    """An organization's audit log, newest first, filtered by what its address says."""
    given = {name: call.query_value(name) for name in _FILTERS}
    wanted = audit_reading.AuditFilter(
        given["actor"] or None, given["action"] or None, given["subject"] or None, given["project"] or None,
        _midnight("from", given["from"]), _midnight("to", given["to"], days=1),
    )  # fmt: skip
    cursor = call.query_value("cursor")
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        shell = frame(tx, call, "audit", organization_id)
        entries = audit_reading.entries(tx, organization_id, wanted, _PAGE + 1, after_instant(cursor or None))
        cut = paging.page(entries, _PAGE, lambda row: paging.Cursor(clock.to_ms(row.at), row.id))
        names = queries.names_of_projects(tx, {row.project_id for row in cut.data if row.project_id})
        filters = _filters(tx, organization_id, given, names)
    here = f"/organizations/{organization_id}/audit"
    view = AuditView(
        organization_id=organization_id,
        rows=tuple(_row(entry, names) for entry in cut.data),
        filters=filters,
        from_on=given["from"],
        to_on=given["to"],
        pager=Pager(
            older=_address(here, given, cut.next_cursor) if cut.next_cursor else None,
            newest=_address(here, given) if cursor else None,
        ),
    )
    return page("organizations/audit.html.j2", shell, view)


def show_audit_proof(call: Call, organization_id: str) -> Response[Any]:
    """Reads the whole log and says whether it is as it was written."""
    public = public_key(call.secret)
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        shell = frame(tx, call, "audit", organization_id)
        proof = prove(tx, organization_id, public)
    seal = proof.last_seal
    view = AuditProofPage(
        organization_id=organization_id, fault=proof.fault, entries=proof.entries, unsealed=proof.unsealed,
        seals=proof.seals, sealed_to=seal.position if seal else None, sealed_at=seal.sealed_at if seal else None,
        head_hash=proof.head_hash.hex(), public_key=base64.b64encode(public).decode(), key_id=key_id_of(public),
        proved_at=proof.proved_at, erased=proof.erased,
    )  # fmt: skip
    return page("organizations/audit_proof.html.j2", shell, view)


def _midnight(name: str, text: str, days: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of the day so many days after it."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(tzinfo=UTC)) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise invalid(FieldError(name, f"`{name}` should be a day like 2026-11-22.", "invalid_date")) from None


def _address(here: str, given: dict[str, str], cursor: str = "") -> str:
    query = urlencode({name: value for name, value in [*given.items(), ("cursor", cursor)] if value})
    return f"{here}?{query}" if query else here


def _filters(
    tx: Transaction, organization_id: str, given: dict[str, str], projects: dict[str, str]
) -> tuple[Filter, ...]:
    """Who and what, to be picked; subject and project only where a link from another page has set them."""
    picked = [
        Filter(name="actor", label="By", value=given["actor"],
               choices=_choices("Anybody", given["actor"], audit_reading.actors_seen(tx, organization_id))),
        Filter(name="action", label="Action", value=given["action"],
               choices=_choices("Any", given["action"], audit_reading.actions_seen(tx, organization_id))),
    ]  # fmt: skip
    for name, label in (("subject", "Subject"), ("project", "Project")):
        if value := given[name]:
            choices = (("", "Any"), (value, projects.get(value, value)))
            picked.append(Filter(name=name, label=label, value=value, choices=choices))
    return tuple(picked)


def _choices(anything: str, given: str, known: list[str]) -> tuple[tuple[str, str], ...]:
    names = known if not given or given in known else [given, *known]
    return (("", anything), *((name, name) for name in names))


def _row(entry: AuditEntry, projects: dict[str, str]) -> AuditRow:
    return AuditRow(
        id=entry.id, at=entry.at, actor=entry.actor_name, actor_kind=entry.actor_kind, action=entry.action,
        subject_kind=entry.subject_kind, subject=entry.subject_name, href=_href(entry),
        project=projects.get(entry.project_id or "", "") if entry.subject_kind != "project" else "",
        address=entry.address, request_id=entry.request_id, position=entry.position, hash=entry.hash.hex(),
        reason=entry.reason or "",
        changes=_changes(entry.before or {}, entry.after or {}),
    )  # fmt: skip


def _href(entry: AuditEntry) -> str:
    """Where the subject has a page, its address."""
    organization, project = f"/organizations/{entry.chain}", f"/projects/{entry.project_id}"
    return {
        "organization": f"{organization}/settings",
        "user": f"{organization}/members",
        "invitation": f"{organization}/members",
        "token": f"{organization}/tokens",
        "project": project,
        "key": f"{project}/keys/{entry.subject_id}",
        "webhook_endpoint": f"{project}/webhooks/{entry.subject_id}",
        "alert_rule": f"{project}/alerts/{entry.subject_id}",
        "alert_channel": f"{project}/alerts",
        "replay": f"{project}/replays/{entry.subject_id}",
    }.get(entry.subject_kind, "")


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[AuditChange, ...]:
    names = dict.fromkeys([*before, *after])
    return tuple(AuditChange(field=name, before=_text(before, name), after=_text(after, name)) for name in names)


def _text(values: dict[str, Any], name: str) -> str | None:
    """A recorded value as a person reads it: lists as sentences, the rest as JSON has it."""
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "none"
    return msgspec.json.encode(value).decode()
