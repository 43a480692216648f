"""HTTP of reports. Thin: parse, one action, present."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from freehold.kit.paging import Cursor, Page, page
from freehold.reports import actions, schedule_queries, serving
from freehold.reports.local_days import NAME_MAX
from freehold.reports.records import (
    UTC_NAME,
    Asker,
    ColumnType,
    Parameters,
    Report,
    ReportFilter,
    ReportFormat,
    ReportKind,
    ReportState,
)
from freehold.reports.rules import KEEP_DAYS_MAX
from freehold.reports.schedule_records import Run
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import Body, CursorText, Limit, number, text

OfKind = Annotated[ReportKind | None, QueryParameter(name="kind", description="Only those of this kind.")]
InState = Annotated[ReportState | None, QueryParameter(name="state", description="Only those in this state.")]
AskedBy = Annotated[
    Asker | None,
    QueryParameter(name="asker", description="Only those that people and tokens, or schedules, asked for."),
]


class ReportBody(Body, frozen=True):
    """What to report. Days are of `time_zone` (IANA), and `to` is the first day that is not in the period, which has to be over.

    `key_inventory` and `access_review` say how things stand, and have no period. `readiness_evidence` is of the decision
    of an `access_request` of the project, and has none either.
    """

    kind: Annotated[ReportKind, msgspec.Meta(examples=["usage_summary"])]
    format: Annotated[ReportFormat, msgspec.Meta(examples=["csv"])] = "csv"
    from_: Annotated[date | None, msgspec.Meta(examples=["2026-10-01"])] = msgspec.field(name="from", default=None)
    to: Annotated[date | None, msgspec.Meta(examples=["2026-11-01"])] = None
    time_zone: Annotated[str, msgspec.Meta(examples=["Europe/Berlin"], max_length=NAME_MAX)] = UTC_NAME
    access_request: Annotated[
        str | None, text("acr_01m8hk3v5n7q9s1t3v5x7z9b1d", "The decided one that evidence is of.", maximum=100)
    ] = None
    email: Annotated[bool, msgspec.Meta(description="Mail me when it has ended.")] = False
    keep_days: Annotated[
        int | None, number(30, "How many days the file is kept; as the instance does where absent.", 1, KEEP_DAYS_MAX)
    ] = None


class ReportView(msgspec.Struct, kw_only=True):
    """A report. `done`: rows so far. `restates`: the ready report of the same parameters whose bytes were others.

    `schedule`: which one asked, for the due time `scheduled_for` (null: a person ran it), after so many runs were missed.
    `encrypted`: whether its file is, where it is kept; what is fetched is not.
    """

    id: str
    organization: str
    project: str | None
    kind: ReportKind
    format: ReportFormat
    from_: date | None = msgspec.field(name="from")
    to: date | None
    time_zone: str
    access_request: str | None
    state: ReportState
    reason: str | None
    done: int
    rows: int | None
    bytes: int | None
    sha256: str | None
    restates: str | None
    asked_by: str
    schedule: str | None
    scheduled_for: datetime | None
    missed: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    encrypted: bool


class ReportColumnView(msgspec.Struct, kw_only=True):
    """One column of a report's file."""

    name: str
    type: ColumnType


class ReportManifestView(msgspec.Struct, kw_only=True):
    """What stands beside a report's file. `sums`: of each column of quantities. `source`: what its rows were taken from.

    `file`: what it is called where it is saved. With it, `freehold reports verify` proves the file without a server.
    """

    manifest: int
    report: str
    organization: str
    project: str | None
    kind: ReportKind
    format: ReportFormat
    from_: date | None = msgspec.field(name="from")
    to: date | None
    time_zone: str = UTC_NAME
    file: str
    columns: list[ReportColumnView]
    rows: int
    bytes: int
    sha256: str
    sums: dict[str, int]
    source: dict[str, Any]
    freehold: str
    access_request: str | None = None


