"""Sample pages of reports."""

from typing import Literal

from freehold.dashboard.views import reports
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Filter, Pager
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.asking import FORMAT_CHOICES
from freehold.reports.records import ReportKind
from tests.tidy.samples.frame import AT, DIGEST, NOW, ORGANIZATION, Sample, ago, shell

REPORT = "rep_01kaa0000000000000000000aa"
EXPORT = "reports/export.html.j2"
KINDS_OF_DAYS: tuple[ReportKind, ...] = (
    "usage_summary",
    "usage_detail",
    "webhook_deliveries",
    "alert_firings",
    "audit_log",
    "cost_statement",
)
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


def part(kind: ReportKind, state: str, of: str = "") -> reports.ExportRow:
    facts, ready, begun = KIND_FACTS[kind], state == "ready", state != "missing"
    return reports.ExportRow(
        title=facts.title, detail=facts.detail, period="2026-01-01 to 2026-11-30" if facts.period else "As it stood", days="334 days" if facts.period else "",
        of=of, state=state, reason="Its file cannot be written: No space left on device." if state == "failed" else "",
        done=120_000 if state == "running" else 0, rows=1_204_311 if ready else None, size="231 MB" if ready else "",
        sha256=DIGEST if ready else "", expires_at=NOW if ready else None, href=f"{AT}/reports/{REPORT}" if begun else "",
        file=f"{AT}/reports/{REPORT}/file" if ready else "",
    )  # fmt: skip


def exported(*rows: reports.ExportRow, form: Form | None = None, withheld: tuple[str, ...] = ()) -> reports.ExportView:
    states, at = [each.state for each in rows], f"/organizations/{ORGANIZATION}/export"
    projects = (
        (("Checkout", "sandbox", f"{AT}/shape/file"), ("Checkout", "production", f"{AT}/shape/file")) if rows else ()
    )
    return reports.ExportView(
        organization_id=ORGANIZATION, name="Northgate", at=at,
        filters=(Filter(name="format", label="As", value="csv", choices=(("csv", "CSV, for spreadsheets"), ("parquet", "Parquet, for analysis"))),),
        rows=rows, missing=sum(each in ("missing", "failed") for each in states), ready=states.count("ready"), live=f"{at}/live?format=csv",
        under_way=any(each in ("queued", "running") for each in states), withheld=withheld, today=NOW.date(), projects=projects,
        more_projects=bool(withheld), form=form or Form(),
    )  # fmt: skip


def report_pages() -> dict[str, Sample]:
    wrong = Form(
        {"kind": "usage_summary", "format": "csv", "from": "2026-11-05", "to": "2026-11-01"},
        {"to": "The period ends after its first day: `to` is the first day that is not in it."},
    )
    team, of_team = f"/organizations/{ORGANIZATION}/reports", shell("organization", inside=False)
    return {
        "reports": Sample("reports/list.html.j2", shell("reports"), listed(row("running"), row("ready", restates=REPORT), row("ready", form="HTML", by_schedule=True, zone="Europe/Berlin"), row("failed"), row("expired", why_not="Your role does not let you read what it is of."))),
        "reports-empty": Sample("reports/list.html.j2", shell("reports"), listed()),
        "reports-none-matches": Sample("reports/list.html.j2", shell("reports"), listed(filtered=True)),
        "reports-wrong": Sample("reports/list.html.j2", shell("reports"), listed(row("ready"), form=wrong)),
        "reports-of-all": Sample("reports/list.html.j2", shell("reports-of-all", inside=False), listed(row("ready"), at=team)),
        **{f"report-{state}": Sample("reports/one.html.j2", shell("reports"), one(state)) for state in ("queued", "running", "failed", "expired")},
        "report-ready": Sample("reports/one.html.j2", shell("reports"), one("ready", restates=REPORT)),
        "export": Sample(EXPORT, of_team, exported(*(part(kind, "missing") for kind in KINDS_OF_DAYS))),
        "export-under-way": Sample(EXPORT, of_team, exported(part("usage_detail", "running"), part("audit_log", "queued"), part("usage_summary", "failed"), part("readiness_evidence", "ready", "Checkout"), part("key_inventory", "ready"))),
        "export-ready": Sample(EXPORT, of_team, exported(*(part(kind, "ready") for kind in KINDS_OF_DAYS), withheld=("Audit log", "Access review"))),
        "export-wrong": Sample(EXPORT, of_team, exported(part("usage_detail", "missing"), form=Form({"keep_days": "0"}, {"keep_days": "A file is kept for 1 to 3,660 days."}))),
        "export-nothing": Sample(EXPORT, of_team, exported()),
        "report-html": Sample("reports/one.html.j2", shell("reports"), one("ready", form="HTML")),
    }  # fmt: skip
