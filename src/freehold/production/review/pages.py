"""The review queue, and one review: evidence, plan, history, and the three decisions. Thin: parse, one action, present."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Filter, NextStep, Pager
from freehold.dashboard.views.reviews import PlanGroup, QueueView, ReviewView, ShapeLine
from freehold.errors import Problem
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions, queries, reading
from freehold.production.review.access_pages import SHOWN_ON_FORM
from freehold.production.review.cases import Case, case_of, cases_of
from freehold.production.review.presenting import (
    changed_items,
    check_line,
    plan_groups,
    request_row,
    request_view,
    risk_line,
)
from freehold.production.review.records import REQUEST_STATES, AccessRequest, RequestFilter
from freehold.production.shape import revisions
from freehold.production.siblings import planning as clone_planning
from freehold.projects import postures
from freehold.projects.next_step_views import next_step_view
from freehold.projects.records import NextStep as Step
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_id
from freehold.web.pages import page, see_other
from freehold.webhooks.list_addresses import pager

_SHOWN: Final = 25
_SHAPES_SHOWN: Final = 6
_ITEMS_SHOWN: Final = 3
_STATES: Final = (("", "Open"), ("all", "All"), *((state, state.capitalize()) for state in REQUEST_STATES))
_TURNS: Final = (("", "Anybody"), ("reviewer", "Reviewer"), ("requester", "Team"))
_AGES: Final = (
    ("", "Any age"),
    ("1", "A day or more"),
    ("3", "3 days or more"),
    ("7", "7 days or more"),
    ("30", "30 days or more"),
)
_NAMES: Final = ("state", "waiting_on", "organization", "age")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A form that comes back, by its name."""

    name: str = ""
    form: Form | None = None
    status: int = 200


# --- the queue ------------------------------------------------------------------------------------


def show_queue(call: Call) -> Response[Any]:
    """What is asked for, the oldest first: all for those who review, their organizations' for others."""
    with call.read() as tx:
        shell = frame(tx, call, "reviews")
        wanted, filters = _wanted(call), _filters(tx, call)
        after = after_id(call.query_value("cursor") or None)
        rows = reading.list_requests(tx, call.actor, wanted, _SHOWN + 1, after, oldest_first=True)
        cut = cut_page(rows, _SHOWN, lambda row: Cursor(0, row.id))
        view = QueueView(
            rows=tuple(
                request_row(each, f"/access_requests/{each.request.id}") for each in cases_of(tx, call.actor, cut.data)
            ),
            reviews=call.actor.reviews, waiting=shell.reviews_waiting, filters=filters,
            filtered=any(each.value for each in filters), pager=_pager(call, cut.next_cursor),
        )  # fmt: skip
    return page("production/queue.html.j2", shell, view)


def _wanted(call: Call) -> RequestFilter:
    """The filters in the address; a value that is none of ours filters nothing."""
    state, turn, age = call.query_value("state"), call.query_value("waiting_on"), call.query_value("age")
    return RequestFilter(
        state=next((each for each in REQUEST_STATES if each == state), None),
        waiting_on="reviewer" if turn == "reviewer" else "requester" if turn == "requester" else None,
        organization_id=call.query_value("organization") or None,
        min_age_days=int(age) if age in dict(_AGES) and age else None, only_open=state == "",
    )  # fmt: skip


def _filters(tx: Transaction, call: Call) -> tuple[Filter, ...]:
    known = queries.organizations_with_requests(tx)
    choices = (("", "All"), *(each for each in known if call.actor.looks_everywhere or each[0] in call.actor.roles))
    return (
        Filter(name="state", label="State", value=call.query_value("state"), choices=_STATES),
        Filter(name="waiting_on", label="Turn", value=call.query_value("waiting_on"), choices=_TURNS),
        Filter(name="organization", label="Organization", value=call.query_value("organization"), choices=choices),
        Filter(name="age", label="Age", value=call.query_value("age"), choices=_AGES),
    )


def _pager(call: Call, next_cursor: str | None) -> Pager:
    found = pager(call, "/access_requests", next_cursor, _NAMES)
    return replace(found, newest=None)


# --- one review -----------------------------------------------------------------------------------


def show_review(call: Call, access_request_id: str) -> Response[Any]:
    """One request: each check with its evidence, the plan, the history of the shape, and the decisions."""
    return _show(call, access_request_id, _Refused())


