"""The page of a sandbox project's inbox: its URL, how it answers, and what came. Thin: parse, one action, present."""

from collections.abc import Hashable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.inbox import InboxRequestView, InboxRow, InboxView
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.shell import Shell
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.projects.actions import blocked_for, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other
from freehold.webhooks import inbox_actions, inbox_queries
from freehold.webhooks.inbox_records import REQUESTS_MAX, Inbox, InboxRequest
from freehold.webhooks.inbox_route import inbox_url
from freehold.webhooks.rehearsal import ANSWERS, RETRY_AFTER_S, Answer, told

_TEMPLATE: Final = "webhooks/inbox.html.j2"
_SHOWN_ON_FORM: Final = frozenset({409, 422})


def show_inbox(call: Call, project_id: str) -> Response[Any]:
    """A sandbox project's inbox."""
    with call.read() as tx:
        shell, view = _view(tx, call, project_id)
    return page(_TEMPLATE, shell, view)


def save_inbox(call: Call, project_id: str) -> Response[Any]:
    """Open the inbox, or say how it answers."""
    typed = {name: call.field(name) for name in ("answer", "retry_after_s")}
    try:
        with call.write() as tx:
            answer, retry_after_s = _chosen(typed)
            inbox_actions.keep_inbox(tx, call.actor, project_id, answer, retry_after_s)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        with call.read() as tx:
            shell, view = _view(tx, call, project_id, problem, typed)
        return page(_TEMPLATE, shell, view, problem.status)
    return see_other(f"/projects/{project_id}/inbox", "inbox-saved")


def clear_inbox(call: Call, project_id: str) -> Response[Any]:
    """Let go of all that came."""
    with call.write() as tx:
        inbox_actions.clear_inbox(tx, call.actor, project_id)
    return see_other(f"/projects/{project_id}/inbox")


async def live_inbox(call: Call, project_id: str) -> ServerSentEvent:
    """Tell the page of each request that comes (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _view(tx, call, project_id)
        newest = view.rows[0].id if view.rows else ""
        if newest == mark:
            return None
        return Sight(newest, render_part(_TEMPLATE, "live", shell, view), False)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def _chosen(typed: dict[str, str]) -> tuple[Answer, int]:
    answer = next((each for each in ANSWERS if each == (typed["answer"] or "verify")), None)
    if answer is None:
        raise invalid(FieldError("answer", "Choose how the inbox answers.", "unknown_answer"))
    text = typed["retry_after_s"] or str(RETRY_AFTER_S)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(FieldError("retry_after_s", "A whole number of seconds.", "not_a_number"))
    return answer, int(text)


def _view(
    tx: Transaction, call: Call, project_id: str, problem: Problem | None = None, typed: Values | None = None
) -> tuple[Shell, InboxView]:
    project = read_project(tx, call.actor, project_id)
    inbox = inbox_actions.read_inbox(tx, call.actor, project_id)
    requests = inbox_actions.list_requests(tx, call.actor, project_id, REQUESTS_MAX)
    view = InboxView(
        project_id=project_id, url=inbox_url(call.settings, inbox.address) if inbox else "",
        rows=tuple(_row(each, project_id) for each in requests), shown=_shown(call, requests),
        endpoints=_endpoints(tx, call, inbox) if inbox else (), kept_max=REQUESTS_MAX,
        answers=tuple(Choice(name, words) for name, words in ANSWERS.items()),
        form=_form(inbox, blocked_for(call.actor, "webhooks.edit", project), problem, typed),
    )  # fmt: skip
    return frame(tx, call, "webhooks", project=project), view


def _form(inbox: Inbox | None, cannot: str | None, problem: Problem | None, typed: Values | None) -> Form:
    if problem:
        return refused(problem, typed or {})
    if inbox is None:
        return Form({"answer": "verify", "retry_after_s": str(RETRY_AFTER_S)}, blocked=cannot)
    return Form({"answer": inbox.answer, "retry_after_s": str(inbox.retry_after_s)}, blocked=cannot)


def _endpoints(tx: Transaction, call: Call, inbox: Inbox) -> tuple[Link, ...]:
    url = inbox_url(call.settings, inbox.address)
    found = inbox_queries.endpoints_at(tx, inbox.project_id, url)
    return tuple(Link(label=each, href=f"/projects/{inbox.project_id}/webhooks/{each}") for each in found)


def _shown(call: Call, requests: list[InboxRequest]) -> InboxRequestView | None:
    """The request that the address names, else the newest."""
    wanted = call.query_value("id")
    if not requests and not wanted:
        return None
    found = next((each for each in requests if each.id == wanted), None) if wanted else requests[0]
    if found is None:
        raise not_found("request")
    return InboxRequestView(
        id=found.id, at=found.at, verdict=told(found.verdict, found.status), detail=found.detail, address=found.address or "",
        status=found.status, headers=found.headers, body=found.body.decode("utf-8", "replace"),
        body_bytes=found.body_bytes, body_cut=found.body_bytes > len(found.body),
    )  # fmt: skip


def _row(request: InboxRequest, project_id: str) -> InboxRow:
    return InboxRow(
        id=request.id, at=request.at, verdict=told(request.verdict, request.status), what=_event_type(request) or "No event",
        status=request.status, href=f"/projects/{project_id}/inbox?id={request.id}",
    )  # fmt: skip


class _Named(msgspec.Struct):
    type: str


def _event_type(request: InboxRequest) -> str:
    """The event type that a body says it is; empty where it says none, or was cut."""
    try:
        return msgspec.json.decode(request.body, type=_Named).type[:200]
    except (msgspec.MsgspecError, RecursionError):
        return ""
