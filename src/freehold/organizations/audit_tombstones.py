"""What is left of deleted organizations, held against the instance's log: each is there as it was written down, and no other is.

A deleted organization's log is gone with it. That it was, when, who asked and where its log ended stands in a row, and in the entry
of the instance's log that was written with it. That log is chained and sealed: a row that says otherwise was altered.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from freehold.kit import clock
from freehold.organizations.audit_seals import Seal, is_genuine
from freehold.store.engine import Transaction
from freehold.store.schema import audit_entries, organization_deletions

ENDED: Final = "organization.deleted"
_A: Final = audit_entries.c
_D: Final = organization_deletions.c


def facts_of(
    counts: Mapping[str, int], asked_by: str, asked_at: datetime, ends_at: datetime, finished_at: datetime, last_seal: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """What the log says of an organization that was deleted, and its row has to say too."""
    return {
        "rows": sum(counts.values()), "asked_by": asked_by, "asked_at": clock.to_text(asked_at), "ends_at": clock.to_text(ends_at),
        "finished_at": clock.to_text(finished_at), "log_ended": dict(last_seal),
    }  # fmt: skip


def hold(tx: Transaction, chain: str, public: bytes) -> tuple[int, str | None]:
    """How many rows were held against the instance's log, which was proved before, and what is wrong first, in words."""
    rows = {row.organization_id: row for row in tx.execute(select(organization_deletions).where(_D.state == "deleted"))}
    entries = select(_A.subject_id, _A.position, _A.after).where(_A.chain == chain, _A.action == ENDED)
    said = {row.subject_id: row for row in tx.execute(entries.order_by(_A.position))}
    return len(rows), next(_faults(rows, said, public), None)


def _faults(
    rows: Mapping[str, Row[*tuple[Any, ...]]], said: Mapping[str, Row[*tuple[Any, ...]]], public: bytes
) -> Iterator[str]:
    for organization_id, entry in said.items():
        row = rows.get(organization_id)
        if row is None:
            yield f"what is left of the deleted organization {organization_id} was removed: entry {entry.position} tells of it"
        elif other := _differing(row, entry.after):
            words = f"what is left of the deleted organization {organization_id} was altered"
            yield f"{words}: entry {entry.position} says otherwise of {other}"
        elif not _is_sealed(row.last_seal, organization_id, public):
            yield f"the last seal of the deleted organization {organization_id} is not this instance's"
    for organization_id in rows.keys() - said.keys():
        yield f"what is left of the deleted organization {organization_id} was put in: no entry tells of it"


def _differing(row: Row[*tuple[Any, ...]], said: Mapping[str, Any]) -> str:
    """The first fact that a row and its entry do not agree in. An entry of an earlier version says fewer."""
    facts = facts_of(row.counts, row.asked_by, row.asked_at, row.ends_at, row.finished_at, row.last_seal or {})
    return next((name for name, value in said.items() if facts.get(name) != value), "")


def _is_sealed(said: Mapping[str, Any], organization_id: str, public: bytes) -> bool:
    try:
        seal = Seal(
            said["chain"], said["position"], bytes.fromhex(said["hash"]), datetime.fromisoformat(said["sealed_at"]),
            said["key_id"], base64.b64decode(said["signature"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return False
    return seal.chain == organization_id and is_genuine(seal, public)
