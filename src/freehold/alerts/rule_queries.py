"""SQL of alert rules: kept, found, locked, due, and given to projects that have none yet."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Row, Select, and_, exists, func, insert, or_, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.alerts.records import METRICS, AlertFilter, AlertRule, RuleSettings, Threshold
from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import alert_defaults, alert_firings, alert_rules, projects, usage_changes, users

_C: Final = alert_rules.c
_ALIVE: Final = _C.deleted_at.is_(None)
_SERVES: Final = and_(_ALIVE, _C.enabled)
_NEVER_GIVEN: Final = ~exists().where(alert_defaults.c.project_id == projects.c.id)
_COUNTING: Final = tuple(metric for metric, facts in METRICS.items() if facts.counts)
_COUNTED: Final = (_SERVES, _C.metric.in_(_COUNTING), _C.window_s.is_(None))
_BY_USAGE: Final = tuple(metric for metric, facts in METRICS.items() if facts.by_usage)
_FIRING: Final = (
    select(func.count())
    .where(alert_firings.c.rule_id == _C.id, alert_firings.c.resolved_at.is_(None))
    .correlate(alert_rules)
    .scalar_subquery()
    .label("firing")
)


def _rules(*more: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(alert_rules, projects.c.organization_id, projects.c.environment, users.c.name.label("owner_name"), *more)
        .join(projects, projects.c.id == _C.project_id)
        .outerjoin(users, users.c.id == _C.owner_id)
    )


def insert_rule(tx: Transaction, rule: AlertRule, due_at: datetime) -> None:
    """Keep a new rule, to be looked at from an instant on; IntegrityError where another one has its slot."""
    tx.execute(
        insert(alert_rules).values(
            id=rule.id, project_id=rule.project_id, slot=rule.slot, is_default=rule.is_default, created_by=rule.created_by,
            created_at=rule.created_at, changed_at=rule.changed_at, due_at=due_at,
            **_columns(rule.settings, rule.organization_id),
        )
    )  # fmt: skip


def find_rule(tx: Transaction, rule_id: str) -> AlertRule | None:
    """A rule that was not deleted, by id (primary key)."""
    row = tx.execute(_rules(_FIRING).where(_C.id == rule_id, _ALIVE)).first()
    return _rule(row) if row else None


def find_any_rule(tx: Transaction, rule_id: str) -> AlertRule | None:
    """A rule by id, a deleted one too: its firings stay on record."""
    row = tx.execute(_rules(_FIRING).where(_C.id == rule_id)).first()
    return _rule(row) if row else None


def lock_rule(tx: Transaction, rule_id: str) -> AlertRule | None:
    """A rule that still counts, its row held until the commit."""
    row = tx.execute(_rules().where(_C.id == rule_id, _SERVES).with_for_update(of=alert_rules)).first()
    return _rule(row) if row else None


def rules_of(tx: Transaction, project_id: str, limit: int, after_id: str | None = None) -> list[AlertRule]:
    """A project's rules, newest first, after an id (ix_alert_rules_project_id)."""
    query = _rules(_FIRING).where(_C.project_id == project_id, _ALIVE)
    if after_id:
        query = query.where(_C.id < after_id)
    return [_rule(row) for row in tx.execute(query.order_by(_C.id.desc()).limit(limit))]


def slots_of(tx: Transaction, project_id: str) -> set[str]:
    """The slots that a project's rules have (uq_alert_rules_slot)."""
    return set(tx.execute(select(_C.slot).where(_C.project_id == project_id, _ALIVE)).scalars())


def count_rules(tx: Transaction, project_id: str) -> int:
    """How many rules a project has (ix_alert_rules_project_id)."""
    return tx.execute(select(func.count()).where(_C.project_id == project_id, _ALIVE)).scalar_one()


def change_rule(tx: Transaction, rule: AlertRule, revision: int, due_at: datetime) -> bool:
    """Save a rule that still has this revision; whether it had. It is looked at anew."""
    done = tx.execute(
        update(alert_rules)
        .where(_C.id == rule.id, _C.revision == revision, _ALIVE)
        .values(
            revision=revision + 1, changed_at=rule.changed_at, due_at=due_at, is_default=rule.is_default,
            **_columns(rule.settings, rule.organization_id),
        )
    )  # fmt: skip
    return done.rowcount == 1


def delete_rule(tx: Transaction, rule_id: str, revision: int, now: datetime) -> bool:
    """Mark a rule deleted that still has this revision; whether it had. Its firings stay on record."""
    done = tx.execute(
        update(alert_rules)
        .where(_C.id == rule_id, _C.revision == revision, _ALIVE)
        .values(deleted_at=now, due_at=None, revision=revision + 1)
    )
    return done.rowcount == 1


# --- looking at them ------------------------------------------------------------------------------


def counting_rules(tx: Transaction, project_ids: Collection[str]) -> list[AlertRule]:
    """The rules of projects that cross as requests are counted; takes no lock (ix_alert_rules_project_id)."""
    query = _rules().where(_C.project_id.in_(project_ids), *_COUNTED).order_by(_C.id)
    return [_rule(row) for row in tx.execute(query)]


