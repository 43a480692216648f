"""HTTP of report schedules. Thin: parse, one action, present."""

from typing import Annotated, Final

from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET

from freehold.errors import invalid
from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.reports import schedule_actions as actions
from freehold.reports import schedule_queries as queries
from freehold.reports import schedule_rules as rules
from freehold.reports.api import ReportView, report_view
from freehold.reports.local_days import NAME_MAX
from freehold.reports.schedule_records import Schedule, SchedulePeriod, ScheduleSettings
from freehold.reports.schedule_views import (
    RUNS_SHOWN,
    ReportScheduleBody,
    ReportSchedulePatch,
    ReportSchedulePreviewView,
    ReportScheduleView,
    patched,
    run_views,
    schedule_view,
    settings_of,
)
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import CursorText, Limit

# The first of each month at six: what is mostly asked for.
_MONTHLY: Final = "0 6 1 * *"

CronText = Annotated[
    str,
    QueryParameter(
        description="Five fields, at most once an hour; monthly unless given.", min_length=1, max_length=rules.CRON_MAX
    ),
]
ZoneText = Annotated[
    str, QueryParameter(description="IANA: by whose clock it would run.", min_length=1, max_length=NAME_MAX)
]
PeriodText = Annotated[SchedulePeriod | None, QueryParameter(description="What each run would report.")]


def list_report_schedules(
    call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[ReportScheduleView]:
    """A project's report schedules, newest first."""
    with call.read() as tx:
        rows = actions.list_project_schedules(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
        return _page(tx, rows, limit)


def create_report_schedule(call: Call, project_id: str, data: ReportScheduleBody) -> Response[ReportScheduleView]:
    """Make a report schedule of a project. It runs with your rights, as they are at each run."""
    return call.create(lambda tx: _made(tx, call, "", project_id, data))


def list_organization_report_schedules(
    call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[ReportScheduleView]:
    """An organization's own report schedules, of all its projects together, newest first."""
    with call.read() as tx:
        rows = actions.list_organization_schedules(
            tx, call.actor, organization_id, checked_limit(limit) + 1, after_id(cursor)
        )
        return _page(tx, rows, limit)


def create_organization_report_schedule(
    call: Call, organization_id: str, data: ReportScheduleBody
) -> Response[ReportScheduleView]:
    """Make a report schedule of all projects of an organization, or of the organization itself."""
    return call.create(lambda tx: _made(tx, call, organization_id, None, data))


def preview_report_schedule(
    call: Call, cron: CronText = _MONTHLY, time_zone: ZoneText = "UTC", period: PeriodText = None
) -> ReportSchedulePreviewView:
    """When an expression would run next, and what each run would report; nothing is made."""
    _ = call.actor
    now, normal = clock.now(), rules.normal_cron(cron)
    if faults := rules.time_faults(normal, time_zone, now):
        raise invalid(*faults)
    settings = ScheduleSettings("", "usage_summary", "csv", normal, time_zone, period)
    runs = run_views(rules.runs_to_come(settings, now, RUNS_SHOWN))
    return ReportSchedulePreviewView(cron=normal, time_zone=time_zone, words=rules.words_of(normal), next_runs=runs)


def read_report_schedule(call: Call, schedule_id: str) -> ReportScheduleView:
    """One report schedule, with its next five runs."""
    with call.read() as tx:
        return _view(tx, actions.read_schedule(tx, call.actor, schedule_id))


def edit_report_schedule(call: Call, schedule_id: str, data: ReportSchedulePatch) -> ReportScheduleView:
    """Change a report schedule (RFC 7396). It runs with your rights from now on."""
    recipients = None if data.recipients is UNSET else data.recipients
    with call.write() as tx:
        return _view(
            tx,
            actions.edit_schedule(
                tx, call.actor, schedule_id, lambda old: patched(old, data), recipients, call.revision()
            ),
        )


def delete_report_schedule(call: Call, schedule_id: str) -> None:
    """Remove a report schedule; its reports stay."""
    with call.write() as tx:
        actions.delete_schedule(tx, call.actor, schedule_id, call.revision())


def pause_report_schedule(call: Call, schedule_id: str) -> ReportScheduleView:
    """Let a report schedule run no more until it is resumed."""
    with call.write() as tx:
        return _view(tx, actions.pause_schedule(tx, call.actor, schedule_id, call.revision()))


def resume_report_schedule(call: Call, schedule_id: str) -> ReportScheduleView:
    """Let a paused or stopped report schedule run again, from now on and with your rights."""
    with call.write() as tx:
        return _view(tx, actions.resume_schedule(tx, call.actor, schedule_id, call.revision()))


def run_report_schedule(call: Call, schedule_id: str) -> Response[ReportView]:
    """Ask now for the report that a run would ask for; when it runs by itself stays as it is."""

    def act(tx: Transaction) -> ReportView:
        report = actions.run_schedule(tx, call.actor, schedule_id)
        return report_view(report, queries.runs_of_reports(tx, [report.id]).get(report.id))

    return call.create(act, 202)


def _made(
    tx: Transaction, call: Call, organization_id: str, project_id: str | None, data: ReportScheduleBody
) -> ReportScheduleView:
    wanted = settings_of(data)
    return schedule_view(
        actions.create_schedule(tx, call.actor, organization_id, project_id, wanted, data.recipients or (), data.slot),
        None,
    )


def _view(tx: Transaction, schedule: Schedule) -> ReportScheduleView:
    return schedule_view(schedule, queries.last_reports(tx, [schedule.id]).get(schedule.id))


def _page(tx: Transaction, rows: list[Schedule], limit: int) -> Page[ReportScheduleView]:
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    last = queries.last_reports(tx, [row.id for row in cut.data])
    return Page([schedule_view(row, last.get(row.id)) for row in cut.data], cut.next_cursor)
