"""HTTP of deleting an organization. Thin: parse, one action, present."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import msgspec

from freehold.keeping import organization_actions as actions
from freehold.keeping.records import OrganizationDeletion, OrganizationPlan
from freehold.store.engine import Transaction
from freehold.store.propagation import Confirmation
from freehold.web.call import Call
from freehold.web.inputs import Body, text


class HoldsView(msgspec.Struct, kw_only=True):
    """What an organization holds: all that would be deleted."""

    members: int
    projects: int
    keys: int
    webhook_endpoints: int
    reports: int
    audit_entries: int


class OrganizationDeletionView(msgspec.Struct, kw_only=True):
    """The deletion of an organization.

    `state`: `none`, `waiting` (its keys have stopped, and until `ends_at` it can be restored), `deleting` or `deleted`. Once
    it was deleted, this is all that is left of it, for operators: `last_seal` says where its audit log ended.
    `holds`: what would be deleted. `refused`: why you cannot delete or restore it. `confirmed_by`: gate processes that
    refuse its keys by now, after `propagation_ms`; `silent` ones refuse every key.
    """

    organization: str
    name: str
    state: str
    holds: HoldsView | None
    refused: str | None
    asked_at: datetime | None
    asked_by: str | None
    ends_at: datetime | None
    archived_projects: list[str]
    finished_at: datetime | None
    last_seal: dict[str, Any] | None
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class DeleteOrganizationBody(Body, frozen=True):
    """The organization's name, typed to confirm it."""

    name: Annotated[str, text("Northgate", maximum=100)]


def read_organization_deletion(call: Call, organization_id: str) -> OrganizationDeletionView:
    """What deleting an organization would do; or when it will be deleted; or what is left of it."""
    with call.read() as tx:
        found = actions.read_deletion(tx, call.actor, organization_id)
        gone = found is not None and found.state == "deleted"
        plan = None if gone else actions.plan_deletion(tx, call.actor, organization_id)
    return _view(organization_id, found, plan)


def delete_organization(call: Call, organization_id: str, data: DeleteOrganizationBody) -> OrganizationDeletionView:
    """Let an organization wait for its deletion: by an owner of it, or an operator. Its keys stop at once.

    It answers when every live gate refuses them. Within the days of grace it can be restored to what it was.
    """

    def act(tx: Transaction) -> OrganizationDeletion:
        return actions.delete_organization(
            tx, call.actor, organization_id, data.name, call.settings.organization_grace_days, call.settings.control_url
        )

    found, confirmation = call.confirmed(act)
    return _view(organization_id, found, None, confirmation)


def restore_organization(call: Call, organization_id: str) -> OrganizationDeletionView:
    """Take the deletion of an organization back: its projects are what they were, and their keys serve again."""
    with call.write() as tx:
        actions.restore_organization(tx, call.actor, organization_id, call.settings.control_url)
        return _view(organization_id, None, actions.plan_deletion(tx, call.actor, organization_id))


def _view(
    organization_id: str, found: OrganizationDeletion | None, plan: OrganizationPlan | None,
    confirmation: Confirmation | None = None,
) -> OrganizationDeletionView:  # fmt: skip
    return OrganizationDeletionView(
        organization=organization_id, name=found.name if found else plan.name if plan else "",
        state=found.state if found else "none", holds=_holds(plan) if plan else None,
        refused=plan.refused if plan else None, asked_at=found.asked_at if found else None,
        asked_by=found.asked_by if found else None, ends_at=found.ends_at if found else None,
        archived_projects=found.archived if found else [], finished_at=found.finished_at if found else None,
        last_seal=found.last_seal if found else None, **(asdict(confirmation) if confirmation else {}),
    )  # fmt: skip


def _holds(plan: OrganizationPlan) -> HoldsView:
    return HoldsView(
        members=plan.members, projects=plan.projects, keys=plan.serving_keys,
        webhook_endpoints=plan.webhook_endpoints, reports=plan.reports, audit_entries=plan.audit_entries,
    )  # fmt: skip
