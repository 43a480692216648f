"""One key: its secrets, latest requests, limits, and the way to end it."""

from typing import Any, Final

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, Values, refused
from freehold.dashboard.views.keys import (
    KeyView,
)
from freehold.dashboard.views.parts import Danger
from freehold.errors import FieldError, Problem, invalid
from freehold.keys import actions
from freehold.keys.actions import KeyDetail
from freehold.kit import clock
from freehold.organizations.permissions import blocked
from freehold.overview.pages.keys.forms import FIELDS, as_form_fields, settings_from, values_of
from freehold.overview.pages.keys.presenting import details_of, endpoint_choices, key_of_project
from freehold.overview.pages.keys.secrets import secrets_view
from freehold.projects.actions import blocked_for, quota_state, read_project
from freehold.projects.limit_pages import limits_shown
from freehold.usage import glances
from freehold.web.call import Call
from freehold.web.pages import page, see_other

_LATEST: Final = 10


def show_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """One key: its secrets, latest requests, limits, and the way to end it."""
    return one_key(call, project_id, key_id, 200)


def edit_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """Change a key."""
    key_of_project(call, project_id, key_id)
    try:
        _, confirmation = call.confirmed(
            lambda tx: actions.edit_key(
                tx, call.actor, key_id, lambda old: settings_from(call, old), call.form_revision()
            )
        )
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return one_key(call, project_id, key_id, problem.status, "edit", problem)
    return see_other(f"/projects/{project_id}/keys/{key_id}", "key-saved", confirmation)


def revoke_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """Revoke a key, once its name was typed, and wait until every gate decides by it."""
    detail = key_of_project(call, project_id, key_id)
    if call.field("confirm").strip() != detail.key.name:
        problem = invalid(FieldError("confirm", "Type the key's name exactly as it is shown.", "not_confirmed"))
        return one_key(call, project_id, key_id, 422, "revoke", problem)
    _, confirmation = call.confirmed(lambda tx: actions.revoke_key(tx, call.actor, key_id))
    return see_other(f"/projects/{project_id}/keys/{key_id}", "key-revoked", confirmation)


def one_key(
    call: Call, project_id: str, key_id: str, status: int, which: str = "", problem: Problem | None = None
) -> Response[Any]:
    """A key's page. `which` of its forms was refused, and why."""
    detail = key_of_project(call, project_id, key_id)
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "keys", project=project)
        typed: Values = {**{name: call.field(name) for name in FIELDS}, "endpoints": call.fields("endpoints")}
        cannot_edit = blocked_for(call.actor, "keys.issue", project)
        cannot_revoke = blocked(call.actor, "keys.revoke", project.organization_id)
        edit_form = (
            refused(as_form_fields(call, problem), typed)
            if problem and which == "edit"
            else Form(values_of(detail), blocked=cannot_edit)
        )
        revoke_form = (
            refused(problem, {"confirm": call.field("confirm")})
            if problem and which == "revoke"
            else Form(blocked=cannot_revoke)
        )
        view = KeyView(
            project_id=project_id, key=details_of(tx, project, detail, call.settings.brand), revision=detail.key.revision,
            endpoints=endpoint_choices(tx, project),
            secrets=secrets_view(tx, call, project, detail, shell.now, which, problem),
            chart=glances.day_chart(glances.day_of_key(tx, project_id, key_id, shell.now), project_id, f"key={key_id}"),
            requests=glances.latest_requests(tx, project_id, _LATEST, key_id=key_id),
            project_limits=limits_shown(project.rate_limits, project.quota, quota_state(tx, project)),
            revoke=_revocation(detail), edit_form=edit_form, revoke_form=revoke_form,
        )  # fmt: skip
    return page("keys/one.html.j2", shell, view, status)


def _revocation(detail: KeyDetail) -> Danger:
    callers = [secret.last_address for secret in detail.secrets if secret.last_address]
    used = max((secret.last_used_at for secret in detail.secrets if secret.last_used_at), default=None)
    last = (
        f"Its last call came {words.ago(used, clock.now())} from {callers[0]}."
        if used and callers
        else "No call was ever made with it."
    )
    return Danger(
        consequences=(
            "Every gate refuses it within moments; the page waits until each has confirmed.",
            last,
            "It is for good: a revoked key never serves again. Its usage and history stay.",
        ),
        name=detail.key.name,
    )
