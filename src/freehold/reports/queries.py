"""SQL of reports: asked for, found, claimed with leases, told of, ended, expired."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Text, insert, or_, select, type_coerce, update

from freehold.reports.records import Made, Report, ReportFilter
from freehold.reports.rules import parameters_from, plain_parameters
from freehold.store.engine import Transaction
from freehold.store.schema import reports

ANY: Final = ReportFilter()
_C = reports.c
_UNFINISHED = ("queued", "running")


def insert_report(tx: Transaction, report: Report, due_at: datetime) -> None:
    """Keep a new report, to be made from an instant on."""
    tx.execute(
        insert(reports).values(
            id=report.id, organization_id=report.organization_id, project_id=report.project_id,
            parameters=plain_parameters(report.parameters), state=report.state, asked_by=report.asked_by,
            asked_by_id=report.asked_by_id, created_at=report.created_at, due_at=due_at, keep_days=report.keep_days,
        )
    )  # fmt: skip


def find_report(tx: Transaction, report_id: str) -> Report | None:
    """A report by id (primary key)."""
    row = tx.execute(select(reports).where(_C.id == report_id)).first()
    return report_of(row) if row else None


def reports_of_project(
    tx: Transaction, project_id: str, limit: int, after_id: str | None = None, wanted: ReportFilter = ANY
) -> list[Report]:
    """A project's reports, newest first, after an id (ix_reports_project)."""
    query = select(reports).where(_C.project_id == project_id, *_matching(wanted))
    return _newest(tx, query, limit, after_id)


def reports_of_organization(
    tx: Transaction, organization_id: str, limit: int, after_id: str | None = None, wanted: ReportFilter = ANY
) -> list[Report]:
    """An organization's own reports, of all its projects, newest first, after an id (ix_reports_organization)."""
    query = select(reports).where(_C.organization_id == organization_id, _C.project_id.is_(None), *_matching(wanted))
    return _newest(tx, query, limit, after_id)


def unfinished_of(tx: Transaction, report_ids: Collection[str]) -> dict[str, bool]:
    """Of some reports, those that there are: whether each is not made yet (primary key)."""
    query = select(_C.id, _C.state).where(_C.id.in_(report_ids))
    return {row.id: row.state in _UNFINISHED for row in tx.execute(query)}


def count_unfinished(tx: Transaction, organization_id: str) -> int:
    """How many reports of an organization are not made yet (ix_reports_organization)."""
    query = select(_C.id).where(_C.organization_id == organization_id, _C.state.in_(_UNFINISHED))
    return len(tx.execute(query).all())


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether there is a report to be made that nobody holds; takes no lock (ix_reports_unfinished)."""
    free = or_(_C.leased_until_at.is_(None), _C.leased_until_at <= now)
    query = select(_C.id).where(_C.state.in_(_UNFINISHED), _C.due_at <= now, free).limit(1)
    return tx.execute(query).first() is not None


def claim(tx: Transaction, now: datetime, lease_until: datetime) -> Report | None:
    """Take the oldest report that is due and that nobody holds, for as long as its lease (ix_reports_unfinished)."""
    free = or_(_C.leased_until_at.is_(None), _C.leased_until_at <= now)
    query = select(_C.id).where(_C.state.in_(_UNFINISHED), _C.due_at <= now, free).order_by(_C.due_at, _C.id).limit(1)
    report_id = tx.execute(query.with_for_update(skip_locked=True)).scalar()
    if report_id is None:
        return None
    tx.execute(
        update(reports)
        .where(_C.id == report_id)
        .values(
            state="running", leased_until_at=lease_until, attempts=_C.attempts + 1, started_at=now, done=0, reason=None
        )
    )
    return find_report(tx, report_id)


def put_off(tx: Transaction, report: Report, due_at: datetime, reason: str) -> None:
    """Let a claimed report wait, where it is still ours: as if it had not been begun."""
    tx.execute(
        update(reports)
        .where(_C.id == report.id, _C.state == "running", _C.attempts == report.attempts)
        .values(
            state="queued",
            due_at=due_at,
            reason=reason,
            leased_until_at=None,
            attempts=_C.attempts - 1,
            started_at=None,
            done=0,
        )
    )


def tell(tx: Transaction, report: Report, done: int, lease_until: datetime, *, advanced: bool = False) -> bool:
    """Say how far a report is, and hold it for longer; False where it is to be given up: canceled, or another holds it.

    `advanced`: whether its draft is longer than the attempt before has left it.
    """
    more = {"advanced_by": report.attempts} if advanced else {}
    told = tx.execute(
        update(reports)
        .where(_C.id == report.id, _C.state == "running", _C.attempts == report.attempts, _C.cancel.is_(False))
        .values(done=done, leased_until_at=lease_until, **more)
    )
    return told.rowcount == 1


def finish(
    tx: Transaction, report: Report, made: Made, manifest: Mapping[str, Any], restates: str | None, now: datetime,
    expires_at: datetime, sealed_by: str | None = None,
) -> bool:  # fmt: skip
    """End a report as ready; False where it is not ours any more."""
    done = tx.execute(
        update(reports)
        .where(_C.id == report.id, _C.state == "running", _C.attempts == report.attempts)
        .values(
            state="ready", reason=None, finished_at=now, expires_at=expires_at, leased_until_at=None, done=made.rows,
            rows=made.rows, bytes=made.bytes, sha256=made.sha256, manifest=dict(manifest), restates=restates,
            sealed_by=sealed_by,
        )
    )  # fmt: skip
    return done.rowcount == 1


def fail(tx: Transaction, report_id: str, reason: str, now: datetime, attempt: int | None = None) -> bool:
    """End a report that is not ready as failed; whether it was one. `attempt`: only where it is still this one's."""
    mine = () if attempt is None else (_C.attempts == attempt,)
    done = tx.execute(
        update(reports)
        .where(_C.id == report_id, _C.state.in_(_UNFINISHED), *mine)
        .values(state="failed", reason=reason, finished_at=now, leased_until_at=None)
    )
    return done.rowcount == 1


