"""The pages of the audit log: an organization's, and for operators that of the whole instance. Read only."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.audit import AuditRow, AuditView, FailingForwarding
from freehold.dashboard.views.organizations import AuditProofPage
from freehold.dashboard.views.parts import Filter, Pager
from freehold.errors import FieldError, invalid
from freehold.kit import clock, paging
from freehold.organizations import audit, audit_reading, audit_subjects, member_queries, queries
from freehold.organizations.audit_entry_api import audit_entry_view
from freehold.organizations.audit_proof import Proof, prove
from freehold.organizations.audit_seals import key_id_of, public_key
from freehold.organizations.audit_words import action_words, changes_of, field_words
from freehold.organizations.permissions import require, require_operator
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page

_FILTERS: Final = ("organization", "actor", "action", "subject_kind", "subject", "project", "request_id", "from", "to")
_PAGE: Final = 50
_ORGANIZATIONS_MAX: Final = 200


def show_audit(call: Call, organization_id: str) -> Response[Any]:
    """An organization's audit log, newest first, filtered by what its address says."""
    require(call.actor, "audit.read", organization_id)
    return _show(call, organization_id, f"/organizations/{organization_id}/audit")


def show_instance_audit(call: Call) -> Response[Any]:
    """The audit log of all organizations and of the instance itself; operators only."""
    require_operator(call.actor)
    return _show(call, None, "/audit")


def _show(call: Call, organization_id: str | None, here: str) -> Response[Any]:
    given = {name: call.query_value(name) for name in _FILTERS}
    chain = organization_id or given["organization"] or None
    newer = call.query_value("newer")
    cursor = newer or call.query_value("cursor")
    with call.read() as tx:
        shell = frame(tx, call, "audit" if organization_id else "audit-of-instance", organization_id)
        found = audit_reading.entries(
            tx, chain, _wanted(given), _PAGE + 1, after_instant(cursor or None), newer=bool(newer)
        )
        shown, pager = _cut(found, here, given, cursor, bool(newer))
        view = AuditView(
            at=here, organization_id=organization_id or "", rows=_rows(tx, shown, here, given), filters=_filters(tx, chain, organization_id, given),
            subject=given["subject"], request_id=given["request_id"], from_on=given["from"], to_on=given["to"], pager=pager,
            report_href=_report_href(chain, given), filtered=any(given.values()), failing=_failing(tx, organization_id),
        )  # fmt: skip
    return page("audit/list.html.j2", shell, view)


def _failing(tx: Transaction, organization_id: str | None) -> tuple[FailingForwarding, ...]:
    found = audit_reading.failing_forwardings(tx, organization_id or audit.INSTANCE_CHAIN)
    return tuple(FailingForwarding(id=each.id, name=each.name, since=each.since) for each in found)


def show_audit_proof(call: Call, organization_id: str) -> Response[Any]:
    """Reads the whole log of an organization and says whether it is as it was written."""
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        shell = frame(tx, call, "audit", organization_id)
        proof = prove(tx, organization_id, public_key(call.secret))
    return page(
        "organizations/audit_proof.html.j2", shell, _proof_page(proof, organization_id, public_key(call.secret))
    )


def show_instance_audit_proof(call: Call) -> Response[Any]:
    """Reads the instance's own log, and holds against it what is left of deleted organizations; operators only."""
    require_operator(call.actor)
    with call.read() as tx:
        shell = frame(tx, call, "audit-of-instance", None)
        proof = prove(tx, audit.INSTANCE_CHAIN, public_key(call.secret))
    return page("organizations/audit_proof.html.j2", shell, _proof_page(proof, "", public_key(call.secret)))


def _proof_page(proof: Proof, organization_id: str, public: bytes) -> AuditProofPage:
    seal = proof.last_seal
    return AuditProofPage(
        organization_id=organization_id, fault=proof.fault, entries=proof.entries, unsealed=proof.unsealed,
        seals=proof.seals, sealed_to=seal.position if seal else None, sealed_at=seal.sealed_at if seal else None,
        head_hash=proof.head_hash.hex(), public_key=base64.b64encode(public).decode(), key_id=key_id_of(public),
        proved_at=proof.proved_at, erased=proof.erased, tombstones=proof.tombstones,
    )  # fmt: skip


def _wanted(given: Mapping[str, str]) -> audit_reading.AuditFilter:
    return audit_reading.AuditFilter(
        given["actor"] or None, given["action"] or None, given["subject"] or None, given["project"] or None,
        _midnight("from", given["from"]), _midnight("to", given["to"], days=1), given["subject_kind"] or None,
        given["request_id"].strip() or None,
    )  # fmt: skip


