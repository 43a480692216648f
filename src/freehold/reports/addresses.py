"""Where the pages of reports and schedules are, for who reads of them outside the dashboard. Pure; no address holds a secret."""

from freehold.reports.records import Report
from freehold.reports.schedule_records import Schedule


def report_url(base_url: str, report: Report) -> str:
    """The whole address of a report's page."""
    return f"{base_url}{reports_path(report.organization_id, report.project_id)}/{report.id}"


def schedule_url(base_url: str, schedule: Schedule) -> str:
    """The whole address of a schedule's page."""
    return f"{base_url}{reports_path(schedule.organization_id, schedule.project_id)}/schedules/{schedule.id}"


def reports_path(organization_id: str, project_id: str | None) -> str:
    """Where the reports of a project are, or an organization's own."""
    return f"/projects/{project_id}/reports" if project_id else f"/organizations/{organization_id}/reports"
