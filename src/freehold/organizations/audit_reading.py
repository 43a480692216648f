"""Reading the audit log: a chain's entries, or those of all chains, filtered, in pages both ways. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_, select

from freehold.organizations.audit import entry_of
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.store.schema import audit_entries, forwardings

_A: Final = audit_entries.c


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; None means any. `actor` and `subject` are an id or a name."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    project_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    subject_kind: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """A place that a scope's entries are sent on to and that takes none, since when."""

    id: str
    name: str
    since: datetime


Place = tuple[datetime, str]


def entries(
    tx: Transaction,
    chain: str | None,
    wanted: AuditFilter,
    limit: int,
    after: Place | None = None,
    *,
    newer: bool = False,
) -> list[AuditEntry]:
    """Up to `limit` entries of a chain, or of all chains (None), newest first, after an (instant, id).

    `newer`: those that are newer than the place instead, the nearest to it. (ix_audit_entries_chain_at, _at, _request.)
    """
    query = _filtered(chain, wanted)
    if after is not None:
        query = query.where(_beyond(after, newer))
    order = (_A.at, _A.id) if newer else (_A.at.desc(), _A.id.desc())
    found = [entry_of(row) for row in tx.execute(query.order_by(*order).limit(limit))]
    return found[::-1] if newer else found


def failing_forwardings(tx: Transaction, scope: str) -> list[Failing]:
    """Which of the places that an organization's entries, or the instance's, are sent on to take none (ix_forwardings_scope)."""
    column = forwardings.c
    query = select(column.id, column.name, column.failing_since_at.label("since"))
    rows = tx.execute(query.where(column.scope == scope, column.state == "failing").order_by(column.id))
    return [Failing(**row._mapping) for row in rows]


def _filtered(chain: str | None, wanted: AuditFilter) -> Select[Any]:
    exact = (
        (_A.chain, chain), (_A.action, wanted.action), (_A.project_id, wanted.project_id), (_A.subject_kind, wanted.subject_kind),
        (_A.request_id, wanted.request_id),
    )  # fmt: skip
    query: Select[Any] = select(audit_entries).where(*(column == value for column, value in exact if value))
    if wanted.actor:
        query = query.where(or_(_A.actor_id == wanted.actor, _A.actor_name == wanted.actor))
    if wanted.subject:
        query = query.where(or_(_A.subject_id == wanted.subject, _A.subject_name == wanted.subject))
    if wanted.since:
        query = query.where(_A.at >= wanted.since)
    return query.where(_A.at < wanted.until) if wanted.until else query


def _beyond(place: Place, newer: bool) -> ColumnElement[bool]:
    at, entry_id = place
    if newer:
        return or_(_A.at > at, and_(_A.at == at, _A.id > entry_id))
    return or_(_A.at < at, and_(_A.at == at, _A.id < entry_id))


def actions_seen(tx: Transaction, chain: str | None) -> list[str]:
    """The kinds of action that a chain holds, or all chains, for a filter's choices."""
    return _seen(tx, chain, _A.action)


def actors_seen(tx: Transaction, chain: str | None) -> list[str]:
    """The names of those who made changes that a chain holds, or all chains, for a filter's choices."""
    return _seen(tx, chain, _A.actor_name)


def subject_kinds_seen(tx: Transaction, chain: str | None) -> list[str]:
    """What kinds of thing were changed, in a chain or in all, for a filter's choices."""
    return _seen(tx, chain, _A.subject_kind)


def _seen(tx: Transaction, chain: str | None, column: ColumnElement[str]) -> list[str]:
    query = select(column).distinct()
    return sorted(tx.execute(query.where(_A.chain == chain) if chain else query).scalars())
