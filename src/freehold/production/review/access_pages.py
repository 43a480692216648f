"""A project's way to production: its request, what blocks it, where it stands. Thin: parse, one action, present."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import NextStep
from freehold.dashboard.views.reviews import PlanGroup, ProductionView
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit.ids import new_id
from freehold.organizations.permissions import require
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness import queries as readiness_queries
from freehold.production.review import actions as review_actions
from freehold.production.review import reading
from freehold.production.review.cases import Case, case_of, cases_of
from freehold.production.review.presenting import (
    check_line,
    plan_groups,
    request_row,
    request_view,
    standing_of_project,
)
from freehold.production.review.records import AccessRequest, NewRequest
from freehold.production.siblings import planning as clone_planning
from freehold.projects import postures
from freehold.projects.actions import blocked_for
from freehold.projects.next_step_views import next_step_view
from freehold.projects.records import Posture
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

# Refusals that bring the form back; others are pages of their own.
SHOWN_ON_FORM: Final = frozenset({409, 412, 422})
_ASKED: Final = ("use_case", "requests_a_day_from", "requests_a_day_to", "peak_a_second", "launch_on")
_NUMBERS: Final = _ASKED[1:4]
_EARLIER_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Refused:
    """A form that comes back, by its name."""

    name: str = ""
    form: Form | None = None
    status: int = 200


def show_production(call: Call, project_id: str) -> Response[Any]:
    """A project on its way to production, with its one next step."""
    return _show(call, project_id, _Refused())


def request_access(call: Call, project_id: str) -> Response[Any]:
    """Ask for production access."""
    typed, key = {name: call.field(name) for name in _ASKED}, call.field("idempotency_key") or new_id("req")
    try:
        new = asked_of(call)
        call.once(lambda tx: _made(review_actions.request_access(tx, call.actor, project_id, new)))
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return _show(call, project_id, _Refused("request", refused(problem, typed, key), problem.status))
    return see_other(f"/projects/{project_id}/production", "access-requested")


def answer(call: Call, project_id: str) -> Response[Any]:
    """Answer a reviewer who asked for changes."""

    def act(tx: Transaction, request: AccessRequest) -> str:
        new = asked_of(call) if request.asked is not None and call.field("use_case") else None
        review_actions.answer(tx, call.actor, request.id, call.field("text"), new)
        return "review-answered"

    return _act(call, project_id, "answer", ("text", *_ASKED), act)


def comment(call: Call, project_id: str) -> Response[Any]:
    """Say something to the reviewer."""

    def act(tx: Transaction, request: AccessRequest) -> str:
        review_actions.comment(tx, call.actor, request.id, call.field("text"))
        return "review-commented"

    return _act(call, project_id, "comment", ("text",), act)


def withdraw(call: Call, project_id: str) -> Response[Any]:
    """Take the request back."""

    def act(tx: Transaction, request: AccessRequest) -> str:
        review_actions.withdraw_request(tx, call.actor, request.id, call.field("text"))
        return "access-withdrawn"

    return _act(call, project_id, "withdraw", ("text",), act)


def asked_of(call: Call) -> NewRequest:
    """What was asked, from the posted form. Problem `invalid` where a number is none; the rules say the rest."""
    faults, numbers = [], {}
    for name in _NUMBERS:
        text = call.field(name).strip().replace(",", "").replace(" ", "")
        if text.isascii() and text.isdigit() and len(text) <= 15:
            numbers[name] = int(text)
        else:
            faults.append(FieldError(name, "Write a whole number.", "invalid"))
    if faults:
        raise invalid(*faults)
    return NewRequest(use_case=call.field("use_case"), launch_on=call.field("launch_on"), **numbers)


def _made(request: AccessRequest) -> Answer:
    return Answer(200, msgspec.json.encode(request.id))


def _act(
    call: Call, project_id: str, name: str, fields: tuple[str, ...],
    act: Callable[[Transaction, AccessRequest], str],
) -> Response[Any]:  # fmt: skip
    try:
        with call.write() as tx:
            rows = reading.list_project_requests(tx, call.actor, project_id, 1)
            if not rows:
                raise not_found("access request")
            done = act(tx, rows[0])
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        typed = {field: call.field(field) for field in fields}
        return _show(call, project_id, _Refused(name, refused(problem, typed), problem.status))
    return see_other(f"/projects/{project_id}/production", done)


def _show(call: Call, project_id: str, shown: _Refused) -> Response[Any]:
    with call.read() as tx:
        posture = postures.posture_of(tx, call.actor, project_id)
        project = posture.project
        require(call.actor, "production.read", project.organization_id)
        shell = frame(tx, call, "production", project=project)
        rows = reading.list_project_requests(tx, call.actor, project_id, _EARLIER_SHOWN)
        latest = case_of(tx, call.actor, rows[0]) if rows else None
        view = _view(tx, call, posture, rows, latest, shown)
    return page("production/production.html.j2", shell, view, shown.status)


def _view(
    tx: Transaction, call: Call, posture: Posture, rows: list[AccessRequest], latest: Case | None, shown: _Refused
) -> ProductionView:
    project, is_live = posture.project, posture.standing.access == "live"
    checks = readiness_actions.checks_of(tx, project) if project.environment == "sandbox" and not is_live else []
    applies = [each for each in checks if each.state != "not_applicable"]
    forms = _forms(call, posture, latest)
    if shown.form is not None:
        forms[shown.name] = replace(shown.form, blocked=forms[shown.name].blocked)
    sibling = posture.sibling.id if posture.sibling else None
    return ProductionView(
        project_id=project.id, sandbox_id=project.sandbox_id or project.id, is_live=is_live,
        production_id=sibling if project.environment == "sandbox" else project.id,
        standing=standing_of_project(posture.standing, rows[0] if rows and rows[0].kind == "access" else None),
        next_step=_step(posture), blockers=tuple(check_line(each) for each in checks if each.blocks),
        passed=sum(each.state == "passed" for each in applies), total=len(applies),
        request=request_view(latest) if latest else None,
        earlier=tuple(
            request_row(each, f"/access_requests/{each.request.id}") for each in cases_of(tx, call.actor, rows[1:])
        ),
        may_ask=_may_ask(tx, posture),
        plan=_plan(tx, posture, latest), plan_note="", **{f"{name}_form": form for name, form in forms.items()},
    )  # fmt: skip


def _plan(tx: Transaction, posture: Posture, latest: Case | None) -> tuple[PlanGroup, ...]:
    """The plan of the clone, once it is asked for."""
    if latest is None or not latest.request.is_open or posture.sibling is not None:
        return ()
    return plan_groups(clone_planning.plan_of(tx, posture.project))


def _may_ask(tx: Transaction, posture: Posture) -> bool:
    """Whether the form is on the page: for a sandbox without an open request; a live one where promotion needs approval."""
    project, standing = posture.project, posture.standing
    if project.environment != "sandbox" or standing.promotion is not None:
        return False
    if standing.access == "live":
        return readiness_queries.policy_of(tx, project.api_id).promotion_needs_approval
    return standing.access in ("not_requested", "denied", "withdrawn")


def _forms(call: Call, posture: Posture, latest: Case | None) -> dict[str, Form]:
    cannot = latest.cannot if latest else {}
    asked = latest.request.asked if latest else None
    typed = {name: str(getattr(asked, name)) for name in _ASKED} if asked else {}
    blocked = blocked_for(call.actor, "production.edit", posture.project)
    return {
        # What was asked before is not asked again from nothing; its launch may be over by now.
        "request": Form(typed | {"launch_on": ""}, blocked=blocked, idempotency_key=new_id("req")),
        "answer": Form(typed, blocked=cannot.get("answer")),
        "comment": Form(blocked=cannot.get("comment")),
        "withdraw": Form(blocked=cannot.get("withdraw")),
    }  # fmt: skip


def _step(posture: Posture) -> NextStep | None:
    """The next step, unless it is this very page without anything further to say."""
    return next_step_view(posture.next_step) if posture.next_step else None
