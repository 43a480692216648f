"""Pages of event types: what a project can receive, and one with schema, example and "send example". Thin."""

import json
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.apis import queries as apis
from freehold.apis.records import EventType
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.webhooks import EventTypeRow, EventTypesView, EventTypeView
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.projects import queries as projects
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.pages import page, see_other
from freehold.webhooks import actions, observations, testing
from freehold.webhooks.observations import EventTypeUse
from freehold.webhooks.outgoing import body_in
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import Message, WebhookEndpoint

_NO_USE: Final = EventTypeUse(0, 0, None)
# Refusals that bring the form back; others are pages of their own.
_SHOWN_ON_FORM: Final = frozenset({409, 422, 429})


def show_event_types(call: Call, project_id: str) -> Response[Any]:
    """What a project's endpoints can receive: the API's event types, and Freehold's own."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "webhooks", project=project)
        declared = set(projects.scope_of(tx, project_id).event_types)
        use = observations.event_types_of(tx, project_id, shell.now)
        found = apis.event_types_of(tx, project.api_id, include_removed=True)
        api = apis.find_api(tx, project.api_id)
    view = EventTypesView(
        project_id=project_id, api_name=api.name if api else "the API",
        rows=tuple(
            _row(each.name, each.summary, use, declared=each.name in declared, removed=each) for each in found
            if each.removed_at is None or each.name in declared
        ),
        own_rows=tuple(_row(each.name, each.summary, use, own=True) for each in OWN_EVENTS.values()),
    )  # fmt: skip
    return page("webhooks/event_types.html.j2", shell, view)


def show_event_type(call: Call, project_id: str, event_type: str) -> Response[Any]:
    """One event type with its schema and an example as it is sent."""
    return _event_type(call, project_id, event_type)


def send_example(call: Call, project_id: str, event_type: str) -> Response[Any]:
    """Send the example to an endpoint now, and go on to its delivery with what came back."""
    endpoint_id = call.field("endpoint")
    try:
        with call.read() as tx:
            project = read_project(tx, call.actor, project_id)
            _found(tx, project, event_type)
            if endpoint_id not in {each.id for each in _subscribers(tx, call, project_id, event_type)}:
                raise invalid(FieldError("endpoint", "Choose an endpoint that receives it.", "unknown_endpoint"))
        tested = testing.send_test(call.store, call.settings, call.secret, call.actor, endpoint_id, event_type)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _event_type(call, project_id, event_type, problem)
    return see_other(f"/projects/{project_id}/deliveries/{tested.dispatch.delivery_id}")


def _event_type(call: Call, project_id: str, name: str, problem: Problem | None = None) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        found = _found(tx, project, name)
        shell = frame(tx, call, "webhooks", project=project)
        use = observations.event_types_of(tx, project_id, shell.now)
        endpoints = _subscribers(tx, call, project_id, name)
        declared = name in OWN_EVENTS or name in projects.scope_of(tx, project_id).event_types
    view = EventTypeView(
        project_id=project_id,
        event_type=_row(name, found.summary, use, own=name in OWN_EVENTS, declared=declared, removed=found),
        schema=_json(found.schema), example=_json(found.example), body=_body(project, found),
        subscribers=tuple(
            Link(label=each.url, href=f"/projects/{project_id}/webhooks/{each.id}") for each in endpoints
        ),
        choices=tuple(Choice(each.id, each.url) for each in endpoints),
        send_blocked=blocked_for(call.actor, "webhooks.test", project),
        form=refused(problem, {"endpoint": call.field("endpoint")}) if problem else Form(),
    )  # fmt: skip
    return page("webhooks/event_type.html.j2", shell, view, problem.status if problem else 200)


def _found(tx: Transaction, project: Project, name: str) -> EventType:
    """An event type of the project's API, or one of Freehold's own; Problem `not_found` for another."""
    if (own := OWN_EVENTS.get(name)) is not None:
        return EventType(name=own.name, summary=own.summary, schema=None, example=own.example)
    found = apis.find_event_type(tx, project.api_id, name)
    if found is None:
        raise not_found("event type")
    return found


def _subscribers(tx: Transaction, call: Call, project_id: str, name: str) -> list[WebhookEndpoint]:
    every = actions.list_endpoints(tx, call.actor, project_id, actions.ENDPOINTS_MAX)
    return [each for each in every if name in each.event_types]


def _body(project: Project, found: EventType) -> str:
    """The example as a request carries it, with ids that are made up."""
    if found.example is None:
        return ""
    message = Message(
        "msg_01jd9x00000000000000000000", project.id, found.name, None, found.example, None, "test", clock.now()
    )
    return json.dumps(json.loads(body_in(message, project.environment)), indent=2, ensure_ascii=False)


def _row(
    name: str, summary: str, use: dict[str, EventTypeUse], *, own: bool = False, declared: bool = True,
    removed: EventType | None = None,
) -> EventTypeRow:  # fmt: skip
    seen = use.get(name, _NO_USE)
    return EventTypeRow(
        name=name, summary=summary, own=own, declared=declared, endpoints=seen.endpoints, messages=seen.messages,
        last_at=seen.last_at, removed_at=removed.removed_at if removed else None,
    )  # fmt: skip


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False)
