"""Pages of reports, of a project and of an organization: the history with its form, and one report with its progress. Thin."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.reports import ReportPageView, ReportRow, ReportsView
from freehold.dashboard.views.shell import Shell
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import may
from freehold.prices.money import money_text
from freehold.projects.actions import read_project
from freehold.reports import actions, rules, serving
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import FORMATS, KINDS, UTC_NAME, Parameters, Report
from freehold.reports.sources.registry import decided_requests
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_id
from freehold.web.idempotency import Answer
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other

_SHOWN: Final = 20
_LIST: Final = "reports/list.html.j2"
_ONE: Final = "reports/one.html.j2"
_FIELDS: Final = ("kind", "format", "from", "to", "time_zone", "access_request", "keep_days")
_FORMAT_WORDS: Final = {
    "csv": "CSV, for spreadsheets",
    "jsonl": "JSON Lines, for programs",
    "parquet": "Parquet, for analysis",
    "html": "HTML, to read: figures, a chart and tables",
    "pdf": "PDF, to read and to print",
}
_AGREES: Final = {
    True: "agree with the sums that every page shows", False: "differ from the sums that every page shows",
    None: "cannot be compared: sums by the hour are not kept for so long, or do not begin where the period does",
}  # fmt: skip
_NOT_YOURS: Final = "Your role does not let you read what it is of."


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose reports a page is of, and around which frame."""

    organization_id: str
    project_id: str | None
    at: str
    name: str
    shell: Shell


# --- a project's ----------------------------------------------------------------------------------


def show_reports(call: Call, project_id: str) -> Response[Any]:
    """A project's reports, newest first, with the form that asks for one."""
    return _history(call, "", project_id)


def create_report(call: Call, project_id: str) -> Response[Any]:
    """Ask for a report of a project, and go on to its progress."""
    return _create(call, "", project_id)


def show_report(call: Call, project_id: str, report_id: str) -> Response[Any]:
    """One report of a project."""
    return _show(call, "", project_id, report_id)


async def live_report(call: Call, project_id: str, report_id: str) -> ServerSentEvent:
    """Tell the page of a report how far it is (server-sent events)."""
    return await _live(call, "", project_id, report_id)


def cancel_report(call: Call, project_id: str, report_id: str) -> Response[Any]:
    """End a report that is not made yet."""
    return _cancel(call, "", project_id, report_id)


def download_report(call: Call, project_id: str, report_id: str) -> Response[Any]:
    """A report's file."""
    return _download(call, "", project_id, report_id)


# --- an organization's ----------------------------------------------------------------------------


def show_organization_reports(call: Call, organization_id: str) -> Response[Any]:
    """An organization's own reports."""
    return _history(call, organization_id, None)


def create_organization_report(call: Call, organization_id: str) -> Response[Any]:
    """Ask for a report of an organization."""
    return _create(call, organization_id, None)


def show_organization_report(call: Call, organization_id: str, report_id: str) -> Response[Any]:
    """One report of an organization."""
    return _show(call, organization_id, None, report_id)


async def live_organization_report(call: Call, organization_id: str, report_id: str) -> ServerSentEvent:
    """Tell the page of an organization's report how far it is (server-sent events)."""
    return await _live(call, organization_id, None, report_id)


def cancel_organization_report(call: Call, organization_id: str, report_id: str) -> Response[Any]:
    """End an organization's report that is not made yet."""
    return _cancel(call, organization_id, None, report_id)


def download_organization_report(call: Call, organization_id: str, report_id: str) -> Response[Any]:
    """The file of an organization's report."""
    return _download(call, organization_id, None, report_id)


# --- both -----------------------------------------------------------------------------------------


