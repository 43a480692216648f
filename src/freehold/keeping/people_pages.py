"""The page that deletes an account: one's own, or for operators anybody's. Thin: one action, present."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.keeping import PersonDeletionPage
from freehold.dashboard.views.parts import Danger, Todo
from freehold.errors import FieldError, Problem
from freehold.keeping import person_actions
from freehold.keeping.naming_rules import pseudonym_of
from freehold.keeping.records import PersonDeletion, PersonPlan
from freehold.organizations import cookies
from freehold.web.call import Call
from freehold.web.pages import page, see_other


def show_person_deletion(call: Call, person: str) -> Response[Any]:
    """What deleting an account would do, and the form that does it; or how far it is."""
    return _show(call, person, Form(), 200)


def delete_person(call: Call, person: str) -> Response[Any]:
    """Delete an account; whoever deletes their own is signed out by it."""
    try:
        with call.write() as tx:
            done = person_actions.delete_person(tx, call.actor, call.secret, person, call.field("confirm"))
    except Problem as problem:
        errors = tuple(FieldError("confirm", each.message, each.code) for each in problem.errors)
        named = Problem(problem.code, problem.detail, errors)
        return _show(call, person, refused(named, {"confirm": call.field("confirm")}), problem.status)
    if done.user_id != call.actor.user_id:
        return see_other(f"/people/{done.user_id}/delete")
    answer = see_other("/sign-in", "account-deleted")
    answer.cookies.append(cookies.no_session_cookie())
    return answer


def _show(call: Call, person: str, form: Form, status: int) -> Response[Any]:
    with call.read() as tx:
        past = person_actions.past_deletion(tx, call.actor, person)
        view = _done(past) if past else _plan(call, person_actions.plan_deletion(tx, call.actor, person), form)
        shell = frame(tx, call, "account")
    return page("keeping/person.html.j2", shell, view, status)


def _plan(call: Call, plan: PersonPlan, form: Form) -> PersonDeletionPage:
    is_self = plan.user_id == call.actor.user_id
    whose = "You" if is_self else "They"
    consequences = (
        f"{whose} cannot sign in any more, from this moment on, and it cannot be undone.",
        f"{plan.sessions} sessions and {plan.tokens} access tokens end.",
        "Every organization loses this member; what they made there lives on.",
    )
    return PersonDeletionPage(
        user_id=plan.user_id, name=plan.name, email=plan.email, is_self=is_self, pseudonym=plan.pseudonym.name,
        pseudonym_email=plan.pseudonym.email, organizations=plan.organizations, owned_projects=plan.owned_projects,
        todos=tuple(Todo(text=each.detail, href=each.href) for each in plan.obstacles),
        danger=Danger(name=plan.email, consequences=consequences), form=form,
    )  # fmt: skip


def _done(deletion: PersonDeletion) -> PersonDeletionPage:
    instead = pseudonym_of(deletion.user_id)
    return PersonDeletionPage(
        user_id=deletion.user_id, name=instead.name, email=instead.email, is_self=False, pseudonym=instead.name,
        pseudonym_email=instead.email, deleted_at=deletion.deleted_at, erased_at=deletion.finished_at,
        rows=sum(deletion.counts.values()),
    )  # fmt: skip
