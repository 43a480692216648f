"""SQL of what rules on keys and quotas look at. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from freehold.projects.limits import Quota, quota_from
from freehold.store.engine import Transaction
from freehold.store.schema import endpoints, key_secrets, key_templates, keys, projects, secret_uses


@dataclass(frozen=True, slots=True)
class ServingKey:
    """A key that serves: since when it is unused, when it expires, and how old its current secret is."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    secret_at: datetime
    last_used_at: datetime | None

    @property
    def used_since(self) -> datetime:
        """Its last use, or its making where it has none."""
        return self.last_used_at or self.created_at


@dataclass(frozen=True, slots=True)
class OwnedQuota:
    """A quota, and the key that it is of; an empty id: the project's own."""

    key_id: str
    name: str
    quota: Quota


def serving_keys(tx: Transaction, project_id: str, key_id: str | None, now: datetime) -> list[ServingKey]:
    """A project's keys that serve now, or one of them, by name (uq_key_secrets_active, ix_secret_uses_key_id)."""
    last_used = (
        select(func.max(secret_uses.c.last_at)).where(secret_uses.c.key_id == keys.c.id).correlate(keys)
    ).scalar_subquery()
    query = (
        select(
            keys.c.id, keys.c.name, keys.c.created_at, keys.c.expires_at,
            key_secrets.c.created_at.label("secret_at"), last_used.label("last_used_at"),
        )
        .join(key_secrets, (key_secrets.c.key_id == keys.c.id) & (key_secrets.c.state == "active"))
        .where(keys.c.project_id == project_id, keys.c.state == "active")
        .where(or_(keys.c.expires_at.is_(None), keys.c.expires_at > now))
        .order_by(keys.c.name, keys.c.id)
    )  # fmt: skip
    if key_id is not None:
        query = query.where(keys.c.id == key_id)
    return [ServingKey(*row) for row in tx.execute(query)]


def quotas_of(tx: Transaction, project_id: str, key_id: str | None) -> list[OwnedQuota]:
    """The quotas of a project and of its active keys, or of one of them."""
    owned = []
    of_keys = select(keys.c.id, keys.c.name, keys.c.quota, keys.c.quota_period)
    of_keys = of_keys.where(keys.c.project_id == project_id, keys.c.state == "active", keys.c.quota.is_not(None))
    if key_id is None:
        of_project = select(projects.c.quota, projects.c.quota_period).where(projects.c.id == project_id)
        for limit, period in tx.execute(of_project):
            if quota := quota_from(limit, period):
                owned.append(OwnedQuota("", "", quota))
    else:
        of_keys = of_keys.where(keys.c.id == key_id)
    for found, name, limit, period in tx.execute(of_keys.order_by(keys.c.name, keys.c.id)):
        if quota := quota_from(limit, period):
            owned.append(OwnedQuota(found, name, quota))
    return owned


def key_name(tx: Transaction, project_id: str, key_id: str) -> str | None:
    """The name of a key of this project, one that is only declared too (primary key, unique); None where it is none of it."""
    issued = select(keys.c.name).where(keys.c.id == key_id, keys.c.project_id == project_id)
    declared = select(key_templates.c.name).where(
        key_templates.c.key_id == key_id, key_templates.c.project_id == project_id
    )
    found: str | None = tx.execute(issued.union_all(declared)).scalar()
    return found


def key_names(tx: Transaction, project_id: str) -> list[tuple[str, str]]:
    """The active keys of a project by name, those that are only declared too, for a form's choices."""
    issued = select(keys.c.id, keys.c.name).where(keys.c.project_id == project_id, keys.c.state == "active")
    declared = select(key_templates.c.key_id, key_templates.c.name).where(key_templates.c.project_id == project_id)
    return sorted(((key_id, name) for key_id, name in tx.execute(issued.union_all(declared))), key=lambda each: each[1])


def has_endpoint(tx: Transaction, api_id: str, operation_id: str) -> bool:
    """Whether an API's catalogue has, or had, an endpoint (primary key)."""
    query = select(endpoints.c.api_id).where(endpoints.c.api_id == api_id, endpoints.c.operation_id == operation_id)
    return tx.execute(query).first() is not None
