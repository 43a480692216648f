"""Sample pages of reports."""

from typing import Literal

from freehold.dashboard.views import reports
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Pager
from freehold.reports.kinds import KIND_FACTS
from tests.tidy.samples.frame import AT, DIGEST, NOW, ORGANIZATION, Sample, ago, shell

REPORT = "rep_01kaa0000000000000000000aa"
State = Literal["queued", "running", "ready", "failed", "expired"]
KINDS = tuple(Choice(kind, facts.title, facts.detail) for kind, facts in KIND_FACTS.items() if "project" in facts.reach)
FORMATS = (
    Choice("csv", "CSV, for spreadsheets"),
    Choice("jsonl", "JSON Lines, for programs"),
    Choice("parquet", "Parquet, for analysis"),
)


def row(state: State, why_not: str = "", restates: str = "") -> reports.ReportRow:
    ready = state in ("ready", "expired")
    return reports.ReportRow(
        id=REPORT, title="Single requests", detail="Every decision of the period, also those that were archived", format="CSV",
        period="2026-10-01 to 2026-11-01", state=state,
        reason={"failed": "Its file cannot be written: No space left on device.", "queued": "It waits until all usage of its period is counted."}.get(state, ""),
        done=120_000 if state == "running" else 0, rows=1_204_311 if ready else None, bytes=231_000_412 if ready else None,
        sha256=DIGEST if ready else "", restates=restates, asked_by="ines@northgate.example", created_at=ago(minutes=4),
        finished_at=None if state in ("queued", "running") else ago(minutes=1), expires_at=NOW if ready else None, why_not=why_not,
    )  # fmt: skip


def one(state: State, restates: str = "") -> reports.ReportPageView:
    facts = (("SHA-256", DIGEST), ("Saved as", "checkout-sandbox-usage-detail-2026-10-01-2026-11-01.csv"), ("Sum of cost", "1,204,311"),
             ("Its rows", "agree with the sums of its days"), ("Made by", "Freehold 0.1.0"))  # fmt: skip
    columns = tuple((each.name, each.type) for each in KIND_FACTS["usage_detail"].columns)
    return reports.ReportPageView(
        at=f"{AT}/reports", row=row(state, restates=restates), facts=facts if state in ("ready", "expired") else (), columns=columns,
        cancel_form=Form(),
    )  # fmt: skip


def listed(*rows: reports.ReportRow, at: str = f"{AT}/reports", form: Form | None = None) -> reports.ReportsView:
    return reports.ReportsView(
        at=at, rows=rows, pager=Pager(older=f"{at}?cursor=x") if rows else Pager(), kinds=KINDS, formats=FORMATS,
        form=form or Form({"kind": "usage_summary", "format": "csv"}), of="Checkout",
    )  # fmt: skip


def report_pages() -> dict[str, Sample]:
    wrong = Form(
        {"kind": "usage_summary", "format": "csv", "from": "2026-11-05", "to": "2026-11-01"},
        {"to": "The period ends after its first day: `to` is the first day that is not in it."},
    )
    team = f"/organizations/{ORGANIZATION}/reports"
    return {
        "reports": Sample("reports/list.html.j2", shell("reports"), listed(row("running"), row("ready", restates=REPORT), row("failed"), row("expired", why_not="Your role does not let you read what it is of."))),
        "reports-empty": Sample("reports/list.html.j2", shell("reports"), listed()),
        "reports-wrong": Sample("reports/list.html.j2", shell("reports"), listed(row("ready"), form=wrong)),
        "reports-of-all": Sample("reports/list.html.j2", shell("reports-of-all", inside=False), listed(row("ready"), at=team)),
        **{f"report-{state}": Sample("reports/one.html.j2", shell("reports"), one(state)) for state in ("queued", "running", "failed", "expired")},
        "report-ready": Sample("reports/one.html.j2", shell("reports"), one("ready", restates=REPORT)),
    }  # fmt: skip
