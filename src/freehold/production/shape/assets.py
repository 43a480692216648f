"""What a project has now, by the names that its shape calls it: SQL in a fixed number of queries, and which slots it fills."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from freehold.alerts import notification_queries as channels
from freehold.alerts import rule_queries
from freehold.alerts.records import AlertRule, Channel
from freehold.keys import queries as keys
from freehold.keys.records import Key
from freehold.keys.templates import KeyTemplate, templates_of
from freehold.production.shape.pointers import pointer
from freehold.projects import queries as projects
from freehold.projects.records import Owner, Project
from freehold.reports import schedule_queries as schedules
from freehold.reports.schedule_records import Schedule
from freehold.store.engine import Transaction
from freehold.webhooks import queries as webhooks
from freehold.webhooks.records import WebhookEndpoint

# More than a project can have of anything.
ALL: Final = 100_000


@dataclass(frozen=True, slots=True)
class Assets:
    """A project's assets: issued keys and declared ones by name, the rest by slot."""

    owners: tuple[Owner, ...]
    keys: Mapping[str, Key]
    declared: Mapping[str, KeyTemplate]
    webhooks: Mapping[str, WebhookEndpoint]
    channels: Mapping[str, Channel]
    rules: Mapping[str, AlertRule]
    schedules: Mapping[str, Schedule]

    def networks_of(self, name: str) -> tuple[str, ...]:
        """The networks that the key of a name is restricted to; none where it is open, or there is none."""
        if name in self.keys:
            return tuple(self.keys[name].allowed_cidrs)
        return self.declared[name].allowed_cidrs if name in self.declared else ()


def assets_of(tx: Transaction, project: Project) -> Assets:
    """What a project has now."""
    return Assets(
        tuple(projects.owners_of(tx, [project.id])[project.id]),
        {key.name: key for key in keys.active_keys_of(tx, project.id)},
        {each.name: each for each in templates_of(tx, project.id)},
        {each.slot: each for each in webhooks.endpoints_of(tx, project.id, ALL)},
        {each.slot: each for each in channels.channels_of(tx, project.id)},
        {each.slot: each for each in rule_queries.rules_of(tx, project.id, ALL)},
        {each.slot: each for each in schedules.schedules_of_project(tx, project.id, ALL)},
    )


def filled_slots(assets: Assets) -> frozenset[str]:
    """The slots that hold a value now. Header names are told apart without case, and are in small letters here."""
    found = {pointer("owners", each.duty) for each in assets.owners}
    found |= {
        pointer("keys", name, "allowed_cidrs") for name in {*assets.keys, *assets.declared} if assets.networks_of(name)
    }
    found |= {pointer("alert_channels", slot, "url") for slot in assets.channels}
    found |= {
        pointer("report_schedules", slot, "recipients") for slot, each in assets.schedules.items() if each.recipients
    }
    for slot, endpoint in assets.webhooks.items():
        found |= {pointer("webhooks", slot, "url")}
        found |= {pointer("webhooks", slot, "headers", name.lower()) for name in endpoint.headers}
    return frozenset(found)
