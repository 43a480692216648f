"""Reports: ask for one, read, cancel. One function is one use case and one transaction, which the caller opens."""

from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.projects.actions import read_project
from freehold.reports import queries, rules, schedule_queries
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import Parameters, Report, ReportFilter
from freehold.reports.sources.registry import Asked, source_faults
from freehold.store.engine import Transaction

UNFINISHED_MAX: Final = 20


def request_report(
    tx: Transaction,
    actor: Actor,
    organization_id: str,
    project_id: str | None,
    wanted: Parameters,
    mail: bool = False,
    keep_days: int | None = None,
) -> Report:
    """Ask for a report of a project, or of an organization. It is made by the tasks process.

    `mail`: whether who asks is mailed when it has ended; Problem `invalid` for a service token, which has no address.
    `keep_days`: how many days its file is kept; None: as many as the instance keeps files.
    """
    if project_id is not None:
        organization_id = read_project(tx, actor, project_id).organization_id
    else:
        read_organization(tx, actor, organization_id)
    require(actor, KIND_FACTS[wanted.kind].permission, organization_id)
    asked = Asked(actor, organization_id, project_id, wanted)
    faults = rules.parameter_faults(wanted, "project" if project_id else "organization", clock.now())
    faults += rules.keep_days_faults(keep_days)
    if faults or (faults := source_faults(tx, asked)):
        raise invalid(*faults)
    # Of two at one instant the second sees the first: so that there are no more than may be.
    audit.hold(tx, organization_id)
    if queries.count_unfinished(tx, organization_id) >= UNFINISHED_MAX:
        raise Problem(
            "conflict", f"{UNFINISHED_MAX} reports of the organization are not made yet. Wait for one, or cancel one."
        )
    if mail and actor.user_id is None:
        raise invalid(
            FieldError("email", "A service token has no e-mail address: only a person is mailed.", "no_address")
        )
    report = queue_report(tx, actor, organization_id, project_id, wanted, keep_days)
    if mail and actor.user_id is not None:
        schedule_queries.insert_report_recipients(tx, report.id, [actor.user_id])
    return report


def queue_report(
    tx: Transaction,
    actor: Actor,
    organization_id: str,
    project_id: str | None,
    wanted: Parameters,
    keep_days: int | None = None,
) -> Report:
    """Put a report into the queue for an actor who may have it: whoever calls this has made sure of that."""
    now = clock.now()
    if faults := rules.parameter_faults(wanted, "project" if project_id else "organization", now):
        raise invalid(*faults)
    report = Report(
        id=ids.new_id("rep"), organization_id=organization_id, project_id=project_id, parameters=wanted, state="queued",
        reason=None, asked_by=actor.name, asked_by_id=actor.id, created_at=now, started_at=None, finished_at=None,
        expires_at=None, attempts=0, done=0, cancel=False, rows=None, bytes=None, sha256=None, manifest=None, restates=None,
        keep_days=keep_days,
    )  # fmt: skip
    queries.insert_report(tx, report, now)
    _record(tx, actor, "report.requested", report)
    return report


def list_project_reports(
    tx: Transaction,
    actor: Actor,
    project_id: str,
    limit: int,
    after_id: str | None = None,
    wanted: ReportFilter = queries.ANY,
) -> list[Report]:
    """A project's reports, newest first. What they hold is shown to those who may read what they are of."""
    project = read_project(tx, actor, project_id)
    require(actor, "projects.read", project.organization_id)
    return queries.reports_of_project(tx, project.id, limit, after_id, wanted)


def list_organization_reports(
    tx: Transaction,
    actor: Actor,
    organization_id: str,
    limit: int,
    after_id: str | None = None,
    wanted: ReportFilter = queries.ANY,
) -> list[Report]:
    """An organization's own reports, newest first."""
    require(actor, "organization.read", organization_id)
    read_organization(tx, actor, organization_id)
    return queries.reports_of_organization(tx, organization_id, limit, after_id, wanted)


def read_report(tx: Transaction, actor: Actor, report_id: str) -> Report:
    """One report; Problem `not_found` where it is none of the actor's business, `forbidden` where they may not read what it is of."""
    report = queries.find_report(tx, report_id)
    if report is None or not (actor.kind == "system" or actor.is_operator or report.organization_id in actor.roles):
        raise not_found("report")
    require(actor, KIND_FACTS[report.parameters.kind].permission, report.organization_id)
    return report


def may_read(actor: Actor, report: Report) -> bool:
    """Whether an actor who sees a report in a list may have what it holds."""
    return may(actor, KIND_FACTS[report.parameters.kind].permission, report.organization_id)


def cancel_report(tx: Transaction, actor: Actor, report_id: str) -> Report:
    """End a report that is not ready. One that is being made ends within a second or two."""
    # The log before the row, as every change takes them; then the report as it is once that is held.
    audit.hold(tx, read_report(tx, actor, report_id).organization_id)
    report = read_report(tx, actor, report_id)
    ended = report.state == "queued" and queries.fail(tx, report.id, rules.CANCELED, clock.now())
    if not ended and not queries.ask_to_cancel(tx, report.id):
        raise Problem("conflict", "The report is made already: there is nothing to cancel.")
    _record(tx, actor, "report.canceled", report)
    return read_report(tx, actor, report_id)


def _record(tx: Transaction, actor: Actor, action: str, report: Report) -> None:
    audit.record(
        tx, actor, action, organization_id=report.organization_id, subject_kind="report", subject_id=report.id,
        subject_name=KIND_FACTS[report.parameters.kind].title, project_id=report.project_id,
        after=rules.plain_parameters(report.parameters),
    )  # fmt: skip