def ask_to_cancel(tx: Transaction, report_id: str) -> bool:
    """Want a report that is being made to end; whether it is."""
    asked = update(reports).where(_C.id == report_id, _C.state == "running").values(cancel=True)
    return tx.execute(asked).rowcount == 1


def last_ready_of_same(tx: Transaction, report: Report) -> Report | None:
    """The newest ready report before this one that was asked for with the same parameters (ix_reports_…)."""
    of = _C.project_id == report.project_id if report.project_id else _C.project_id.is_(None)
    query = select(reports).where(
        _C.organization_id == report.organization_id, of, _C.state.in_(("ready", "expired")), _C.sha256.is_not(None),
        _C.parameters == plain_parameters(report.parameters), _C.id != report.id,
    )  # fmt: skip
    row = tx.execute(query.order_by(_C.finished_at.desc(), _C.id.desc()).limit(1)).first()
    return report_of(row) if row else None


def expired(tx: Transaction, now: datetime, limit: int) -> list[Report]:
    """Ready reports whose time is over (ix_reports_expires_at)."""
    query = select(reports).where(_C.state == "ready", _C.expires_at <= now).order_by(_C.expires_at).limit(limit)
    return [report_of(row) for row in tx.execute(query)]


def expire(tx: Transaction, report_id: str) -> None:
    """Say that a report's file is gone; the record stays."""
    tx.execute(update(reports).where(_C.id == report_id, _C.state == "ready").values(state="expired"))


def parameter_is(name: str, word: str) -> ColumnElement[bool]:
    """Reports that were asked for with a word: in the text of the parameters, as it is written. One history is short enough for that."""
    return type_coerce(_C.parameters, Text).contains(f'"{name}":"{word}"', autoescape=True)


def _matching(wanted: ReportFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.kind:
        yield parameter_is("kind", wanted.kind)
    if wanted.state:
        yield _C.state == wanted.state
    if wanted.asker:
        by_schedule = _C.asked_by_id.startswith("sch_", autoescape=True)
        yield by_schedule if wanted.asker == "schedule" else ~by_schedule


def _newest(tx: Transaction, query: Any, limit: int, after_id: str | None) -> list[Report]:
    if after_id:
        query = query.where(_C.id < after_id)
    return [report_of(row) for row in tx.execute(query.order_by(_C.id.desc()).limit(limit))]


def report_of(row: Row[*tuple[Any, ...]]) -> Report:
    """A row of the table as a report."""
    return Report(
        id=row.id, organization_id=row.organization_id, project_id=row.project_id,
        parameters=parameters_from(row.parameters), state=row.state, reason=row.reason, asked_by=row.asked_by,
        asked_by_id=row.asked_by_id, created_at=row.created_at, started_at=row.started_at,
        finished_at=row.finished_at, expires_at=row.expires_at, attempts=row.attempts, done=row.done,
        cancel=row.cancel, rows=row._mapping["rows"], bytes=row.bytes, sha256=row.sha256, manifest=row.manifest,
        restates=row.restates, sealed_by=row.sealed_by, keep_days=row.keep_days,
        advanced_by=row.advanced_by,
    )  # fmt: skip
