"""What the pages of report schedules do, whether of a project or of an organization: parse the form, one action, present."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, Values, refused
from freehold.dashboard.views.parts import Danger
from freehold.dashboard.views.schedules import (
    NewScheduleView,
    ReportLine,
    ScheduleRow,
    SchedulesView,
    ScheduleView,
)
from freehold.dashboard.views.shell import Shell
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import blocked
from freehold.projects.actions import blocked_for, read_project
from freehold.reports import actions as reports
from freehold.reports import queries as report_queries
from freehold.reports import schedule_actions as actions
from freehold.reports import schedule_forms as forms
from freehold.reports import schedule_queries as queries
from freehold.reports import schedule_rules as rules
from freehold.reports.addresses import reports_path
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import Reach, Report
from freehold.reports.schedule_records import Schedule, ScheduleSettings
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_SHOWN_ON_FORM: Final = frozenset({409, 412, 422})
_REPORTS_SHOWN: Final = 10
_LIST: Final = "reports/schedules.html.j2"
_NEW: Final = "reports/new-schedule.html.j2"
_ONE: Final = "reports/schedule.html.j2"


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose schedules a page is of, around which frame, and why this person may not change them (None: they may)."""

    organization_id: str
    project_id: str | None
    name: str
    shell: Shell
    blocked: str | None

    @property
    def reports_at(self) -> str:
        return reports_path(self.organization_id, self.project_id)

    @property
    def at(self) -> str:
        return f"{self.reports_at}/schedules"

    @property
    def reach(self) -> Reach:
        return "project" if self.project_id else "organization"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page shows instead of a schedule as it is: settings that are drawn, and forms that were refused."""

    settings: ScheduleSettings | None = None
    forms: tuple[tuple[str, Form], ...] = ()
    status: int = 200


# --- all of them, and a new one -------------------------------------------------------------------


def show_schedules(call: Call, project_id: str, organization_id: str) -> Response[Any]:
    """The schedules of a project, or an organization's own."""
    with call.read() as tx:
        owner = _owner(tx, call, project_id, organization_id)
        if owner.project_id is not None:
            found = actions.list_project_schedules(tx, call.actor, owner.project_id, rules.SCHEDULES_MAX)
        else:
            found = actions.list_organization_schedules(tx, call.actor, owner.organization_id, rules.SCHEDULES_MAX)
        view = SchedulesView(
            at=owner.at, reports_at=owner.reports_at, of=owner.name, rows=tuple(map(_row, found)), blocked=owner.blocked,
            project_id=owner.project_id or "",
        )  # fmt: skip
    return page(_LIST, owner.shell, view)


def show_new_schedule(call: Call, project_id: str, organization_id: str) -> Response[Any]:
    """The form of a new schedule, with when it would run."""
    return _new(call, project_id, organization_id, None, None)


def create_schedule(call: Call, project_id: str, organization_id: str) -> Response[Any]:
    """Make a schedule, or show when it would run."""
    typed, key, settings = forms.typed_values(call), call.field("idempotency_key") or new_id("req"), None
    try:
        settings = forms.settings_of(call)
        if call.field("draw"):
            return _new(
                call, project_id, organization_id, settings, replace(_drawn(settings, typed), idempotency_key=key)
            )
        wanted, slot = settings, call.field("slot").strip() or None

        def act(tx: Transaction) -> Answer:
            made = actions.create_schedule(
                tx, call.actor, organization_id, project_id or None, wanted, call.fields("recipients"), slot
            )
            return Answer(201, made.id.encode())

        answer = call.once(act)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        form = refused(forms.on_form(problem, typed), typed, key)
        return _new(call, project_id, organization_id, settings, form, problem.status)
    at = reports_path(organization_id, project_id or None)
    return see_other(f"{at}/schedules/{answer.body.decode()}", "schedule-saved")


def _new(
    call: Call, project_id: str, organization_id: str, settings: ScheduleSettings | None, form: Form | None, status: int = 200
) -> Response[Any]:  # fmt: skip
    with call.read() as tx:
        owner = _owner(tx, call, project_id, organization_id)
        kinds = forms.kinds_for(call.actor, owner.reach, owner.organization_id)
        fields = forms.fields_of(tx, kinds, owner.organization_id)
    if form is None:
        settings = forms.first_settings(kinds, owner.reach)
        mine = [call.actor.user_id] if call.actor.user_id in {each.value for each in fields.people} else []
        form = Form(forms.values_of(settings, [each for each in mine if each]), idempotency_key=new_id("req"))
    view = NewScheduleView(
        at=owner.at, reports_at=owner.reports_at, of=owner.name, fields=fields,
        form=replace(form, blocked=owner.blocked), to_come=forms.to_come(settings, clock.now()),
    )  # fmt: skip
    return page(_NEW, owner.shell, view, status)


