"""What decisions rested on, and the history of requests up to their decision: SQL only."""

from typing import Any

from sqlalchemy import insert, select

from freehold.production.review.records import AccessRequest, Entry
from freehold.store.engine import Transaction
from freehold.store.schema import access_request_entries, access_request_evidence

_DECISIONS = ("approved", "denied")


def insert_evidence(tx: Transaction, request: AccessRequest, evidence: dict[str, Any]) -> None:
    """Keep what a decision rests on (primary key: once a request)."""
    tx.execute(
        insert(access_request_evidence).values(
            request_id=request.id, project_id=request.project_id, decided_at=request.decided_at, evidence=evidence
        )
    )


def evidence_of(tx: Transaction, request_id: str) -> dict[str, Any] | None:
    """What a decision rested on (primary key); None where it was not kept."""
    column = access_request_evidence.c
    return tx.execute(select(column.evidence).where(column.request_id == request_id)).scalar()


def entries_until_decided(tx: Transaction, request_id: str) -> list[tuple[Entry, str]]:
    """A request's history with its decision, oldest first, each with who did it as they were called then."""
    column = access_request_entries.c
    query = select(access_request_entries).where(column.request_id == request_id).order_by(column.id)
    found = []
    for row in tx.execute(query):
        entry = Entry(
            row.id, row.request_id, row.project_id, row.kind, row.actor_kind, row.actor_name, row.user_id, row.at, row.text,
            row.facts,
        )  # fmt: skip
        found.append((entry, row.actor_name))
        if row.kind in _DECISIONS:
            break
    return found
