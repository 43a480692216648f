"""What is wrong with a shape that a project is wanted to have: everything at once, each fault by the shape's own names. Pure.

What only the database can tell (who is a member, whether a URL may be sent to) the actions say as the shape is applied.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from freehold.alerts.actions import RULES_MAX
from freehold.alerts.channel_actions import CHANNELS_MAX
from freehold.alerts.records import AlertFilter, RuleSettings, Threshold
from freehold.alerts.setting_rules import faults_of as rule_faults
from freehold.errors import FieldError
from freehold.keys.settings_rules import KeySettings, check_settings
from freehold.organizations.rules import LIFETIME_MAX, clean_name
from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Shape
from freehold.production.shape.rules import items_of, references_of
from freehold.projects.limit_rules import check_limits
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import Scope
from freehold.projects.rules import check_labels, check_scope
from freehold.projects.slots import slot_fault
from freehold.reports.schedule_records import ScheduleSettings
from freehold.reports.schedule_rules import SCHEDULES_MAX
from freehold.reports.schedule_rules import settings_faults as schedule_faults
from freehold.webhooks.actions import ENDPOINTS_MAX
from freehold.webhooks.headers import header_faults

_DAYS_MAX: Final = LIFETIME_MAX.days


@dataclass(frozen=True, slots=True)
class Ground:
    """What a shape stands on: the project's API by its slug, what its catalogue has, and the scope as it is."""

    api: str
    endpoints: Collection[str]
    event_types: Collection[str]
    scope: Scope


def shape_faults(wanted: Shape, ground: Ground, now: datetime) -> list[FieldError]:
    """Everything that keeps a project on this ground from having a shape; empty where nothing does."""
    return [
        *_project_faults(wanted, ground), *_reference_faults(wanted),
        *(fault for name, key in wanted["keys"].items() for fault in _key_faults(name, key, wanted, now)),
        *_webhook_faults(wanted["webhooks"]), *_channel_faults(wanted["alert_channels"]),
        *_alert_faults(wanted["alerts"], now), *_schedule_faults(wanted.get("report_schedules", {}), now),
    ]  # fmt: skip


def under(prefix: str, faults: Collection[FieldError]) -> list[FieldError]:
    """Faults of a part, named as fields of the whole."""
    return [replace(each, field=f"{prefix}.{each.field}") for each in faults]


def key_settings(
    name: str, key: Mapping[str, Any], networks: tuple[str, ...], expires_at: datetime | None
) -> KeySettings:
    """A key's settings as a shape has them, with what the shape does not say."""
    endpoints = None if key["endpoints"] is None else tuple(key["endpoints"])
    return KeySettings(
        name,
        key["workload"],
        endpoints,
        expires_at,
        networks,
        rate_limits_of(key["rate_limits"]),
        quota_of(key["quota"]),
    )


def rate_limits_of(limits: Mapping[str, Any]) -> tuple[RateLimit, ...]:
    """Rate limits out of a shape, by name."""
    return tuple(RateLimit(name, limits[name]["limit"], limits[name]["window_s"]) for name in sorted(limits))


def quota_of(quota: Mapping[str, Any] | None) -> Quota | None:
    """A quota out of a shape."""
    return Quota(quota["limit"], quota["period"]) if quota else None


def rule_settings(alert: Mapping[str, Any], key: str | None, webhook: str | None) -> RuleSettings:
    """An alert rule's settings as a shape has them; `key` and `webhook`: the ids of what its filter names."""
    chosen = alert["filter"]
    return RuleSettings(
        name=alert["name"], metric=alert["metric"],
        thresholds=tuple(
            Threshold(float(each["at"]), None if each["resolve_below"] is None else float(each["resolve_below"]))
            for each in alert["thresholds"]
        ),
        comparison=alert["comparison"], period=alert["period"], timezone=alert["timezone"], window_s=alert["window_s"],
        filter=AlertFilter(key, chosen["endpoint"], chosen["reason"], chosen["percentile"], webhook),
        minimum_count=alert["minimum_count"], severity=alert["severity"], next_action=alert["next_action"],
        notify=tuple(alert["notify"]), enabled=alert["enabled"],
    )  # fmt: skip


def schedule_settings(schedule: Mapping[str, Any]) -> ScheduleSettings:
    """A report schedule's settings out of a shape."""
    return ScheduleSettings(**schedule)


