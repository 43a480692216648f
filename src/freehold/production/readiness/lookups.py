"""SQL of what readiness looks at in the tables of the other slices: of several projects at a time, whatever they have.

Reads tables of slices to the left, and is right of all of them. Changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, func, literal, or_, select, type_coerce

from freehold.organizations.permissions import PERMISSIONS
from freehold.production.readiness.facts import Band, Delivered, KeyFact, OwnerFact, Told
from freehold.production.readiness.records import KeyFinding
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import (
    access_requests,
    alert_channels,
    alert_notifications,
    alert_rules,
    attempts,
    deliveries,
    key_secrets,
    keys,
    mails,
    members,
    messages,
    project_owners,
    scope_endpoints,
    scope_event_types,
    secret_uses,
    users,
    webhook_endpoints,
)

_ROTATES: Final = tuple(role for role, granted in PERMISSIONS.items() if "keys.issue" in granted)
_N: Final = alert_notifications.c


def owners_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, tuple[OwnerFact, ...]]:
    """The owners of projects, technical ones first, and whether each can rotate keys (primary keys)."""
    technical = case((project_owners.c.duty == "technical", 0), else_=1)
    query = (
        select(project_owners.c.project_id, users.c.id, users.c.name, project_owners.c.duty, members.c.role)
        .join(users, users.c.id == project_owners.c.user_id)
        .join(members, and_(members.c.organization_id == project_owners.c.organization_id,
                            members.c.user_id == project_owners.c.user_id))
        .where(project_owners.c.project_id.in_(project_ids), users.c.disabled_at.is_(None))
        .order_by(technical, users.c.email, project_owners.c.duty)
    )  # fmt: skip
    found: dict[str, tuple[OwnerFact, ...]] = dict.fromkeys(project_ids, ())
    for project_id, user_id, name, duty, role in tx.execute(query):
        found[project_id] += (OwnerFact(user_id, name, duty, role in _ROTATES),)
    return found


def billing_members(tx: Transaction, organization_ids: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The members of organizations whose role is billing, by address (primary key)."""
    query = (
        select(members.c.organization_id, users.c.id, users.c.name)
        .join(users, users.c.id == members.c.user_id)
        .where(
            members.c.organization_id.in_(organization_ids), members.c.role == "billing", users.c.disabled_at.is_(None)
        )
        .order_by(users.c.email)
    )
    found: dict[str, tuple[tuple[str, str], ...]] = dict.fromkeys(organization_ids, ())
    for organization_id, user_id, name in tx.execute(query):
        found[organization_id] += ((user_id, name),)
    return found


