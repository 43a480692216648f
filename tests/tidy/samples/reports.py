"""Sample pages of reports."""

from typing import Literal

from freehold.dashboard.views import reports
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Filter, Pager
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.asking import FORMAT_CHOICES
from tests.tidy.samples.frame import AT, DIGEST, NOW, ORGANIZATION, Sample, ago, shell

REPORT = "rep_01kaa0000000000000000000aa"
State = Literal["queued", "running", "ready", "failed", "expired"]
KINDS = tuple(Choice(kind, facts.title, facts.detail) for kind, facts in KIND_FACTS.items() if "project" in facts.reach)
FILTERS = (
    Filter(name="kind", label="What", value="", choices=(("", "Everything"), ("usage_summary", "Usage summary"))),
    Filter(name="state", label="State", value="", choices=(("", "Any"), ("ready", "Ready"))),
    Filter(name="asker", label="Asked for by", value="", choices=(("", "Anybody"), ("schedule", "Schedules"))),
)


def row(
    state: State, why_not: str = "", restates: str = "", form: str = "CSV", by_schedule: bool = False, zone: str = ""
) -> reports.ReportRow:
    ready = state in ("ready", "expired")
    return reports.ReportRow(
        id=REPORT, title="Usage summary" if form == "HTML" else "Single requests",
        detail="Every decision of the period, also those that were archived", format=form,
        period="2026-10-01 to 2026-10-31", days="31 days", zone=zone, state=state,
        reason={"failed": "Its file cannot be written: No space left on device.", "queued": "It waits until all usage of its period is counted."}.get(state, ""),
        done=120_000 if state == "running" else 0, rows=1_204_311 if ready else None, bytes=231_000_412 if ready else None,
        size="231 MB" if ready else "", sha256=DIGEST if ready and not why_not else "", restates=restates,
        asked_by="Monthly usage for finance" if by_schedule else "ines@northgate.example", by_schedule=by_schedule, preview=form == "HTML", created_at=ago(minutes=4),
        finished_at=None if state in ("queued", "running") else ago(minutes=1), expires_at=NOW if ready else None, why_not=why_not,
    )  # fmt: skip


def one(state: State, restates: str = "", form: str = "CSV") -> reports.ReportPageView:
    facts = (("SHA-256", DIGEST), ("Saved as", "checkout-sandbox-usage-detail-2026-10-01-2026-11-01.csv"), ("Sum of cost", "1,204,311"),
             ("Its rows", "agree with the sums that every page shows"), ("Made by", "Freehold 0.1.0"))  # fmt: skip
    columns = tuple((each.name, each.type) for each in KIND_FACTS["usage_detail"].columns)
    return reports.ReportPageView(
        at=f"{AT}/reports", row=row(state, restates=restates, form=form), facts=facts if state in ("ready", "expired") else (), columns=columns,
        cancel_form=Form(), again=(("kind", "usage_detail"), ("format", "csv")), again_form=Form(),
    )  # fmt: skip


def listed(
    *rows: reports.ReportRow, at: str = f"{AT}/reports", form: Form | None = None, filtered: bool = False
) -> reports.ReportsView:
    return reports.ReportsView(
        at=at, rows=rows, pager=Pager(older=f"{at}?cursor=x") if rows else Pager(), kinds=KINDS, formats=FORMAT_CHOICES, filters=FILTERS,
        filtered=filtered, live=f"{at}/live", under_way=any(each.state in ("queued", "running") for each in rows), zones=("UTC", "Europe/Berlin"),
        form=form or Form({"kind": "usage_summary", "format": "csv"}), of="Checkout",
    )  # fmt: skip


def report_pages() -> dict[str, Sample]:
    wrong = Form(
        {"kind": "usage_summary", "format": "csv", "from": "2026-11-05", "to": "2026-11-01"},
        {"to": "The period ends after its first day: `to` is the first day that is not in it."},
    )
    team = f"/organizations/{ORGANIZATION}/reports"
    return {
        "reports": Sample("reports/list.html.j2", shell("reports"), listed(row("running"), row("ready", restates=REPORT), row("ready", form="HTML", by_schedule=True, zone="Europe/Berlin"), row("failed"), row("expired", why_not="Your role does not let you read what it is of."))),
        "reports-empty": Sample("reports/list.html.j2", shell("reports"), listed()),
        "reports-none-matches": Sample("reports/list.html.j2", shell("reports"), listed(filtered=True)),
        "reports-wrong": Sample("reports/list.html.j2", shell("reports"), listed(row("ready"), form=wrong)),
        "reports-of-all": Sample("reports/list.html.j2", shell("reports-of-all", inside=False), listed(row("ready"), at=team)),
        **{f"report-{state}": Sample("reports/one.html.j2", shell("reports"), one(state)) for state in ("queued", "running", "failed", "expired")},
        "report-ready": Sample("reports/one.html.j2", shell("reports"), one("ready", restates=REPORT)),
        "report-html": Sample("reports/one.html.j2", shell("reports"), one("ready", form="HTML")),
    }  # fmt: skip