def _project_faults(wanted: Shape, ground: Ground) -> Iterator[FieldError]:
    if wanted["api"] != ground.api:
        words = f"The project is of the API {ground.api!r}, and stays so: the shape is of {wanted['api']!r}."
        yield FieldError("api", words, "another_api")
    labels = wanted["labels"]
    yield from under(
        "labels", check_labels(labels["name"], labels["purpose"], labels["product_line"], labels["use_case"])
    )
    yield from (_unclean(f"labels.{name}") for name, text in labels.items() if text and clean_name(text) != text)
    if "technical" not in wanted["owners"]:
        yield FieldError("owners", "A project has a technical owner: name the duty `technical`.", "required")
    scope = Scope(list(wanted["scope"]["endpoints"]), list(wanted["scope"]["event_types"]))
    yield from under("scope", check_scope(scope, ground.scope, ground.endpoints, ground.event_types))
    limits = wanted["limits"]
    yield from under("limits", check_limits(rate_limits_of(limits["rate_limits"]), quota_of(limits["quota"])))


def _reference_faults(wanted: Shape) -> Iterator[FieldError]:
    items = items_of(wanted)
    for item, value in items.items():
        for needed, _ in references_of(item, value):
            if needed not in items:
                yield _dangling(item, needed)


def _dangling(item: str, needed: str) -> FieldError:
    part, name = tokens_of(item)
    *where, what = tokens_of(needed)
    if part == "alerts":
        field = f"alerts.{name}.filter.{'key' if where == ['keys'] else 'webhook'}"
        if not what:
            words = "What the rule looked at is gone. Name another, or none."
            return FieldError(field, words, "gone")
        return FieldError(field, f"The shape has no {needed}.", "not_in_shape")
    field = f"{part}.{name}.{'endpoints' if part == 'keys' else 'event_types'}"
    return FieldError(field, f"{what!r} is not in the shape's scope. Declare it there first.", "not_in_scope")


def _key_faults(name: str, key: Mapping[str, Any], wanted: Shape, now: datetime) -> Iterator[FieldError]:
    # Its endpoints are looked at with all other references.
    settings = replace(key_settings(name, key, (), None), endpoints=None)
    yield from under(f"keys.{name}", check_settings(settings, wanted["scope"]["endpoints"], now))
    if any(text and clean_name(text) != text for text in (name, key["workload"])):
        yield _unclean(f"keys.{name}")
    days = key["expires_after_days"]
    if days is not None and not 1 <= days <= _DAYS_MAX:
        yield FieldError(f"keys.{name}.expires_after_days", f"From 1 to {_DAYS_MAX} days.", "out_of_range")


def _webhook_faults(webhooks: Mapping[str, Any]) -> Iterator[FieldError]:
    if len(webhooks) > ENDPOINTS_MAX:
        yield FieldError("webhooks", f"A project has at most {ENDPOINTS_MAX} webhook endpoints.", "too_many")
    for slot, webhook in webhooks.items():
        yield from _slot_faults("webhooks", slot)
        names = dict.fromkeys(webhook["headers"], "x")
        yield from (
            FieldError(f"webhooks.{slot}.headers.{name}", fault, "bad_header") for name, fault in header_faults(names)
        )


def _channel_faults(channels: Mapping[str, Any]) -> Iterator[FieldError]:
    if len(channels) > CHANNELS_MAX:
        yield FieldError("alert_channels", f"A project has at most {CHANNELS_MAX} chat channels.", "too_many")
    for slot, channel in channels.items():
        yield from _slot_faults("alert_channels", slot)
        if clean_name(channel["name"]) != channel["name"]:
            yield _unclean(f"alert_channels.{slot}.name")


def _alert_faults(alerts: Mapping[str, Any], now: datetime) -> Iterator[FieldError]:
    if len(alerts) > RULES_MAX:
        yield FieldError("alerts", f"A project has at most {RULES_MAX} alert rules.", "too_many")
    for slot, alert in alerts.items():
        yield from _slot_faults("alerts", slot)
        chosen = alert["filter"]
        yield from under(f"alerts.{slot}", rule_faults(rule_settings(alert, chosen["key"], chosen["webhook"]), now))
        if clean_name(alert["name"]) != alert["name"]:
            yield _unclean(f"alerts.{slot}.name")
        if alert["next_action"].strip() != alert["next_action"]:
            yield _unclean(f"alerts.{slot}.next_action")


def _schedule_faults(schedules: Mapping[str, Any], now: datetime) -> Iterator[FieldError]:
    if len(schedules) > SCHEDULES_MAX:
        yield FieldError("report_schedules", f"A project has at most {SCHEDULES_MAX} report schedules.", "too_many")
    for slot, schedule in schedules.items():
        yield from _slot_faults("report_schedules", slot)
        yield from under(f"report_schedules.{slot}", schedule_faults(schedule_settings(schedule), "project", now))
        if clean_name(schedule["name"]) != schedule["name"]:
            yield _unclean(f"report_schedules.{slot}.name")


def _slot_faults(part: str, slot: str) -> Iterator[FieldError]:
    if fault := slot_fault(slot):
        yield replace(fault, field=f"{part}.{slot}")


def _unclean(field: str) -> FieldError:
    return FieldError(field, "Without blanks at the ends or two in a row, and in Unicode's form NFC.", "not_normal")
