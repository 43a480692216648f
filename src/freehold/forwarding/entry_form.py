"""An audit entry as receivers are given it: all that the API shows of it, and what its place in the chain is proved by. Pure."""

from typing import Any

from freehold.kit import clock
from freehold.organizations.audit import INSTANCE_CHAIN
from freehold.organizations.records import AuditEntry


def facts_of(entry: AuditEntry) -> dict[str, Any]:
    """An entry as JSON has it; hashes in hexadecimal, so that a receiver can follow the chain by itself."""
    return {
        "id": entry.id, "at": clock.to_text(entry.at), "organization": organization_of(entry), "project": entry.project_id,
        "actor": {
            "kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name, "on_behalf_of": entry.on_behalf_of
        },
        "action": entry.action,
        "subject": {"kind": entry.subject_kind, "id": entry.subject_id, "name": entry.subject_name},
        "before": entry.before, "after": entry.after, "reason": entry.reason,
        "address": entry.address, "request_id": entry.request_id,
        "chain": entry.chain, "position": entry.position, "previous_hash": entry.previous_hash.hex(), "hash": entry.hash.hex(),
    }  # fmt: skip


def organization_of(entry: AuditEntry) -> str | None:
    """The organization that an entry belongs to; None for the instance's own."""
    return None if entry.chain == INSTANCE_CHAIN else entry.chain
