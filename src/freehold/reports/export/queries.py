"""SQL of exports."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from freehold.reports.queries import parameter_is, report_of
from freehold.reports.records import Report, ReportFormat, ReportKind
from freehold.store.engine import Transaction
from freehold.store.schema import reports

_C = reports.c


def standing_reports(
    tx: Transaction, organization_id: str, form: ReportFormat, of_projects: Iterable[ReportKind], failed_since: datetime
) -> list[Report]:  # fmt: skip
    """An organization's own reports in a format, and those of some kinds of its projects, newest first.

    Those that are ready or on their way, or have failed since an instant (ix_reports_organization: the history is looked through).
    """
    stands = or_(
        _C.state.in_(("queued", "running", "ready")), and_(_C.state == "failed", _C.finished_at >= failed_since)
    )
    own: list[ColumnElement[bool]] = [_C.project_id.is_(None), *(parameter_is("kind", kind) for kind in of_projects)]
    query = select(reports).where(
        _C.organization_id == organization_id, stands, or_(*own), parameter_is("format", form)
    )
    return [report_of(row) for row in tx.execute(query.order_by(_C.id.desc()))]
