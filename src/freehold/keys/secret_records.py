"""Reading what the gate must know of secrets, by selector. SQL only; writes nothing.

All of one call is of one moment, because its three statements run in the caller's one transaction.
"""

from collections.abc import Collection, Iterable
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import Row, Select, select

from freehold.keys.records import RateLimit, SecretRecord
from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import key_endpoints, key_secrets, keys, projects, scope_endpoints

_SECRETS: Final = (
    select(
        key_secrets.c.selector,
        key_secrets.c.digest,
        key_secrets.c.state.label("secret_state"),
        key_secrets.c.retires_at,
        key_secrets.c.version,
        key_secrets.c.last4,
        key_secrets.c.key_id,
        keys.c.name.label("key_name"),
        keys.c.state.label("key_state"),
        keys.c.expires_at,
        keys.c.allowed_cidrs,
        keys.c.rate_limit,
        keys.c.rate_window_s,
        keys.c.narrowed,
        key_secrets.c.project_id,
        projects.c.name.label("project_name"),
        projects.c.state.label("project_state"),
        projects.c.environment,
        projects.c.organization_id,
        projects.c.api_id,
    )
    .join(keys, keys.c.id == key_secrets.c.key_id)
    .join(projects, projects.c.id == key_secrets.c.project_id)
)


def secret_records(tx: Transaction, selectors: Collection[str]) -> dict[str, SecretRecord]:
    """What these selectors name, those that name nothing left out (primary keys)."""
    return {each.selector: each for each in _read(tx, _SECRETS.where(key_secrets.c.selector.in_(selectors)))}


def current_secret_record(tx: Transaction, key_id: str) -> SecretRecord | None:
    """What the newest secret of a key stands for, or None where there is no such key (uq key_id, version)."""
    newest = _SECRETS.where(key_secrets.c.key_id == key_id).order_by(key_secrets.c.version.desc()).limit(1)
    return next(iter(_read(tx, newest)), None)


def _read(tx: Transaction, statement: Select[Any]) -> list[SecretRecord]:
    rows = tx.execute(statement).all()
    scopes = _endpoints(tx, select(scope_endpoints.c.project_id, scope_endpoints.c.operation_id).where(
        scope_endpoints.c.project_id.in_({row.project_id for row in rows if not row.narrowed})
    ))  # fmt: skip
    narrowed = _endpoints(tx, select(key_endpoints.c.key_id, key_endpoints.c.operation_id).where(
        key_endpoints.c.key_id.in_({row.key_id for row in rows if row.narrowed})
    ))  # fmt: skip
    none: frozenset[str] = frozenset()
    return [
        _record(row, narrowed.get(row.key_id, none) if row.narrowed else scopes.get(row.project_id, none))
        for row in rows
    ]


def _endpoints(tx: Transaction, statement: Select[str, str]) -> dict[str, frozenset[str]]:
    # One set for all keys of a project: a million keys share it.
    found: dict[str, set[str]] = {}
    for owner_id, operation_id in tx.execute(statement):
        found.setdefault(owner_id, set()).add(operation_id)
    return {owner_id: frozenset(operation_ids) for owner_id, operation_ids in found.items()}


def _record(row: Row[Any], endpoints: frozenset[str]) -> SecretRecord:
    return SecretRecord(
        selector=row.selector,
        digest=bytes(row.digest),
        secret_state=row.secret_state,
        retires_at_ms=None if row.retires_at is None else clock.to_ms(row.retires_at),
        version=row.version,
        last4=row.last4,
        key_id=row.key_id,
        key_name=row.key_name,
        key_state=row.key_state,
        expires_at_ms=None if row.expires_at is None else clock.to_ms(row.expires_at),
        allowed_networks=tuple(_networks(row.allowed_cidrs or ())),
        rate_limit=None if row.rate_limit is None else RateLimit(row.rate_limit, row.rate_window_s),
        endpoints=endpoints,
        narrowed=row.narrowed,
        project_id=row.project_id,
        project_name=row.project_name,
        project_state=row.project_state,
        environment=row.environment,
        organization_id=row.organization_id,
        api_id=row.api_id,
    )


def _networks(cidrs: Iterable[str]) -> Iterable[Any]:
    # Not strict: what was stored was checked when it was stored, and refusing to read it would refuse every key.
    return (ip_network(cidr, strict=False) for cidr in cidrs)
