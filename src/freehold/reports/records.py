"""What reports are, and the closed sets of their kinds, formats and states. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

ReportKind = Literal[
    "usage_summary",
    "usage_detail",
    "key_inventory",
    "webhook_deliveries",
    "alert_firings",
    "access_review",
    "audit_log",
    "cost_statement",
    "readiness_evidence",
]
ReportFormat = Literal["csv", "jsonl", "parquet", "html", "pdf"]
ReportState = Literal["queued", "running", "ready", "failed", "expired"]
ColumnType = Literal["text", "integer", "boolean", "instant"]
Asker = Literal["person", "schedule"]
Reach = Literal["project", "organization"]

KINDS: Final[tuple[ReportKind, ...]] = get_args(ReportKind)
FORMATS: Final[tuple[ReportFormat, ...]] = get_args(ReportFormat)
# To be read by people: figures, a chart and the first rows.
READABLE: Final[tuple[ReportFormat, ...]] = ("html", "pdf")
ASKERS: Final[tuple[Asker, ...]] = get_args(Asker)
STATES: Final[tuple[ReportState, ...]] = get_args(ReportState)

UTC_NAME: Final = "UTC"

Row = tuple[Any, ...]
# Where a row is in the order of its source: numbers and texts, which go through JSON and come back equal.
Place = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a report. Instants are UTC: RFC 3339 in text formats, a timestamp in Parquet.

    `summed`: whether integers are quantities, of which the manifest has the sum.
    """

    name: str
    type: ColumnType
    summed: bool = True


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides a report's bytes. Days are of `time_zone` (IANA); `until` is the first day after the period.

    Kinds that say how things stand have no period: both are None, and `as_of` is when they were looked at.
    `access_request`: the decided one that evidence is of.
    """

    kind: ReportKind
    format: ReportFormat
    since: date | None = None
    until: date | None = None
    time_zone: str = UTC_NAME
    access_request: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `project_id` None: of all the organization's projects. `done`: rows so far; `total` None: not known."""

    id: str
    organization_id: str
    project_id: str | None
    parameters: Parameters
    state: ReportState
    reason: str | None
    asked_by: str
    asked_by_id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    attempts: int
    done: int
    cancel: bool
    rows: int | None
    bytes: int | None
    sha256: str | None
    manifest: Mapping[str, Any] | None
    restates: str | None
    # The id of the key that its file is encrypted with; None: it is not.
    sealed_by: str | None = None
    # The last attempt that got further than those before it.
    advanced_by: int = 0
    # How many days its file is kept; None: as many as the instance keeps files.
    keep_days: int | None = None


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which reports of a history are wanted; None: all. `asker`: asked for by people and tokens, or by schedules."""

    kind: ReportKind | None = None
    state: ReportState | None = None
    asker: Asker | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far rows have been written. `place`: what the last one is known by in its source's order; None: there is none yet."""

    rows: int
    sums: Mapping[str, int]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making one: rows, bytes, SHA-256, and the sum of each column of integers."""

    rows: int
    bytes: int
    sha256: str
    sums: Mapping[str, int]
