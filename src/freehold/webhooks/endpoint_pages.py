"""Pages of webhook endpoints: the list, a new one with its secret shown once, and what can be done to one.

Thin: parse the form, one action, present.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, Values, refused
from freehold.dashboard.views.webhooks import NewWebhookView, WebhooksView
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.projects import queries as projects
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other
from freehold.webhooks import actions, testing
from freehold.webhooks import endpoint_forms as forms
from freehold.webhooks.endpoint_rows import webhook_rows
from freehold.webhooks.endpoint_view import (
    Refusal,
    Revealed,
    find_own,
    host_of,
    one_webhook,
)
from freehold.webhooks.inbox_queries import find_inbox
from freehold.webhooks.inbox_route import inbox_url
from freehold.webhooks.policy import policy_of
from freehold.webhooks.records import WebhookEndpoint

# Refusals that bring the form back; others are pages of their own.
_SHOWN_ON_FORM: Final = frozenset({409, 412, 422, 429})


class _Made(msgspec.Struct):
    """What is kept of a new signing secret, sealed, so that the same form sent twice shows the same secret."""

    endpoint: str
    text: str


# --- the list -------------------------------------------------------------------------------------


def show_webhooks(call: Call, project_id: str) -> Response[Any]:
    """A project's webhook endpoints, and how each fares."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        endpoints = actions.list_endpoints(tx, call.actor, project_id, actions.ENDPOINTS_MAX)
        shell = frame(tx, call, "webhooks", project=project)
        view = WebhooksView(
            project_id=project_id, rows=webhook_rows(tx, endpoints, shell.now),
            declared_event_types=len(projects.scope_of(tx, project_id).event_types),
            add_blocked=blocked_for(call.actor, "webhooks.edit", project),
        )  # fmt: skip
    return page("webhooks/list.html.j2", shell, view)


# --- a new one ------------------------------------------------------------------------------------


def show_new_webhook(call: Call, project_id: str) -> Response[Any]:
    """The form of a new endpoint."""
    return _new_webhook(call, project_id)


def create_webhook(call: Call, project_id: str) -> Response[Any]:
    """Add an endpoint and show its signing secret, this once. Sent twice, the form shows the same endpoint."""

    def make(tx: Transaction) -> actions.NewSecret:
        return actions.create_endpoint(tx, call.actor, call.secret, call.settings, project_id, forms.settings_of(call))

    try:
        made = _make_once(call, make)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _new_webhook(call, project_id, problem)
    return one_webhook(call, project_id, made.endpoint, revealed=Revealed(made.text))


def _make_once(call: Call, make: Callable[[Transaction], actions.NewSecret]) -> _Made:
    def act(tx: Transaction) -> Answer:
        new = make(tx)
        return Answer(200, msgspec.json.encode(_Made(new.endpoint.id, new.text)))

    return msgspec.json.decode(call.once(act).body, type=_Made)


def _new_webhook(call: Call, project_id: str, problem: Problem | None = None) -> Response[Any]:
    # A refused form's key may be used again: nothing was kept under it.
    key = call.field("idempotency_key") or new_id("req")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        cannot = blocked_for(call.actor, "webhooks.edit", project)
        values = {"url": _asked_url(tx, call, project), "event_types": forms.first_choice(tx, project)}
        form = Form(values, blocked=cannot, idempotency_key=key)
        view = NewWebhookView(
            project_id=project_id, event_types=forms.event_type_choices(tx, project), sending=forms.SENDING,
            loopback=policy_of(call.settings, project.environment).loopback,
            form=refused(problem, forms.typed_values(call), key) if problem else form,
        )  # fmt: skip
        shell = frame(tx, call, "webhooks", project=project)
    return page("webhooks/new.html.j2", shell, view, problem.status if problem else 200)


def _asked_url(tx: Transaction, call: Call, project: Project) -> str:
    """The URL that the form begins with: the project's inbox where the address asks for that, and never another's word."""
    inbox = find_inbox(tx, project.id) if call.query_value("to") == "inbox" else None
    return inbox_url(call.settings, inbox.address) if inbox else ""


# --- one ------------------------------------------------------------------------------------------


def show_webhook(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """One endpoint: its settings, its test, its deliveries."""
    return one_webhook(call, project_id, endpoint_id)


def edit_webhook(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Change an endpoint's settings."""

    def act() -> str:
        wanted = forms.settings_of(call)
        with call.write() as tx:
            actions.edit_endpoint(
                tx, call.actor, call.secret, call.settings, endpoint_id, lambda _: wanted, call.form_revision()
            )
        return "endpoint-saved"

    return _act(call, project_id, endpoint_id, "edit", act, forms.typed_values(call))


def pause_webhook(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Stop sending to an endpoint."""

    def act() -> str:
        with call.write() as tx:
            actions.pause_endpoint(tx, call.actor, endpoint_id)
        return "endpoint-paused"

    return _act(call, project_id, endpoint_id, "turn", act)


def resume_webhook(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Send to an endpoint again."""

    def act() -> str:
        with call.write() as tx:
            actions.resume_endpoint(tx, call.actor, endpoint_id)
        return "endpoint-resumed"

    return _act(call, project_id, endpoint_id, "turn", act)


def delete_webhook(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Remove an endpoint, once its host was typed."""
    endpoint = _own(call, project_id, endpoint_id)
    typed = call.field("confirm")
    if typed.strip() != host_of(endpoint):
        problem = invalid(FieldError("confirm", "Type the host exactly as it is shown.", "not_confirmed"))
        return one_webhook(call, project_id, endpoint_id, Refusal("delete", problem, {"confirm": typed}))
    with call.write() as tx:
        actions.delete_endpoint(tx, call.actor, endpoint_id)
    return see_other(f"/projects/{project_id}/webhooks", "endpoint-deleted")


def rotate_webhook_secret(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Give an endpoint a new signing secret and show it, this once."""
    _own(call, project_id, endpoint_id)

    def make(tx: Transaction) -> actions.NewSecret:
        return actions.rotate_signing_secret(tx, call.actor, call.secret, endpoint_id, forms.overlap_s(call))

    try:
        made = _make_once(call, make)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        refusal = Refusal("rotate", problem, {"overlap_s": call.field("overlap_s")})
        return one_webhook(call, project_id, endpoint_id, refusal)
    return one_webhook(call, project_id, endpoint_id, revealed=Revealed(made.text, rotated=True))


def send_test_event(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Send a signed test event now, and go on to its delivery with what came back."""
    _own(call, project_id, endpoint_id)
    event_type = call.field("event_type")
    try:
        tested = testing.send_test(call.store, call.settings, call.secret, call.actor, endpoint_id, event_type or None)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return one_webhook(call, project_id, endpoint_id, Refusal("test", problem, {"event_type": event_type}))
    return see_other(f"/projects/{project_id}/deliveries/{tested.dispatch.delivery_id}")


def _act(
    call: Call, project_id: str, endpoint_id: str, form: str, act: Callable[[], str], values: Values | None = None
) -> Response[Any]:
    """Do what one of the page's forms asks for and show the endpoint; or the form again, with what is wrong."""
    _own(call, project_id, endpoint_id)
    try:
        done = act()
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return one_webhook(call, project_id, endpoint_id, Refusal(form, problem, values or {}))
    return see_other(f"/projects/{project_id}/webhooks/{endpoint_id}", done)


def _own(call: Call, project_id: str, endpoint_id: str) -> WebhookEndpoint:
    with call.read() as tx:
        return find_own(tx, call, project_id, endpoint_id)
