"""Pages of making a project and of its settings. Thin: parse the form, one action, present."""

from collections.abc import Sequence
from typing import Any

from litestar import Response

from freehold.apis import queries as apis
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.parts import Danger
from freehold.dashboard.views.projects import NewProjectView, ProjectHead, SettingsView
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.organizations import member_queries
from freehold.organizations.permissions import blocked, may, require
from freehold.organizations.records import Member
from freehold.projects import actions, locking, queries
from freehold.projects.limit_pages import LIMIT_FIELDS, limit_values, limits_as_form_fields, limits_from, limits_shown
from freehold.projects.records import DUTIES, NewOwner, NewProject, Project, ProjectChange
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_APIS_OFFERED = 200


# --- a new project --------------------------------------------------------------------------------


def show_new_project(call: Call, organization_id: str) -> Response[Any]:
    """The form of a sandbox project."""
    return _new_project(call, organization_id, None, 200)


def create_project(call: Call, organization_id: str) -> Response[Any]:
    """Make a sandbox project and go on to its scope."""
    owners = (NewOwner(call.field("owner"), "technical"),) if call.field("owner") else ()
    new = NewProject(
        call.field("name"),
        call.field("purpose"),
        call.field("api"),
        call.field("product_line"),
        call.field("use_case"),
        owners,
    )

    def act(tx: Transaction) -> Answer:
        return Answer(303, actions.create_project(tx, call.actor, organization_id, new).id.encode())

    try:
        project_id = call.once(act).body.decode()
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _new_project(call, organization_id, problem, problem.status)
    return see_other(f"/projects/{project_id}/scope")


def _new_project(call: Call, organization_id: str, problem: Problem | None, status: int) -> Response[Any]:
    names = ("name", "purpose", "product_line", "use_case", "api", "owner")
    with call.read() as tx:
        require(call.actor, "projects.read", organization_id)
        shell = frame(tx, call, "projects", organization_id)
        members = members_to_offer(tx, call, organization_id)
        if problem is None:
            values: Values = {"owner": call.actor.user_id or "", "api": "example"}
            cannot = blocked(call.actor, "projects.create", organization_id)
            form = Form(values, blocked=cannot, idempotency_key=new_id("req"))
        else:
            typed = {name: call.field(name) for name in names}
            form = refused(_for_field(problem, "owners", "owner"), typed, call.field("idempotency_key"))
        view = NewProjectView(
            organization_id=organization_id,
            apis=tuple(Choice(api.slug, api.name) for api in apis.list_apis(tx, _APIS_OFFERED)),
            members=tuple(Choice(member.user_id, f"{member.name} ({member.email})") for member in members),
            product_lines=tuple(queries.product_lines_of(tx, organization_id)),
            form=form,
            first_run="first" in call.query.split("&"),
        )
    return page("projects/new.html.j2", shell, view, status)


# --- settings -------------------------------------------------------------------------------------


def show_settings(call: Call, project_id: str) -> Response[Any]:
    """Labels, owners, limits, and the danger zone."""
    return _settings(call, project_id, 200)


def save_labels(call: Call, project_id: str) -> Response[Any]:
    """Change a project's labels."""
    change = ProjectChange(
        call.field("name"), call.field("purpose"), call.field("product_line"), call.field("use_case")
    )
    return _save(call, project_id, change, "labels")


def save_owners(call: Call, project_id: str) -> Response[Any]:
    """Change who answers for a project."""
    owners = tuple(NewOwner(member, duty) for duty in DUTIES for member in call.fields(duty))
    return _save(call, project_id, ProjectChange(owners=owners), "owners")


def save_limits(call: Call, project_id: str) -> Response[Any]:
    """Change what all keys of a project may spend together, and wait until every gate decides by it."""
    try:
        rate_limits, quota = limits_from(call)
        change = ProjectChange(rate_limits=rate_limits, quota=quota)
        _, confirmation = call.confirmed(
            lambda tx: actions.edit_project(tx, call.actor, project_id, change, call.form_revision())
        )
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return _settings(call, project_id, problem.status, "limits", limits_as_form_fields(call, problem))
    return see_other(f"/projects/{project_id}/settings", "limits-saved", confirmation)


def archive_project(call: Call, project_id: str) -> Response[Any]:
    """Archive a project, once its name was typed."""
    with call.read() as tx:
        project = actions.read_project(tx, call.actor, project_id)
    if call.field("confirm").strip() != project.name:
        problem = invalid(FieldError("confirm", "Type the project's name exactly as it is shown.", "not_confirmed"))
        return _settings(call, project_id, 422, "archive", problem)
    _, confirmation = call.confirmed(lambda tx: actions.archive_project(tx, call.actor, project_id))
    return see_other(f"/projects/{project_id}/settings", "archived", confirmation)


