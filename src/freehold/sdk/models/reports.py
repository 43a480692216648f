# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about reports."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import (
    ExportFormat,
    ExportPartState,
    ReportColumnType,
    ReportScheduleState,
    ReportState,
    ShapeScheduleFormat,
    ShapeScheduleKind,
    ShapeSchedulePeriod,
)


class Report(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A report.

    `done`: rows so far. `restates`: the ready report of the same parameters whose bytes were others.
    `schedule`: which one asked, for the due time `scheduled_for` (null: a person ran it), after so many runs
    were missed. `encrypted`: whether its file is, where it is kept; what is fetched is not.
    """

    id: str
    organization: str
    project: str | None
    kind: ShapeScheduleKind
    format: ShapeScheduleFormat
    from_: str | None
    to: str | None
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


class ExportPart(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One report of an export.

    Its days are of UTC, `to` is the first day that is not in it; null where it has none. `report`: the one that
    stands for it, which `GET /v1/reports/{report_id}/file` has once it is `ready`; null: none was asked for.
    `project`: of evidence, the one whose decision it is of.
    """

    kind: ShapeScheduleKind
    from_: str | None
    to: str | None
    project: str | None
    access_request: str | None
    report: str | None
    state: ExportPartState
    reason: str | None
    rows: int | None
    bytes: int | None
    sha256: str | None
    expires_at: datetime | None


class Export(Model, frozen=True, kw_only=True):
    """All reports that an organization may take along, each once, with how far each is.

    `today`: the day of UTC that they leave out, since it is not over. `missing`: how many were not asked for,
    or failed. `withheld`: kinds that your role does not have.
    """

    organization: str
    format: ExportFormat
    today: str
    missing: int
    parts: list[ExportPart]
    withheld: list[ShapeScheduleKind]


class ReportColumn(Model, frozen=True, kw_only=True):
    """One column of a report's file."""

    name: str
    type: ReportColumnType


class ReportManifest(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What stands beside a report's file.

    `sums`: of each column of quantities. `source`: what its rows were taken from. `file`: what it is called
    where it is saved. With it, `freehold reports verify` proves the file without a server.
    """

    manifest: int
    report: str
    organization: str
    project: str | None
    kind: ShapeScheduleKind
    format: ShapeScheduleFormat
    from_: str | None
    to: str | None
    time_zone: str | None = None
    file: str
    columns: list[ReportColumn]
    rows: int
    bytes: int
    sha256: str
    sums: dict[str, int]
    source: dict[str, Any]
    freehold: str
    access_request: str | None = None


class NextRun(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One run to come: when, and the days that it reports (`to` is the first that is not among them)."""

    at: datetime
    from_: str | None
    to: str | None


class ReportSchedulePreview(Model, frozen=True, kw_only=True):
    """When an expression would run, without a schedule being made."""

    cron: str
    time_zone: str
    words: str
    next_runs: list[NextRun]


class Recipient(Model, frozen=True, kw_only=True):
    """A member who is mailed."""

    id: str
    name: str
    email: str


class ReportSchedule(ReportSchedulePreview, frozen=True, kw_only=True):
    """A report schedule.

    `state`: `paused` by a person, or `stopped` by rule with its `reason`. `owner`: with whose rights it runs.
    `words`: its expression as people say it. `next_runs`: the next five; none while it does not run.
    `last_run_at`: the due time that ran last, `last_report`: the newest report that came of it.
    """

    id: str
    organization: str
    project: str | None
    slot: str
    name: str
    kind: ShapeScheduleKind
    format: ShapeScheduleFormat
    period: ShapeSchedulePeriod | None
    recipients: list[Recipient]
    owner: str
    state: ReportScheduleState
    reason: str | None
    last_run_at: datetime | None
    last_report: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    etag: str