def list_reports(
    call: Call, project_id: str, kind: OfKind = None, in_state: InState = None, asker: AskedBy = None, limit: Limit = 50, cursor: CursorText = None,
) -> Page[ReportView]:  # fmt: skip
    """A project's reports, newest first; only those of a kind, in a state, or asked for by people or by schedules."""
    wanted = ReportFilter(kind, in_state, asker)
    with call.read() as tx:
        rows = actions.list_project_reports(
            tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor), wanted
        )
        return _page(tx, rows, limit)


def create_report(call: Call, project_id: str, data: ReportBody) -> Response[ReportView]:
    """Ask for a report of a project. It is made in the background; `GET /v1/reports/{report_id}` says how far it is."""
    return call.create(
        lambda tx: report_view(
            actions.request_report(tx, call.actor, "", project_id, _parameters(data), data.email, data.keep_days)
        ),
        202,
    )


def list_organization_reports(
    call: Call, organization_id: str, kind: OfKind = None, in_state: InState = None, asker: AskedBy = None, limit: Limit = 50, cursor: CursorText = None,
) -> Page[ReportView]:  # fmt: skip
    """An organization's own reports, of all its projects together, newest first; filtered like a project's."""
    wanted = ReportFilter(kind, in_state, asker)
    with call.read() as tx:
        rows = actions.list_organization_reports(
            tx, call.actor, organization_id, checked_limit(limit) + 1, after_id(cursor), wanted
        )
        return _page(tx, rows, limit)


def create_organization_report(call: Call, organization_id: str, data: ReportBody) -> Response[ReportView]:
    """Ask for a report of all projects of an organization, or of the organization itself."""
    return call.create(
        lambda tx: report_view(
            actions.request_report(tx, call.actor, organization_id, None, _parameters(data), data.email, data.keep_days)
        ),
        202,
    )


def read_report(call: Call, report_id: str) -> ReportView:
    """One report, with how far it is."""
    with call.read() as tx:
        return _view(tx, actions.read_report(tx, call.actor, report_id))


def cancel_report(call: Call, report_id: str) -> ReportView:
    """End a report that is not ready; it ends as failed, with that reason."""
    with call.write() as tx:
        return _view(tx, actions.cancel_report(tx, call.actor, report_id))


def download_report(call: Call, report_id: str) -> Response[Any]:
    """A ready report's file. Ranges are served (RFC 9110); the entity tag is the file's SHA-256."""
    return serving.serve_report(call, report_id)


def read_report_manifest(call: Call, report_id: str) -> ReportManifestView:
    """What stands beside a ready report's file: parameters, columns, rows, sums, SHA-256, and what its source said."""
    with call.read() as tx:
        report = serving.ready(actions.read_report(tx, call.actor, report_id))
    return msgspec.convert(report.manifest, ReportManifestView)


def report_view(report: Report, run: Run | None = None) -> ReportView:
    """A report as the API shows it. `run`: of which run of a schedule it came."""
    parameters = report.parameters
    return ReportView(
        id=report.id, organization=report.organization_id, project=report.project_id, kind=parameters.kind,
        format=parameters.format, from_=parameters.since, to=parameters.until, time_zone=parameters.time_zone,
        access_request=parameters.access_request, state=report.state, reason=report.reason,
        done=report.done, rows=report.rows, bytes=report.bytes, sha256=report.sha256, restates=report.restates,
        asked_by=report.asked_by, schedule=run.schedule_id if run else None,
        scheduled_for=run.due_at if run else None, missed=run.missed if run else 0, created_at=report.created_at, started_at=report.started_at,
        finished_at=report.finished_at, expires_at=report.expires_at,
        encrypted=report.sealed_by is not None,
    )  # fmt: skip


def _parameters(data: ReportBody) -> Parameters:
    return Parameters(data.kind, data.format, data.from_, data.to, data.time_zone, data.access_request)


def _view(tx: Transaction, report: Report) -> ReportView:
    return report_view(report, schedule_queries.runs_of_reports(tx, [report.id]).get(report.id))


def _page(tx: Transaction, rows: list[Report], limit: int) -> Page[ReportView]:
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    runs = schedule_queries.runs_of_reports(tx, [row.id for row in cut.data])
    return Page([report_view(row, runs.get(row.id)) for row in cut.data], cut.next_cursor)
