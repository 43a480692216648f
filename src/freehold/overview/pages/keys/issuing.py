"""Issuing a key, its secret shown once, and the wait for its first call."""

from collections.abc import Hashable, Sequence
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.apis import queries as apis
from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page, render_part
from freehold.dashboard.views.form import Form, Values, refused
from freehold.dashboard.views.keys import (
    FirstCall,
    IssuedKeyView,
    NewKeyView,
)
from freehold.dashboard.views.parts import Snippet
from freehold.errors import Problem
from freehold.keys import actions, declaring
from freehold.keys.actions import IssuedKey
from freehold.keys.records import ALLOWED
from freehold.keys.templates import KeyTemplate
from freehold.kit.ids import new_id
from freehold.organizations.permissions import may
from freehold.overview import snippets
from freehold.overview.pages.keys.forms import FIELDS, as_form_fields, settings_from, values_of_settings
from freehold.overview.pages.keys.presenting import (
    NO_SNIPPET,
    details_of,
    endpoint_choices,
    key_of_project,
)
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.limit_pages import limit_values
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage import queries as usage
from freehold.usage.records import Filter, RequestRow
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.live import Sight, follow
from freehold.web.pages import page

# Among so many of a key's newest calls the page that waits looks for one that was let through.
_LATEST: Final = 50


def show_new_key(call: Call, project_id: str) -> Response[Any]:
    """The form of a new key; of a declared one (`?declared=`), filled in as it is declared."""
    return _new_key(call, project_id, None, 200)


def issue_key(call: Call, project_id: str) -> Response[Any]:
    """Issue a key and show its secret, this once. Sent twice, the form shows the same key."""

    def act(tx: Transaction) -> Answer:
        # Of a declared key, the expiry that the form shows as a day is kept as it is declared.
        declared = declaring.declared_settings(tx, call.actor, project_id, call.field("name"))
        wanted = settings_from(call, declared)
        issued = actions.issue_key(tx, call.actor, call.secret, call.settings.brand, project_id, wanted)
        return Answer(200, _issued_page(tx, call, issued).encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _new_key(call, project_id, problem, problem.status)
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def _new_key(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    values: Values = {**{name: call.field(name) for name in FIELDS}, "endpoints": call.fields("endpoints")}
    key = call.field("idempotency_key") or new_id("req")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "keys", project=project)
        cannot = blocked_for(call.actor, "keys.issue", project)
        named = call.query_value("declared") or call.field("name")
        declared = next((each.name for each in _declared(tx, call, project_id) if each.name == named), "")
        form = (
            refused(as_form_fields(call, problem), values, key)
            if problem
            else Form(_values(tx, call, project_id, declared), blocked=cannot, idempotency_key=key)
        )
        view = NewKeyView(
            project_id=project_id,
            environment=project.environment,
            endpoints=endpoint_choices(tx, project),
            form=form,
            declared=declared,
        )
    return page("keys/new.html.j2", shell, view, status)


def _declared(tx: Transaction, call: Call, project_id: str) -> list[KeyTemplate]:
    organization = read_project(tx, call.actor, project_id).organization_id
    return declaring.list_declared(tx, call.actor, project_id) if may(call.actor, "keys.read", organization) else []


def _values(tx: Transaction, call: Call, project_id: str, declared: str) -> Values:
    """What the form begins with: nothing, or what is declared."""
    if not declared:
        return limit_values()
    return values_of_settings(declaring.declared_settings(tx, call.actor, project_id, declared))


def example_call(tx: Transaction, call: Call, project: Project, endpoints: Sequence[str], text: str) -> Snippet:
    """A call that can be pasted, with the key filled in."""
    api = apis.find_api(tx, project.api_id)
    endpoint = snippets.choose_endpoint(apis.endpoints_of(tx, project.api_id), endpoints)
    if api is None or endpoint is None:
        return NO_SNIPPET
    return snippets.snippets(call.settings.gate_base_url, api.slug, endpoint, text)[0]


def _issued_page(tx: Transaction, call: Call, issued: IssuedKey) -> str:
    project = read_project(tx, call.actor, issued.detail.key.project_id)
    details = details_of(tx, project, issued.detail, call.settings.brand)
    view = IssuedKeyView(
        project_id=project.id, key=details, secret=issued.text,
        snippet=example_call(tx, call, project, details.endpoints, issued.text),
    )  # fmt: skip
    return render_page("keys/issued.html.j2", frame(tx, call, "keys", project=project), view)


# --- waiting for the first call -------------------------------------------------------------------


async def live_key(call: Call, project_id: str, key_id: str) -> ServerSentEvent:
    """Tell the page that waits of the key's calls, until one was let through (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            event = _call_to_tell_of(tx, project_id, key_id)
            if event is None or event.id == mark:
                return None
            return Sight(event.id, _first_call_part(tx, call, project_id, key_id, event), event.outcome == ALLOWED)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(key_of_project, call, project_id, key_id)
    return ServerSentEvent(follow(look))


def _call_to_tell_of(tx: Transaction, project_id: str, key_id: str) -> RequestRow | None:
    """The newest call that was let through, though others came after it; else the newest."""
    latest = usage.requests_of(tx, project_id, Filter(keys=(key_id,)), None, None, _LATEST)
    return next((each for each in latest if each.outcome == ALLOWED), next(iter(latest), None))


def _first_call_part(tx: Transaction, call: Call, project_id: str, key_id: str, event: RequestRow) -> str:
    project = read_project(tx, call.actor, project_id)
    detail = actions.read_key(tx, call.actor, key_id)
    first = FirstCall(
        request_id=event.id, method=event.method or "", path=event.path or "", allowed=event.outcome == ALLOWED,
        outcome=event.outcome, status=event.status, latency_us=event.latency_us, at=event.at,
    )  # fmt: skip
    # The secret is not known any more, and the part that waits does not show it.
    details = details_of(tx, project, detail, call.settings.brand)
    view = IssuedKeyView(project_id=project_id, key=details, secret="", snippet=NO_SNIPPET, first_call=first)
    return render_part("keys/issued.html.j2", "live", frame(tx, call, "keys", project=project), view)
