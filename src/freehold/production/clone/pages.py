"""The page of a clone: its plan, and carrying it out. Thin: parse the form, one action, present."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page
from freehold.dashboard.views.form import Choice, Form, Values
from freehold.dashboard.views.siblings import CloneView, DoneView, Once
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.bindings.presenting import field_of, refused_slots, slot_fields, typed_values
from freehold.production.clone import actions
from freehold.production.clone.records import Cloned, CloneOrder
from freehold.production.review import going_live
from freehold.production.shape.presenting import diff_groups
from freehold.production.siblings import planning as clone_planning
from freehold.production.siblings.records import ClonePlan
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page


def show_clone(call: Call, project_id: str) -> Response[Any]:
    """What cloning a sandbox project is going to do."""
    return _clone(call, project_id, None, 200)


def clone_project(call: Call, project_id: str) -> Response[Any]:
    """Clone the project, once its name was typed; what is shown once is on the page that comes back."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        slots = bindings_actions.bindings_of(tx, call.actor, project_id)
    order = CloneOrder(call.field("fingerprint"), typed_values(call, slots), tuple(call.fields("issue_keys")))

    def act(tx: Transaction) -> Answer:
        cloned = actions.clone_project(tx, call.actor, Tools(call.secret, call.settings), project_id, order)
        return Answer(200, _done_page(tx, call, cloned).encode())

    try:
        if call.field("confirm").strip() != project.name:
            raise invalid(FieldError("confirm", "Type the project's name exactly as it is shown.", "not_confirmed"))
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _clone(call, project_id, problem, problem.status)
    call.confirmation()
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def _clone(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    with call.read() as tx:
        plan = clone_planning.plan_clone(tx, call.actor, project_id)
        shell = frame(tx, call, "clone", project=plan.sandbox)
        view = CloneView(
            project_id=project_id, name=plan.sandbox.name, fingerprint=plan.fingerprint,
            groups=diff_groups(plan.differences), slots=slot_fields(plan.bindings), consequences=plan.consequences,
            keys=tuple(Choice(name, name, code=True) for name in sorted(plan.shape["keys"])),
            production_id=plan.production.id if plan.production else None,
            hindrance="" if plan.production else going_live.hindrance(tx, plan.sandbox), form=_form(call, plan, problem),
        )  # fmt: skip
    return page("production/clone.html.j2", shell, view, status)


def _form(call: Call, plan: ClonePlan, problem: Problem | None) -> Form:
    key = call.field("idempotency_key") or new_id("req")
    if problem is None:
        return Form(blocked=blocked_for(call.actor, "production.edit", plan.sandbox), idempotency_key=key)
    typed: Values = {
        "confirm": call.field("confirm"), "issue_keys": call.fields("issue_keys"),
        **{
            field_of(each.pointer): call.field(field_of(each.pointer))
            for each in plan.bindings
            if each.slot is not None and each.slot.kind != "header"
        },
    }  # fmt: skip
    return refused_slots(problem, typed, key)


def _done_page(tx: Transaction, call: Call, cloned: Cloned) -> str:
    production = cloned.production
    issued = {each.detail.key.name for each in cloned.keys}
    plan = clone_planning.plan_of(tx, _sandbox(tx, call, production))
    secrets = (
        *(Once(title=f"Key {each.detail.key.name}", secret=each.text) for each in cloned.keys),
        *(
            Once(title=f"Signing secret of {slot}", secret=text)
            for slot, text in sorted(cloned.signing_secrets.items())
        ),
    )
    view = DoneView(
        title="The production project is there" if cloned.created else "It was cloned before",
        detail="It declares what the sandbox declares." if cloned.created else "Nothing was changed: promotion brings over what changed since.",
        href=f"/projects/{production.id}", button="Open production", secrets=secrets,
        declared_keys=tuple(name for name in sorted(plan.shape["keys"]) if name not in issued) if cloned.created else (),
    )  # fmt: skip
    return render_page("production/done.html.j2", frame(tx, call, "overview", project=production), view)


def _sandbox(tx: Transaction, call: Call, production: Project) -> Project:
    return bindings_actions.sandbox_of(tx, call.actor, production.id, "production.read")