def approve(call: Call, access_request_id: str) -> Response[Any]:
    """Approve the shape that the page showed."""

    def act(tx: Transaction) -> str:
        said, seen = call.field("reason"), call.field("fingerprint")
        decisions.approve_request(tx, call.actor, access_request_id, seen, said)
        return "access-approved"

    return _act(call, access_request_id, "approve", ("reason",), act)


def deny(call: Call, access_request_id: str) -> Response[Any]:
    """Deny it, and say why."""

    def act(tx: Transaction) -> str:
        decisions.deny_request(tx, call.actor, access_request_id, call.field("reason"))
        return "access-denied"

    return _act(call, access_request_id, "deny", ("reason",), act)


def ask_for_changes(call: Call, access_request_id: str) -> Response[Any]:
    """Say what has to change first."""

    def act(tx: Transaction) -> str:
        decisions.ask_for_changes(tx, call.actor, access_request_id, call.field("text"))
        return "changes-asked"

    return _act(call, access_request_id, "changes", ("text",), act)


def comment(call: Call, access_request_id: str) -> Response[Any]:
    """Say something to the other side."""

    def act(tx: Transaction) -> str:
        review_actions.comment(tx, call.actor, access_request_id, call.field("text"))
        return "review-commented"

    return _act(call, access_request_id, "comment", ("text",), act)


def _act(
    call: Call, access_request_id: str, name: str, fields: tuple[str, ...], act: Callable[[Transaction], str]
) -> Response[Any]:
    try:
        with call.write() as tx:
            done = act(tx)
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        form = refused(problem, {field: call.field(field) for field in fields})
        return _show(call, access_request_id, _Refused(name, form, problem.status))
    return see_other(f"/access_requests/{access_request_id}", done)


def _show(call: Call, access_request_id: str, shown: _Refused) -> Response[Any]:
    with call.read() as tx:
        request = reading.read_request(tx, call.actor, access_request_id)
        case = case_of(tx, call.actor, request)
        shell = frame(tx, call, "reviews", organization_id=request.organization_id)
        step = postures.posture_of(tx, call.actor, request.project_id).next_step if request.is_open else None
        forms = _forms(case)
        if shown.form is not None:
            forms[shown.name] = replace(shown.form, blocked=forms[shown.name].blocked)
        view = ReviewView(
            request=request_view(case), project_id=request.project_id, production_id=case.production_id,
            environment=case.subject.environment, next_step=_elsewhere(step, access_request_id),
            checks=tuple(map(check_line, case.checks)), risks=tuple(map(risk_line, case.risks)),
            shapes=_shapes(tx, case, request), shapes_href=f"/projects/{case.subject.id}/history",
            changed=changed_items(case.entries, request.kind), plan=_plan(tx, case), plan_note="", **{f"{name}_form": form for name, form in forms.items()},
        )  # fmt: skip
    return page("production/review.html.j2", shell, view, shown.status)


def _elsewhere(step: Step | None, access_request_id: str) -> NextStep | None:
    """The next step, unless it is to decide here: then the decision is the page's filled button."""
    if step is None or step.href == f"/access_requests/{access_request_id}":
        return None
    return next_step_view(step)


def _plan(tx: Transaction, case: Case) -> tuple[PlanGroup, ...]:
    """The plan of the clone, while it can still come to it."""
    if case.request.kind == "change" or not case.request.is_open or case.production_id is not None:
        return ()
    return plan_groups(clone_planning.plan_of(tx, case.subject))


def _forms(case: Case) -> dict[str, Form]:
    acts = {"approve": "approve", "deny": "deny", "changes": "ask_for_changes", "comment": "comment"}
    return {name: Form(blocked=case.cannot.get(act)) for name, act in acts.items()}


def _shapes(tx: Transaction, case: Case, request: AccessRequest) -> tuple[ShapeLine, ...]:
    found = revisions.history(tx, case.subject.id, _SHAPES_SHOWN)
    return tuple(
        ShapeLine(
            number=each.number, who=each.actor_name, at=each.at, what=_changed(each.changes), href=f"/projects/{case.subject.id}/history/{each.number}",
            approved=each.number == request.approved_number,
        )
        for each in found
    )  # fmt: skip


def _changed(changes: Sequence[Mapping[str, str]]) -> str:
    """The items that a revision changed, the first few by name."""
    items = list(dict.fromkeys(each["item"] for each in changes))
    more = f" and {len(items) - _ITEMS_SHOWN} more" if len(items) > _ITEMS_SHOWN else ""
    return ", ".join(items[:_ITEMS_SHOWN]) + more
