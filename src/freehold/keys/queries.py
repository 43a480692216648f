"""SQL of keys, as their owners see them. Their secrets are in secret_queries, what the gate reads in secret_records."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.keys.records import Key, KeyState, SecretState
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.projects.limits import kept_limits, quota_from, rate_limits_from
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import key_endpoints, key_secrets, keys, projects

_KEY = (*keys.c, projects.c.organization_id)


def insert_key(
    tx: Transaction, key_id: str, project: Project, settings: KeySettings, created_by: str, now: datetime
) -> None:
    """Add a key; IntegrityError where an active one has its name."""
    tx.execute(
        insert(keys).values(
            id=key_id, project_id=project.id, environment=project.environment, state="active",
            created_by=created_by, created_at=now, **_columns(settings),
        )
    )  # fmt: skip
    _insert_endpoints(tx, key_id, project.id, settings.endpoints or ())


def find_key(tx: Transaction, key_id: str, now: datetime) -> Key | None:
    """A key by id (primary key)."""
    row = tx.execute(select(*_KEY).join(projects).where(keys.c.id == key_id)).first()
    return _keys(tx, [row], now)[0] if row else None


def keys_of(tx: Transaction, project_id: str, limit: int, after_id: str | None, now: datetime) -> list[Key]:
    """A project's keys, newest first, after an id."""
    query = select(*_KEY).join(projects).where(keys.c.project_id == project_id)
    if after_id:
        query = query.where(keys.c.id < after_id)
    return _keys(tx, tx.execute(query.order_by(keys.c.id.desc()).limit(limit)).all(), now)


def active_keys_of(tx: Transaction, project_id: str) -> list[Key]:
    """A project's keys that were not revoked, by name (uq_keys_name). An expired one is among them, as `active`."""
    query = select(*_KEY).join(projects).where(keys.c.project_id == project_id, keys.c.state == "active")
    return _keys(tx, tx.execute(query.order_by(keys.c.name)).all(), clock.EPOCH)


def change_key(tx: Transaction, key: Key, revision: int, settings: KeySettings) -> bool:
    """Change a key that still has this revision; whether it had. IntegrityError where its new name is taken."""
    done = tx.execute(
        update(keys)
        .where(keys.c.id == key.id, keys.c.revision == revision)
        .values(revision=revision + 1, **_columns(settings))
    )
    if done.rowcount:
        tx.execute(delete(key_endpoints).where(key_endpoints.c.key_id == key.id))
        _insert_endpoints(tx, key.id, key.project_id, settings.endpoints or ())
    return done.rowcount == 1


def revoke_key(tx: Transaction, key_id: str, now: datetime) -> bool:
    """End a key and all its secrets; whether it was in force."""
    done = tx.execute(
        update(keys)
        .where(keys.c.id == key_id, keys.c.state == "active")
        .values(state="revoked", revoked_at=now, revision=keys.c.revision + 1)
    )
    ended: SecretState = "revoked"
    tx.execute(
        update(key_secrets).where(key_secrets.c.key_id == key_id, key_secrets.c.state != "retired").values(state=ended)
    )
    return done.rowcount == 1


def state_of(revoked: bool, expires_at: datetime | None, now: datetime) -> KeyState:
    """A key's state: what was decided, or what time has brought."""
    if revoked:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "active"


def _columns(settings: KeySettings) -> dict[str, Any]:
    return {
        "name": settings.name,
        "workload": settings.workload,
        "narrowed": settings.endpoints is not None,
        "allowed_cidrs": list(settings.allowed_cidrs) or None,
        **kept_limits(settings.rate_limits, settings.quota),
        "expires_at": settings.expires_at,
    }


def _insert_endpoints(tx: Transaction, key_id: str, project_id: str, endpoints: Sequence[str]) -> None:
    rows = [{"key_id": key_id, "operation_id": item, "project_id": project_id} for item in endpoints]
    if rows:
        tx.execute(insert(key_endpoints), rows)


def _keys(tx: Transaction, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> list[Key]:
    narrowed = [row.id for row in rows if row.narrowed]
    endpoints: dict[str, list[str]] = {key_id: [] for key_id in narrowed}
    query = select(key_endpoints.c.key_id, key_endpoints.c.operation_id).where(key_endpoints.c.key_id.in_(narrowed))
    for key_id, operation_id in tx.execute(query.order_by(key_endpoints.c.operation_id)) if narrowed else ():
        endpoints[key_id].append(operation_id)
    return [_key(row, endpoints.get(row.id), now) for row in rows]


def _key(row: Row[*tuple[Any, ...]], endpoints: list[str] | None, now: datetime) -> Key:
    return Key(
        id=row.id, project_id=row.project_id, organization_id=row.organization_id, environment=row.environment,
        name=row.name, workload=row.workload, state=state_of(row.state == "revoked", row.expires_at, now),
        endpoints=endpoints, allowed_cidrs=row.allowed_cidrs or [],
        rate_limits=rate_limits_from(row.rate_limits), quota=quota_from(row.quota, row.quota_period),
        expires_at=row.expires_at, created_by=row.created_by, created_at=row.created_at, revoked_at=row.revoked_at,
        revision=row.revision,
    )  # fmt: skip
