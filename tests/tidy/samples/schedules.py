"""Sample pages of report schedules."""

from datetime import UTC, datetime, timedelta

from freehold.dashboard.views import schedules
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger
from freehold.reports import schedule_forms as forms
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import FORMATS
from freehold.reports.schedule_records import PERIODS, ScheduleSettings
from tests.tidy.samples.frame import AT, NOW, ORGANIZATION, Sample, ago, shell
from tests.tidy.samples.reports import REPORT

SCHEDULE = "sch_01kaa0000000000000000000aa"
WEEKLY = ScheduleSettings("Usage of the week", "usage_summary", "csv", "30 6 * * MON,THU", "Europe/Berlin", "week")
LOST = "It ran with the rights of ines@northgate.example, who may no longer have reports of this kind (usage summary)."
ME = "usr_01kaa0000000000000000000aa"


def fields(reach: str = "project") -> schedules.ScheduleFields:
    kinds = tuple(
        Choice(kind, facts.title, facts.detail)
        for kind, facts in KIND_FACTS.items()
        if reach in facts.reach and not facts.of_request
    )
    return schedules.ScheduleFields(
        kinds=kinds, formats=tuple(Choice(each, forms.format_words(each)) for each in FORMATS),
        periods=tuple(Choice(each, f"The {each} before") for each in PERIODS),
        people=(Choice(ME, "Ines Duarte", "ines@northgate.example, owner"), Choice("usr_2", "Tomás Reis", "tomas@northgate.example, billing")),
        zones=("Europe/Berlin", "Europe/Lisbon"),
    )  # fmt: skip


def row(state: str = "active", name: str = WEEKLY.name, reason: str = "") -> schedules.ScheduleRow:
    return schedules.ScheduleRow(
        id=SCHEDULE, name=name, what="Usage summary, the last week, CSV", words="At 06:30 on Monday and Thursday",
        zone="Europe/Berlin", state=state, reason=reason, last_at=ago(hours=40) if name == WEEKLY.name else None,
        next_at=NOW + timedelta(hours=20) if state == "active" else None,
    )  # fmt: skip


def listed(
    *rows: schedules.ScheduleRow, at: str = f"{AT}/reports", blocked: str | None = None
) -> schedules.SchedulesView:
    return schedules.SchedulesView(
        at=f"{at}/schedules", reports_at=at, of="Checkout", rows=rows, blocked=blocked, project_id="proj_1"
    )


def new(settings: ScheduleSettings | None, form: Form, at: str = f"{AT}/reports") -> schedules.NewScheduleView:
    return schedules.NewScheduleView(
        at=f"{at}/schedules", reports_at=at, of="Checkout", fields=fields("project" if at.startswith(AT) else "organization"),
        form=form, to_come=forms.to_come(settings, NOW),
    )  # fmt: skip


def one(
    state: str = "active", reason: str = "", resting: bool = False, edit: Form | None = None
) -> schedules.ScheduleView:
    lines = (
        schedules.ReportLine(id=REPORT, state="ready", period="2026-11-16 to 2026-11-22", created_at=ago(hours=40), why="Makes up for 2 missed before it"),
        schedules.ReportLine(id="", state="failed", period="2026-11-09 to 2026-11-15", created_at=ago(hours=200), why="By tomas@northgate.example"),
    )  # fmt: skip
    values = forms.values_of(WEEKLY, [ME])
    return schedules.ScheduleView(
        at=f"{AT}/reports/schedules", reports_at=f"{AT}/reports", of="Checkout", row=row(state, reason=reason), cron=WEEKLY.cron,
        slot="usage-of-the-week", owner="ines@northgate.example", created_by="ines@northgate.example", created_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        revision=3, recipients=("Ines Duarte (ines@northgate.example)",), resting=resting, reports=lines if not resting else (),
        fields=fields(), to_come=forms.to_come(WEEKLY if state == "active" and not resting else None, NOW),
        edit_form=edit or Form(values), state_form=Form(), run_form=Form(), delete_form=Form(),
        delete=Danger(consequences=("No report is made by it any more.", "The reports that came of it stay, as long as they are kept."), name=WEEKLY.name),
    )  # fmt: skip


def schedule_pages() -> dict[str, Sample]:
    monthly = ScheduleSettings("Monthly report", "usage_summary", "csv", "0 6 L * *", "UTC", "month")
    values = forms.values_of(monthly, [ME])
    wrong = Form(
        {**values, "repeats": "own", "cron": "0 6 30 2 *", "time_zone": "Mars/Olympus"},
        {"cron": "The day of the month 30 never comes: there is none, or no month of the expression has it.",
         "time_zone": "'Mars/Olympus' is no IANA time zone, such as Europe/Berlin."},
    )  # fmt: skip
    cannot = "Your role lets you look at this, not change it. Ask an owner or admin of the organization."
    team = f"/organizations/{ORGANIZATION}/reports"
    inside = shell("reports")
    return {
        "schedules": Sample("reports/schedules.html.j2", inside, listed(row(), row("paused", "Keys, monthly"), row("stopped", "Access", LOST))),
        "schedules-empty": Sample("reports/schedules.html.j2", inside, listed()),
        "schedules-locked": Sample("reports/schedules.html.j2", inside, listed(blocked=cannot)),
        "schedules-of-all": Sample("reports/schedules.html.j2", shell("reports-of-all", inside=False), listed(row(), at=team)),
        "schedule-new": Sample("reports/new-schedule.html.j2", inside, new(monthly, Form(values, idempotency_key="req_1"))),
        "schedule-new-weekly": Sample("reports/new-schedule.html.j2", inside, new(WEEKLY, Form(forms.values_of(WEEKLY, [])))),
        "schedule-new-wrong": Sample("reports/new-schedule.html.j2", inside, new(None, wrong)),
        "schedule-new-of-all": Sample("reports/new-schedule.html.j2", shell("reports-of-all", inside=False), new(monthly, Form(values), team)),
        "schedule": Sample("reports/schedule.html.j2", inside, one()),
        "schedule-stopped": Sample("reports/schedule.html.j2", inside, one("stopped", LOST)),
        "schedule-resting": Sample("reports/schedule.html.j2", inside, one(resting=True)),
        "schedule-edit-wrong": Sample("reports/schedule.html.j2", inside, one("paused", edit=Form(forms.values_of(WEEKLY, []), {"weekdays": "Choose at least one day."}))),
    }  # fmt: skip
