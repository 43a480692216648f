"""Telling a project's webhook endpoints of reports that ended: announced with the end itself.

The event holds what is known of the file, never what the file holds; its address opens for who is signed in.
"""

from typing import Any

from freehold.kit import clock
from freehold.reports import queries, schedule_queries
from freehold.reports.addresses import report_url
from freehold.reports.records import Report
from freehold.reports.rules import CANCELED, plain_parameters
from freehold.reports.schedule_records import Run
from freehold.store.announcements import announce
from freehold.store.engine import Transaction


def tell_ended(tx: Transaction, base_url: str, report_id: str) -> None:
    """Announce a report that this transaction ends as ready or failed; an organization's has no endpoints to hear it.

    One that a person canceled is not told of.
    """
    report = queries.find_report(tx, report_id)
    if (
        report is None
        or report.project_id is None
        or report.state not in ("ready", "failed")
        or report.reason == CANCELED
    ):
        return
    run = schedule_queries.runs_of_reports(tx, [report_id]).get(report_id)
    facts, at = _facts(report, run, report_url(base_url, report)), report.finished_at or clock.now()
    announce(tx, report.project_id, "report.ready" if report.state == "ready" else "report.failed", facts, at)


def _facts(report: Report, run: Run | None, url: str) -> dict[str, Any]:
    ended = {"rows": report.rows, "bytes": report.bytes, "sha256": report.sha256, "restates": report.restates}
    return {
        "report": report.id, **plain_parameters(report.parameters),
        **(ended if report.state == "ready" else {"reason": report.reason}),
        "schedule": run.schedule_id if run else None, "missed": run.missed if run else 0, "url": url,
    }  # fmt: skip