def lock_counting(tx: Transaction, rule_ids: Collection[str]) -> list[AlertRule]:
    """Those of some rules that still cross as requests are counted, held until the commit, in one order (primary key)."""
    query = _rules().where(_C.id.in_(rule_ids), *_COUNTED).order_by(_C.id)
    return [_rule(row) for row in tx.execute(query.with_for_update(of=alert_rules))]


def due_rules(tx: Transaction, now: datetime, limit: int) -> list[AlertRule]:
    """Rules of active projects to look at now: those that are due, and those whose project's sums have changed since.

    A change is noted a moment before it can be seen, hence the minute of grace. What was looked at later than now
    was so before the clock stepped back, and waits for no instant of then (ix_alert_rules_due_at).
    """
    grace_ms, now_ms = 60_000, clock.to_ms(now)
    looked = type_coerce(_C.evaluated_at, BigInteger)
    changed = and_(
        _C.metric.in_(_BY_USAGE), looked <= now_ms - grace_ms,
        type_coerce(usage_changes.c.changed_at, BigInteger) >= looked - grace_ms,
    )  # fmt: skip
    query = (
        _rules()
        .outerjoin(usage_changes, usage_changes.c.project_id == _C.project_id)
        .where(or_(_C.due_at <= now, looked > now_ms, changed), _SERVES, projects.c.state == "active")
        .order_by(_C.due_at, _C.id)
        .limit(limit)
    )
    return [_rule(row) for row in tx.execute(query)]


def note_looked(tx: Transaction, rule_id: str, now: datetime, due_at: datetime | None) -> None:
    """Say when a rule was looked at, and when it is to be next."""
    tx.execute(update(alert_rules).where(_C.id == rule_id).values(evaluated_at=now, due_at=due_at))


# --- defaults -------------------------------------------------------------------------------------


def projects_without_defaults(tx: Transaction, limit: int) -> Sequence[str]:
    """Projects that were never given their default rules, oldest first."""
    return tx.execute(select(projects.c.id).where(_NEVER_GIVEN).order_by(projects.c.id).limit(limit)).scalars().all()


def without_defaults(tx: Transaction, project_ids: Sequence[str]) -> Sequence[str]:
    """Which of some projects were never given their default rules, oldest first (primary keys)."""
    query = select(projects.c.id).where(projects.c.id.in_(project_ids), _NEVER_GIVEN)
    return tx.execute(query.order_by(projects.c.id)).scalars().all()


def note_defaults(tx: Transaction, project_id: str, now: datetime) -> bool:
    """Say that a project has its default rules; False where another one was first (primary key)."""
    new = sqlite.insert(alert_defaults) if tx.dialect.name == "sqlite" else postgresql.insert(alert_defaults)
    made = new.values(project_id=project_id, given_at=now).on_conflict_do_nothing()
    return tx.execute(made.returning(alert_defaults.c.project_id)).first() is not None


# --- rows -----------------------------------------------------------------------------------------


def settings_from(values: Any) -> RuleSettings:
    """A rule's settings from its columns."""
    return RuleSettings(
        name=values.name, metric=values.metric, comparison=values.comparison, period=values.period,
        thresholds=tuple(Threshold(each["at"], each["resolve_below"]) for each in values.thresholds),
        timezone=values.timezone, window_s=values.window_s, filter=AlertFilter(**values.filters),
        minimum_count=values.minimum_count, severity=values.severity, owner=values.owner_id,
        next_action=values.next_action, notify=tuple(values.notify), muted_until=values.muted_until_at,
        enabled=values.enabled,
    )  # fmt: skip


def _rule(row: Row[*tuple[Any, ...]]) -> AlertRule:
    values = row._mapping
    return AlertRule(
        id=row.id, project_id=row.project_id, organization_id=row.organization_id, environment=row.environment,
        settings=settings_from(row), is_default=row.is_default, revision=row.revision, created_by=row.created_by,
        created_at=row.created_at, changed_at=row.changed_at, evaluated_at=row.evaluated_at,
        owner_name=row.owner_name, firing=values.get("firing", 0), slot=row.slot,
    )  # fmt: skip


def _columns(settings: RuleSettings, organization_id: str) -> dict[str, Any]:
    return {
        "name": settings.name, "metric": settings.metric, "filters": _without_none(asdict(settings.filter)),
        "thresholds": [asdict(each) for each in settings.thresholds], "comparison": settings.comparison,
        "period": settings.period, "timezone": settings.timezone, "window_s": settings.window_s,
        "minimum_count": settings.minimum_count, "severity": settings.severity, "owner_id": settings.owner,
        "owner_organization_id": organization_id if settings.owner else None, "next_action": settings.next_action,
        "notify": list(settings.notify), "muted_until_at": settings.muted_until, "enabled": settings.enabled,
    }  # fmt: skip


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def thresholds_fired(
    tx: Transaction, rule_ids: Iterable[str], since: datetime
) -> set[tuple[str, float, str, datetime]]:
    """What has fired of rules for periods since an instant: (rule, threshold, subject, period) (unique)."""
    column = alert_firings.c
    query = select(column.rule_id, column.threshold, column.subject_id, column.period_at)
    rows = tx.execute(query.where(column.rule_id.in_(list(rule_ids)), column.period_at >= since))
    return {(row[0], row[1], row[2], row[3]) for row in rows}
