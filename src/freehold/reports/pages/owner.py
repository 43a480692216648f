"""Whose reports a page is of: a project's or an organization's, as its address says."""

from dataclasses import dataclass

from freehold.dashboard.frame import frame
from freehold.dashboard.views.shell import Shell
from freehold.errors import not_found
from freehold.organizations.actions import read_organization
from freehold.projects.actions import read_project
from freehold.reports import actions
from freehold.reports.records import Reach, Report, ReportFilter
from freehold.store.engine import Transaction
from freehold.web.call import Call


@dataclass(frozen=True, slots=True)
class Owner:
    """A project (`project_id`) or an organization as such (None), the address of its reports, and the frame around them."""

    organization_id: str
    project_id: str | None
    at: str
    name: str
    shell: Shell

    @property
    def reach(self) -> Reach:
        """What its reports reach over."""
        return "project" if self.project_id else "organization"


def place_of(call: Call) -> tuple[str, str | None]:
    """The organization (empty where a project is named) and the project that the address of a call names."""
    _, noun, identifier, *_ = call.path.split("/")
    return ("", identifier) if noun == "projects" else (identifier, None)


def owner_of(tx: Transaction, call: Call) -> Owner:
    """Whose reports the address of a call names; Problem `not_found` where it is none of the caller's business."""
    organization_id, project_id = place_of(call)
    if project_id is not None:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "reports", project=project)
        return Owner(project.organization_id, project.id, f"/projects/{project.id}/reports", project.name, shell)
    organization = read_organization(tx, call.actor, organization_id)
    shell = frame(tx, call, "reports-of-all", organization_id)
    return Owner(organization.id, None, f"/organizations/{organization.id}/reports", organization.name, shell)


def reports_of(
    tx: Transaction, call: Call, owner: Owner, limit: int, after_id: str | None, wanted: ReportFilter
) -> list[Report]:
    """An owner's reports, newest first."""
    if owner.project_id is not None:
        return actions.list_project_reports(tx, call.actor, owner.project_id, limit, after_id, wanted)
    return actions.list_organization_reports(tx, call.actor, owner.organization_id, limit, after_id, wanted)


def find(tx: Transaction, call: Call, report_id: str) -> Report:
    """A report of whom the address names; Problem `not_found` for one of somebody else."""
    organization_id, project_id = place_of(call)
    report = actions.read_report(tx, call.actor, report_id)
    if report.project_id != project_id or (project_id is None and report.organization_id != organization_id):
        raise not_found("report")
    return report
