"""The pages of drift: how siblings differ, and what is done about it. Thin: parse the form, one action, present."""

from typing import Any, Final, cast

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page
from freehold.dashboard.views.form import Form, Values
from freehold.dashboard.views.parts import Danger
from freehold.dashboard.views.siblings import DoneView, DriftPlanView, DriftView, Once
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.organizations.permissions import require
from freehold.production.applying.tools import Tools
from freehold.production.bindings.presenting import field_of, refused_slots, slot_fields, typed_values
from freehold.production.drift import actions, promoting
from freehold.production.drift.presenting import drift_groups
from freehold.production.drift.promotion_records import Direction, Promoted, PromotionOrder, PromotionPlan
from freehold.production.shape.presenting import diff_groups
from freehold.projects.actions import blocked_for, find_sibling, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_DAYS: Final = "30"
_DONE: Final[dict[Direction, str]] = {"promote": "drift-promoted", "revert": "drift-reverted"}


def show_drift(call: Call, project_id: str) -> Response[Any]:
    """How a project and its sibling differ, field by field."""
    return _drift(call, project_id, None, 200)


def show_plan(call: Call, project_id: str) -> Response[Any]:
    """What is going to be done about the differences that were ticked."""
    chosen, do = call.query_lists().get("item", ()), call.query_value("do")
    if not chosen or do not in ("promote", "revert", "accept"):
        return _drift(call, project_id, invalid(FieldError("item", "Tick at least one difference.", "required")), 422)
    return _plan(call, project_id, do, chosen, None, 200)


def promote(call: Call, project_id: str) -> Response[Any]:
    """Let production take what was ticked."""
    return _bring(call, project_id, "promote")


def revert(call: Call, project_id: str) -> Response[Any]:
    """Let the sandbox take what was ticked."""
    return _bring(call, project_id, "revert")


def accept(call: Call, project_id: str) -> Response[Any]:
    """Accept what was ticked, with a reason and for so long."""
    chosen, days = tuple(call.fields("item")), call.field("days")
    try:
        with call.write() as tx:
            actions.accept(
                tx, call.actor, project_id, chosen, call.field("reason"), int(days) if days.isdecimal() and len(days) < 6 else 0
            )  # fmt: skip
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _plan(call, project_id, "accept", chosen, problem, problem.status)
    return see_other(f"/projects/{project_id}/drift", "drift-accepted")


def withdraw(call: Call, project_id: str) -> Response[Any]:
    """Let a difference count again that was accepted."""
    with call.write() as tx:
        actions.withdraw(tx, call.actor, project_id, call.fields("item"))
    return see_other(f"/projects/{project_id}/drift", "acceptance-withdrawn")


def _drift(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        require(call.actor, "production.read", project.organization_id)
        shell = frame(tx, call, "drift", project=project)
        form = (
            refused_slots(problem, {}) if problem else Form(blocked=blocked_for(call.actor, "production.edit", project))
        )
        if find_sibling(tx, project) is None:
            view = DriftView(project_id=project.id, sandbox_id=project.id, production_id=None, locked=False, form=form)
        else:
            found = actions.read_drift(tx, call.actor, project_id)
            view = DriftView(
                project_id=project.id, sandbox_id=found.sandbox.id, production_id=found.production.id,
                locked=found.production.locked, groups=drift_groups(found.differences), total=len(found.differences),
                unaccepted=found.unaccepted, fingerprint=found.sandbox_fingerprint, form=form,
                all_ticked=call.query_value("all") == "yes",
            )  # fmt: skip
    return page("production/drift.html.j2", shell, view, status)


def _plan(
    call: Call, project_id: str, do: str, chosen: tuple[str, ...], problem: Problem | None, status: int
) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "drift", project=project)
        drift = actions.read_drift(tx, call.actor, project_id)
        ticked = [each.difference for each in drift.differences if each.difference.path in chosen]
        if not ticked:
            return see_other(f"/projects/{project_id}/drift")
        cannot = blocked_for(call.actor, "production.edit", project)
        if do == "accept":
            typed: Values = {"reason": call.field("reason"), "days": call.field("days") or _DAYS}
            view = DriftPlanView(
                project_id=project_id, direction=do, target="production", chosen=tuple(each.path for each in ticked),
                pulled=(), groups=diff_groups(ticked), slots=(), danger=Danger(consequences=(), name=""),
                form=refused_slots(problem, typed) if problem else Form(typed, blocked=cannot),
            )  # fmt: skip
        else:
            items = tuple(dict.fromkeys(each.item for each in ticked))
            plan = promoting.plan_promotion(tx, call.actor, project_id, cast("Direction", do), items)
            view = _plan_view(call, project_id, plan, tuple(each.path for each in ticked), problem, cannot)
    return page("production/drift_plan.html.j2", shell, view, status)


