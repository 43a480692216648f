"""What requests cost in the end, as the operator's API reports it: an event's cost is changed once, and its sums with it.

A report is kept by its request's id, so sending it again changes nothing. It may be there before its
request is counted, since an answer is faster than the collector: then it waits, and is counted by
`count_waiting` once the request is there. Whose requests a reporter may report of is checked then too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.store.engine import Store, Transaction
from freehold.store.schema import cost_reports, usage_events
from freehold.usage.intake import Watch, count_sums
from freehold.usage.rollups import Slot, Sums, at_every_grain, status_class

# How long a report waits for a request that nobody has counted yet.
WAITS: Final = timedelta(days=1)
# As much as a usage event can say (`records.Cost`).
COST_MAX: Final = 1_000_000_000
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class CostReport:
    """What a request cost. `counted_at`: when the sums had it; None while the request is not counted yet."""

    request_id: str
    cost: int
    cost_before: int | None
    reported_at: datetime
    counted_at: datetime | None


def report_cost(tx: Transaction, actor: Actor, request_id: str, cost: int) -> CostReport:
    """Say what a request cost; Problem `conflict` where another cost was reported before.

    A service token may be ahead of the collector: a request that it cannot know of yet is waited for.
    Problem `not_found` for people, and for what is too old to come still.
    """
    if not ids.is_id(request_id, "req"):
        raise not_found("request")
    if not 0 <= cost <= COST_MAX:
        raise invalid(FieldError("cost", f"From 0 to {COST_MAX} units.", "out_of_range"))
    event = _event(tx, request_id)
    organization_id = _reports_of(actor, event)
    if event is not None and organization_id not in (None, event.organization_id):
        # As if nobody had counted it yet: a token learns nothing of other organizations' requests.
        event = None
    now = clock.now()
    if event is None and clock.from_ms(ids.instant_ms(request_id)) < now - WAITS:
        raise not_found("request")
    new = sqlite.insert(cost_reports) if tx.dialect.name == "sqlite" else postgresql.insert(cost_reports)
    values = {
        "request_id": request_id,
        "organization_id": organization_id,
        "cost": cost,
        "reported_by": actor.id,
        "reported_at": now,
    }
    once = new.values(values).on_conflict_do_nothing().returning(cost_reports.c.request_id)
    is_first = tx.execute(once).first() is not None
    kept = tx.execute(_locked(tx).where(cost_reports.c.request_id == request_id)).one()
    if kept.organization_id != organization_id and event is None:
        raise not_found("request")
    if kept.cost != cost:
        raise Problem(
            "conflict", f"A cost of {kept.cost} was reported of this request before; a report is not changed."
        )
    if kept.counted_at is None and event is not None:
        count_sums(tx, at_every_grain([_count(tx, kept, event, now)]))
        kept = tx.execute(select(cost_reports).where(cost_reports.c.request_id == request_id)).one()
    if is_first:
        _record(tx, actor, kept, event)
    return CostReport(kept.request_id, kept.cost, kept.cost_before, kept.reported_at, kept.counted_at)


def count_waiting(store: Store, watch: Watch | None = None) -> int:
    """Count reports whose requests have come, and forget those whose never did; how many were counted (ix_cost_reports_waiting)."""
    now = clock.now()
    waiting = cost_reports.c.counted_at.is_(None)
    overdue = cost_reports.c.reported_at < now - WAITS
    has_come = exists().where(usage_events.c.id == cost_reports.c.request_id)
    some = select(cost_reports.c.request_id).where(waiting, or_(has_come, overdue)).limit(_AT_ONCE)
    with store.read() as tx:
        found = sorted(tx.execute(some).scalars())
    if not found:
        return 0
    with store.write() as tx:
        tx.execute(delete(cost_reports).where(cost_reports.c.request_id.in_(found), waiting, overdue))
        reports = tx.execute(
            _locked(tx).where(cost_reports.c.request_id.in_(found), waiting).order_by(cost_reports.c.request_id)
        ).all()
        changes: list[tuple[Slot, Sums]] = []
        for report in reports:
            event = _event(tx, report.request_id)
            if event is None or report.organization_id not in (None, event.organization_id):
                tx.execute(delete(cost_reports).where(cost_reports.c.request_id == report.request_id))
            else:
                changes.append(_count(tx, report, event, now))
        # All at once, in the order of the key: nobody waits in a circle.
        count_sums(tx, at_every_grain(changes), watch)
    return len(reports)


def _record(tx: Transaction, actor: Actor, kept: Row[Any], event: Row[Any] | None) -> None:
    """The report that changes something goes into the audit log; the same one again does not."""
    audit.record(
        tx, actor, "usage.cost_reported",
        organization_id=event.organization_id if event else kept.organization_id,
        project_id=event.project_id if event else None,
        subject_kind="request", subject_id=kept.request_id, subject_name=kept.request_id,
        before=None if kept.cost_before is None else {"cost": kept.cost_before}, after={"cost": kept.cost},
    )  # fmt: skip


def _reports_of(actor: Actor, event: Row[Any] | None) -> str | None:
    """The organization whose requests an actor may report of, None for all; Problem where it is none."""
    if may(actor, "usage.report", ""):
        return None
    if actor.user_id is not None:
        if event is None or event.organization_id is None:
            raise not_found("request")
        require(actor, "usage.report", event.organization_id)
        return str(event.organization_id)
    own = next((each for each in sorted(actor.roles) if may(actor, "usage.report", each)), None)
    if own is None:
        raise Problem("forbidden", "This needs the permission usage.report; ask an owner or admin of the organization.")
    return own


def _locked(tx: Transaction) -> Any:
    return select(cost_reports).with_for_update() if tx.dialect.name != "sqlite" else select(cost_reports)


def _event(tx: Transaction, request_id: str) -> Any:
    columns = usage_events.c
    query = select(
        columns.id, columns.at, columns.project_id, columns.organization_id, columns.key_id, columns.secret,
        columns.endpoint, columns.outcome, columns.status, columns.cost,
    )  # fmt: skip
    return tx.execute(query.where(columns.id == request_id)).first()


def _count(tx: Transaction, report: Row[Any], event: Row[Any], now: datetime) -> tuple[Slot, Sums]:
    """Change an event's cost; what that adds to the sums. The report's own row is locked, so it happens once."""
    tx.execute(update(usage_events).where(usage_events.c.id == event.id).values(cost=report.cost))
    counted = {"counted_at": now, "cost_before": event.cost}
    tx.execute(update(cost_reports).where(cost_reports.c.request_id == report.request_id).values(counted))
    known = event.key_id is not None
    slot = Slot(
        clock.to_ms(event.at), event.project_id or "", event.key_id or "", (event.secret or "") if known else "",
        (event.endpoint or "") if known else "", event.outcome, status_class(event.status), event.organization_id or "",
    )  # fmt: skip
    return slot, Sums(0, report.cost - event.cost, 0, 0, {})