def scopes_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What projects declare: endpoints, event types (primary keys)."""
    endpoints, event_types = scope_endpoints.c, scope_event_types.c
    called = _grouped(
        tx,
        project_ids,
        select(endpoints.project_id, endpoints.operation_id).where(endpoints.project_id.in_(project_ids)),
    )
    received = _grouped(
        tx,
        project_ids,
        select(event_types.project_id, event_types.event_type).where(event_types.project_id.in_(project_ids)),
    )
    return {each: (tuple(sorted(called[each])), tuple(sorted(received[each]))) for each in project_ids}


def _grouped(tx: Transaction, project_ids: Sequence[str], query: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {each: [] for each in project_ids}
    for project_id, value in tx.execute(query):
        found[project_id].append(value)
    return found


def endpoint_ids(tx: Transaction, project_ids: Sequence[str]) -> list[str]:
    """The webhook endpoints of projects that were not deleted (ix_webhook_endpoints_project_id)."""
    column = webhook_endpoints.c
    query = select(column.id).where(column.project_id.in_(project_ids), column.deleted_at.is_(None))
    return list(tx.execute(query.order_by(column.id)).scalars())


def delivered_to(tx: Transaction, endpoint_ids: Sequence[str], since: datetime) -> dict[str, Delivered]:
    """The newest published event that each endpoint accepted at its present URL (ix_deliveries_endpoint)."""
    newest = (
        select(deliveries.c.id)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .join(attempts, attempts.c.delivery_id == deliveries.c.id)
        .where(deliveries.c.webhook_endpoint_id == webhook_endpoints.c.id, deliveries.c.created_at >= since)
        .where(deliveries.c.state == "delivered", deliveries.c.probe.is_(None), messages.c.origin == "published")
        .where(attempts.c.outcome == "accepted", attempts.c.url == webhook_endpoints.c.url)
        .order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc())
        .limit(1)
        .correlate(webhook_endpoints)
        .scalar_subquery()
    )
    ids = select(newest).where(webhook_endpoints.c.id.in_(endpoint_ids))
    query = select(
        deliveries.c.webhook_endpoint_id, deliveries.c.id, messages.c.event_type, deliveries.c.finished_at
    ).join(messages, messages.c.id == deliveries.c.message_id)
    found = tx.execute(query.where(deliveries.c.id.in_(ids)))
    return {endpoint_id: Delivered(*delivered) for endpoint_id, *delivered in found}


def bands_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, Band]:
    """The traffic that the newest request for access of each project expects, where it still stands (ix_access_requests_project)."""
    column = access_requests.c
    query = (
        select(column.project_id, column.id, column.requests_a_day_from, column.requests_a_day_to, column.requested_at)
        .where(column.project_id.in_(project_ids), column.kind == "access")
        .where(column.state.in_(("requested", "approved", "live")))
        .order_by(column.id)
    )
    return {project_id: Band(*band) for project_id, *band in tx.execute(query)}


def requester_of(tx: Transaction, project_id: str) -> str | None:
    """The person whose request about a project is open, by user id (ix_access_requests_project)."""
    column = access_requests.c
    query = select(column.requested_by).where(column.project_id == project_id, column.ended_at.is_(None))
    found: str | None = tx.execute(query.order_by(column.id.desc()).limit(1)).scalar()
    return found


def keys_of(
    tx: Transaction, project_ids: Sequence[str], accepted: dict[str, frozenset[KeyFinding]], now: datetime
) -> dict[str, tuple[KeyFact, ...]]:
    """The keys of projects that serve now, by name (uq_key_secrets_active, ix_secret_uses_key_id)."""
    last_used = (
        select(func.max(secret_uses.c.last_at)).where(secret_uses.c.key_id == keys.c.id).correlate(keys)
    ).scalar_subquery()
    query = (
        select(keys.c.project_id, keys.c.id, keys.c.name, key_secrets.c.created_at,
               func.coalesce(last_used, keys.c.created_at), keys.c.expires_at)
        .join(key_secrets, and_(key_secrets.c.key_id == keys.c.id, key_secrets.c.state == "active"))
        .where(keys.c.project_id.in_(project_ids), keys.c.state == "active")
        .where(or_(keys.c.expires_at.is_(None), keys.c.expires_at > now))
        .order_by(keys.c.name, keys.c.id)
    )  # fmt: skip
    found: dict[str, tuple[KeyFact, ...]] = dict.fromkeys(project_ids, ())
    for project_id, key_id, name, secret_at, used_since, expires_at in tx.execute(query):
        key = KeyFact(key_id, name, secret_at, used_since, expires_at, accepted.get(key_id, frozenset()))
        found[project_id] += (key,)
    return found


def rules_of(tx: Transaction, project_ids: Sequence[str], now: datetime) -> dict[str, int]:
    """How many alert rules of each project are looked at and told of now (ix_alert_rules_project_id)."""
    query = select(alert_rules.c.project_id, func.count()).where(
        alert_rules.c.project_id.in_(project_ids), *_telling(now)
    )
    found: dict[str, int] = {row[0]: row[1] for row in tx.execute(query.group_by(alert_rules.c.project_id))}
    return found


def told_of(tx: Transaction, project_ids: Sequence[str], since: datetime, now: datetime) -> dict[str, Told]:
    """The newest notification of each project that arrived (ix_alert_rules_project_id, ix_alert_notifications_rule).

    Of a rule that still tells by that way, and where its target is still there.
    """
    by_this_way = type_coerce(alert_rules.c.notify, Text).like(literal('%"', Text) + _N.way + literal('"%', Text))
    newest = (
        select(_N.id)
        .where(_N.rule_id == alert_rules.c.id, _N.created_at >= since, by_this_way, _arrived())
        .order_by(_N.created_at.desc(), _N.id.desc())
        .limit(1)
        .correlate(alert_rules)
        .scalar_subquery()
    )
    ids = select(newest).where(alert_rules.c.project_id.in_(project_ids), *_telling(now))
    query = select(_N.project_id, _N.rule_id, alert_rules.c.name, _N.way, _N.created_at)
    query = query.join(alert_rules, alert_rules.c.id == _N.rule_id).where(_N.id.in_(ids))
    found: dict[str, Told] = {}
    for project_id, *told in tx.execute(query.order_by(_N.created_at, _N.id)):
        found[project_id] = Told(*told)
    return found


def _telling(now: datetime) -> tuple[ColumnElement[bool], ...]:
    rule = alert_rules.c
    unmuted = or_(rule.muted_until_at.is_(None), rule.muted_until_at <= now)
    return rule.deleted_at.is_(None), rule.enabled, unmuted


def _arrived() -> ColumnElement[bool]:
    """Whether a notification arrived: a chat channel took it, its mail was sent, or an endpoint accepted its message."""
    here = select(alert_channels.c.id).where(alert_channels.c.id == _N.target, alert_channels.c.deleted_at.is_(None))
    mailed = select(mails.c.id).where(mails.c.id == _N.handed_over_id, mails.c.state == "sent")
    accepted = (
        select(deliveries.c.id)
        .join(webhook_endpoints, webhook_endpoints.c.id == deliveries.c.webhook_endpoint_id)
        .where(deliveries.c.message_id == _N.handed_over_id, deliveries.c.state == "delivered")
        .where(webhook_endpoints.c.deleted_at.is_(None))
    )
    return or_(
        and_(_N.way == "chat", _N.state == "delivered", here.correlate(alert_notifications).exists()),
        and_(_N.way == "email", mailed.correlate(alert_notifications).exists()),
        and_(_N.way == "webhooks", accepted.correlate(alert_notifications).exists()),
    )


def organizations_of(projects: Sequence[Project]) -> list[str]:
    """The organizations that projects are of, each once."""
    return sorted({each.organization_id for each in projects})
