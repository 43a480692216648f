"""SQL of report schedules: kept, found, due, and which report came of which run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, insert, select, update

from freehold.organizations.records import ActorKind
from freehold.reports.schedule_records import Recipient, Run, Schedule, ScheduleOwner, ScheduleSettings
from freehold.store.engine import Transaction
from freehold.store.schema import (
    members,
    projects,
    report_recipients,
    report_schedule_recipients,
    report_schedule_runs,
    report_schedules,
    reports,
    users,
)

_C: Final = report_schedules.c
_R: Final = report_schedule_recipients.c
_N: Final = report_schedule_runs.c
_P: Final = report_recipients.c
_THERE: Final = _C.deleted_at.is_(None)


def _schedules() -> Select[*tuple[Any, ...]]:
    asleep = (projects.c.state == "archived").label("asleep")
    return select(report_schedules, asleep).outerjoin(projects, projects.c.id == _C.project_id)


def insert_schedule(tx: Transaction, schedule: Schedule) -> None:
    """Keep a new schedule with its recipients; IntegrityError where another one of its project has its slot."""
    tx.execute(
        insert(report_schedules).values(
            id=schedule.id, organization_id=schedule.organization_id, project_id=schedule.project_id, slot=schedule.slot,
            state=schedule.state, next_at=schedule.next_at, created_by=schedule.created_by, created_at=schedule.created_at,
            changed_at=schedule.changed_at, **_columns(schedule),
        )
    )  # fmt: skip
    _insert_recipients(tx, schedule)


def find_schedule(tx: Transaction, schedule_id: str, *, deleted: bool = False) -> Schedule | None:
    """A schedule by id (primary key), a deleted one only where it is asked for: its reports stay on record."""
    query = _schedules().where(_C.id == schedule_id)
    return next(iter(_found(tx, query if deleted else query.where(_THERE))), None)


def schedules_of_project(
    tx: Transaction, project_id: str, limit: int, after_id: str | None = None
) -> list[Schedule]:  # fmt: skip
    """A project's schedules, newest first, after an id (uq_report_schedules_slot)."""
    return _newest(tx, _schedules().where(_C.project_id == project_id, _THERE), limit, after_id)


def schedules_of_organization(
    tx: Transaction, organization_id: str, limit: int, after_id: str | None = None
) -> list[Schedule]:
    """An organization's own schedules, newest first, after an id (ix_report_schedules_organization)."""
    query = _schedules().where(_C.organization_id == organization_id, _C.project_id.is_(None), _THERE)
    return _newest(tx, query, limit, after_id)


def count_schedules(tx: Transaction, organization_id: str, project_id: str | None) -> int:
    """How many schedules a project has, or an organization by itself (ix_report_schedules_organization)."""
    of = _C.project_id == project_id if project_id else _C.project_id.is_(None)
    return tx.execute(select(func.count()).where(_C.organization_id == organization_id, of, _THERE)).scalar_one()


def slots_of(tx: Transaction, project_id: str) -> set[str]:
    """The slots that a project's schedules have (uq_report_schedules_slot)."""
    return set(tx.execute(select(_C.slot).where(_C.project_id == project_id, _THERE)).scalars())


def change_schedule(tx: Transaction, schedule: Schedule, revision: int) -> bool:
    """Save a schedule that still has this revision, with its recipients; whether it had."""
    done = tx.execute(
        update(report_schedules)
        .where(_C.id == schedule.id, _C.revision == revision, _THERE)
        .values(
            revision=revision + 1, changed_at=schedule.changed_at, state=schedule.state, reason=schedule.reason,
            next_at=schedule.next_at, **_columns(schedule),
        )
    )  # fmt: skip
    if done.rowcount != 1:
        return False
    tx.execute(delete(report_schedule_recipients).where(_R.schedule_id == schedule.id))
    _insert_recipients(tx, schedule)
    return True


