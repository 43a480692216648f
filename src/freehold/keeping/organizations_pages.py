"""The page that deletes an organization, and restores it until its time has come. Thin: one action, present."""

from dataclasses import replace
from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.keeping import OrganizationDeletionPage
from freehold.dashboard.views.parts import Danger
from freehold.errors import FieldError, Problem, not_found
from freehold.keeping import organization_actions as actions
from freehold.keeping.records import OrganizationDeletion, OrganizationPlan
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.pages import page, see_other


def show_organization_deletion(call: Call, organization_id: str) -> Response[Any]:
    """What an organization holds, how to take it along, and the form that deletes or restores it."""
    return _show(call, organization_id, Form(), 200)


def delete_organization(call: Call, organization_id: str) -> Response[Any]:
    """Let an organization wait for its deletion, and say which gates refuse its keys by now."""

    def act(tx: Transaction) -> OrganizationDeletion:
        return actions.delete_organization(
            tx, call.actor, organization_id, call.field("confirm"), call.settings.organization_grace_days,
            call.settings.control_url,
        )  # fmt: skip

    try:
        _, confirmation = call.confirmed(act)
    except Problem as problem:
        errors = tuple(FieldError("confirm", each.message, each.code) for each in problem.errors)
        form = refused(Problem(problem.code, problem.detail, errors), {"confirm": call.field("confirm")})
        return _show(call, organization_id, form, problem.status)
    return see_other(f"/organizations/{organization_id}/delete", "organization-waits", confirmation)


def restore_organization(call: Call, organization_id: str) -> Response[Any]:
    """Take the deletion of an organization back."""
    try:
        with call.write() as tx:
            actions.restore_organization(tx, call.actor, organization_id, call.settings.control_url)
    except Problem as problem:
        return _show(call, organization_id, refused(problem, {}), problem.status)
    return see_other(f"/organizations/{organization_id}/projects", "organization-restored")


def _show(call: Call, organization_id: str, form: Form, status: int) -> Response[Any]:
    with call.read() as tx:
        found = actions.read_deletion(tx, call.actor, organization_id)
        if found and found.state == "deleted":
            raise not_found("organization")
        plan = actions.plan_deletion(tx, call.actor, organization_id)
        shell = frame(tx, call, "organization", organization_id)
    view = _view(plan, found, form, call.settings.organization_grace_days)
    return page("keeping/organization.html.j2", shell, view, status)


def _view(
    plan: OrganizationPlan, found: OrganizationDeletion | None, form: Form, grace_days: int
) -> OrganizationDeletionPage:
    consequences = (
        "Its keys stop at once: every project is archived.",
        f"Within {grace_days} days an owner or operator can restore it to what it was. Everybody in it is told by e-mail, and sees it on every page.",
        "Then projects, usage, webhooks, reports, files and its audit log are deleted for good. What is left is that it was.",
    )
    holds = (
        ("Members", plan.members), ("Projects", plan.projects), ("Serving keys", plan.serving_keys),
        ("Webhook endpoints", plan.webhook_endpoints), ("Files of reports", plan.reports),
        ("Entries of the audit log", plan.audit_entries),
    )  # fmt: skip
    return OrganizationDeletionPage(
        organization_id=plan.organization_id, name=plan.name, holds=holds, grace_days=grace_days,
        danger=Danger(consequences=consequences, name=plan.name, blocked=plan.refused), form=form,
        restore_form=replace(form, blocked=plan.refused), asked_at=found.asked_at if found else None,
        ends_at=found.ends_at if found else None, is_being_deleted=found is not None and found.state == "deleting",
    )  # fmt: skip
