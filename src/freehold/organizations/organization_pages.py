"""Pages of an organization itself: making one, its name. Thin: parse the form, one action, present."""

from dataclasses import replace
from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.organizations import NewOrganizationView, OrganizationView
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.organizations import actions
from freehold.organizations.permissions import blocked, require_operator
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other


def show_new_organization(call: Call) -> Response[Any]:
    """The form of a new organization; for operators."""
    return _new(call, Form(idempotency_key=new_id("req")), 200)


def create_organization(call: Call) -> Response[Any]:
    """Make an organization and go on to its members."""
    name = call.field("name")

    def act(tx: Transaction) -> Answer:
        return Answer(303, actions.create_organization(tx, call.actor, name).id.encode())

    try:
        organization_id = call.once(act).body.decode()
    except Problem as problem:
        return _new(call, refused(problem, {"name": name}, new_id("req")), problem.status)
    return see_other(f"/organizations/{organization_id}/members", "organization-made")


def _new(call: Call, form: Form, status: int) -> Response[Any]:
    require_operator(call.actor)
    with call.read() as tx:
        shell = frame(tx, call, "")
    return page("organizations/new.html.j2", shell, NewOrganizationView(form=form), status)


def show_organization(call: Call, organization_id: str) -> Response[Any]:
    """An organization's name and address."""
    return _settings(call, organization_id, None, 200)


def rename_organization(call: Call, organization_id: str) -> Response[Any]:
    """Give an organization another name."""
    try:
        with call.write() as tx:
            actions.rename_organization(tx, call.actor, organization_id, call.field("name"), call.form_revision())
    except Problem as problem:
        return _settings(call, organization_id, problem, problem.status)
    return see_other(f"/organizations/{organization_id}/settings", "saved")


def _settings(call: Call, organization_id: str, problem: Problem | None, status: int) -> Response[Any]:
    with call.read() as tx:
        organization = actions.read_organization(tx, call.actor, organization_id)
        shell = frame(tx, call, "organization", organization_id)
    form = refused(problem, {"name": call.field("name")}) if problem else Form({"name": organization.name})
    view = OrganizationView(
        id=organization.id, name=organization.name, slug=organization.slug, revision=organization.revision,
        created_at=organization.created_at, is_operator=organization.is_operator,
        form=replace(form, blocked=blocked(call.actor, "organization.edit", organization_id)),
    )  # fmt: skip
    return page("organizations/settings.html.j2", shell, view, status)
