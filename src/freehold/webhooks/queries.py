"""SQL of webhook endpoints, their subscriptions and their signing secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from freehold.store.engine import Transaction
from freehold.store.schema import projects, webhook_endpoints, webhook_secrets, webhook_subscriptions
from freehold.webhooks.records import SecretVersion, WebhookEndpoint

_C = webhook_endpoints.c
_ENDPOINT = (
    _C.id, _C.project_id, projects.c.organization_id, _C.environment, _C.url, _C.description, _C.headers,
    _C.state, _C.state_reason, _C.revision, _C.created_by, _C.created_at, _C.fifo, _C.max_per_second, _C.v1a,
    _C.failures, _C.failing_since_at, _C.held_until_at, _C.slot,
)  # fmt: skip
_ALIVE = _C.deleted_at.is_(None)


def insert_endpoint(tx: Transaction, endpoint: WebhookEndpoint) -> None:
    """Add an endpoint with its subscriptions; IntegrityError where another one of the project has its slot."""
    tx.execute(
        insert(webhook_endpoints).values(
            id=endpoint.id, project_id=endpoint.project_id, environment=endpoint.environment, slot=endpoint.slot,
            url=endpoint.url,
            description=endpoint.description, headers=_kept_headers(endpoint), state=endpoint.state,
            created_by=endpoint.created_by, created_at=endpoint.created_at, fifo=endpoint.fifo,
            max_per_second=endpoint.max_per_second, v1a=endpoint.v1a,
        )
    )  # fmt: skip
    replace_subscriptions(tx, endpoint)


def replace_subscriptions(tx: Transaction, endpoint: WebhookEndpoint) -> None:
    """Set which event types an endpoint receives."""
    tx.execute(delete(webhook_subscriptions).where(webhook_subscriptions.c.webhook_endpoint_id == endpoint.id))
    rows = [
        {"webhook_endpoint_id": endpoint.id, "event_type": event_type, "project_id": endpoint.project_id}
        for event_type in endpoint.event_types
    ]
    if rows:
        tx.execute(insert(webhook_subscriptions), rows)


def find_endpoint(tx: Transaction, endpoint_id: str) -> WebhookEndpoint | None:
    """An endpoint that was not deleted, by id (primary key)."""
    row = tx.execute(select(*_ENDPOINT).join(projects).where(_C.id == endpoint_id, _ALIVE)).first()
    return with_event_types(tx, [row])[0] if row else None


def endpoints_of(tx: Transaction, project_id: str, limit: int, after_id: str | None = None) -> list[WebhookEndpoint]:
    """A project's endpoints, newest first, after an id (ix_webhook_endpoints_project_id)."""
    query = select(*_ENDPOINT).join(projects).where(_C.project_id == project_id, _ALIVE)
    if after_id:
        query = query.where(_C.id < after_id)
    return with_event_types(tx, tx.execute(query.order_by(_C.id.desc()).limit(limit)).all())


def endpoints_by_id(tx: Transaction, endpoint_ids: Sequence[str]) -> dict[str, WebhookEndpoint]:
    """Endpoints that were not deleted, by their ids (primary key)."""
    rows = tx.execute(select(*_ENDPOINT).join(projects).where(_C.id.in_(endpoint_ids), _ALIVE)).all()
    return {endpoint.id: endpoint for endpoint in with_event_types(tx, rows)}


def slots_of(tx: Transaction, project_id: str) -> set[str]:
    """The slots that a project's endpoints have (uq_webhook_endpoints_slot)."""
    return set(tx.execute(select(_C.slot).where(_C.project_id == project_id, _ALIVE)).scalars())


def count_endpoints(tx: Transaction, project_id: str) -> int:
    """How many endpoints a project has (ix_webhook_endpoints_project_id)."""
    return tx.execute(select(func.count()).where(_C.project_id == project_id, _ALIVE)).scalar_one()


def lock_endpoint(tx: Transaction, endpoint_id: str) -> None:
    """Hold an endpoint's row until the commit. Whoever touches it and its deliveries takes it first: no deadlock."""
    tx.execute(select(_C.id).where(_C.id == endpoint_id).with_for_update())


def share_endpoint(tx: Transaction, endpoint_id: str) -> None:
    """Hold an endpoint's row, together with others who do, until the commit: none pauses or removes it meanwhile."""
    tx.execute(select(_C.id).where(_C.id == endpoint_id).with_for_update(read=True))


