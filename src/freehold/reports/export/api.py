"""HTTP of an organization's export. Thin: parse, one action, present."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter

from freehold.reports.export import actions
from freehold.reports.export.records import Export, Part
from freehold.reports.records import ReportKind
from freehold.reports.rules import KEEP_DAYS_MAX
from freehold.web.call import Call
from freehold.web.inputs import Body, number

ExportFormat = Literal["csv", "jsonl", "parquet"]
PartState = Literal["missing", "queued", "running", "ready", "failed"]
InFormat = Annotated[
    ExportFormat, QueryParameter(name="format", description="What its reports are written as: one that programs read back.")
]  # fmt: skip


class ExportBody(Body, frozen=True):
    """What the missing reports are to be written as, and for how long their files are kept."""

    format: Annotated[ExportFormat, msgspec.Meta(examples=["csv"])] = "csv"
    keep_days: Annotated[
        int | None, number(30, "How many days the files are kept; as the instance does where absent.", 1, KEEP_DAYS_MAX)
    ] = None


class ExportPartView(msgspec.Struct, kw_only=True):
    """One report of an export. Its days are of UTC, `to` is the first day that is not in it; null where it has none.

    `report`: the one that stands for it, which `GET /v1/reports/{report_id}/file` has once it is `ready`; null: none was asked for.
    `project`: of evidence, the one whose decision it is of.
    """

    kind: ReportKind
    from_: date | None = msgspec.field(name="from")
    to: date | None
    project: str | None
    access_request: str | None
    report: str | None
    state: PartState
    reason: str | None
    rows: int | None
    bytes: int | None
    sha256: str | None
    expires_at: datetime | None


class ExportView(msgspec.Struct, kw_only=True):
    """All reports that an organization may take along, each once, with how far each is.

    `today`: the day of UTC that they leave out, since it is not over. `missing`: how many were not asked for, or failed.
    `withheld`: kinds that your role does not have.
    """

    organization: str
    format: ExportFormat
    today: date
    missing: int
    parts: list[ExportPartView]
    withheld: list[ReportKind]


def read_export(call: Call, organization_id: str, form: InFormat = "csv") -> ExportView:
    """All that an organization may take along, as reports: of every kind, and all days since it was made; how far each is.

    What a project declares is its shape, and the audit log's newest seal is in its proof: both are read where they are.
    """
    with call.read() as tx:
        return _view(actions.read_export(tx, call.actor, organization_id, form))


def ask_for_export(call: Call, organization_id: str, data: ExportBody) -> ExportView:
    """Ask for each report of an export that is neither there nor on its way. Again, it asks for nothing twice.

    At most 100 reports of an organization wait at once: what is `missing` still is asked for by the next call.
    """
    with call.write() as tx:
        return _view(actions.ask_for_export(tx, call.actor, organization_id, data.format, data.keep_days))


def _view(found: Export) -> ExportView:
    return ExportView(
        organization=found.organization_id, format=msgspec.convert(found.format, ExportFormat), today=found.today,
        missing=found.missing, parts=[_part(each) for each in found.parts], withheld=list(found.withheld),
    )  # fmt: skip


def _part(part: Part) -> ExportPartView:
    parameters, report = part.parameters, part.report
    return ExportPartView(
        kind=parameters.kind, from_=parameters.since, to=parameters.until, project=part.project_id,
        access_request=parameters.access_request, report=report.id if report else None,
        state=msgspec.convert(report.state if report else "missing", PartState), reason=report.reason if report else None,
        rows=report.rows if report else None, bytes=report.bytes if report else None,
        sha256=report.sha256 if report else None, expires_at=report.expires_at if report else None,
    )  # fmt: skip
