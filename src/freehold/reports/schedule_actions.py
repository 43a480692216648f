"""Report schedules: make, read, change, pause, resume, run, delete. One function is one use case and one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit, member_queries
from freehold.organizations.actions import changed_meanwhile, read_organization
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.slots import free_slot, slot_fault
from freehold.reports import schedule_queries as queries
from freehold.reports import schedule_rules as rules
from freehold.reports.actions import queue_report
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import Parameters, Report
from freehold.reports.schedule_records import Recipient, Schedule, ScheduleSettings
from freehold.reports.schedule_standing import may_have, owner_of, require_known, require_rights
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction

Change = Callable[[ScheduleSettings], ScheduleSettings]
_TOO_MANY: Final = f"At most {rules.SCHEDULES_MAX} report schedules. Delete one that is not needed."


def create_schedule(
    tx: Transaction, actor: Actor, organization_id: str, project_id: str | None, wanted: ScheduleSettings,
    recipients: Sequence[str] = (), slot: str | None = None,
) -> Schedule:  # fmt: skip
    """Make a schedule of a project, or of an organization. `recipients`: members by id or address.

    `slot`: None, to be made from its name; an organization's schedules have none that anybody asks for.
    """
    if project_id is not None:
        project = read_project(tx, actor, project_id)
        organization_id = project.organization_id
        require_rights(actor, wanted.kind, organization_id)
        require_active(project)
    else:
        read_organization(tx, actor, organization_id)
        require_rights(actor, wanted.kind, organization_id)
    audit.hold(tx, organization_id)
    settings, told = _checked(tx, organization_id, project_id, wanted, recipients, slot)
    if queries.count_schedules(tx, organization_id, project_id) >= rules.SCHEDULES_MAX:
        raise Problem("conflict", _TOO_MANY)
    now = clock.now()
    taken = queries.slots_of(tx, project_id) if project_id else set()
    schedule = Schedule(
        id=ids.new_id("sch"), organization_id=organization_id, project_id=project_id,
        slot=free_slot(slot, settings.name, taken), settings=settings, owner=owner_of(actor), state="active", reason=None,
        next_at=_first(settings, now), last_at=None, revision=1, created_by=actor.name, created_at=now, changed_at=now,
        recipients=told,
    )  # fmt: skip
    with broken_constraint_means(
        Problem(
            "already_exists", f"The project has a report schedule in the slot {schedule.slot!r}. Choose another one."
        )
    ):
        queries.insert_schedule(tx, schedule)
    _record(tx, actor, "report_schedule.created", schedule, None, schedule)
    return schedule


def list_project_schedules(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[Schedule]:
    """A project's schedules, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "projects.read", project.organization_id)
    return queries.schedules_of_project(tx, project.id, limit, after_id)


def list_organization_schedules(
    tx: Transaction, actor: Actor, organization_id: str, limit: int, after_id: str | None = None
) -> list[Schedule]:
    """An organization's own schedules, newest first."""
    require(actor, "organization.read", organization_id)
    read_organization(tx, actor, organization_id)
    return queries.schedules_of_organization(tx, organization_id, limit, after_id)


def read_schedule(tx: Transaction, actor: Actor, schedule_id: str) -> Schedule:
    """One schedule; Problem `not_found` where it is none of the actor's business."""
    schedule = queries.find_schedule(tx, schedule_id)
    if schedule is None:
        raise not_found("report schedule")
    require_known(actor, schedule.organization_id, not_found("report schedule"))
    require(actor, "projects.read", schedule.organization_id)
    return schedule