def change_endpoint(tx: Transaction, endpoint: WebhookEndpoint, revision: int) -> bool:
    """Save an endpoint that still has this revision; whether it had."""
    done = tx.execute(
        update(webhook_endpoints)
        .where(_C.id == endpoint.id, _C.revision == revision, _ALIVE)
        .values(
            revision=revision + 1, url=endpoint.url, description=endpoint.description, headers=_kept_headers(endpoint),
            state=endpoint.state, state_reason=endpoint.state_reason, fifo=endpoint.fifo,
            max_per_second=endpoint.max_per_second, v1a=endpoint.v1a, failures=endpoint.failures,
            failing_since_at=endpoint.failing_since_at, held_until_at=endpoint.held_until_at,
        )
    )  # fmt: skip
    if done.rowcount:
        replace_subscriptions(tx, endpoint)
    return done.rowcount == 1


def delete_endpoint(tx: Transaction, endpoint_id: str, now: datetime) -> None:
    """Mark an endpoint deleted; its deliveries stay on record, its secrets and subscriptions do not."""
    tx.execute(
        update(webhook_endpoints)
        .where(_C.id == endpoint_id)
        .values(deleted_at=now, revision=_C.revision + 1, headers={})
    )
    tx.execute(delete(webhook_secrets).where(webhook_secrets.c.webhook_endpoint_id == endpoint_id))
    tx.execute(delete(webhook_subscriptions).where(webhook_subscriptions.c.webhook_endpoint_id == endpoint_id))


def with_event_types(tx: Transaction, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[WebhookEndpoint]:
    """Endpoint rows as records, with what each subscribes to (primary key of the subscriptions)."""
    wanted = webhook_subscriptions.c.webhook_endpoint_id.in_([row.id for row in rows])
    subscribed: dict[str, list[str]] = {row.id: [] for row in rows}
    query = select(webhook_subscriptions.c.webhook_endpoint_id, webhook_subscriptions.c.event_type).where(wanted)
    for endpoint_id, event_type in tx.execute(query):
        subscribed[endpoint_id].append(event_type)
    return [_endpoint(row, subscribed[row.id]) for row in rows]


def _endpoint(row: Row[*tuple[Any, ...]], event_types: list[str]) -> WebhookEndpoint:
    values = dict(row._mapping)
    kept = values.pop("headers")
    return WebhookEndpoint(
        **values, headers=kept["shown"], sealed_headers=kept["sealed"], event_types=tuple(sorted(event_types))
    )


def _kept_headers(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"shown": endpoint.headers, "sealed": endpoint.sealed_headers}


# --- signing secrets ------------------------------------------------------------------------------


def insert_secret(tx: Transaction, endpoint_id: str, version: int, encrypted: bytes, now: datetime) -> None:
    """Add a version of an endpoint's signing secret; IntegrityError where there is that version."""
    tx.execute(
        insert(webhook_secrets).values(
            webhook_endpoint_id=endpoint_id, version=version, encrypted=encrypted, created_at=now
        )
    )


def retire_secrets(tx: Transaction, endpoint_id: str, retires_at: datetime, now: datetime) -> None:
    """Let every secret of an endpoint end at an instant, or earlier where that was set; drop those that have ended."""
    mine = webhook_secrets.c.webhook_endpoint_id == endpoint_id
    later = or_(webhook_secrets.c.retires_at.is_(None), webhook_secrets.c.retires_at > retires_at)
    tx.execute(update(webhook_secrets).where(mine, later).values(retires_at=retires_at))
    tx.execute(delete(webhook_secrets).where(mine, webhook_secrets.c.retires_at <= now))


def secrets_of(tx: Transaction, endpoint_ids: Sequence[str]) -> dict[str, tuple[SecretVersion, ...]]:
    """The signing secrets of endpoints, newest first (primary key)."""
    column = webhook_secrets.c
    query = (
        select(column.webhook_endpoint_id, column.version, column.encrypted, column.created_at, column.retires_at)
        .where(column.webhook_endpoint_id.in_(endpoint_ids))
        .order_by(column.version.desc())
    )
    secrets: dict[str, tuple[SecretVersion, ...]] = dict.fromkeys(endpoint_ids, ())
    for endpoint_id, *secret in tx.execute(query):
        secrets[endpoint_id] += (SecretVersion(*secret),)
    return secrets
