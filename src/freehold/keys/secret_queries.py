"""SQL of a key's secrets: adding one, ending one, and what each was used for. Never reads a digest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, func, insert, select, update

from freehold.keys.records import Caller, Secret, SecretState
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import key_secrets, keys, secret_uses, usage_events

_SECRETS = key_secrets.c
_EVENTS = usage_events.c
# Among so many of a key's calls, back from a secret's last one, its callers are looked for: a bound on the
# work, whatever the key's traffic.
_LOOKED_AT = 2000
CALLERS_MAX = 10


def insert_secret(
    tx: Transaction,
    key_id: str,
    project: Project,
    selector: str,
    version: int,
    digest: bytes,
    last4: str,
    now: datetime,
) -> None:
    """Add a secret to a key; IntegrityError where the key has an active one."""
    tx.execute(
        insert(key_secrets).values(
            selector=selector, key_id=key_id, project_id=project.id, environment=project.environment,
            version=version, digest=digest, last4=last4, state="active", created_at=now,
        )
    )  # fmt: skip


def secrets_of(tx: Transaction, key_ids: Sequence[str]) -> dict[str, list[Secret]]:
    """The secrets of several keys with their last use, newest version first (uq_key_secrets_key_id_version)."""
    query = (
        select(
            _SECRETS.key_id, _SECRETS.selector, _SECRETS.version, _SECRETS.last4, _SECRETS.state, _SECRETS.created_at,
            _SECRETS.retires_at, secret_uses.c.last_at, secret_uses.c.last_address,
            func.coalesce(secret_uses.c.requests, 0), _SECRETS.held,
        )
        .outerjoin(secret_uses, secret_uses.c.selector == _SECRETS.selector)
        .where(_SECRETS.key_id.in_(key_ids))
        .order_by(_SECRETS.version.desc())
    )  # fmt: skip
    secrets: dict[str, list[Secret]] = {key_id: [] for key_id in key_ids}
    for key_id, *columns in tx.execute(query):
        newer, secret = secrets[key_id], Secret(*columns)
        newer.append(replace(secret, superseded_at=newer[-1].created_at) if newer else secret)
    return secrets


def lock_key(tx: Transaction, key_id: str) -> None:
    """Hold a key until the commit: what changes its secrets comes one after the other (primary key)."""
    tx.execute(select(keys.c.id).where(keys.c.id == key_id).with_for_update())


def next_revision(tx: Transaction, key_id: str) -> None:
    """Say that a key is another than it was."""
    tx.execute(update(keys).where(keys.c.id == key_id).values(revision=keys.c.revision + 1))


def begin_overlap(tx: Transaction, key_id: str, retires_at: datetime, held: bool) -> None:
    """Let the current secret of a key serve until a time beside the one that follows it (uq_key_secrets_active)."""
    retiring: SecretState = "retiring"
    current = and_(_SECRETS.key_id == key_id, _SECRETS.state == "active")
    tx.execute(update(key_secrets).where(current).values(state=retiring, retires_at=retires_at, held=held))


def retire(tx: Transaction, selectors: Sequence[str], now: datetime) -> None:
    """End secrets now, for good."""
    retired: SecretState = "retired"
    tx.execute(update(key_secrets).where(_SECRETS.selector.in_(selectors)).values(state=retired, retires_at=now))


def change_overlap(tx: Transaction, selector: str, retires_at: datetime, held: bool) -> None:
    """Let a retiring secret end at another time, held or not."""
    tx.execute(update(key_secrets).where(_SECRETS.selector == selector).values(retires_at=retires_at, held=held))


def secrets_ending_by(tx: Transaction, until: datetime, limit: int) -> list[tuple[str, str]]:
    """Keys and selectors of retiring secrets whose time comes before an instant, soonest first (ix_key_secrets_retiring)."""
    query = (
        select(_SECRETS.key_id, _SECRETS.selector)
        .where(_SECRETS.state == "retiring", _SECRETS.retires_at <= until)
        .order_by(_SECRETS.retires_at)
        .limit(limit)
    )
    return [(row.key_id, row.selector) for row in tx.execute(query)]


def callers_of(tx: Transaction, key_id: str, secret: Secret) -> tuple[Caller, ...]:
    """Who called with a secret lately, latest first: among the key's last 2,000 calls up to the secret's last one.

    Of a secret that was replaced, since then: whoever called before has moved on. Single requests are kept for
    some days only (ix_usage_events_key_at).
    """
    if secret.last_used_at is None:
        return ()
    since = secret.superseded_at or secret.created_at
    latest = (
        select(_EVENTS.secret, _EVENTS.address, _EVENTS.user_agent, _EVENTS.at)
        .where(_EVENTS.key_id == key_id, _EVENTS.at <= secret.last_used_at, _EVENTS.at >= since)
        .order_by(_EVENTS.at.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    seen = func.max(latest.c.at)
    query = (
        select(latest.c.address, latest.c.user_agent, seen, func.count())
        .where(latest.c.secret == secret.selector)
        .group_by(latest.c.address, latest.c.user_agent)
        .order_by(seen.desc(), latest.c.address, latest.c.user_agent)
        .limit(CALLERS_MAX)
    )
    return tuple(Caller(*row) for row in tx.execute(query))