def _plan_view(
    call: Call,
    project_id: str,
    plan: PromotionPlan,
    chosen: tuple[str, ...],
    problem: Problem | None,
    cannot: str | None,
) -> DriftPlanView:
    key = call.field("idempotency_key") or new_id("req")
    typed: Values = {
        "confirm": call.field("confirm"),
        **{
            field_of(each.pointer): call.field(field_of(each.pointer))
            for each in plan.slots
            if each.slot is not None and each.slot.kind != "header"
        },
    }
    return DriftPlanView(
        project_id=project_id, direction=plan.direction, target=plan.target.environment, chosen=chosen,
        pulled=tuple(plan.pulled.items()), groups=diff_groups(plan.differences), slots=slot_fields(plan.slots),
        danger=Danger(consequences=plan.consequences, name=plan.target.name), fingerprint=plan.fingerprint,
        needs_approval=plan.needs_approval,
        form=refused_slots(problem, typed, key) if problem else Form(typed, blocked=cannot, idempotency_key=key),
    )  # fmt: skip


def _bring(call: Call, project_id: str, direction: Direction) -> Response[Any]:
    chosen = tuple(call.fields("item"))
    try:
        with call.read() as tx:
            drift = actions.read_drift(tx, call.actor, project_id)
            items = tuple(
                dict.fromkeys(each.difference.item for each in drift.differences if each.difference.path in chosen)
            )
            plan = promoting.plan_promotion(tx, call.actor, project_id, direction, items)
        if direction == "promote" and call.field("confirm").strip() != plan.target.name:
            raise invalid(FieldError("confirm", "Type the project's name exactly as it is shown.", "not_confirmed"))
        order = PromotionOrder(items, call.field("fingerprint"), typed_values(call, plan.slots))

        def act(tx: Transaction) -> Answer:
            done = promoting.carry_out(tx, call.actor, Tools(call.secret, call.settings), project_id, direction, order)
            return Answer(200, _done_page(tx, call, project_id, done).encode())

        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _plan(call, project_id, direction, chosen, problem, problem.status)
    confirmation = call.confirmation()
    if not answer.body:
        return see_other(f"/projects/{project_id}/drift", _DONE[direction], confirmation)
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def _done_page(tx: Transaction, call: Call, project_id: str, done: Promoted) -> str:
    """The page with what is shown once; empty where nothing is, and the drift page says that it was done."""
    if not done.signing_secrets:
        return ""
    view = DoneView(
        title="Promoted" if done.plan.direction == "promote" else "Reverted",
        detail=f"{len(done.plan.items)} items were brought over.", href=f"/projects/{project_id}/drift", button="Back to drift",
        secrets=tuple(Once(title=f"Signing secret of {slot}", secret=text) for slot, text in sorted(done.signing_secrets.items())),
    )  # fmt: skip
    project = read_project(tx, call.actor, project_id)
    return render_page("production/done.html.j2", frame(tx, call, "drift", project=project), view)