def _drawn(settings: ScheduleSettings, typed: Values) -> Form:
    """The form as it was typed, with what is wrong with when it would run."""
    faults = rules.time_faults(settings.cron, settings.time_zone, clock.now())
    if faults:
        return refused(forms.on_form(invalid(*faults), typed), typed)
    return Form(typed)


# --- one ------------------------------------------------------------------------------------------


def show_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """One schedule: when it runs next, what came of it, its settings."""
    return _one(call, schedule_id, project_id, organization_id, _Shown())


def edit_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """Change a schedule, or show when it would run then."""
    typed, settings = forms.typed_values(call), None
    _known(call, schedule_id, project_id, organization_id)
    try:
        wanted = settings = forms.settings_of(call)
        if call.field("draw"):
            drawn = replace(_drawn(settings, typed), message="Shown beside it, and not saved yet.")
            shown = _Shown(settings, (("edit", drawn),))
            return _one(call, schedule_id, project_id, organization_id, shown)
        with call.write() as tx:
            actions.edit_schedule(
                tx, call.actor, schedule_id, lambda _old: wanted, call.fields("recipients"), call.form_revision()
            )
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        form = refused(forms.on_form(problem, typed), typed)
        shown = _Shown(settings, (("edit", form),), problem.status)
        return _one(call, schedule_id, project_id, organization_id, shown)
    return see_other(f"{reports_path(organization_id, project_id or None)}/schedules/{schedule_id}", "schedule-saved")


def pause_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """Let a schedule run no more until it is resumed."""
    return _act(call, schedule_id, project_id, organization_id, "state", lambda tx: _paused(tx, call, schedule_id))


def resume_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """Let a schedule run again, with the rights of whoever resumes it."""
    return _act(call, schedule_id, project_id, organization_id, "state", lambda tx: _resumed(tx, call, schedule_id))


def run_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """Ask now for the report that a run would ask for, and go on to its progress."""
    return _act(call, schedule_id, project_id, organization_id, "run", lambda tx: _run_now(tx, call, schedule_id))


