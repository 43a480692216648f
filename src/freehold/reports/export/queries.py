"""SQL of exports."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from freehold.reports.queries import report_of
from freehold.reports.records import Report
from freehold.store.engine import Transaction
from freehold.store.schema import reports

_C = reports.c


def standing_reports(tx: Transaction, organization_id: str, failed_since: datetime) -> list[Report]:
    """An organization's reports, its projects' too, that are ready or on their way, or have failed since an instant; newest first.

    (ix_reports_organization: the whole history is looked through, which holds few of each day.)
    """
    stands = or_(
        _C.state.in_(("queued", "running", "ready")), and_(_C.state == "failed", _C.finished_at >= failed_since)
    )
    query = select(reports).where(_C.organization_id == organization_id, stands).order_by(_C.id.desc())
    return [report_of(row) for row in tx.execute(query)]
