"""Deleting an organization: asked for, taken back. What happens when its time has come is in `emptying`."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.keeping import organization_letters, organization_queries
from freehold.keeping.records import OrganizationDeletion, OrganizationPlan
from freehold.kit import clock
from freehold.organizations import actions as organizations
from freehold.organizations import audit
from freehold.organizations.records import Actor, Organization, ServiceRole
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction

_OWNER: Final[frozenset[ServiceRole]] = frozenset({"owner"})
_ALREADY: Final = "It is to be deleted already."


def plan_deletion(tx: Transaction, actor: Actor, organization_id: str) -> OrganizationPlan:
    """What deleting an organization would do now; for whoever belongs to it."""
    organization = organizations.read_organization(tx, actor, organization_id)
    counts = organization_queries.counts_of(tx, organization_id)
    return OrganizationPlan(
        organization_id=organization.id, name=organization.name, members=counts["members"],
        projects=counts["projects"], serving_keys=counts["keys"], webhook_endpoints=counts["webhooks"],
        reports=counts["reports"], audit_entries=audit.length_of(tx, organization_id),
        refused=_refused(actor, organization),
    )  # fmt: skip


def read_deletion(tx: Transaction, actor: Actor, organization_id: str) -> OrganizationDeletion | None:
    """The deletion of an organization, for whoever belongs to it; None where it is not to be deleted.

    Once it was deleted, for operators alone: nobody else belongs to it.
    """
    found = organization_queries.find_deletion(tx, organization_id)
    if found and found.state == "deleted":
        if not actor.is_operator:
            raise not_found("organization")
        return found
    organizations.read_organization(tx, actor, organization_id)
    return found


def delete_organization(
    tx: Transaction, actor: Actor, organization_id: str, typed: str, grace_days: int, base_url: str
) -> OrganizationDeletion:
    """Let an organization whose name was typed wait for its deletion: its projects are archived, so its keys stop.

    Two at one instant: the log's head decides who is first, and the second is told that it waits already.
    """
    organization = organizations.read_organization(tx, actor, organization_id)
    audit.hold(tx, organization_id)
    if why := _refused(actor, organization):
        raise Problem("forbidden" if not organization.is_operator else "conflict", why)
    if organization_queries.find_deletion(tx, organization_id):
        raise Problem("conflict", _ALREADY)
    if typed.strip() != organization.name:
        raise invalid(FieldError("name", "Type the organization's name exactly as it is shown.", "not_confirmed"))
    now = clock.now()
    active = organization_queries.active_projects(tx, organization_id)
    deletion = OrganizationDeletion(
        organization_id=organization_id, state="waiting", name=organization.name, asked_at=now,
        asked_by=actor.user_id or actor.id, ends_at=now + timedelta(days=grace_days), archived=active,
        reminded_at=None, emptied_at=None, recipients=[], counts={}, last_seal=None, finished_at=None,
    )  # fmt: skip
    for project_id in active:
        projects.archive_project(tx, _as_owner(actor, organization_id), project_id)
    with broken_constraint_means(Problem("conflict", _ALREADY)):
        organization_queries.insert_deletion(tx, deletion)
    _record(tx, actor, deletion, "organization.deletion_asked")
    organization_letters.tell(tx, "asked", deletion, base_url)
    return deletion


def restore_organization(tx: Transaction, actor: Actor, organization_id: str, base_url: str) -> Organization:
    """Take the deletion of an organization back: its projects are what they were, and their keys serve again."""
    organization = organizations.read_organization(tx, actor, organization_id)
    audit.hold(tx, organization_id)
    if why := _refused(actor, organization):
        raise Problem("forbidden", why)
    deletion = organization_queries.find_deletion(tx, organization_id)
    if deletion is None or not organization_queries.take_back(tx, organization_id):
        raise Problem("conflict", "This organization is not waiting to be deleted.")
    for project_id in deletion.archived:
        project = project_queries.find_project(tx, project_id)
        if project and project.state == "archived":
            projects.restore_project(tx, _as_owner(actor, organization_id), project_id)
    _record(tx, actor, deletion, "organization.restored")
    organization_letters.tell(tx, "restored", deletion, base_url)
    return organization


def _refused(actor: Actor, organization: Organization) -> str | None:
    """Why an actor may not delete or restore an organization, in words."""
    if organization.is_operator:
        return "This organization runs the instance: it cannot be deleted."
    if actor.is_operator or "owner" in actor.roles.get(organization.id, frozenset()):
        return None
    return "Only an owner of the organization, or an operator of the instance, can delete it or restore it."


def _as_owner(actor: Actor, organization_id: str) -> Actor:
    # Whoever may delete the organization may do to its projects what that takes.
    return replace(actor, roles={**actor.roles, organization_id: _OWNER})


def _record(tx: Transaction, actor: Actor, deletion: OrganizationDeletion, action: str) -> None:
    for chain in (deletion.organization_id, None):
        audit.record(
            tx, actor, action, organization_id=chain, subject_kind="organization",
            subject_id=deletion.organization_id, subject_name=deletion.name,
            after={"ends_at": deletion.ends_at, "projects": len(deletion.archived)},
        )  # fmt: skip
