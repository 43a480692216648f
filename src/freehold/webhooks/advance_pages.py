"""The page of an endpoint's sandbox clock: what waits, and moving on to it. Thin: parse, one action, present."""

from datetime import timedelta
from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.webhook_checks import AdvanceRow, AdvanceView
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.projects.actions import blocked_for, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other
from freehold.webhooks import advance_actions, advance_queries
from freehold.webhooks.endpoint_view import find_own

_MOVES: Final = 10
_SHOWN_ON_FORM: Final = frozenset({409, 422})
_CHOICES: Final = (
    Choice("", "To the next attempt"), Choice("300", "By 5 minutes"), Choice("3600", "By 1 hour"),
    Choice("86400", "By 1 day"), Choice("432000", "By 5 days"), Choice("2592000", "By 30 days"),
)  # fmt: skip
_NOT_HERE: Final = "A production endpoint has no such clock: what is owed there comes at its real time."


def show_clock(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """What an endpoint waits for, and by how much its clock can be moved."""
    return _clock(call, project_id, endpoint_id)


def advance_clock(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Move an endpoint's clock on."""
    with call.read() as tx:
        find_own(tx, call, project_id, endpoint_id)
    text = call.field("by_s")

    def act(tx: Transaction) -> Answer:
        advance_actions.advance_endpoint(tx, call.actor, endpoint_id, _seconds(text))
        return Answer(200, b"{}")

    try:
        call.once(act)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _clock(call, project_id, endpoint_id, problem, {"by_s": text})
    return see_other(f"/projects/{project_id}/webhooks/{endpoint_id}/clock", "clock-moved")


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(FieldError("by_s", "Choose by how much to move on.", "not_a_number"))
    return int(text)


def _clock(
    call: Call, project_id: str, endpoint_id: str, problem: Problem | None = None, typed: Values | None = None
) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        endpoint = find_own(tx, call, project_id, endpoint_id)
        shell = frame(tx, call, "webhooks", project=project)
        there = advance_queries.clock_of(tx, endpoint_id)
        cannot = _NOT_HERE if endpoint.environment != "sandbox" else blocked_for(call.actor, "webhooks.edit", project)
        form = Form(blocked=cannot, idempotency_key=new_id("req"))
        if problem:
            form = refused(problem, typed or {}, new_id("req"))
        view = AdvanceView(
            project_id=project_id, endpoint_id=endpoint_id, endpoint_url=endpoint.url, state=endpoint.state,
            due=advance_queries.count_due(tx, endpoint_id, shell.now), next_attempt_at=there.next_due_at,
            failing_since=there.failing_since_at, held_until=there.held_until_at, choices=_CHOICES, form=form,
            moves=tuple(
                AdvanceRow(by=_words(each.by), advanced_by=each.advanced_by, at=each.at)
                for each in advance_queries.advances_of(tx, endpoint_id, _MOVES)
            ),
        )  # fmt: skip
    return page("webhooks/clock.html.j2", shell, view, problem.status if problem else 200)


def _words(by: timedelta) -> str:
    """A length of time in its two largest units: `1 d 3 h`, `5 min`, `12.3 s`."""
    seconds = by.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    parts = ((int(seconds // 86_400), "d"), (int(seconds % 86_400 // 3600), "h"), (int(seconds % 3600 // 60), "min"))
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2])