def edit_schedule(
    tx: Transaction, actor: Actor, schedule_id: str, change: Change, recipients: Sequence[str] | None = None,
    revision: int | None = None,
) -> Schedule:  # fmt: skip
    """Change a schedule, which runs with this actor's rights from now on. `recipients` None: those stay.

    `revision`: the one the caller saw, None for any. Another time is counted from now on.
    """
    old = _held(tx, actor, schedule_id)
    wanted = change(old.settings)
    _require_changeable(tx, actor, old, wanted)
    people = [each.user_id for each in old.recipients] if recipients is None else recipients
    settings, told = _checked(tx, old.organization_id, old.project_id, wanted, people, None)
    now, next_at = clock.now(), old.next_at
    if old.state == "active" and (settings.cron, settings.time_zone) != (old.settings.cron, old.settings.time_zone):
        next_at = _first(settings, now)
    changed = replace(
        old, settings=settings, recipients=told, next_at=next_at, owner=owner_of(actor), changed_at=now
    )  # fmt: skip
    return _save(tx, actor, "report_schedule.changed", old, changed, revision)


def pause_schedule(tx: Transaction, actor: Actor, schedule_id: str, revision: int | None = None) -> Schedule:
    """Let a schedule run no more until it is resumed; one that is paused already is left as it is."""
    old = _own(tx, actor, schedule_id)
    if old.state == "paused":
        return old
    paused = replace(old, state="paused", reason=None, next_at=None, changed_at=clock.now())
    return _save(tx, actor, "report_schedule.paused", old, paused, revision)


def resume_schedule(tx: Transaction, actor: Actor, schedule_id: str, revision: int | None = None) -> Schedule:
    """Let a paused or stopped schedule run again, from now on and with this actor's rights. What it missed is not made up for."""
    old = _held(tx, actor, schedule_id)
    _require_changeable(tx, actor, old, old.settings)
    if old.state == "active":
        return old
    now = clock.now()
    resumed = replace(
        old, state="active", reason=None, next_at=_first(old.settings, now), owner=owner_of(actor), changed_at=now
    )
    return _save(tx, actor, "report_schedule.resumed", old, resumed, revision)


def run_schedule(tx: Transaction, actor: Actor, schedule_id: str) -> Report:
    """Ask now for the report that a run at this moment would ask for; when it runs by itself stays as it is."""
    schedule = _held(tx, actor, schedule_id)
    _require_changeable(tx, actor, schedule, schedule.settings)
    report = queue_report(
        tx, actor, schedule.organization_id, schedule.project_id, parameters_at(schedule.settings, clock.now())
    )  # fmt: skip
    note_run(tx, schedule, report, None, 0)
    return report


def delete_schedule(tx: Transaction, actor: Actor, schedule_id: str, revision: int | None = None) -> Schedule:
    """Remove a schedule; its reports stay."""
    old = _own(tx, actor, schedule_id)
    if not queries.delete_schedule(tx, old.id, old.revision if revision is None else revision, clock.now()):
        raise changed_meanwhile("report schedule")
    _record(tx, actor, "report_schedule.deleted", old, old, None)
    return old


def parameters_at(settings: ScheduleSettings, at: datetime) -> Parameters:
    """What a run of a schedule at an instant asks for: days of the zone by whose clock it runs."""
    if settings.period is None:
        return Parameters(settings.kind, settings.format)
    days = rules.days_of(settings)
    since, until = rules.period_before(at, settings.period, rules.zone_of(days))
    return Parameters(settings.kind, settings.format, since, until, days)


def note_run(tx: Transaction, schedule: Schedule, report: Report, due_at: datetime | None, missed: int) -> None:
    """Keep of which run a report came, and who is mailed when it has ended."""
    queries.insert_run(tx, schedule, report.id, due_at, missed)
    queries.insert_report_recipients(tx, report.id, [each.user_id for each in schedule.recipients])


def _own(tx: Transaction, actor: Actor, schedule_id: str) -> Schedule:
    """A schedule that the actor may pause and delete, held."""
    found = read_schedule(tx, actor, schedule_id)
    require(actor, "reports.schedule", found.organization_id)
    return _held(tx, actor, schedule_id)


def _held(tx: Transaction, actor: Actor, schedule_id: str) -> Schedule:
    """A schedule as it is once its organization's log is held, before any row of it is: so it stays until the commit."""
    audit.hold(tx, read_schedule(tx, actor, schedule_id).organization_id)
    return read_schedule(tx, actor, schedule_id)


