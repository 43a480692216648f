# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about reports."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import ReportColumnType, ReportFormat, ReportKind, ReportState


class Report(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A report. `done`: rows so far. `restates`: the ready report of the same parameters whose bytes were others."""

    id: str
    organization: str
    project: str | None
    kind: ReportKind
    format: ReportFormat
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
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None


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
    kind: ReportKind
    format: ReportFormat
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
