"""SQL of firings: opened once by constraint, carried on, resolved, acknowledged, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.alerts.records import Firing, FiringState, OpenFiring
from freehold.store.engine import Transaction
from freehold.store.schema import alert_firings, alert_rules, projects, users

_C: Final = alert_firings.c
_OPEN: Final = _C.resolved_at.is_(None)
_FIRINGS: Final = (
    select(
        alert_firings, alert_rules.c.name.label("rule_name"), alert_rules.c.metric, projects.c.organization_id,
        users.c.name.label("acknowledged_name"),
    )
    .join(alert_rules, alert_rules.c.id == _C.rule_id)
    .join(projects, projects.c.id == _C.project_id)
    .outerjoin(users, users.c.id == _C.acknowledged_by)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FiringFilter:
    """Which firings are meant; None means any."""

    rule_id: str | None = None
    state: FiringState | None = None


def insert_firing(tx: Transaction, values: dict[str, Any]) -> bool:
    """Open a firing; False where its rule, threshold, subject and period have one (unique), open or not."""
    new = sqlite.insert(alert_firings) if tx.dialect.name == "sqlite" else postgresql.insert(alert_firings)
    unique = [_C.rule_id, _C.threshold, _C.subject_id, _C.period_at]
    made = new.values(**values).on_conflict_do_nothing(index_elements=unique)
    return tx.execute(made.returning(_C.id)).first() is not None


def open_firings(tx: Transaction, rule_id: str) -> list[OpenFiring]:
    """What is open of a rule, oldest first (ix_alert_firings_rule)."""
    query = (
        select(_C.id, _C.threshold, _C.subject_id, _C.period_at, _C.period_ends_at, _C.opened_at, _C.peak)
        .where(_C.rule_id == rule_id, _OPEN)
        .order_by(_C.opened_at, _C.id)
    )
    return [OpenFiring(*row) for row in tx.execute(query)]


def set_peak(tx: Transaction, firing_id: str, value: float, at: datetime) -> None:
    """Note the worst value so far."""
    tx.execute(update(alert_firings).where(_C.id == firing_id).values(peak=value, peak_at=at))


def resolve(tx: Transaction, firing_id: str, at: datetime, value: float | None) -> bool:
    """End a firing that is open; whether it was. Never earlier than it opened, whatever the clock says."""
    begun = tx.execute(select(_C.opened_at).where(_C.id == firing_id, _OPEN)).scalar()
    if begun is None:
        return False
    done = tx.execute(
        update(alert_firings).where(_C.id == firing_id, _OPEN).values(resolved_at=max(at, begun), resolved_value=value)
    )
    return done.rowcount == 1


def acknowledge(tx: Transaction, firing_id: str, user_id: str, at: datetime) -> bool:
    """Note who took a firing on; False where somebody did before."""
    done = tx.execute(
        update(alert_firings)
        .where(_C.id == firing_id, _C.acknowledged_at.is_(None))
        .values(acknowledged_at=at, acknowledged_by=user_id)
    )
    return done.rowcount == 1


def note_told(tx: Transaction, firing_id: str, at: datetime) -> bool:
    """Note that a firing is told of; False where it was before."""
    done = tx.execute(update(alert_firings).where(_C.id == firing_id, _C.told_at.is_(None)).values(told_at=at))
    return done.rowcount == 1


def untold(tx: Transaction, rule_id: str) -> list[Firing]:
    """What is open of a rule and nobody was told of, oldest first (ix_alert_firings_rule)."""
    query = _FIRINGS.where(_C.rule_id == rule_id, _OPEN, _C.told_at.is_(None)).order_by(_C.opened_at, _C.id)
    return [_firing(row) for row in tx.execute(query)]


def find_firing(tx: Transaction, firing_id: str) -> Firing | None:
    """A firing by id (primary key)."""
    row = tx.execute(_FIRINGS.where(_C.id == firing_id)).first()
    return _firing(row) if row else None


def firings_of(
    tx: Transaction, project_id: str, wanted: FiringFilter, limit: int, after: tuple[datetime, str] | None = None
) -> list[Firing]:
    """A project's firings, newest first, after one (ix_alert_firings_project; of a rule, ix_alert_firings_rule)."""
    query: Select[Any] = _FIRINGS.where(_C.project_id == project_id)
    if wanted.rule_id:
        query = query.where(_C.rule_id == wanted.rule_id)
    if wanted.state:
        query = query.where(_OPEN if wanted.state == "open" else ~_OPEN)
    if after:
        at, firing_id = after
        query = query.where(or_(_C.opened_at < at, and_(_C.opened_at == at, _C.id < firing_id)))
    return [_firing(row) for row in tx.execute(query.order_by(_C.opened_at.desc(), _C.id.desc()).limit(limit))]


def count_by_rule(tx: Transaction, rule_ids: Sequence[str], since: datetime) -> dict[str, int]:
    """How often each rule has fired since an instant (ix_alert_firings_rule)."""
    query = select(_C.rule_id, func.count()).where(_C.rule_id.in_(rule_ids), _C.opened_at >= since).group_by(_C.rule_id)
    counts = dict.fromkeys(rule_ids, 0)
    return counts | {row[0]: row[1] for row in tx.execute(query)}


def _firing(row: Row[*tuple[Any, ...]]) -> Firing:
    return Firing(**row._mapping)