def delete_schedule(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Response[Any]:
    """Remove a schedule, once its name was typed."""
    schedule, typed = _known(call, schedule_id, project_id, organization_id), call.field("confirm")
    if typed.strip() != schedule.settings.name:
        problem = invalid(FieldError("confirm", "Type the name exactly as it is shown.", "not_confirmed"))
        shown = _Shown(None, (("delete", refused(problem, {"confirm": typed})),), 422)
        return _one(call, schedule_id, project_id, organization_id, shown)
    with call.write() as tx:
        actions.delete_schedule(tx, call.actor, schedule_id)
    return see_other(f"{reports_path(organization_id, project_id or None)}/schedules", "schedule-deleted")


def _paused(tx: Transaction, call: Call, schedule_id: str) -> tuple[str, str]:
    actions.pause_schedule(tx, call.actor, schedule_id)
    return f"/schedules/{schedule_id}", "schedule-paused"


def _resumed(tx: Transaction, call: Call, schedule_id: str) -> tuple[str, str]:
    actions.resume_schedule(tx, call.actor, schedule_id)
    return f"/schedules/{schedule_id}", "schedule-resumed"


def _run_now(tx: Transaction, call: Call, schedule_id: str) -> tuple[str, str]:
    return f"/{actions.run_schedule(tx, call.actor, schedule_id).id}", "report-requested"


def _act(
    call: Call, schedule_id: str, project_id: str, organization_id: str, form: str,
    act: Callable[[Transaction], tuple[str, str]],
) -> Response[Any]:  # fmt: skip
    """Do something to a schedule and go where it leads; a refusal comes back on the form that asked."""
    _known(call, schedule_id, project_id, organization_id)
    try:
        with call.write() as tx:
            where, done = act(tx)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        shown = _Shown(None, ((form, refused(problem, {})),), problem.status)
        return _one(call, schedule_id, project_id, organization_id, shown)
    return see_other(f"{reports_path(organization_id, project_id or None)}{where}", done)


def _one(call: Call, schedule_id: str, project_id: str, organization_id: str, shown: _Shown) -> Response[Any]:
    with call.read() as tx:
        owner = _owner(tx, call, project_id, organization_id)
        schedule = _find(tx, call, owner, schedule_id)
        kinds = forms.kinds_for(call.actor, owner.reach, owner.organization_id)
        fields = forms.fields_of(tx, kinds, owner.organization_id)
        lines = _lines(tx, call, schedule)
    runs = shown.settings or (schedule.settings if schedule.state == "active" and not schedule.asleep else None)
    every = {
        "edit": Form(forms.values_of(schedule.settings, [each.user_id for each in schedule.recipients])),
        "state": Form(), "run": Form(), "delete": Form(),
    }  # fmt: skip
    every |= dict(shown.forms)
    every |= {name: replace(form, blocked=owner.blocked) for name, form in every.items() if name != "delete"}
    view = ScheduleView(
        at=owner.at, reports_at=owner.reports_at, of=owner.name, row=_row(schedule), cron=schedule.settings.cron,
        slot=schedule.slot if schedule.project_id else "", owner=schedule.owner.name, created_by=schedule.created_by,
        created_at=schedule.created_at, revision=schedule.revision, resting=schedule.asleep,
        recipients=tuple(f"{each.name} ({each.email})" for each in schedule.recipients), reports=lines, fields=fields,
        to_come=forms.to_come(runs, clock.now()), delete=_danger(schedule, owner),
        **{f"{name}_form": form for name, form in every.items()},
    )  # fmt: skip
    return page(_ONE, owner.shell, view, shown.status)


def _danger(schedule: Schedule, owner: _Owner) -> Danger:
    says = ("No report is made by it any more.", "The reports that came of it stay, as long as they are kept.")
    return Danger(consequences=says, name=schedule.settings.name, blocked=owner.blocked)


def _owner(tx: Transaction, call: Call, project_id: str, organization_id: str) -> _Owner:
    if project_id:
        project = read_project(tx, call.actor, project_id)
        cannot = blocked_for(call.actor, "reports.schedule", project)
        shell = frame(tx, call, "reports", project=project)
        return _Owner(project.organization_id, project.id, project.name, shell, cannot)
    organization = read_organization(tx, call.actor, organization_id)
    shell = frame(tx, call, "reports-of-all", organization_id)
    cannot = blocked(call.actor, "reports.schedule", organization.id)
    return _Owner(organization.id, None, organization.name, shell, cannot)


def _known(call: Call, schedule_id: str, project_id: str, organization_id: str) -> Schedule:
    with call.read() as tx:
        return _find(tx, call, _owner(tx, call, project_id, organization_id), schedule_id)


def _find(tx: Transaction, call: Call, owner: _Owner, schedule_id: str) -> Schedule:
    schedule = actions.read_schedule(tx, call.actor, schedule_id)
    if (schedule.project_id, schedule.organization_id) != (owner.project_id, owner.organization_id):
        raise not_found("report schedule")
    return schedule


def _lines(tx: Transaction, call: Call, schedule: Schedule) -> tuple[ReportLine, ...]:
    ids = queries.reports_of_schedule(tx, schedule.id, _REPORTS_SHOWN)
    runs = queries.runs_of_reports(tx, ids)
    found = [report for each in ids if (report := report_queries.find_report(tx, each)) is not None]
    return tuple(_line(call, each, runs[each.id].missed, runs[each.id].due_at is None) for each in found)


def _line(call: Call, report: Report, missed: int, by_hand: bool) -> ReportLine:
    why = f"By {report.asked_by}" if by_hand else ""
    why = f"Makes up for {missed} missed before it" if missed else why
    return ReportLine(
        id=report.id if reports.may_read(call.actor, report) else "", state=report.state, created_at=report.created_at,
        period=forms.days_in_words(report.parameters.since, report.parameters.until) if report.parameters.since else "As it stood",
        why=why,
    )  # fmt: skip


def _row(schedule: Schedule) -> ScheduleRow:
    settings = schedule.settings
    period = f", the last {settings.period}" if settings.period else ""
    return ScheduleRow(
        id=schedule.id, name=settings.name, zone=settings.time_zone, words=rules.words_of(settings.cron),
        what=f"{KIND_FACTS[settings.kind].title}{period}, {forms.format_words(settings.format)}",
        state=schedule.state, reason=schedule.reason or "", last_at=schedule.last_at,
        next_at=None if schedule.asleep else schedule.next_at,
    )  # fmt: skip
