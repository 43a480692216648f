"""HTTP of a project's scope with what was observed of it. Thin: one action, one query, present.

Apart from `projects.api`, because it composes: what was observed belongs to slices to the right.
"""

from datetime import datetime

import msgspec

from freehold.kit import clock
from freehold.projects import actions
from freehold.usage.scope_queries import ScopeUse, scope_use, undeclared_use
from freehold.web.call import Call
from freehold.webhooks.observations import EventTypeUse, event_types_of


class ObservedEndpointView(msgspec.Struct, kw_only=True):
    """A declared endpoint and its use in the last 30 days. `last_at` is cut to the hour."""

    operation_id: str
    allowed: int
    denied: int
    keys: int
    last_at: datetime | None


class RefusedEndpointView(msgspec.Struct, kw_only=True):
    """An endpoint whose calls were refused in the last 30 days, since the project, or the key, does not declare it."""

    operation_id: str
    refused: int
    last_at: datetime | None


class UndeclaredCallView(msgspec.Struct, kw_only=True):
    """A method and path that is called and not declared: `endpoint_not_in_scope`, or `endpoint_unknown` to the catalogue."""

    method: str | None
    path: str | None
    outcome: str
    endpoint: str | None
    requests: int
    last_at: datetime


class ObservedEventTypeView(msgspec.Struct, kw_only=True):
    """A declared event type: messages of the last 30 days, and the webhook endpoints that receive it."""

    name: str
    messages: int
    webhook_endpoints: int
    last_at: datetime | None


class ObservedScopeView(msgspec.Struct, kw_only=True):
    """What a project declares, what was observed of each item, and where the two differ.

    `unused_endpoints` and `unused_event_types` are declared, and were not called or received in 30 days.
    `undeclared_calls` are counted among the newest 1,000 such requests of 30 days, the 20 of the most.
    """

    endpoints: list[str]
    event_types: list[str]
    observed_endpoints: list[ObservedEndpointView]
    observed_event_types: list[ObservedEventTypeView]
    unused_endpoints: list[str]
    unused_event_types: list[str]
    refused_endpoints: list[RefusedEndpointView]
    undeclared_calls: list[UndeclaredCallView]


def read_scope(call: Call, project_id: str) -> ObservedScopeView:
    """What a project declares, and what was observed of each item in the last 30 days."""
    with call.read() as tx:
        scope = actions.read_scope(tx, call.actor, project_id)
        endpoints = scope_use(tx, project_id, clock.now())
        event_types = event_types_of(tx, project_id, clock.now())
        undeclared = undeclared_use(tx, project_id, clock.now())
    return ObservedScopeView(
        endpoints=scope.endpoints, event_types=scope.event_types,
        observed_endpoints=[_endpoint(name, endpoints.get(name)) for name in scope.endpoints],
        observed_event_types=[_event_type(name, event_types.get(name)) for name in scope.event_types],
        unused_endpoints=[name for name in scope.endpoints if not (name in endpoints and endpoints[name].allowed)],
        unused_event_types=[name for name in scope.event_types if not (name in event_types and event_types[name].messages)],
        refused_endpoints=[
            RefusedEndpointView(operation_id=name, refused=use.refused, last_at=use.last_at)
            for name, use in sorted(endpoints.items(), key=lambda each: (-each[1].refused, each[0]))
            if use.refused
        ],
        undeclared_calls=[
            UndeclaredCallView(
                method=each.method, path=each.path, outcome=each.outcome, endpoint=each.endpoint,
                requests=each.requests, last_at=each.last_at,
            )
            for each in undeclared
        ],
    )  # fmt: skip


def _endpoint(name: str, use: ScopeUse | None) -> ObservedEndpointView:
    if use is None:
        return ObservedEndpointView(operation_id=name, allowed=0, denied=0, keys=0, last_at=None)
    return ObservedEndpointView(
        operation_id=name, allowed=use.allowed, denied=use.denied, keys=use.keys, last_at=use.last_at
    )


def _event_type(name: str, use: EventTypeUse | None) -> ObservedEventTypeView:
    if use is None:
        return ObservedEventTypeView(name=name, messages=0, webhook_endpoints=0, last_at=None)
    return ObservedEventTypeView(name=name, messages=use.messages, webhook_endpoints=use.endpoints, last_at=use.last_at)
