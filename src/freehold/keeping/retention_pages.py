"""Pages of what is kept: all kinds, and one kind with a preview of other days. Thin: one action, present. Operators only."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.keeping import KeptKindPage, KeptPage, KeptRow
from freehold.dashboard.words import plural
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.keeping import person_actions, retention_actions
from freehold.keeping.kinds import KINDS, SETTABLE
from freehold.keeping.retention_actions import Kept, Preview
from freehold.keeping.retention_queries import COUNT_MAX
from freehold.organizations.permissions import require_operator
from freehold.web.call import Call
from freehold.web.pages import page, see_other


def show_kept(call: Call) -> Response[Any]:
    """Everything that is kept, and where to begin with deleting a person."""
    return _all(call, Form(), 200)


def find_person(call: Call) -> Response[Any]:
    """Go on to the page that deletes an account, by its e-mail address."""
    require_operator(call.actor)
    email = call.field("email")
    try:
        with call.read() as tx:
            plan = person_actions.plan_deletion(tx, call.actor, email if "@" in email else "@")
    except Problem:
        nobody = invalid(FieldError("email", "There is no account of this address.", "unknown_person"))
        return _all(call, refused(nobody, {"email": email}), nobody.status)
    return see_other(f"/people/{plan.user_id}/delete")


def show_kind(call: Call, kind: str) -> Response[Any]:
    """One kind; with `days` in the address, exactly what they would delete."""
    days = call.query_value("days")
    form = Form({"days": days})
    try:
        return _one(call, kind, form, 200, bool(call.query_value("preview")))
    except Problem as problem:
        if problem.code != "invalid":
            raise
        return _one(call, kind, refused(problem, {"days": days}), problem.status, previewed=False)


def set_retention(call: Call, kind: str) -> Response[Any]:
    """Keep a kind for other days."""
    given = {"days": call.field("days"), "confirm": call.field("confirm")}
    try:
        with call.write() as tx:
            retention_actions.set_retention(tx, call.actor, call.settings, kind, _days(given["days"]), given["confirm"])
    except Problem as problem:
        if problem.code != "invalid":
            raise
        previewed = all(each.field != "days" for each in problem.errors)
        return _one(call, kind, refused(problem, given), problem.status, previewed)
    return see_other("/kept", "retention-saved")


def _all(call: Call, form: Form, status: int) -> Response[Any]:
    with call.read() as tx:
        kept = retention_actions.list_kept(tx, call.actor, call.settings)
        shell = frame(tx, call, "kept")
    view = KeptPage(rows=tuple(_row(each) for each in kept), person_form=form)
    return page("keeping/kept.html.j2", shell, view, status)


def _one(call: Call, kind: str, form: Form, status: int, previewed: bool) -> Response[Any]:
    if kind not in SETTABLE:
        raise not_found("kind of data that can be set")
    with call.read() as tx:
        kept = next(each for each in retention_actions.list_kept(tx, call.actor, call.settings) if each.kind == kind)
        seen = None
        if previewed:
            seen = retention_actions.preview(tx, call.actor, call.settings, kind, _days(form.value("days")))
        shell = frame(tx, call, "kept")
    if not form.values.get("days") and not previewed and kept.days is not None:
        form = Form({"days": str(kept.days)}, form.errors, form.message)
    return page("keeping/kind.html.j2", shell, _view(kept, form, seen), status)


def _view(kept: Kept, form: Form, seen: Preview | None) -> KeptKindPage:
    facts = KINDS[kept.kind]
    return KeptKindPage(
        kind=kept.kind, title=facts.title, detail=facts.detail, why=facts.why, how_long=_how_long(kept), by=_by(kept),
        floor=facts.floor or 1, setting=facts.setting, form=form, previewed=seen is not None,
        wanted=_days_in_words(seen.days) if seen else "", rows=seen.goes.rows if seen else 0,
        oldest=seen.goes.oldest if seen else None, newest=seen.goes.newest if seen else None,
        archived=seen.archived if seen else False,
    )  # fmt: skip


def _row(kept: Kept) -> KeptRow:
    facts, amount = KINDS[kept.kind], kept.amount
    return KeptRow(
        kind=kept.kind, title=facts.title, detail=facts.detail, how_long=_how_long(kept), by=_by(kept),
        rows=amount.rows if amount else None, more=amount is not None and amount.rows >= COUNT_MAX,
        oldest=amount.oldest if amount else None, settable=kept.kind in SETTABLE,
    )  # fmt: skip


def _how_long(kept: Kept) -> str:
    return KINDS[kept.kind].words or _days_in_words(kept.days)


def _days_in_words(days: int | None) -> str:
    return "For good" if days is None else plural(days, "day")


def _by(kept: Kept) -> str:
    if kept.by == "here":
        return f"{kept.set_by}, here"
    return KINDS[kept.kind].setting if kept.by == "environment" else "Default"


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise invalid(FieldError("days", "A whole number of days.", "not_a_number"))
    return int(text)
