"""Which pages audit entries' subjects have, and which of them are still there. SQL and addresses; writes nothing."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Column, ColumnElement, literal, select

from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.store.schema import (
    access_requests,
    alert_channels,
    alert_rules,
    apis,
    deliveries,
    forwardings,
    invitations,
    keys,
    members,
    organizations,
    projects,
    report_schedules,
    reports,
    tokens,
    usage_events,
    webhook_endpoints,
)

_PROJECTS_MAX: Final = 300


class _Kind(NamedTuple):
    """A kind of subject: its page, where its ids stand, and which rows of those count as there."""

    page: Callable[[AuditEntry], str]
    id: Column[str]
    there: tuple[ColumnElement[bool], ...] = ()
    # Where what is there depends on the organization: a member.
    chain: Column[str] | None = None


def _of_organization(rest: str) -> Callable[[AuditEntry], str]:
    return lambda entry: f"/organizations/{entry.chain}{rest}"


def _of_project(rest: str, own: bool = True) -> Callable[[AuditEntry], str]:
    return lambda entry: f"/projects/{entry.project_id}{rest}{f'/{entry.subject_id}' if own else ''}"


def _forwarding(entry: AuditEntry) -> str:
    scope = "/audit" if entry.chain == "instance" else f"/organizations/{entry.chain}/audit"
    return f"{scope}/forwarding/{entry.subject_id}"


def _report(entry: AuditEntry) -> str:
    owner = f"/projects/{entry.project_id}" if entry.project_id else f"/organizations/{entry.chain}"
    return f"{owner}/reports/{entry.subject_id}"


_KINDS: Final[dict[str, _Kind]] = {
    "organization": _Kind(_of_organization("/settings"), organizations.c.id),
    "user": _Kind(_of_organization("/members"), members.c.user_id, chain=members.c.organization_id),
    "invitation": _Kind(
        _of_organization("/members"),
        invitations.c.id,
        (invitations.c.accepted_at.is_(None), invitations.c.withdrawn_at.is_(None)),
    ),
    "token": _Kind(_of_organization("/tokens"), tokens.c.id, (tokens.c.revoked_at.is_(None),)),
    "project": _Kind(lambda entry: f"/projects/{entry.subject_id}", projects.c.id),
    "key": _Kind(_of_project("/keys"), keys.c.id),
    "webhook_endpoint": _Kind(
        _of_project("/webhooks"), webhook_endpoints.c.id, (webhook_endpoints.c.deleted_at.is_(None),)
    ),
    "delivery": _Kind(_of_project("/deliveries"), deliveries.c.id),
    "alert": _Kind(_of_project("/alerts"), alert_rules.c.id, (alert_rules.c.deleted_at.is_(None),)),
    "alert_channel": _Kind(
        _of_project("/alerts", own=False), alert_channels.c.id, (alert_channels.c.deleted_at.is_(None),)
    ),
    "access_request": _Kind(_of_project("/production", own=False), access_requests.c.id),
    "request": _Kind(_of_project("/requests"), usage_events.c.id),
    "report": _Kind(_report, reports.c.id),
    "report_schedule": _Kind(
        lambda entry: _report(entry).replace("/reports/", "/reports/schedules/"),
        report_schedules.c.id,
        (report_schedules.c.deleted_at.is_(None),),
    ),
    "api": _Kind(lambda entry: f"/apis/{entry.subject_id}", apis.c.id),
    "forwarding": _Kind(_forwarding, forwardings.c.id),
}


def pages_of(tx: Transaction, entries: Sequence[AuditEntry]) -> dict[str, str | None]:
    """By entry id, the address of its subject's page; None where the subject is gone. Kinds without a page are left out."""
    wanted: dict[str, set[str]] = {}
    with_page = [entry for entry in entries if _has_page(entry)]
    for entry in with_page:
        wanted.setdefault(entry.subject_kind, set()).add(entry.subject_id)
    there = {kind: _there(tx, _KINDS[kind], subject_ids) for kind, subject_ids in wanted.items()}
    return {
        entry.id: _KINDS[entry.subject_kind].page(entry) if _is_in(there[entry.subject_kind], entry) else None
        for entry in with_page
    }


def project_names(tx: Transaction, organization_id: str) -> dict[str, str]:
    """The first few hundred projects of an organization by id, in the order of their names, for a filter's choices."""
    query = select(projects.c.id, projects.c.name, projects.c.environment).where(
        projects.c.organization_id == organization_id
    )
    rows = tx.execute(
        query.order_by(projects.c.name, projects.c.environment.desc(), projects.c.id).limit(_PROJECTS_MAX)
    )
    return {row.id: f"{row.name}, {row.environment}" for row in rows}


def _is_in(there: set[tuple[str, str]], entry: AuditEntry) -> bool:
    return ("", entry.subject_id) in there or (entry.chain, entry.subject_id) in there


def _has_page(entry: AuditEntry) -> bool:
    kind = _KINDS.get(entry.subject_kind)
    # An account belongs to no organization, and has no page there; what belongs to a project says to which.
    return (
        kind is not None
        and "/None" not in kind.page(entry)
        and not kind.page(entry).startswith("/organizations/instance")
    )


def _there(tx: Transaction, kind: _Kind, subject_ids: Collection[str]) -> set[tuple[str, str]]:
    """(chain, id) of what is there; the chain empty where it makes no difference."""
    chain = literal("") if kind.chain is None else kind.chain
    query = select(chain.label("chain"), kind.id.label("id")).where(kind.id.in_(subject_ids), *kind.there)
    return {(row.chain, row.id) for row in tx.execute(query)}
