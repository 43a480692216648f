"""HTTP of hosted inboxes. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.kit.paging import Cursor, Page, page
from freehold.settings import Settings
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import Body, CursorText, Limit, number
from freehold.webhooks import inbox_actions
from freehold.webhooks.delivery_views import HeaderView
from freehold.webhooks.inbox_records import Inbox, InboxRequest
from freehold.webhooks.inbox_route import inbox_url
from freehold.webhooks.rehearsal import RETRY_AFTER_S, RETRY_AFTER_S_MAX, Answer, ReadVerdict


class InboxBody(Body, frozen=True):
    """How the inbox answers: `verify` as a right receiver does, `accept` everything, or as receivers fail."""

    answer: Answer = "verify"
    retry_after_s: Annotated[
        int, number(RETRY_AFTER_S, "With `429`: the Retry-After, in seconds.", 0, RETRY_AFTER_S_MAX)
    ] = RETRY_AFTER_S


class InboxView(msgspec.Struct, kw_only=True):
    """A sandbox project's inbox. An endpoint of the project that has `url` is sent to it."""

    project: str
    url: str
    answer: Answer
    retry_after_s: int
    created_at: datetime


class InboxRequestView(msgspec.Struct, kw_only=True):
    """A request as it came. `verdict`: what it is by its signature, whatever the answer was told to be.

    `status` is null where the answer was told to come too late.
    """

    id: str
    at: datetime
    address: str | None
    message: str | None
    verdict: ReadVerdict
    detail: str
    status: int | None
    headers: list[HeaderView]
    body: str
    body_bytes: int
    body_cut: bool


def set_inbox(call: Call, project_id: str, data: InboxBody) -> InboxView:
    """Open a sandbox project's inbox where there is none, and say how it answers."""
    with call.write() as tx:
        inbox = inbox_actions.keep_inbox(tx, call.actor, project_id, data.answer, data.retry_after_s)
    return _view(call.settings, inbox)


def read_inbox(call: Call, project_id: str) -> InboxView:
    """A sandbox project's inbox, once it was opened."""
    with call.read() as tx:
        inbox = inbox_actions.require_inbox(inbox_actions.read_inbox(tx, call.actor, project_id))
    return _view(call.settings, inbox)


def list_inbox_requests(
    call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[InboxRequestView]:
    """What came to a project's inbox, newest first: the latest hundred are kept."""
    with call.read() as tx:
        rows = inbox_actions.list_requests(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    return Page([_request_view(row) for row in cut.data], cut.next_cursor)


def clear_inbox(call: Call, project_id: str) -> None:
    """Let go of all that came to a project's inbox."""
    with call.write() as tx:
        inbox_actions.clear_inbox(tx, call.actor, project_id)


def _view(settings: Settings, inbox: Inbox) -> InboxView:
    return InboxView(
        project=inbox.project_id, url=inbox_url(settings, inbox.address), answer=inbox.answer,
        retry_after_s=inbox.retry_after_s, created_at=inbox.created_at,
    )  # fmt: skip


def _request_view(request: InboxRequest) -> InboxRequestView:
    return InboxRequestView(
        id=request.id, at=request.at, address=request.address, message=request.message_id, verdict=request.verdict,
        detail=request.detail, status=request.status,
        headers=[HeaderView(name=name, value=value) for name, value in request.headers],
        body=request.body.decode("utf-8", "replace"), body_bytes=request.body_bytes,
        body_cut=request.body_bytes > len(request.body),
    )  # fmt: skip