def _require_changeable(tx: Transaction, actor: Actor, schedule: Schedule, wanted: ScheduleSettings) -> None:
    require_rights(actor, schedule.settings.kind, schedule.organization_id)
    require_rights(actor, wanted.kind, schedule.organization_id)
    project = projects.find_project(tx, schedule.project_id) if schedule.project_id else None
    if project is not None:
        require_active(project)


def _checked(
    tx: Transaction, organization_id: str, project_id: str | None, wanted: ScheduleSettings, recipients: Sequence[str],
    slot: str | None,
) -> tuple[ScheduleSettings, tuple[Recipient, ...]]:  # fmt: skip
    """The settings in their one form, and who is mailed. Problem `invalid` names everything that is wrong."""
    settings = rules.clean(wanted)
    faults = rules.settings_faults(settings, "project" if project_id else "organization", clock.now())
    told, unfit = _recipients(tx, organization_id, settings, recipients)
    faults += unfit
    faults += [fault] if (fault := slot_fault(slot)) else []
    if faults:
        raise invalid(*faults)
    return settings, told


def _recipients(
    tx: Transaction, organization_id: str, settings: ScheduleSettings, named: Sequence[str]
) -> tuple[tuple[Recipient, ...], list[FieldError]]:
    if len(named) > rules.RECIPIENTS_MAX:
        return (), [FieldError("recipients", f"At most {rules.RECIPIENTS_MAX} recipients.", "too_many")]
    members = {
        name: each for each in member_queries.members_of(tx, organization_id) for name in (each.user_id, each.email)
    }
    found, faults = dict[str, Recipient](), list[FieldError]()
    for place, name in enumerate(named):
        member = members.get(name.strip().lower())
        if member is None:
            words = f"No member of the organization is {name!r}: name one by id or address."
            faults.append(FieldError(f"recipients.{place}", words, "unknown_member"))
        elif not may_have(tx, member.user_id, settings.kind, organization_id):
            title = KIND_FACTS[settings.kind].title.lower()
            words = f"{member.name} may not read reports of this kind ({title})."
            faults.append(FieldError(f"recipients.{place}", words, "may_not_read"))
        else:
            found[member.user_id] = Recipient(member.user_id, member.name, member.email)
    return tuple(sorted(found.values(), key=lambda each: each.email)), faults


def _first(settings: ScheduleSettings, now: datetime) -> datetime:
    at = rules.next_run(settings.cron, rules.zone_of(settings.time_zone), now)
    if at is None:
        raise invalid(FieldError("cron", "No such time comes in the next fifty years.", "bad_cron"))
    return at


def _save(
    tx: Transaction, actor: Actor, action: str, old: Schedule, changed: Schedule, revision: int | None
) -> Schedule:
    if not queries.change_schedule(tx, changed, old.revision if revision is None else revision):
        raise changed_meanwhile("report schedule")
    _record(tx, actor, action, changed, old, changed)
    return read_schedule(tx, actor, old.id)


def _record(
    tx: Transaction, actor: Actor, action: str, schedule: Schedule, old: Schedule | None, new: Schedule | None
) -> None:
    audit.record(
        tx, actor, action, organization_id=schedule.organization_id, subject_kind="report_schedule",
        subject_id=schedule.id, subject_name=schedule.settings.name, project_id=schedule.project_id,
        before=facts_of(old) if old else None, after=facts_of(new) if new else None,
    )  # fmt: skip


def facts_of(schedule: Schedule) -> dict[str, object]:
    """A schedule as the audit log keeps it."""
    settings = schedule.settings
    return {
        "name": settings.name, "kind": settings.kind, "format": settings.format, "cron": settings.cron,
        "time_zone": settings.time_zone, "period": settings.period, "state": schedule.state, "reason": schedule.reason,
        "recipients": [each.user_id for each in schedule.recipients], "owner": schedule.owner.id,
    }  # fmt: skip
