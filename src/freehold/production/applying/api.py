"""HTTP of shapes: as they are, their history, plans, and applying one. Thin: parse, one action, present."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, cast

from litestar import Response
from litestar.params import QueryParameter

from freehold.errors import Problem
from freehold.kit.paging import Cursor, Page, page
from freehold.production.applying import actions
from freehold.production.applying.revision_numbers import before_number, revision_number
from freehold.production.applying.tools import Tools
from freehold.production.applying.views import (
    AppliedShapeView,
    ConfirmedShapeView,
    RevisionDetailView,
    RevisionView,
    ShapeBody,
    ShapePlanBody,
    ShapePlanView,
    ShapeRestoreBody,
    ShapeView,
    applied_view,
    plan_view,
    revision_detail_view,
    revision_view,
    shape_view,
)
from freehold.production.shape.records import Cause, Shape
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.inputs import CursorText, Limit

Against = Annotated[
    int | None,
    QueryParameter(
        name="against", description="The revision to compare with; the one before it by itself.", ge=1, le=10**9
    ),
]


def read_shape(call: Call, project_id: str) -> ShapeView:
    """What a project declares, with the fingerprint of it, and its slots for what an environment gives."""
    with call.read() as tx:
        return shape_view(actions.see_shape(tx, call.actor, project_id))


def list_shape_revisions(
    call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[RevisionView]:  # fmt: skip
    """The history of what a project declares, newest first: each change with who made it, when and why."""
    with call.read() as tx:
        rows = actions.list_revisions(tx, call.actor, project_id, checked_limit(limit) + 1, before_number(cursor))
    cut = page(rows, limit, lambda row: Cursor(row.number, ""))
    return Page([revision_view(row) for row in cut.data], cut.next_cursor)


def read_shape_revision(call: Call, project_id: str, number: str, against: Against = None) -> RevisionDetailView:
    """What a project declared from one change on, and how that differs from another revision."""
    with call.read() as tx:
        return revision_detail_view(
            actions.compare_revision(tx, call.actor, project_id, revision_number(number), against)
        )


def plan_shape(call: Call, project_id: str, data: ShapePlanBody) -> ShapePlanView:
    """What it would do to give a project a shape: every difference, what follows, and which slots need a value first."""
    wanted = actions.wanted_shape(data.shape)
    with call.read() as tx, of_document():
        return plan_view(actions.plan_shape(tx, call.actor, _tools(call), project_id, wanted, data.bindings))


def set_shape(call: Call, project_id: str, data: ShapeBody) -> Response[ConfirmedShapeView]:
    """Give a project exactly a shape, whole or not at all; again, it changes nothing. Keys are declared, never issued.

    What a slot holds stays where `bindings` do not say otherwise. Answers when every live gate process decides by it;
    signing secrets of new webhook endpoints are in this answer and nowhere else.
    """
    wanted = actions.wanted_shape(data.shape)
    with of_document():
        return _applied(call, project_id, wanted, data, "file")


def restore_shape(call: Call, project_id: str, data: ShapeRestoreBody) -> Response[ConfirmedShapeView]:
    """Give a project the shape of a past revision, whole or not at all; with `plan`, say what that would do.

    Keys that were revoked since come back as declared ones, to be issued anew.
    """
    with call.read() as tx:
        wanted = actions.past_shape(tx, call.actor, project_id, data.number)
    return _applied(call, project_id, wanted, data, "restoration", only_plan=data.plan)


@contextmanager
def of_document() -> Iterator[None]:
    """A block whose Problems name fields of a shape as fields of the body that it is in."""
    try:
        yield
    except Problem as problem:
        errors = (
            each if each.field.startswith("bindings.") else replace(each, field=f"shape.{each.field}")
            for each in problem.errors
        )
        raise replace(problem, errors=tuple(errors)) from None


def _tools(call: Call) -> Tools:
    return Tools(call.secret, call.settings)


def _applied(
    call: Call, project_id: str, wanted: Shape, data: ShapeBody | ShapeRestoreBody, cause: Cause, only_plan: bool = False
) -> Response[ConfirmedShapeView]:  # fmt: skip
    tools, present = _tools(call), _seen_shape(call)

    def act(tx: Transaction) -> AppliedShapeView:
        if only_plan:
            plan = actions.plan_shape(tx, call.actor, tools, project_id, wanted, data.bindings, present=present)
            return applied_view(project_id, plan, None)
        made, applied = actions.set_shape(
            tx,
            call.actor,
            tools,
            project_id,
            wanted,
            data.bindings,
            plan=data.fingerprint,
            present=present,
            cause=cause,
        )
        return applied_view(project_id, made, applied)

    body = cast("ConfirmedShapeView", call.once_confirmed(act))
    return Response(body, status_code=200, media_type="application/json")


def _seen_shape(call: Call) -> str | None:
    """The shape's fingerprint that `If-Match` names; None for any."""
    text = call.headers.get("if-match", "*").strip()
    return None if text == "*" else text.removeprefix('"').removesuffix('"')
