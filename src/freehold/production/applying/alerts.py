"""A project's alert rules and chat channels, brought to a shape."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freehold.alerts.actions import create_rule, delete_rule, edit_rule
from freehold.alerts.channel_actions import create_channel, delete_channel, edit_channel, open_url
from freehold.alerts.records import RuleSettings
from freehold.keys.templates import templates_of
from freehold.production.applying.checking import rule_settings
from freehold.production.applying.tools import Shaping, telling_of
from freehold.production.shape.assets import ALL
from freehold.production.shape.slots import one
from freehold.webhooks import queries as webhooks


def remove(work: Shaping) -> None:
    """Delete the rules and channels that are not wanted; what is open of a rule is over."""
    for slot in sorted(work.assets.rules.keys() - work.wanted["alerts"].keys()):
        with telling_of("alerts", slot):
            delete_rule(work.tx, work.actor, work.assets.rules[slot].id)
    for slot in sorted(work.assets.channels.keys() - work.wanted["alert_channels"].keys()):
        with telling_of("alert_channels", slot):
            delete_channel(work.tx, work.actor, work.assets.channels[slot].id)


def change(work: Shaping) -> None:
    """Channels, then rules: make those that are not there, change those that are."""
    for slot, channel in sorted(work.wanted["alert_channels"].items()):
        with telling_of("alert_channels", slot):
            _bring_channel(work, slot, channel)
    key_ids = {name: key.id for name, key in work.assets.keys.items()}
    key_ids |= {each.name: each.key_id for each in templates_of(work.tx, work.project.id)}
    endpoint_ids = {each.slot: each.id for each in webhooks.endpoints_of(work.tx, work.project.id, ALL)}
    for slot, alert in sorted(work.wanted["alerts"].items()):
        with telling_of("alerts", slot):
            _bring_rule(work, slot, alert, key_ids, endpoint_ids)


def _bring_channel(work: Shaping, slot: str, channel: Mapping[str, Any]) -> None:
    tools, url = work.tools, one(work.bindings, "alert_channels", slot, "url")
    held = work.assets.channels.get(slot)
    if held is None:
        create_channel(
            work.tx, work.actor, tools.secret, tools.settings, work.project.id, channel["kind"], channel["name"],
            url or "", slot=slot,
        )  # fmt: skip
        return
    if work.rebinds("alert_channels", slot) or (held.kind, held.name) != (channel["kind"], channel["name"]):
        url = url or open_url(tools.secret, held)
        edit_channel(work.tx, work.actor, tools.secret, tools.settings, held.id, channel["kind"], channel["name"], url)


def _bring_rule(
    work: Shaping, slot: str, alert: Mapping[str, Any], key_ids: Mapping[str, str], endpoint_ids: Mapping[str, str]
) -> None:  # fmt: skip
    chosen = alert["filter"]
    key = None if chosen["key"] is None else key_ids[chosen["key"]]
    webhook = None if chosen["webhook"] is None else endpoint_ids[chosen["webhook"]]
    wanted = rule_settings(alert, key, webhook)
    rule = work.assets.rules.get(slot)
    if rule is None:
        create_rule(work.tx, work.actor, work.project.id, wanted, slot)
        return
    # Who owns a rule and until when it is silent are no part of the shape.
    wanted = replace(wanted, owner=rule.settings.owner, muted_until=rule.settings.muted_until)
    if not _alike(wanted, rule.settings):
        edit_rule(work.tx, work.actor, rule.id, lambda _old: wanted)


def _alike(one_rule: RuleSettings, other: RuleSettings) -> bool:
    """Whether two settings are the same but for the order in which ways and thresholds were given."""
    return _in_order(one_rule) == _in_order(other)


def _in_order(settings: RuleSettings) -> RuleSettings:
    steps = tuple(sorted(settings.thresholds, key=lambda each: each.at))
    return replace(settings, thresholds=steps, notify=tuple(sorted(settings.notify)))
