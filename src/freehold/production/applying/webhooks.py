"""A project's webhook endpoints, brought to a shape."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freehold.production.applying.tools import Shaping, telling_of
from freehold.production.shape.slots import one
from freehold.webhooks.actions import create_endpoint, delete_endpoint, edit_endpoint
from freehold.webhooks.headers import MASK
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import EndpointSettings, WebhookEndpoint


def remove(work: Shaping) -> None:
    """Delete the endpoints that are not wanted; what is pending for them is dropped."""
    for slot in sorted(work.assets.webhooks.keys() - work.wanted["webhooks"].keys()):
        with telling_of("webhooks", slot):
            delete_endpoint(work.tx, work.actor, work.assets.webhooks[slot].id)


def change(work: Shaping) -> None:
    """Make the endpoints that are not there, each with a new signing secret, and change those that are."""
    for slot, webhook in sorted(work.wanted["webhooks"].items()):
        with telling_of("webhooks", slot):
            if endpoint := work.assets.webhooks.get(slot):
                _change(work, endpoint, webhook)
            else:
                _make(work, slot, webhook)


def _make(work: Shaping, slot: str, webhook: Mapping[str, Any]) -> None:
    headers = {name: one(work.bindings, "webhooks", slot, "headers", name) or "" for name in webhook["headers"]}
    url = one(work.bindings, "webhooks", slot, "url") or ""
    settings = replace(_settings(webhook, url, headers), slot=slot)
    made = create_endpoint(work.tx, work.actor, work.tools.secret, work.tools.settings, work.project.id, settings)
    work.secrets[slot] = made.text


def _change(work: Shaping, endpoint: WebhookEndpoint, webhook: Mapping[str, Any]) -> None:
    received = sorted(
        each for each in endpoint.event_types if each in OWN_EVENTS or each in work.wanted["scope"]["event_types"]
    )
    if (
        not work.rebinds("webhooks", endpoint.slot)
        and {**work.present["webhooks"][endpoint.slot], "event_types": received} == webhook
    ):
        return
    url = one(work.bindings, "webhooks", endpoint.slot, "url") or endpoint.url
    # The mask stands for the value that a header has.
    headers = {
        name: one(work.bindings, "webhooks", endpoint.slot, "headers", name) or MASK for name in webhook["headers"]
    }
    # All that it receives may have left the scope: it stays subscribed, for an endpoint that receives nothing is none.
    wanted = _settings({**webhook, "event_types": webhook["event_types"] or endpoint.event_types}, url, headers)
    edit_endpoint(work.tx, work.actor, work.tools.secret, work.tools.settings, endpoint.id, lambda _old: wanted)


def _settings(webhook: Mapping[str, Any], url: str, headers: Mapping[str, str]) -> EndpointSettings:
    return EndpointSettings(
        url, tuple(webhook["event_types"]), webhook["description"], headers, webhook["fifo"], webhook["max_per_second"],
        webhook["v1a"],
    )  # fmt: skip
