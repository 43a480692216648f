"""What requests cost in the end, as the operator's API reports it: an event's cost is changed once, and its sums with it.

A report is kept by its request's id, so sending it again changes nothing. It may be there before its
request is counted, since an answer is faster than the collector: then it waits, and is counted by
`count_waiting` once the request is there. Whose requests a reporter may report of is checked then too.
It may come when its request is in the archive and nowhere else: the file stays as it is, the report is kept
beside it for good, and whoever reads the request from the archive asks here what it cost (`corrected`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.store.engine import Store, Transaction
from freehold.store.schema import cost_reports, projects, usage_events, usage_rollups
from freehold.store.schema.names import name_of
from freehold.usage.archive import Archive
from freehold.usage.intake import Watch, count_sums
from freehold.usage.records import Grain
from freehold.usage.rollups import Slot, Sums, at_every_grain, status_class

# How long a report waits for a request that nobody has counted yet.
WAITS: Final = timedelta(days=1)
# As much as a usage event can say (`records.Cost`).
COST_MAX: Final = 1_000_000_000
_AT_ONCE: Final = 500
# Minutes and hours are kept for longer than this, whatever is set.
_ALL_KEPT: Final = timedelta(days=1)
_PASSING: Final[tuple[Grain, ...]] = ("minute", "hour")


class Counted(NamedTuple):
    """What a request was counted as, as far as its cost goes."""

    id: str
    at: datetime
    project_id: str | None
    organization_id: str | None
    key_id: str | None
    secret: str | None
    endpoint: str | None
    outcome: str
    status: int | None
    cost: int


@dataclass(frozen=True, slots=True)
class CostReport:
    """What a request cost. `counted_at`: when the sums had it; None while the request is not counted yet."""

    request_id: str
    cost: int
    cost_before: int | None
    reported_at: datetime
    counted_at: datetime | None


def find_archived(archive: Archive | None, request_id: str) -> Counted | None:
    """A request that the archive has, with what its file says; None where there is none. Reads files: never in a transaction."""
    row = archive.find(request_id) if archive and ids.is_id(request_id, "req") else None
    return Counted(**{name: row[name] for name in Counted._fields} | {"at": clock.from_ms(row["at"])}) if row else None


def report_cost(
    tx: Transaction, actor: Actor, request_id: str, cost: int, archived: Counted | None = None
) -> CostReport:
    """Say what a request cost; Problem `conflict` where another cost was reported before.

    A service token may be ahead of the collector: a request that it cannot know of yet is waited for.
    Problem `not_found` for people, and for what is too old to come still: it may be in the archive, and is then
    to be given as `archived`. Looked for there only afterwards, it cannot be missed on its way.
    """
    if not ids.is_id(request_id, "req"):
        raise not_found("request")
    if not 0 <= cost <= COST_MAX:
        raise invalid(FieldError("cost", f"From 0 to {COST_MAX} units.", "out_of_range"))
    event = _event(tx, request_id) or archived
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
        count_sums(tx, _still_kept(tx, at_every_grain([_count(tx, kept, event, now)]), now))
        kept = tx.execute(select(cost_reports).where(cost_reports.c.request_id == request_id)).one()
    if is_first:
        _record(tx, actor, kept, event)
    return CostReport(kept.request_id, kept.cost, kept.cost_before, kept.reported_at, kept.counted_at)


def report_of(tx: Transaction, request_id: str) -> CostReport | None:
    """What was reported of a request that the actor was shown, and is counted; None where nothing was (primary key)."""
    of = cost_reports.c
    query = select(of.request_id, of.cost, of.cost_before, of.reported_at, of.counted_at)
    row = tx.execute(query.where(of.request_id == request_id, of.counted_at.is_not(None))).first()
    return CostReport(*row) if row else None


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
        count_sums(tx, _still_kept(tx, at_every_grain(changes), now), watch)
    return len(reports)


def corrected(tx: Transaction, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Requests as the archive has them, each with the cost that was reported of it last (primary key)."""
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        costs = _counted_costs(tx, [row["id"] for row in some])
        yield from ({**row, "cost": costs.get(row["id"], row["cost"])} for row in some)


def _counted_costs(tx: Transaction, request_ids: Sequence[str]) -> dict[str, int]:
    query = select(cost_reports.c.request_id, cost_reports.c.cost)
    query = query.where(cost_reports.c.request_id.in_(request_ids), cost_reports.c.counted_at.is_not(None))
    return {row.request_id: row.cost for row in tx.execute(query)}


def _still_kept(
    tx: Transaction, sums: Mapping[Grain, Mapping[Slot, Sums]], now: datetime
) -> dict[Grain, dict[Slot, Sums]]:
    """The sums without rows of minutes and hours that are kept no longer (primary key).

    Made anew they would hold a difference alone, and would be the oldest of all: as if minutes were kept since then.
    """
    young = clock.to_ms(now - _ALL_KEPT)
    return {
        grain: {
            slot: each
            for slot, each in slots.items()
            if grain not in _PASSING or slot.bucket_ms >= young or _has_row(tx, grain, slot)
        }
        for grain, slots in sums.items()
    }


def _has_row(tx: Transaction, grain: Grain, slot: Slot) -> bool:
    of = usage_rollups.c
    query = select(of.requests).where(
        of.project_id == slot.project_id, of.grain == grain, of.bucket_at == clock.from_ms(slot.bucket_ms),
        of.key_id == slot.key_id, of.secret == slot.secret, of.endpoint == slot.endpoint, of.outcome == slot.outcome,
        of.status_class == slot.status_class,
    )  # fmt: skip
    return tx.execute(query).first() is not None


def _record(tx: Transaction, actor: Actor, kept: Row[Any], event: Counted | None) -> None:
    """The report that changes something goes into the audit log; the same one again does not."""
    audit.record(
        tx, actor, "usage.cost_reported",
        organization_id=event.organization_id if event else kept.organization_id,
        project_id=event.project_id if event else None,
        subject_kind="request", subject_id=kept.request_id, subject_name=kept.request_id,
        before=None if kept.cost_before is None else {"cost": kept.cost_before}, after={"cost": kept.cost},
    )  # fmt: skip


def _reports_of(actor: Actor, event: Counted | None) -> str | None:
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


def _event(tx: Transaction, request_id: str) -> Counted | None:
    of = usage_events.c
    columns = [projects.c.organization_id if name == "organization_id" else of[name] for name in Counted._fields]
    query = select(*columns).select_from(usage_events).outerjoin(projects, projects.c.id == name_of(of.project_id))
    row = tx.execute(query.where(of.id == request_id)).first()
    return Counted(*row) if row else None


def _count(tx: Transaction, report: Row[Any], event: Counted, now: datetime) -> tuple[Slot, Sums]:
    """Change an event's cost; what that adds to the sums. The report's own row is locked, so it happens once."""
    tx.execute(update(usage_events).where(usage_events.c.id == event.id).values(cost=report.cost))
    counted = {"counted_at": now, "cost_before": event.cost}
    tx.execute(update(cost_reports).where(cost_reports.c.request_id == report.request_id).values(counted))
    known = event.key_id is not None
    slot = Slot(
        clock.to_ms(event.at), event.project_id or "", event.key_id or "", (event.secret or "") if known else "",
        (event.endpoint or "") if known else "", event.outcome, status_class(event.status),
    )  # fmt: skip
    return slot, Sums(0, report.cost - event.cost, 0, 0, {})
