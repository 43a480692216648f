"""The page of what production needs of its own. Thin: parse the form, one action, present."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, Values
from freehold.dashboard.views.siblings import BindingsView
from freehold.errors import Problem
from freehold.production.bindings import actions
from freehold.production.bindings.presenting import field_of, left_fields, refused_slots, slot_fields, typed_values
from freehold.production.bindings.records import BindingValue
from freehold.projects.actions import blocked_for, find_sibling
from freehold.web.call import Call
from freehold.web.pages import page, see_other


def show_bindings(call: Call, project_id: str) -> Response[Any]:
    """What a sandbox project's production sibling needs of its own, and what was given."""
    return _bindings(call, project_id, None, 200)


def give_bindings(call: Call, project_id: str) -> Response[Any]:
    """Give slots their values; an empty field leaves what is there, a tick takes it away."""
    with call.read() as tx:
        slots = actions.bindings_of(tx, call.actor, project_id)
    values: dict[str, BindingValue | None] = dict.fromkeys(call.fields("clear"))
    values.update(typed_values(call, slots))
    try:
        with call.write() as tx:
            actions.give_bindings(tx, call.actor, call.secret, call.settings, project_id, values)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _bindings(call, project_id, problem, problem.status)
    return see_other(f"/projects/{project_id}/bindings", "bindings-saved")


def _bindings(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    with call.read() as tx:
        sandbox = actions.sandbox_of(tx, call.actor, project_id, "production.read")
        slots = actions.slots_of(tx, sandbox)
        # A header's value is a secret: it is not sent back into the page.
        typed: Values = {
            field_of(each.pointer): call.field(field_of(each.pointer))
            for each in slots
            if each.slot is not None and each.slot.kind != "header"
        }
        sibling = find_sibling(tx, sandbox)
        view = BindingsView(
            project_id=sandbox.id, slots=slot_fields(slots), left=left_fields(slots),
            missing=sum(each.is_missing for each in slots), production_id=sibling.id if sibling else None,
            form=refused_slots(problem, {**typed, "clear": call.fields("clear")}) if problem
            else Form(blocked=blocked_for(call.actor, "production.edit", sandbox)),
        )  # fmt: skip
        shell = frame(tx, call, "clone", project=sandbox)
    return page("production/bindings.html.j2", shell, view, status)
