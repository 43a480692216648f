"""Where in the database people may be named, and where what stands is nobody's to change. Reads the schema, no row.

Every text column of every table counts, those of later migrations too, but for what is listed here with its reason.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, Text, exists, select
from sqlalchemy.types import TypeDecorator

from freehold.store.schema import attempts, deliveries, messages, metadata

# Whole tables: what calls of the API and other people's programs said, which goes by its age; the operator's documents;
# what holds digests, counters and ids alone.
_PASSED_OVER: Final = frozenset({
    "usage_events", "usage_rollups", "usage_totals", "usage_changes", "usage_gaps", "usage_names", "usage_archives", "secret_uses", "metered_events", "cost_reports",
    "journals", "reconciliations", "quota_counters", "quota_leases", "inbox_requests", "apis", "endpoints", "event_types",
    "changes", "verifiers", "throttles", "idempotency", "instance", "audit_heads", "audit_seals", "audit_erasures", "person_deletions",
})  # fmt: skip
# Where requests go to: another address would be another receiver.
_LIVE: Final = frozenset({("webhook_endpoints", "url")})


@dataclass(frozen=True, slots=True)
class Place:
    """A table in which people may be named, and in which of its columns."""

    table: Table
    columns: tuple[Column[str], ...]

    @property
    def only(self) -> ColumnElement[bool] | None:
        """Which rows: of messages and what was sent of them, Freehold's own; what others published is theirs."""
        if self.table is messages:
            return messages.c.origin != "published"
        if self.table is not attempts:
            return None
        own = select(1).join(messages, messages.c.id == deliveries.c.message_id).select_from(deliveries)
        return exists(own.where(deliveries.c.id == attempts.c.delivery_id, messages.c.origin != "published"))


def places() -> tuple[Place, ...]:
    """Every place where people may be named, by the table's name."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    found = (Place(table, _columns(table)) for table in tables if table.name not in _PASSED_OVER)
    return tuple(place for place in found if place.columns)


def _columns(table: Table) -> tuple[Column[str], ...]:
    return tuple(column for column in table.columns if _may_name(column) and (table.name, column.name) not in _LIVE)


def _may_name(column: Column[str]) -> bool:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    is_id = column.primary_key or column.foreign_keys or column.name.endswith("_id") or column.name == "id"
    return isinstance(kind, Text) and not is_id