def _midnight(name: str, text: str, days: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of the day so many days after it."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(tzinfo=UTC)) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise invalid(FieldError(name, f"`{name}` should be a day like 2026-11-22.", "invalid_date")) from None


def _cut(
    found: list[AuditEntry], here: str, given: Mapping[str, str], cursor: str, newer: bool
) -> tuple[list[AuditEntry], Pager]:
    """A page out of one entry too many, which stands at the far end, and the ways on from it in both directions."""
    more = len(found) > _PAGE
    shown = found[-_PAGE:] if newer else found[:_PAGE]
    if not shown:
        return [], Pager(newest=_address(here, given) if cursor else None)
    older = more or newer
    return shown, Pager(
        older=_address(here, given, cursor=_place(shown[-1])) if older else None,
        newer=_address(here, given, newer=_place(shown[0])) if cursor and (more or not newer) else None,
        newest=_address(here, given) if cursor else None,
    )


def _place(entry: AuditEntry) -> str:
    return paging.to_text(paging.Cursor(clock.to_ms(entry.at), entry.id))


def _address(here: str, given: Mapping[str, str], **more: str) -> str:
    query = urlencode({name: value for name, value in {**given, **more}.items() if value})
    return f"{here}?{query}" if query else here


def _report_href(chain: str | None, given: Mapping[str, str]) -> str:
    """The form of an organization's report of the log, with the same days; a report's `to` is the day after its last."""
    if chain is None or chain == "instance":
        return ""
    last = _midnight("to", given["to"], days=1)
    days = {"from": given["from"], "to": f"{last.date()}" if last else ""}
    return _address(f"/organizations/{chain}/reports", {"kind": "audit_log", **days})


# --- filters --------------------------------------------------------------------------------------


def _filters(
    tx: Transaction, chain: str | None, organization_id: str | None, given: Mapping[str, str]
) -> tuple[Filter, ...]:
    seen = {
        "actor": ("By", "Anybody", {name: name for name in audit_reading.actors_seen(tx, chain)}),
        "action": ("Action", "Any", {name: action_words(name) for name in audit_reading.actions_seen(tx, chain)}),
        "subject_kind": ("Of", "Anything", {name: field_words(name) for name in audit_reading.subject_kinds_seen(tx, chain)}),
    }  # fmt: skip
    picked = [] if organization_id else [_organizations(tx, given["organization"])]
    picked += [_filter(name, *facts, given[name]) for name, facts in seen.items()]
    project = given["project"]
    known = (
        audit_subjects.project_names(tx, chain)
        if chain
        else member_queries.names_of_projects(tx, {project} if project else set())
    )
    return (*picked, _filter("project", "Project", "Any", known, project)) if known or project else tuple(picked)


def _organizations(tx: Transaction, given: str) -> Filter:
    known = {each.id: each.name for each in queries.organizations_by_name(tx, None)[:_ORGANIZATIONS_MAX]}
    return _filter("organization", "Organization", "All", {"instance": "None: the instance itself", **known}, given)


def _filter(name: str, label: str, anything: str, known: Mapping[str, str], given: str) -> Filter:
    # What a link from elsewhere has set can be chosen, and seen, even where nothing is of it.
    choices = dict(known) if not given or given in known else {given: given, **known}
    return Filter(name=name, label=label, value=given, choices=(("", anything), *choices.items()))


# --- rows -----------------------------------------------------------------------------------------


def _rows(tx: Transaction, entries: list[AuditEntry], here: str, given: Mapping[str, str]) -> tuple[AuditRow, ...]:
    pages = audit_subjects.pages_of(tx, entries)
    projects = member_queries.names_of_projects(tx, {entry.project_id for entry in entries if entry.project_id})
    people = queries.names_of_users(tx, {entry.on_behalf_of for entry in entries if entry.on_behalf_of})
    chains = {each.id: each.name for each in queries.organizations_by_name(tx, {entry.chain for entry in entries})}
    organization = {"organization": given["organization"]}
    return tuple(
        AuditRow(
            id=entry.id, at=entry.at, actor=entry.actor_name, actor_kind=entry.actor_kind, action=entry.action, words=action_words(entry.action),
            subject_kind=field_words(entry.subject_kind), subject=entry.subject_name, href=pages.get(entry.id) or "",
            gone=entry.id in pages and pages[entry.id] is None,
            project=projects.get(entry.project_id or "", "") if entry.subject_kind != "project" else "", project_href=f"/projects/{entry.project_id}",
            organization=chains.get(entry.chain, "the instance") if here == "/audit" else "",
            address=entry.address, request_id=entry.request_id, position=entry.position, hash=entry.hash.hex(),
            raw=msgspec.json.format(msgspec.json.encode(audit_entry_view(entry)), indent=2).decode(),
            same_subject=_address(here, organization, subject=entry.subject_id), same_actor=_address(here, organization, actor=entry.actor_id),
            same_request=_address(here, organization, request_id=entry.request_id), reason=entry.reason or "",
            on_behalf_of=people.get(entry.on_behalf_of or "", ""), changes=changes_of(entry.before, entry.after),
        )
        for entry in entries
    )  # fmt: skip