def restore_project(call: Call, project_id: str) -> Response[Any]:
    """Bring an archived project back."""
    _, confirmation = call.confirmed(lambda tx: actions.restore_project(tx, call.actor, project_id))
    return see_other(f"/projects/{project_id}/settings", "restored", confirmation)


def lock_project(call: Call, project_id: str) -> Response[Any]:
    """Let promotion alone change a production project."""
    return _set_locked(call, project_id, True)


def unlock_project(call: Call, project_id: str) -> Response[Any]:
    """Let a production project be changed directly again."""
    return _set_locked(call, project_id, False)


def _set_locked(call: Call, project_id: str, locked: bool) -> Response[Any]:
    with call.write() as tx:
        locking.set_locked(tx, call.actor, project_id, locked)
    return see_other(f"/projects/{project_id}/settings", "project-locked" if locked else "project-unlocked")


def _save(call: Call, project_id: str, change: ProjectChange, which: str) -> Response[Any]:
    try:
        with call.write() as tx:
            actions.edit_project(tx, call.actor, project_id, change, call.form_revision())
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return _settings(call, project_id, problem.status, which, problem)
    return see_other(f"/projects/{project_id}/settings", "saved")


def _settings(
    call: Call, project_id: str, status: int, which: str = "", problem: Problem | None = None
) -> Response[Any]:
    with call.read() as tx:
        project = actions.read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "settings", project=project)
        owners = queries.owners_of(tx, [project.id])[project.id]
        members = members_to_offer(tx, call, project.organization_id)
        labels: Values = {
            "name": project.name, "purpose": project.purpose, "product_line": project.product_line or "",
            "use_case": project.use_case or "",
        }  # fmt: skip
        duties: Values = {duty: [owner.user_id for owner in owners if owner.duty == duty] for duty in DUTIES}
        typed_labels: Values = {name: call.field(name) for name in labels} if which == "labels" else labels
        limits = limit_values(project.rate_limits, project.quota)
        typed_limits: Values = {name: call.field(name) for name in LIMIT_FIELDS} if which == "limits" else limits
        typed_duties: Values = {duty: call.fields(duty) for duty in DUTIES} if which == "owners" else duties
        cannot = actions.blocked_for(call.actor, "projects.edit", project)
        cannot_archive = blocked(call.actor, "projects.archive", project.organization_id)
        owners_problem = _for_field(problem, "owners", "technical") if problem and which == "owners" else None
        view = SettingsView(
            project=head_of(tx, project), revision=project.revision,
            members=tuple(Choice(member.user_id, member.name, member.email) for member in members),
            product_lines=tuple(queries.product_lines_of(tx, project.organization_id)),
            limits=limits_shown(project.rate_limits, project.quota, actions.quota_state(tx, project)),
            archive=_danger(project),
            labels_form=_form(typed_labels, problem if which == "labels" else None, cannot),
            owners_form=_form(typed_duties, owners_problem, cannot),
            limits_form=_form(typed_limits, problem if which == "limits" else None, cannot),
            archive_form=_form({"confirm": call.field("confirm")}, problem if which == "archive" else None, cannot_archive),
            locked=project.locked, lock_form=Form(blocked=blocked(call.actor, "production.lock", project.organization_id)),
        )  # fmt: skip
    return page("projects/settings.html.j2", shell, view, status)


def _danger(project: Project) -> Danger:
    return Danger(
        consequences=(
            "Every key of the project is refused at once, on every gate.",
            "Webhook deliveries that are still due wait until it is restored.",
            "Nothing is deleted: usage, deliveries and the audit log stay, and it can be restored.",
        ),
        name=project.name,
    )


# --- shared ---------------------------------------------------------------------------------------


def head_of(tx: Transaction, project: Project) -> ProjectHead:
    """What a project is, for a page's header."""
    api = apis.find_api(tx, project.api_id)
    return ProjectHead(
        id=project.id, organization_id=project.organization_id, name=project.name, slug=project.slug,
        environment=project.environment, purpose=project.purpose, product_line=project.product_line or "",
        use_case=project.use_case or "", api_name=api.name if api else "", created_at=project.created_at,
        archived_at=project.archived_at, api_fails_open=api is not None and api.fail_open,
    )  # fmt: skip


def members_to_offer(tx: Transaction, call: Call, organization_id: str) -> Sequence[Member]:
    """The members that a form offers: those of the organization, where the caller may see them."""
    return member_queries.members_of(tx, organization_id) if may(call.actor, "members.read", organization_id) else ()


def _form(values: Values, problem: Problem | None, cannot: str | None) -> Form:
    return refused(problem, values) if problem else Form(values, blocked=cannot)


def _for_field(problem: Problem, old: str, new: str) -> Problem:
    errors = tuple(type(each)(each.field.replace(old, new, 1), each.message, each.code) for each in problem.errors)
    return Problem(problem.code, problem.detail, errors, problem.headers)