def delete_schedule(tx: Transaction, schedule_id: str, revision: int, now: datetime) -> bool:
    """Mark a schedule deleted that still has this revision; whether it had. Its reports stay on record."""
    done = tx.execute(
        update(report_schedules)
        .where(_C.id == schedule_id, _C.revision == revision, _THERE)
        .values(deleted_at=now, state="paused", reason=None, next_at=None, revision=revision + 1)
    )
    return done.rowcount == 1


# --- running them ---------------------------------------------------------------------------------


def due_schedules(tx: Transaction, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Schedules whose time has come, as (organization, id), the longest due first; takes no lock (ix_report_schedules_next_at)."""
    query = select(_C.organization_id, _C.id).where(_C.state == "active", _THERE, _C.next_at <= now)
    return [(row.organization_id, row.id) for row in tx.execute(query.order_by(_C.next_at, _C.id).limit(limit))]


def lock_due(tx: Transaction, schedule_id: str, now: datetime) -> Schedule | None:
    """A schedule whose time has come, its row held until the commit; None where another one ran it meanwhile."""
    query = _schedules().where(_C.id == schedule_id, _C.state == "active", _THERE, _C.next_at <= now)
    return next(iter(_found(tx, query.with_for_update(of=report_schedules))), None)


def move(tx: Transaction, schedule_id: str, last_at: datetime | None, next_at: datetime) -> None:
    """Say which due time ran last (None: as before), and which is next. The revision stays: nobody changed it."""
    values = {"next_at": next_at} | ({"last_at": last_at} if last_at else {})
    tx.execute(update(report_schedules).where(_C.id == schedule_id).values(values))


def stop(tx: Transaction, schedule_id: str, reason: str, now: datetime) -> None:
    """Stop a schedule by rule, with the reason."""
    tx.execute(
        update(report_schedules)
        .where(_C.id == schedule_id)
        .values(state="stopped", reason=reason, next_at=None, changed_at=now, revision=_C.revision + 1)
    )


def insert_run(
    tx: Transaction, schedule: Schedule, report_id: str, due_at: datetime | None, missed: int
) -> None:  # fmt: skip
    """Say which report a run asked for; IntegrityError where the due time ran before."""
    tx.execute(
        insert(report_schedule_runs).values(
            report_id=report_id, schedule_id=schedule.id, organization_id=schedule.organization_id,
            project_id=schedule.project_id, due_at=due_at, missed=missed,
        )
    )  # fmt: skip


def has_run(tx: Transaction, schedule_id: str, due_at: datetime) -> bool:
    """Whether a due time ran before: the clock may have stepped back (uq_report_schedule_runs_schedule_id_due_at)."""
    query = select(_N.report_id).where(_N.schedule_id == schedule_id, _N.due_at == due_at)
    return tx.execute(query).first() is not None


def runs_of_reports(tx: Transaction, report_ids: Sequence[str]) -> dict[str, Run]:
    """Of which runs reports came, by report (primary keys); those that a person asked for are left out."""
    query = (
        select(_N.report_id, _N.schedule_id, _C.name, _N.due_at, _N.missed)
        .join(report_schedules, _C.id == _N.schedule_id)
        .where(_N.report_id.in_(report_ids))
    )
    return {row.report_id: Run(*row) for row in tx.execute(query)}


def reports_of_schedule(tx: Transaction, schedule_id: str, limit: int) -> list[str]:
    """The ids of a schedule's newest reports, newest first (ix_report_schedule_runs_schedule)."""
    query = select(_N.report_id).where(_N.schedule_id == schedule_id).order_by(_N.report_id.desc()).limit(limit)
    return list(tx.execute(query).scalars())


def last_reports(tx: Transaction, schedule_ids: Sequence[str]) -> dict[str, str]:
    """The newest report of each of several schedules (ix_report_schedule_runs_schedule)."""
    query = select(_N.schedule_id, func.max(_N.report_id).label("report_id")).where(_N.schedule_id.in_(schedule_ids))
    return {row.schedule_id: row.report_id for row in tx.execute(query.group_by(_N.schedule_id))}


def insert_report_recipients(tx: Transaction, report_id: str, user_ids: Sequence[str]) -> None:
    """Say who is mailed when a report has ended."""
    if user_ids:
        tx.execute(insert(report_recipients), [{"report_id": report_id, "user_id": each} for each in user_ids])


def untold_reports(tx: Transaction, limit: int) -> list[str]:
    """Reports that have ended and of which nobody was mailed yet, oldest first (ix_report_recipients_untold)."""
    query = (
        select(_P.report_id)
        .join(reports, reports.c.id == _P.report_id)
        .where(_P.told_at.is_(None), reports.c.state.in_(("ready", "failed", "expired")))
        .distinct()
    )
    return list(tx.execute(query.order_by(_P.report_id).limit(limit)).scalars())


def take_recipients(tx: Transaction, report_id: str, now: datetime) -> list[str]:
    """Those who are to be mailed of a report, from now on mailed: of two who ask at one instant, one gets them."""
    mine = update(report_recipients).where(_P.report_id == report_id, _P.told_at.is_(None)).values(told_at=now)
    return sorted(tx.execute(mine.returning(_P.user_id)).scalars())


# --- rows and records -----------------------------------------------------------------------------


def _columns(schedule: Schedule) -> dict[str, Any]:
    settings, owner = schedule.settings, schedule.owner
    return {
        "name": settings.name, "kind": settings.kind, "format": settings.format, "cron": settings.cron,
        "time_zone": settings.time_zone, "period": settings.period, "owner_name": owner.name,
        "owner_user_id": owner.id if owner.kind == "user" else None,
        "owner_token_id": owner.id if owner.kind == "token" else None,
    }  # fmt: skip


def _insert_recipients(tx: Transaction, schedule: Schedule) -> None:
    rows = [
        {"schedule_id": schedule.id, "organization_id": schedule.organization_id, "user_id": each.user_id}
        for each in schedule.recipients
    ]
    if rows:
        tx.execute(insert(report_schedule_recipients), rows)


def _newest(tx: Transaction, query: Select[*tuple[Any, ...]], limit: int, after_id: str | None) -> list[Schedule]:
    if after_id:
        query = query.where(_C.id < after_id)
    return _found(tx, query.order_by(_C.id.desc()).limit(limit))


def _found(tx: Transaction, query: Select[*tuple[Any, ...]]) -> list[Schedule]:
    """The schedules of a query with their recipients: two queries, however many they are."""
    rows = tx.execute(query).all()
    told = _recipients_of(tx, [row.id for row in rows]) if rows else {}
    return [_schedule(row, tuple(told.get(row.id, ()))) for row in rows]


def _recipients_of(tx: Transaction, schedule_ids: Sequence[str]) -> dict[str, list[Recipient]]:
    query = (
        select(_R.schedule_id, users.c.id, users.c.name, users.c.email)
        .join(users, users.c.id == _R.user_id)
        .join(members, (members.c.user_id == _R.user_id) & (members.c.organization_id == _R.organization_id))
        .where(_R.schedule_id.in_(schedule_ids))
        .order_by(users.c.email)
    )
    found: dict[str, list[Recipient]] = {}
    for schedule_id, *person in tx.execute(query):
        found.setdefault(schedule_id, []).append(Recipient(*person))
    return found


def _schedule(row: Row[*tuple[Any, ...]], recipients: tuple[Recipient, ...]) -> Schedule:
    kind: ActorKind = "user" if row.owner_user_id else "token" if row.owner_token_id else "system"
    return Schedule(
        id=row.id, organization_id=row.organization_id, project_id=row.project_id, slot=row.slot,
        settings=ScheduleSettings(row.name, row.kind, row.format, row.cron, row.time_zone, row.period),
        owner=ScheduleOwner(kind, row.owner_user_id or row.owner_token_id or "freehold", row.owner_name),
        state=row.state, reason=row.reason, next_at=row.next_at, last_at=row.last_at, revision=row.revision,
        created_by=row.created_by, created_at=row.created_at, changed_at=row.changed_at, recipients=recipients,
        asleep=bool(row.asleep),
    )  # fmt: skip