def _history(
    call: Call, organization_id: str, project_id: str | None, problem: Problem | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response[Any]:  # fmt: skip
    with call.read() as tx:
        owner = _owner(tx, call, organization_id, project_id)
        after = after_id(call.query_value("cursor") or None)
        if project_id is not None:
            rows = actions.list_project_reports(tx, call.actor, project_id, _SHOWN + 1, after)
        else:
            rows = actions.list_organization_reports(tx, call.actor, owner.organization_id, _SHOWN + 1, after)
        requests = decided_requests(tx, project_id) if project_id else []
    shown = cut_page(rows, _SHOWN, lambda each: Cursor(0, each.id))
    kinds = _kinds(call, owner)
    first, after_last = rules.month_before(clock.now().date())
    usual = {"kind": kinds[0].value if kinds else "", "format": "csv", "from": str(first), "to": str(after_last),
             "time_zone": UTC_NAME, "access_request": call.query_value("access_request") or ""}  # fmt: skip
    if usual["access_request"]:
        usual["kind"] = "readiness_evidence"
    # Pages whose rows can be had as a report lead here with kind and days.
    usual |= {name: value for name in _FIELDS if (value := call.query_value(name))}
    form = Form(usual, blocked=None if kinds else _NOT_YOURS,
                idempotency_key=new_id("req"))  # fmt: skip
    if problem is not None:
        form = refused(problem, typed or {}, call.field("idempotency_key"))
    view = ReportsView(
        at=owner.at, rows=tuple(_row(call, each) for each in shown.data), form=form, of=owner.name, kinds=kinds,
        requests=tuple(Choice(*each) for each in requests),
        formats=tuple(Choice(each, _FORMAT_WORDS[each]) for each in FORMATS),
        pager=Pager(
            older=f"{owner.at}?cursor={shown.next_cursor}" if shown.next_cursor else None,
            newest=owner.at if call.query_value("cursor") else None,
        ),
    )  # fmt: skip
    return page(_LIST, owner.shell, view, problem.status if problem else 200)


def _create(call: Call, organization_id: str, project_id: str | None) -> Response[Any]:
    typed = {name: call.field(name) for name in _FIELDS}
    with call.read() as tx:
        owner = _owner(tx, call, organization_id, project_id)

    def act(tx: Transaction) -> Answer:
        made = actions.request_report(
            tx, call.actor, organization_id, project_id, _parameters(typed), keep_days=_days(typed["keep_days"])
        )
        return Answer(202, made.id.encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _history(call, organization_id, project_id, problem, typed)
    return see_other(f"{owner.at}/{answer.body.decode()}", "report-requested")


def _show(
    call: Call, organization_id: str, project_id: str | None, report_id: str, problem: Problem | None = None
) -> Response[Any]:
    with call.read() as tx:
        shell, view = _one(tx, call, organization_id, project_id, report_id, problem)
    return page(_ONE, shell, view, problem.status if problem else 200)


async def _live(call: Call, organization_id: str, project_id: str | None, report_id: str) -> ServerSentEvent:
    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _one(tx, call, organization_id, project_id, report_id)
        now = (view.row.state, view.row.done, view.row.reason)
        if now == mark:
            return None
        return Sight(now, render_part(_ONE, "live", shell, view), view.row.state not in ("queued", "running"))

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def _cancel(call: Call, organization_id: str, project_id: str | None, report_id: str) -> Response[Any]:
    with call.read() as tx:
        at = _owner(tx, call, organization_id, project_id).at
        _find(tx, call, organization_id, project_id, report_id)
    try:
        with call.write() as tx:
            actions.cancel_report(tx, call.actor, report_id)
    except Problem as problem:
        if problem.code != "conflict":
            raise
        return _show(call, organization_id, project_id, report_id, problem)
    return see_other(f"{at}/{report_id}", "report-canceled")


def _download(call: Call, organization_id: str, project_id: str | None, report_id: str) -> Response[Any]:
    with call.read() as tx:
        _find(tx, call, organization_id, project_id, report_id)
    return serving.serve_report(call, report_id)


def _one(
    tx: Transaction, call: Call, organization_id: str, project_id: str | None, report_id: str,
    problem: Problem | None = None,
) -> tuple[Shell, ReportPageView]:  # fmt: skip
    owner = _owner(tx, call, organization_id, project_id)
    report = _find(tx, call, organization_id, project_id, report_id)
    view = ReportPageView(
        at=owner.at, row=_row(call, report), facts=_facts(report),
        columns=tuple((each.name, each.type) for each in KIND_FACTS[report.parameters.kind].columns),
        cancel_form=Form(message=problem.detail if problem else None),
    )  # fmt: skip
    return owner.shell, view


def _owner(tx: Transaction, call: Call, organization_id: str, project_id: str | None) -> _Owner:
    if project_id is not None:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "reports", project=project)
        return _Owner(project.organization_id, project.id, f"/projects/{project.id}/reports", project.name, shell)
    organization = read_organization(tx, call.actor, organization_id)
    shell = frame(tx, call, "reports-of-all", organization_id)
    return _Owner(organization.id, None, f"/organizations/{organization.id}/reports", organization.name, shell)


def _find(tx: Transaction, call: Call, organization_id: str, project_id: str | None, report_id: str) -> Report:
    report = actions.read_report(tx, call.actor, report_id)
    if report.project_id != project_id or (project_id is None and report.organization_id != organization_id):
        raise not_found("report")
    return report


def _kinds(call: Call, owner: _Owner) -> tuple[Choice, ...]:
    """What this person may have reported here."""
    reach = "project" if owner.project_id else "organization"
    return tuple(
        Choice(kind, facts.title, facts.detail)
        for kind in KINDS
        if reach in (facts := KIND_FACTS[kind]).reach and may(call.actor, facts.permission, owner.organization_id)
    )


def _parameters(typed: Mapping[str, str]) -> Parameters:
    kind = next((each for each in KINDS if each == typed["kind"]), None)
    form = next((each for each in FORMATS if each == typed["format"]), None)
    if kind is None:
        raise invalid(FieldError("kind", "Choose what to report.", "unknown_kind"))
    if form is None:
        raise invalid(FieldError("format", "Choose a format.", "unknown_format"))
    if not KIND_FACTS[kind].period:
        # The form has days filled in, for the kinds that are of some.
        return Parameters(kind, form, access_request=(KIND_FACTS[kind].of_request and typed["access_request"]) or None)
    days = _day("from", typed["from"]), _day("to", typed["to"])
    return Parameters(kind, form, *days, typed["time_zone"].strip() or UTC_NAME)


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    # One that is no number is out of range, and told in the same words.
    return int(text) if text.strip().isdecimal() and len(text.strip()) < 10 else 0


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid(FieldError(name, "A day is written like 2026-11-01.", "invalid_date")) from None


# --- presenting -----------------------------------------------------------------------------------


def _row(call: Call, report: Report) -> ReportRow:
    facts, parameters = KIND_FACTS[report.parameters.kind], report.parameters
    return ReportRow(
        id=report.id, title=facts.title, detail=facts.detail, format=_FORMAT_WORDS[parameters.format].partition(",")[0],
        period=_period(parameters),
        state=report.state, reason=report.reason or "", done=report.done, rows=report.rows, bytes=report.bytes,
        sha256=report.sha256 or "", restates=report.restates or "", asked_by=report.asked_by,
        created_at=report.created_at, finished_at=report.finished_at, expires_at=report.expires_at,
        why_not="" if actions.may_read(call.actor, report) else _NOT_YOURS,
    )  # fmt: skip


def _period(parameters: Parameters) -> str:
    if parameters.access_request:
        return "When it was decided"
    if not parameters.since:
        return "As it stood"
    zone = "" if parameters.time_zone == UTC_NAME else f", {parameters.time_zone}"
    return f"{parameters.since} to {parameters.until}{zone}"


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    manifest = report.manifest
    if manifest is None:
        return ()
    source = manifest["source"]
    found = [
        ("SHA-256", manifest["sha256"]), ("Saved as", manifest["file"]),
        *((f"Sum of {name}", f"{value:,}") for name, value in manifest["sums"].items() if name != "amount"),
        *(("Amount", f"{money_text(amount, currency)} {currency}") for currency, amount in source.get("amounts", {}).items()),
    ]  # fmt: skip
    if "checks_kept" in source:
        kept = "kept with the decision" if source["checks_kept"] else "not kept: it was decided before they were"
        found += [("Decided", source["decided_at"]), ("Its checks", kept)]
    if "reconciled" in source:
        found += [("Its rows", _AGREES[source["reconciled"]]), ("Counted up to", source["counted_to"] or "the end")]
    return (*found, ("Made by", f"Freehold {manifest['freehold']}"))
