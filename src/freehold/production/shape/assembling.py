"""A project's shape as the tables have it now: read in a fixed number of queries, however much it declares."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.alerts.records import AlertRule
from freehold.apis import queries as apis
from freehold.keys.records import Key
from freehold.keys.templates import narrowed_to
from freehold.kit.decimals import number_text
from freehold.production.shape.assets import Assets, assets_of
from freehold.production.shape.records import SHAPE_VERSION, Shape
from freehold.production.shape.rules import without_empty
from freehold.projects import queries as projects
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import Project, Scope
from freehold.reports.schedule_records import ScheduleSettings
from freehold.store.engine import Transaction
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import WebhookEndpoint

_DAY: Final = timedelta(days=1)
# What an alert rule's filter names where that is gone.
GONE: Final = ""


def read_shape(tx: Transaction, project: Project, assets: Assets | None = None) -> Shape:
    """What a project declares now. `assets`: what it has, where that was read already."""
    has = assets or assets_of(tx, project)
    scope = projects.scope_of(tx, project.id)
    key_names = {each.key_id: name for name, each in has.declared.items()} | {
        key.id: name for name, key in has.keys.items()
    }
    slots = {endpoint.id: slot for slot, endpoint in has.webhooks.items()}
    api = apis.find_api(tx, project.api_id)
    return without_empty({
        "version": SHAPE_VERSION,
        "api": api.slug if api else "",
        "labels": {
            "name": project.name, "purpose": project.purpose, "product_line": project.product_line,
            "use_case": project.use_case,
        },
        "owners": sorted({owner.duty for owner in has.owners}),
        "scope": {"endpoints": sorted(scope.endpoints), "event_types": sorted(scope.event_types)},
        "limits": {"rate_limits": rate_limits_in(project.rate_limits), "quota": quota_in(project.quota)},
        "keys": {name: narrowed_to(each, scope.endpoints) for name, each in has.declared.items()}
        | {name: _key(key) for name, key in has.keys.items()},
        "webhooks": {slot: _webhook(each, scope) for slot, each in has.webhooks.items()},
        "alert_channels": {slot: {"name": each.name, "kind": each.kind} for slot, each in has.channels.items()},
        "alerts": {slot: _alert(rule, key_names, slots) for slot, rule in has.rules.items()},
        "report_schedules": {slot: schedule_in(each.settings) for slot, each in has.schedules.items()},
    })  # fmt: skip


def rate_limits_in(rate_limits: Sequence[RateLimit]) -> dict[str, Any]:
    """Named rate limits as a shape has them."""
    return {each.name: {"limit": each.limit, "window_s": each.window_s} for each in rate_limits}


def quota_in(quota: Quota | None) -> dict[str, Any] | None:
    """A quota as a shape has it."""
    return {"limit": quota.limit, "period": quota.period} if quota else None


def schedule_in(settings: ScheduleSettings) -> dict[str, Any]:
    """A report schedule's settings as a shape has them. Whether it is paused is no part of it."""
    return {
        "name": settings.name, "kind": settings.kind, "format": settings.format, "cron": settings.cron,
        "time_zone": settings.time_zone, "period": settings.period,
    }  # fmt: skip


def expires_after_days(created_at: datetime, expires_at: datetime | None) -> int | None:
    """The policy behind an expiry: whole days from the key's making, at least one; None: never."""
    return None if expires_at is None else max(1, round((expires_at - created_at) / _DAY))


def _key(key: Key) -> dict[str, Any]:
    return {
        "workload": key.workload, "endpoints": None if key.endpoints is None else sorted(key.endpoints),
        "restricted": bool(key.allowed_cidrs), "rate_limits": rate_limits_in(key.rate_limits),
        "quota": quota_in(key.quota), "expires_after_days": expires_after_days(key.created_at, key.expires_at),
    }  # fmt: skip


def _webhook(endpoint: WebhookEndpoint, scope: Scope) -> dict[str, Any]:
    # What left the scope is delivered no more, though the endpoint still subscribes to it.
    received = [each for each in endpoint.event_types if each in OWN_EVENTS or each in scope.event_types]
    return {
        "description": endpoint.description, "event_types": sorted(received), "headers": sorted(endpoint.headers),
        "fifo": endpoint.fifo, "max_per_second": endpoint.max_per_second, "v1a": endpoint.v1a,
    }  # fmt: skip


def _alert(rule: AlertRule, key_names: Mapping[str, str], slots: Mapping[str, str]) -> dict[str, Any]:
    settings, chosen = rule.settings, rule.settings.filter
    return {
        "name": settings.name, "metric": settings.metric,
        "thresholds": [
            {"at": number_text(each.at), "resolve_below": number_text(each.resolve_below)} for each in sorted(settings.thresholds, key=lambda step: step.at)
        ],
        "comparison": settings.comparison, "period": settings.period, "timezone": settings.timezone,
        "window_s": settings.window_s,
        "filter": {
            "key": None if chosen.key is None else key_names.get(chosen.key, GONE),
            "webhook": None if chosen.webhook is None else slots.get(chosen.webhook, GONE),
            "endpoint": chosen.endpoint, "reason": chosen.reason, "percentile": chosen.percentile,
        },
        "minimum_count": settings.minimum_count, "severity": settings.severity, "next_action": settings.next_action,
        "notify": sorted(settings.notify), "enabled": settings.enabled,
    }  # fmt: skip
