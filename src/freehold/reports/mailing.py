"""Mailing of reports that ended and of schedules that were stopped: rows of the outbox, sent by others.

Who was to be told is asked once the report has ended: those who may still read it are mailed, once.
"""

from typing import Final

from freehold.kit import clock
from freehold.mail.actions import post_mail
from freehold.organizations import member_queries
from freehold.organizations import queries as organizations
from freehold.projects import queries as projects
from freehold.reports import letters, queries, schedule_queries
from freehold.reports.addresses import report_url, schedule_url
from freehold.reports.records import Report
from freehold.reports.rules import CANCELED
from freehold.reports.schedule_records import Schedule
from freehold.reports.schedule_standing import may_have
from freehold.store.engine import Transaction

_OWNERS: Final = ("owner", "admin")


def mail_ended(tx: Transaction, base_url: str, report_id: str) -> int:
    """Mail those who were to be told of a report that has ended; how many. Nobody is mailed of one that was canceled."""
    told = schedule_queries.take_recipients(tx, report_id, clock.now())
    report = queries.find_report(tx, report_id)
    if report is None or report.reason == CANCELED:
        return 0
    people = [each for each in told if may_have(tx, each, report.parameters.kind, report.organization_id)]
    addresses = [user.email for each in people if (user := organizations.find_user(tx, each)) is not None]
    if addresses:
        run = schedule_queries.runs_of_reports(tx, [report_id]).get(report_id)
        letter = letters.ended(report, run, _owner_name(tx, report), report_url(base_url, report))
        post_mail(tx, report.organization_id, addresses, letter.subject, letter.text, letter.html)
    return len(addresses)


def mail_stopped(tx: Transaction, base_url: str, schedule: Schedule, reason: str) -> None:
    """Mail those whom a schedule told, and who answer for what it is of, that it is stopped."""
    members = member_queries.members_of(tx, schedule.organization_id)
    people = {each.email for each in schedule.recipients}
    people |= {each.email for each in members if each.user_id == schedule.owner.id}
    if schedule.project_id is not None:
        owners = projects.owners_of(tx, [schedule.project_id])[schedule.project_id]
        people |= {each.email for each in owners if each.duty == "technical"}
    else:
        people |= {each.email for each in members if each.role in _OWNERS}
    letter = letters.stopped(schedule, reason, _owner_name(tx, schedule), schedule_url(base_url, schedule))
    post_mail(tx, schedule.organization_id, sorted(people), letter.subject, letter.text, letter.html)


def _owner_name(tx: Transaction, of: Report | Schedule) -> str:
    if of.project_id is not None:
        project = projects.find_project(tx, of.project_id)
        return f"{project.name}, {project.environment}" if project else of.project_id
    organization = organizations.find_organization(tx, of.organization_id)
    return organization.name if organization else of.organization_id
