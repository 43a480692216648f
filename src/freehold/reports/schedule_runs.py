"""What happens when a schedule's time has come: one transaction that queues its report and moves its next run, or stops it."""

import logging
from datetime import datetime
from typing import Final

from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.reports import schedule_queries as queries
from freehold.reports import schedule_rules as rules
from freehold.reports.actions import queue_report
from freehold.reports.mailing import mail_stopped
from freehold.reports.records import Report
from freehold.reports.schedule_actions import facts_of, note_run, parameters_at
from freehold.reports.schedule_records import Due, Schedule
from freehold.reports.schedule_standing import lost_right
from freehold.store.engine import Transaction

_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
_NEVER_AGAIN: Final = "Its expression does not come again in the next fifty years."

_log: Final = logging.getLogger(__name__)


def run_due(
    tx: Transaction, base_url: str, organization_id: str, schedule_id: str, now: datetime
) -> Report | None:  # fmt: skip
    """Run a schedule whose time has come, once for the latest due time; the report, None where there is none to make.

    Its row is held: of two processes at one instant, the second one finds it moved on.
    """
    # In the order in which everything else takes them: the organization's log, then the row.
    audit.hold(tx, organization_id)
    schedule = queries.lock_due(tx, schedule_id, now)
    if schedule is None or schedule.next_at is None:
        return None
    settings, zone = schedule.settings, rules.zone_of(schedule.settings.time_zone)
    due = rules.due(settings.cron, zone, schedule.next_at, now)
    next_at = rules.next_run(settings.cron, zone, now)
    if schedule.asleep and next_at is not None:
        # An archived project's schedules rest: what comes due meanwhile is not made up for.
        queries.move(tx, schedule.id, None, next_at)
        return None
    if reason := lost_right(tx, schedule) or (_NEVER_AGAIN if next_at is None else None):
        _stop(tx, base_url, schedule, reason, now)
        return None
    return _run(tx, schedule, due, next_at or now)


def _run(tx: Transaction, schedule: Schedule, due: Due, next_at: datetime) -> Report | None:
    queries.move(tx, schedule.id, due.at, next_at)
    if queries.has_run(tx, schedule.id, due.at):
        # The clock stepped back, and a person moved the schedule: the constraint holds each due time to one run.
        return None
    actor = Actor("system", schedule.id, schedule.settings.name, None, is_operator=False, roles={})
    report = queue_report(
        tx, actor, schedule.organization_id, schedule.project_id, parameters_at(schedule.settings, due.at)
    )  # fmt: skip
    note_run(tx, schedule, report, due.at, due.missed)
    return report


def _stop(tx: Transaction, base_url: str, schedule: Schedule, reason: str, now: datetime) -> None:
    _log.warning("the report schedule %s is stopped: %s", schedule.id, reason)
    queries.stop(tx, schedule.id, reason, now)
    audit.record(
        tx, _SYSTEM, "report_schedule.stopped", organization_id=schedule.organization_id, subject_kind="report_schedule",
        subject_id=schedule.id, subject_name=schedule.settings.name, project_id=schedule.project_id,
        before=facts_of(schedule), after={"state": "stopped", "reason": reason},
    )  # fmt: skip
    mail_stopped(tx, base_url, schedule, reason)
