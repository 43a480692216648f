"""The filters of usage and of requests, as menus with what can be picked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from freehold.dashboard.views.parts import Chip, Pick
from freehold.keys import actions as keys
from freehold.organizations.permissions import may
from freehold.projects import queries as projects
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage.pages.address import Query, turned_address, without_address
from freehold.usage.records import KINDS, OUTCOMES
from freehold.web.call import Call

_KEYS_OFFERED: Final = 200
# Those of most people; any other is taken from the address, and then offered too.
_TIMEZONES: Final = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Istanbul", "Africa/Lagos", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney",
    "Pacific/Auckland", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/St_Johns",
    "America/Sao_Paulo",
)  # fmt: skip


def picks(tx: Transaction, call: Call, project: Project, query: Query) -> tuple[Pick, ...]:
    """The filters, set as the address has them. Who may not read keys is offered none by name."""
    scope = projects.scope_of(tx, project.id).endpoints
    known = _keys(tx, call, project)
    return (
        _pick("kind", "Outcome", query, ((kind, kind.capitalize()) for kind in KINDS)),
        _pick("outcome", "Reason", query, ((each, each.replace("_", " ").capitalize()) for each in OUTCOMES)),
        _pick("key", "Key", query, ((each.key.id, each.key.name) for each in known)),
        _pick("endpoint", "Endpoint", query, ((each, each) for each in scope)),
        _pick("secret", "Secret", query, (
            (secret.selector, f"{each.key.name}, version {secret.version}, ends in {secret.last4}")
            for each in known for secret in each.secrets
        )),
    )  # fmt: skip


def path_pick(query: Query) -> Pick:
    """The filter by path, which single requests have beside the others: typed, since callers make up any number of them."""
    return replace(_pick("path", "Path", query, ()), typed="Exactly, as in /v1/parcels/7")


def chips(offered: Iterable[Pick], query: Query, project_id: str, page: str) -> tuple[Chip, ...]:
    """What is filtered by, each with the view without it."""
    return tuple(
        Chip(
            name=pick.label,
            value=dict(pick.choices)[value],
            href=without_address(project_id, page, query, pick.name, value),
            negated=pick.negated,
            turn_href=turned_address(project_id, page, query, pick.name),
        )
        for pick in offered
        for value in pick.values
    )


def timezones(now: str) -> tuple[str, ...]:
    """The time zones that are offered, the one in use among them."""
    return _TIMEZONES if now in _TIMEZONES else (now, *_TIMEZONES)


def _keys(tx: Transaction, call: Call, project: Project) -> list[keys.KeyDetail]:
    if not may(call.actor, "keys.read", project.organization_id):
        return []
    return keys.list_keys(tx, call.actor, project.id, _KEYS_OFFERED)


def _pick(name: str, label: str, query: Query, choices: Iterable[tuple[str, str]]) -> Pick:
    offered = dict(choices)
    values = tuple(dict.fromkeys(value for value in query.get(name, ()) if value))
    # A filter from an address that the list does not offer stays visible, so that it can be taken away.
    offered |= {value: value for value in values if value not in offered}
    return Pick(
        name=name, label=label, values=values, choices=tuple(offered.items()), negated=name in query.get("not", ())
    )  # fmt: skip
