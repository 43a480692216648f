"""Reading what the gate must know of secrets and of projects. SQL only; writes nothing.

All of one call is of one moment, because its statements run in the caller's one transaction. What
many records share is one object: a million keys may be in memory.
"""

import json
from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from sqlalchemy import Row, Select, Text, select, type_coerce

from freehold.keys.rate_limit import meters
from freehold.keys.records import Meter, ProjectRecord, SecretRecord
from freehold.kit import clock
from freehold.projects.limits import Quota, quota_from, rate_limits_from
from freehold.store.engine import Transaction
from freehold.store.schema import key_endpoints, key_secrets, keys, projects, scope_endpoints

_SECRETS: Final = select(
    key_secrets.c.selector,
    key_secrets.c.digest,
    key_secrets.c.state.label("secret_state"),
    key_secrets.c.retires_at,
    key_secrets.c.key_id,
    keys.c.name.label("key_name"),
    keys.c.state.label("key_state"),
    keys.c.expires_at,
    # As text: what is the same text is the same object in memory.
    type_coerce(keys.c.allowed_cidrs, Text).label("allowed_cidrs"),
    type_coerce(keys.c.rate_limits, Text).label("rate_limits"),
    keys.c.quota,
    keys.c.quota_period,
    keys.c.narrowed,
    key_secrets.c.project_id,
).join(keys, keys.c.id == key_secrets.c.key_id)


def secret_records(tx: Transaction, selectors: Collection[str]) -> dict[str, SecretRecord]:
    """What these selectors name, those that name nothing left out (primary keys)."""
    return {each.selector: each for each in _read(tx, _SECRETS.where(key_secrets.c.selector.in_(selectors)))}


def current_secret_record(tx: Transaction, key_id: str) -> SecretRecord | None:
    """What the newest secret of a key stands for, or None where there is no such key (uq key_id, version)."""
    newest = _SECRETS.where(key_secrets.c.key_id == key_id).order_by(key_secrets.c.version.desc()).limit(1)
    return next(iter(_read(tx, newest)), None)


def selectors_of(tx: Transaction, key_ids: Collection[str]) -> list[str]:
    """The selectors of all secrets that these keys ever had (uq key_id, version)."""
    return list(tx.execute(select(key_secrets.c.selector).where(key_secrets.c.key_id.in_(key_ids))).scalars())


def project_records(tx: Transaction, project_ids: Collection[str]) -> dict[str, ProjectRecord]:
    """What decides about the keys of these projects, those that are none left out (primary keys)."""
    rows = tx.execute(
        select(
            projects.c.id, projects.c.name, projects.c.state, projects.c.environment, projects.c.organization_id,
            projects.c.api_id, projects.c.rate_limits, projects.c.quota, projects.c.quota_period,
        ).where(projects.c.id.in_(project_ids))
    ).all()  # fmt: skip
    scopes = _endpoints(
        tx,
        select(scope_endpoints.c.project_id, scope_endpoints.c.operation_id).where(
            scope_endpoints.c.project_id.in_([row.id for row in rows])
        ),
    )
    return {
        row.id: ProjectRecord(
            id=row.id, name=row.name, state=row.state, environment=row.environment,
            organization_id=row.organization_id, api_id=row.api_id, endpoints=scopes.get(row.id, frozenset()),
            meters=meters("project", rate_limits_from(row.rate_limits)),
            quota=quota_from(row.quota, row.quota_period),
        )
        for row in rows
    }  # fmt: skip


def _read(tx: Transaction, statement: Select[Any]) -> list[SecretRecord]:
    rows = tx.execute(statement).all()
    narrowed = _endpoints(
        tx,
        select(key_endpoints.c.key_id, key_endpoints.c.operation_id).where(
            key_endpoints.c.key_id.in_({row.key_id for row in rows if row.narrowed})
        ),
    )
    none: frozenset[str] = frozenset()
    return [_record(row, narrowed.get(row.key_id, none) if row.narrowed else None) for row in rows]


def _endpoints(tx: Transaction, statement: Select[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for owner_id, operation_id in tx.execute(statement):
        found.setdefault(owner_id, set()).add(operation_id)
    return {owner_id: frozenset(operation_ids) for owner_id, operation_ids in found.items()}


def _record(row: Row[Any], endpoints: frozenset[str] | None) -> SecretRecord:
    return SecretRecord(
        selector=row.selector,
        digest=bytes(row.digest),
        secret_state=row.secret_state,
        retires_at_ms=None if row.retires_at is None else clock.to_ms(row.retires_at),
        key_id=row.key_id,
        key_name=row.key_name,
        key_state=row.key_state,
        expires_at_ms=None if row.expires_at is None else clock.to_ms(row.expires_at),
        allowed_networks=networks_from(row.allowed_cidrs) if row.allowed_cidrs else (),
        meters=meters_from(row.rate_limits) if row.rate_limits else (),
        quota=shared_quota(row.quota, row.quota_period) if row.quota else None,
        endpoints=endpoints,
        project_id=row.project_id,
    )


@lru_cache(maxsize=65_536)
def networks_from(cidrs: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks from the text that is kept of them."""
    # Not strict: what was stored was checked when it was stored, and refusing to read it would refuse every key.
    return tuple(ip_network(cidr, strict=False) for cidr in json.loads(cidrs))


@lru_cache(maxsize=65_536)
def meters_from(rate_limits: str) -> tuple[Meter, ...]:
    """A key's meters from the text that is kept of its rate limits."""
    return meters("key", rate_limits_from(json.loads(rate_limits)))


@lru_cache(maxsize=65_536)
def shared_quota(limit: int, period: str) -> Quota | None:
    """A quota, one object for all that have the same."""
    return quota_from(limit, period)
