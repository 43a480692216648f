"""Which rows belong to an organization, told from the schema: by its id, its projects', or by what they refer to.

A table of a later migration is found by its columns and its foreign keys. What has neither is listed here, with how it is
told; a test searches every table for the ids of an organization that was deleted.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, or_, select

from freehold.store.schema import (
    audit_entries,
    audit_erasures,
    audit_heads,
    audit_seals,
    changes,
    idempotency,
    key_secrets,
    keys,
    metadata,
    organization_deletions,
    organizations,
    projects,
    quota_leases,
    secret_uses,
    tokens,
    usage_names,
)
from freehold.store.schema.names import Named, number_of

Whose = Callable[[str], ColumnElement[bool]]
# The audit log goes last: until then it says what was done.
LOGS: Final = (audit_entries, audit_seals, audit_erasures, audit_heads)


def _projects(organization_id: str) -> ColumnElement[str]:
    return select(projects.c.id).where(projects.c.organization_id == organization_id).scalar_subquery()


def _numbers(organization_id: str) -> ColumnElement[int]:
    return select(number_of(projects.c.id)).where(projects.c.organization_id == organization_id).scalar_subquery()


def _keys(organization_id: str) -> ColumnElement[str]:
    return select(keys.c.id).where(keys.c.project_id.in_(_projects(organization_id))).scalar_subquery()


def _secrets(organization_id: str) -> ColumnElement[str]:
    return (
        select(key_secrets.c.selector).where(key_secrets.c.project_id.in_(_projects(organization_id))).scalar_subquery()
    )


def _tokens(organization_id: str) -> ColumnElement[str]:
    return select(tokens.c.id).where(tokens.c.organization_id == organization_id).scalar_subquery()


def _of_chain(table: Table) -> Whose:
    return lambda whose: table.c.chain == whose


_OTHERWISE: Final[dict[str, Whose]] = {
    organizations.name: lambda whose: organizations.c.id == whose,
    secret_uses.name: lambda whose: or_(secret_uses.c.key_id.in_(_keys(whose)), secret_uses.c.selector.in_(_secrets(whose))),
    usage_names.name: lambda whose: or_(*(usage_names.c.name.in_(of(whose)) for of in (_projects, _keys, _secrets))),
    quota_leases.name: lambda whose: quota_leases.c.owner_id.in_(_projects(whose)) | quota_leases.c.owner_id.in_(_keys(whose)),
    idempotency.name: lambda whose: idempotency.c.caller.in_(_tokens(whose)),
    changes.name: lambda whose: or_(changes.c.subject_id.in_(_projects(whose)), changes.c.subject_id.in_(_keys(whose)),
                                    changes.c.subject_id.in_(_tokens(whose))),
    **{table.name: _of_chain(table) for table in LOGS},
}  # fmt: skip


def tables_to_empty() -> tuple[Table, ...]:
    """The tables that may hold an organization's rows, each before what it refers to; its audit log not among them."""
    refer = list(reversed(metadata.sorted_tables))
    # What refers to nothing is told by rows of others: it goes while they are there.
    first = [table for table in refer if not table.foreign_keys and table not in (organizations, usage_names)]
    # What rows of usage say in numbers is read by these.
    then = [usage_names, *(table for table in refer if table not in first and table is not usage_names)]
    return tuple(table for table in (*first, *then) if table not in LOGS and whose_rows(table) is not None)


def whose_rows(table: Table) -> Whose | None:
    """How the rows of a table are told to be an organization's; None where they are nobody's or somebody else's."""
    if table is organization_deletions:
        return None
    if table.name in _OTHERWISE:
        return _OTHERWISE[table.name]
    columns = table.columns
    if "chain" in columns:
        return _of_chain(table)
    if "organization_id" in columns and "project_id" not in columns:
        return lambda whose: columns["organization_id"] == whose
    if "organization_id" in columns:
        return lambda whose: or_(columns["organization_id"] == whose, columns["project_id"].in_(_projects(whose)))
    if "project_id" in columns and isinstance(columns["project_id"].type, Named):
        return lambda whose: columns["project_id"].in_(_numbers(whose))
    for name in ("project_id", "sandbox_id"):
        if name in columns:
            return lambda whose, name=name: columns[name].in_(_projects(whose))  # type: ignore[misc]
    return _by_reference(table)


def _by_reference(table: Table) -> Whose | None:
    """By the first foreign key of one column that leads to a table whose rows are told."""
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        whose = whose_rows(key.column.table)
        if whose is not None:
            return _referring(key.parent, key.column, whose)
    return None


def _referring(column: Column[str], referred: Column[str], whose: Whose) -> Whose:
    return lambda organization_id: column.in_(select(referred).where(whose(organization_id)))
