"""SQL of deleting an organization: what it holds, its waiting, its rows piece by piece, and what is left of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, or_, select, tuple_, update

from freehold.keeping.belonging import whose_rows
from freehold.keeping.records import OrganizationDeletion
from freehold.store.engine import Transaction
from freehold.store.schema import (
    keys,
    members,
    organization_deletions,
    organizations,
    projects,
    reports,
    users,
    webhook_endpoints,
)

_C = organization_deletions.c
_COLUMNS = tuple(column.name for column in organization_deletions.columns)


def counts_of(tx: Transaction, organization_id: str) -> dict[str, int]:
    """How many members, projects, keys, webhook endpoints and reports an organization has."""
    of = select(projects.c.id).where(projects.c.organization_id == organization_id)
    asked = {
        "members": select(func.count()).select_from(members).where(members.c.organization_id == organization_id),
        "projects": select(func.count()).select_from(of.subquery()),
        "keys": select(func.count()).select_from(keys).where(keys.c.project_id.in_(of), keys.c.revoked_at.is_(None)),
        "webhooks": select(func.count()).select_from(webhook_endpoints).where(
            webhook_endpoints.c.project_id.in_(of), webhook_endpoints.c.deleted_at.is_(None)),
        "reports": select(func.count()).select_from(reports).where(
            reports.c.organization_id == organization_id, reports.c.state == "ready"),
    }  # fmt: skip
    return {name: int(tx.execute(query).scalar_one()) for name, query in asked.items()}


def active_projects(tx: Transaction, organization_id: str) -> list[str]:
    """The ids of an organization's active projects."""
    query = select(projects.c.id).where(projects.c.organization_id == organization_id, projects.c.state == "active")
    return list(tx.execute(query.order_by(projects.c.id)).scalars())


def addresses_of(tx: Transaction, organization_id: str) -> list[str]:
    """The e-mail addresses of an organization's members."""
    query = select(users.c.email).join(members, members.c.user_id == users.c.id)
    return list(tx.execute(query.where(members.c.organization_id == organization_id).order_by(users.c.email)).scalars())


def insert_deletion(tx: Transaction, deletion: OrganizationDeletion) -> None:
    """Let an organization wait for its deletion; IntegrityError where it does (primary key)."""
    tx.execute(insert(organization_deletions).values(**{name: getattr(deletion, name) for name in _COLUMNS}))


def find_deletion(tx: Transaction, organization_id: str) -> OrganizationDeletion | None:
    """The deletion of an organization (primary key)."""
    row = tx.execute(select(organization_deletions).where(_C.organization_id == organization_id)).first()
    return OrganizationDeletion(**row._mapping) if row else None


def take_back(tx: Transaction, organization_id: str) -> bool:
    """End an organization's waiting; whether it did wait (its row's lock decides)."""
    done = tx.execute(
        delete(organization_deletions).where(_C.organization_id == organization_id, _C.state == "waiting")
    )
    return done.rowcount == 1


def to_remind_of(tx: Transaction, ends_before: datetime) -> OrganizationDeletion | None:
    """A deletion that is near and that nobody was reminded of (ix_organization_deletions_ends_at)."""
    query = select(organization_deletions).where(
        _C.state == "waiting", _C.ends_at <= ends_before, _C.reminded_at.is_(None)
    )
    row = tx.execute(query.order_by(_C.ends_at).limit(1)).first()
    return OrganizationDeletion(**row._mapping) if row else None


def next_to_delete(tx: Transaction, now: datetime) -> OrganizationDeletion | None:
    """The deletion whose time has come, or that was begun (ix_organization_deletions_ends_at)."""
    due = or_(_C.state == "deleting", (_C.state == "waiting") & (_C.ends_at <= now))
    row = tx.execute(select(organization_deletions).where(due).order_by(_C.ends_at).limit(1)).first()
    return OrganizationDeletion(**row._mapping) if row else None


def move(tx: Transaction, before: OrganizationDeletion, values: Mapping[str, Any]) -> bool:
    """Change a deletion that is still in the state it was in; whether it was."""
    same = (_C.organization_id == before.organization_id, _C.state == before.state)
    return tx.execute(update(organization_deletions).where(*same).values(**values)).rowcount == 1


def delete_piece(tx: Transaction, table: Table, organization_id: str, limit: int) -> int:
    """Delete up to `limit` of an organization's rows of a table; how many."""
    whose = whose_rows(table)
    if whose is None:
        return 0
    where = whose(organization_id)
    key = list(table.primary_key.columns)
    # A production project refers to its sandbox, a restatement to what it corrects: whoever refers goes first.
    order = [table.c.environment, *key] if table is projects else [each.desc() for each in key]
    some = select(*key).where(where).order_by(*order).limit(limit)
    return tx.execute(delete(table).where(tuple_(*key).in_(some))).rowcount


def deletions(tx: Transaction) -> list[OrganizationDeletion]:
    """Every organization that waits to be deleted or was, newest first."""
    query = select(organization_deletions).order_by(_C.asked_at.desc())
    return [OrganizationDeletion(**row._mapping) for row in tx.execute(query)]


def operators_organization(tx: Transaction) -> str | None:
    """The id of the organization that runs the instance (uq_organizations_is_operator)."""
    return tx.execute(select(organizations.c.id).where(organizations.c.is_operator)).scalar()


def reports_with_files(tx: Transaction, organization_id: str, limit: int) -> list[str]:
    """The ids of reports that may have left files: also of one that failed, where a process died with its file in place."""
    ended = (reports.c.organization_id == organization_id, reports.c.state.in_(("ready", "failed")))
    return list(tx.execute(select(reports.c.id).where(*ended).limit(limit)).scalars())


def note_without_file(tx: Transaction, report_id: str) -> None:
    """Say that nothing is left of a report but its row."""
    tx.execute(update(reports).where(reports.c.id == report_id).values(state="expired"))


def end_unfinished_reports(tx: Transaction, organization_id: str, now: datetime) -> None:
    """End the reports that are being made, or wait to be: whoever makes one hears of it and removes what it wrote."""
    unfinished = (reports.c.organization_id == organization_id, reports.c.state.in_(("queued", "running")))
    ended = {
        "state": "failed",
        "reason": "The organization is being deleted.",
        "finished_at": now,
        "leased_until_at": None,
    }
    tx.execute(update(reports).where(*unfinished).values(**ended))
