"""The filters of usage and of requests, as fields with what can be picked."""

from collections.abc import Iterable

from freehold.dashboard.views.parts import Filter
from freehold.keys import actions as keys
from freehold.organizations.permissions import may
from freehold.projects import queries as projects
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage.pages.address import Query, last
from freehold.usage.records import KINDS, OUTCOMES
from freehold.web.call import Call

_KEYS_OFFERED = 200


def filters(tx: Transaction, call: Call, project: Project, query: Query) -> tuple[Filter, ...]:
    """The filters, set as the address has them. Who may not read keys is offered none by name."""
    scope = projects.scope_of(tx, project.id).endpoints
    return (
        _choice("kind", "Outcome", query, ((kind, kind.capitalize()) for kind in KINDS)),
        _choice("outcome", "Reason", query, ((each, each.replace("_", " ")) for each in OUTCOMES)),
        _choice("key", "Key", query, _keys(tx, call, project)),
        _choice("endpoint", "Endpoint", query, ((each, each) for each in scope)),
    )


def _keys(tx: Transaction, call: Call, project: Project) -> list[tuple[str, str]]:
    if not may(call.actor, "keys.read", project.organization_id):
        return []
    return [(each.key.id, each.key.name) for each in keys.list_keys(tx, call.actor, project.id, _KEYS_OFFERED)]


def _choice(name: str, label: str, query: Query, choices: Iterable[tuple[str, str]]) -> Filter:
    value = last(query, name)
    offered = (("", "Any"), *choices)
    if value not in {each for each, _ in offered}:
        # A filter from an address that the list does not offer stays visible, so that it can be taken away.
        offered = (*offered, (value, value))
    return Filter(name=name, label=label, value=value, choices=offered)
