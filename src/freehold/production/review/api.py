"""HTTP of access requests and their review. Thin: parse, one action, present."""

from collections.abc import Callable
from typing import Annotated

from litestar import Response
from litestar.params import Parameter, QueryParameter

from freehold.kit.paging import Cursor, Page, page
from freehold.production.review import actions, decisions, reading
from freehold.production.review.cases import case_of, cases_of
from freehold.production.review.records import AccessRequest, RequestFilter, RequestKind, RequestState, WaitingOn
from freehold.production.review.views import (
    AccessRequestBody,
    AccessRequestDetailView,
    AccessRequestView,
    AnswerBody,
    ApprovalBody,
    DenialBody,
    SaidBody,
    WithdrawalBody,
    asked_of,
    corrected,
    request_detail_view,
    request_view,
)
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import CursorText, Limit

# The framework keeps the name `state` for itself.
InState = Annotated[RequestState | None, QueryParameter(name="state", description="Only those in this state.")]
OfOrganization = Annotated[str | None, Parameter(description="Only those of one organization.", max_length=64)]
MinAge = Annotated[int | None, Parameter(description="Only those asked at least so many days ago.", ge=0, le=3650)]


def request_access(call: Call, project_id: str, data: AccessRequestBody) -> Response[AccessRequestDetailView]:
    """Ask for production access of a sandbox project."""
    new = asked_of(data)
    return call.create(lambda tx: _shown(tx, call, actions.request_access(tx, call.actor, project_id, new)))


def list_project_access_requests(
    call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[AccessRequestView]:
    """A project's access requests, newest first."""
    with call.read() as tx:
        rows = reading.list_project_requests(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
        return _page(tx, call, rows, limit)


def list_access_requests(
    call: Call,
    in_state: InState = None,
    kind: Annotated[RequestKind | None, Parameter(description="Only of this kind.")] = None,
    waiting_on: Annotated[WaitingOn | None, Parameter(description="Only those that wait for this side.")] = None,
    organization: OfOrganization = None,
    min_age_days: MinAge = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[AccessRequestView]:
    """Access requests, newest first: all for those who review, those of their organizations for others."""
    wanted = RequestFilter(in_state, kind, organization, waiting_on, min_age_days)
    with call.read() as tx:
        rows = reading.list_requests(tx, call.actor, wanted, checked_limit(limit) + 1, after_id(cursor))
        return _page(tx, call, rows, limit)


def read_access_request(call: Call, access_request_id: str) -> AccessRequestDetailView:
    """One access request with its risks, its history, and what the caller cannot do with it and why."""
    with call.read() as tx:
        return _shown(tx, call, reading.read_request(tx, call.actor, access_request_id))


def comment_on_access_request(call: Call, access_request_id: str, data: SaidBody) -> Response[AccessRequestDetailView]:
    """Say something to the other side."""
    return call.create(lambda tx: _shown(tx, call, actions.comment(tx, call.actor, access_request_id, data.text)))


def answer_access_request(call: Call, access_request_id: str, data: AnswerBody) -> AccessRequestDetailView:
    """Answer a reviewer who asked for changes; it waits for the reviewer again."""

    def act(tx: Transaction) -> AccessRequest:
        asked = reading.read_request(tx, call.actor, access_request_id).asked
        return actions.answer(tx, call.actor, access_request_id, data.text, corrected(data, asked), call.revision())

    return _done(call, act)


def ask_for_changes(call: Call, access_request_id: str, data: SaidBody) -> AccessRequestDetailView:
    """Say what has to change first: the request waits for the requester; for reviewers who did not ask for it."""
    return _done(
        call, lambda tx: decisions.ask_for_changes(tx, call.actor, access_request_id, data.text, call.revision())
    )


def approve_access_request(call: Call, access_request_id: str, data: ApprovalBody) -> AccessRequestDetailView:
    """Approve the shape that was looked at; for reviewers who did not ask for it.

    409 `shape_changed` where it is another one by now, 409 `conflict` while a blocking check fails.
    """
    return _done(
        call,
        lambda tx: decisions.approve_request(
            tx, call.actor, access_request_id, data.fingerprint, data.reason, call.revision()
        ),
    )


def deny_access_request(call: Call, access_request_id: str, data: DenialBody) -> AccessRequestDetailView:
    """Deny a request and say why; for reviewers who did not ask for it."""
    return _done(
        call, lambda tx: decisions.deny_request(tx, call.actor, access_request_id, data.reason, call.revision())
    )


def withdraw_access_request(call: Call, access_request_id: str, data: WithdrawalBody) -> AccessRequestDetailView:
    """Take a request back, also once it is approved and while it is not live."""
    return _done(
        call, lambda tx: actions.withdraw_request(tx, call.actor, access_request_id, data.text, call.revision())
    )


def _done(call: Call, act: Callable[[Transaction], AccessRequest]) -> AccessRequestDetailView:
    with call.write() as tx:
        return _shown(tx, call, act(tx))


def _shown(tx: Transaction, call: Call, request: AccessRequest) -> AccessRequestDetailView:
    return request_detail_view(case_of(tx, call.actor, request))


def _page(tx: Transaction, call: Call, rows: list[AccessRequest], limit: int) -> Page[AccessRequestView]:
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    return Page([request_view(each) for each in cases_of(tx, call.actor, cut.data)], cut.next_cursor)
