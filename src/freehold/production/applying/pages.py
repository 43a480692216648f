"""The pages of a project's history: revisions, what one changed, and going back to it. Thin: parse the form, one action, present."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page
from freehold.dashboard.views.form import Form, Values
from freehold.dashboard.views.history import HistoryView, RevisionPageView, RevisionRow
from freehold.dashboard.views.parts import Danger, Pager
from freehold.dashboard.views.siblings import DoneView, Once
from freehold.errors import FieldError, Problem, invalid
from freehold.kit import canonical_json
from freehold.kit.ids import new_id
from freehold.production.applying import actions
from freehold.production.applying.engine import Applied
from freehold.production.applying.planning import Plan
from freehold.production.applying.revision_numbers import revision_number
from freehold.production.applying.tools import Tools
from freehold.production.applying.views import shape_view
from freehold.production.bindings.presenting import field_of, refused_slots, slot_fields, typed_values
from freehold.production.bindings.records import BoundSlot
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.file_text import text_of
from freehold.production.shape.presenting import diff_groups, title_of
from freehold.production.shape.records import Cause, Revision
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_SHOWN: Final = 50
_PATHS: Final = 3
WHY: Final[dict[Cause, str]] = {
    "edit": "Edited", "clone": "Cloned", "promotion": "Promoted", "revert": "Reverted", "restoration": "Restored",
    "file": "Applied from a file",
}  # fmt: skip


def show_history(call: Call, project_id: str) -> Response[Any]:
    """The revisions of a project, newest first."""
    before = call.query_value("before")
    with call.read() as tx:
        number = revision_number(before) if before else None
        rows = actions.list_revisions(tx, call.actor, project_id, _SHOWN + 1, number)
        project = read_project(tx, call.actor, project_id)
        view = HistoryView(
            project_id=project_id, rows=tuple(map(_row, rows[:_SHOWN])),
            fingerprint=canonical_json.fingerprint(read_shape(tx, project)),
            command=f"freehold export {project.id} > freehold.toml",
            pager=_pager(project_id, rows, before),
        )  # fmt: skip
        return page("production/history.html.j2", frame(tx, call, "history", project=project), view)


def download_shape(call: Call, project_id: str) -> Response[Any]:
    """What a project declares, as a file that `freehold apply` reads."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        seen = msgspec.to_builtins(shape_view(actions.see_shape(tx, call.actor, project_id)))
    headers = {"Content-Disposition": f'attachment; filename="{project.slug}-{project.environment}.toml"'}
    text = text_of(seen, call.settings.control_url)
    return Response(text.encode(), media_type="application/toml; charset=utf-8", headers=headers)


def show_revision(call: Call, project_id: str, number: str) -> Response[Any]:
    """One revision: what it changed, and what going back to it would do."""
    return _revision(call, project_id, revision_number(number), None, 200)


def restore_revision(call: Call, project_id: str, number: str) -> Response[Any]:
    """Go back to a revision, whole or not at all."""
    wanted_number = revision_number(number)

    def act(tx: Transaction) -> Answer:
        wanted = actions.past_shape(tx, call.actor, project_id, wanted_number)
        tools, project = Tools(call.secret, call.settings), read_project(tx, call.actor, project_id)
        if project.environment == "production" and call.field("confirm").strip() != project.name:
            raise invalid(FieldError("confirm", "Type the project's name exactly as it is shown.", "not_confirmed"))
        plan = actions.plan_shape(tx, call.actor, tools, project_id, wanted, {})
        bindings = typed_values(call, _bound(plan))
        _, applied = actions.set_shape(
            tx, call.actor, tools, project_id, wanted, bindings, plan=call.field("fingerprint"), cause="restoration"
        )
        return Answer(200, _done_page(tx, call, project, wanted_number, applied).encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _revision(call, project_id, wanted_number, problem, problem.status)
    confirmation = call.confirmation()
    if not answer.body:
        return see_other(f"/projects/{project_id}/history", "shape-restored", confirmation)
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def _revision(call: Call, project_id: str, number: int, problem: Problem | None, status: int) -> Response[Any]:
    against = call.query_value("against")
    with call.read() as tx:
        compared = actions.compare_revision(
            tx, call.actor, project_id, number, revision_number(against) if against else None
        )
        project = read_project(tx, call.actor, project_id)
        found, present = compared.revision, canonical_json.fingerprint(read_shape(tx, project))
        plan, hindrance = _plan(tx, call, project, found)
        view = RevisionPageView(
            project_id=project_id, row=_row(found), fingerprint=found.fingerprint, request_id=found.request_id,
            against=compared.against or 0, groups=diff_groups(compared.differences),
            is_present=found.fingerprint == present, plan=diff_groups(plan.differences) if plan else (),
            plan_fingerprint=plan.fingerprint if plan else "", slots=slot_fields(_bound(plan)) if plan else (),
            danger=Danger(consequences=plan.consequences if plan else (), name=project.name),
            typed=project.environment == "production", hindrance=hindrance, form=_form(call, project, plan, problem),
        )  # fmt: skip
        return page("production/revision.html.j2", frame(tx, call, "history", project=project), view, status)


def _plan(tx: Transaction, call: Call, project: Project, found: Revision) -> tuple[Plan | None, str]:
    """The plan of going back; None and why, where there is no way back or the caller has none."""
    if cannot := blocked_for(call.actor, "production.edit", project):
        return None, cannot
    try:
        return actions.plan_shape(tx, call.actor, Tools(call.secret, call.settings), project.id, found.shape, {}), ""
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return None, f"There is no way back to it as it is. {problem.detail}"


def _form(call: Call, project: Project, plan: Plan | None, problem: Problem | None) -> Form:
    key = call.field("idempotency_key") or new_id("req")
    names = (
        [field_of(each.pointer) for each in _bound(plan) if each.slot and each.slot.kind != "header"] if plan else []
    )
    typed: Values = {name: call.field(name) for name in ("confirm", *names)}
    cannot = blocked_for(call.actor, "production.edit", project)
    return refused_slots(problem, typed, key) if problem else Form(typed, blocked=cannot, idempotency_key=key)


def _bound(plan: Plan) -> list[BoundSlot]:
    """The slots that going back needs a value of."""
    return [BoundSlot(each.slot, each, None) for each in plan.needed]


def _done_page(tx: Transaction, call: Call, project: Project, number: int, applied: Applied) -> str:
    """The page with what is shown once; empty where nothing is, and the history says that it was done."""
    if not applied.secrets:
        return ""
    view = DoneView(
        title="Restored", detail=f"The project declares what it did in revision {number}.",
        href=f"/projects/{project.id}/history", button="Back to the history",
        secrets=tuple(Once(title=f"Signing secret of {slot}", secret=text) for slot, text in sorted(applied.secrets.items())),
    )  # fmt: skip
    return render_page("production/done.html.j2", frame(tx, call, "history", project=project), view)


def _row(revision: Revision) -> RevisionRow:
    paths = [f"{title_of(each['path'])}" for each in revision.changes]
    return RevisionRow(
        number=revision.number, at=revision.at, by=revision.actor_name, why=WHY[revision.cause],
        changed=tuple(paths[:_PATHS]), total=len(paths),
    )  # fmt: skip


def _pager(project_id: str, rows: list[Revision], before: str) -> Pager:
    here = f"/projects/{project_id}/history"
    older = f"{here}?{urlencode({'before': rows[_SHOWN - 1].number})}" if len(rows) > _SHOWN else None
    return Pager(older=older, newest=here if before else None)
