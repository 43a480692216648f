"""The page of an organization's export: what there is to take along, how far it is, and asking for it. Thin."""

from collections.abc import Hashable
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Filter
from freehold.dashboard.views.reports import ExportRow, ExportView
from freehold.dashboard.views.shell import Shell
from freehold.errors import Problem
from freehold.organizations.permissions import may
from freehold.projects import queries as projects
from freehold.reports.export import actions, rules
from freehold.reports.export.records import Part
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.asking import FORMAT_CHOICES, keep_days_of
from freehold.reports.pages.presenting import days_of, period_of, size_of
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other

_EXPORT: Final = "reports/export.html.j2"
_PROJECTS: Final = 200


def show_export(call: Call, organization_id: str) -> Response[Any]:
    """What an organization may take along, and how far it is."""
    return _show(call, organization_id, Form(), 200)


async def live_export(call: Call, organization_id: str) -> ServerSentEvent:
    """Tell the page how far the reports are, as long as one is being made (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _seen(tx, call, organization_id, Form())
        now = tuple((row.href, row.state, row.done) for row in view.rows)
        return None if now == mark else Sight(now, render_part(_EXPORT, "live", shell, view), not view.under_way)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def ask_for_export(call: Call, organization_id: str) -> Response[Any]:
    """Ask for what is missing, and stay here to see it made."""
    form = _format_of(call)
    try:
        with call.write() as tx:
            actions.ask_for_export(tx, call.actor, organization_id, form, keep_days_of(call.field("keep_days")))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _show(call, organization_id, refused(problem, {"keep_days": call.field("keep_days")}), problem.status)
    return see_other(_address(organization_id, form), "export-requested")


def _show(call: Call, organization_id: str, form: Form, status: int) -> Response[Any]:
    with call.read() as tx:
        shell, view = _seen(tx, call, organization_id, form)
    return page(_EXPORT, shell, view, status)


def _seen(tx: Transaction, call: Call, organization_id: str, form: Form) -> tuple[Shell, ExportView]:
    chosen = _format_of(call)
    found = actions.read_export(tx, call.actor, organization_id, chosen)
    declared = []
    if may(call.actor, "projects.read", organization_id):
        declared = projects.projects_of(tx, organization_id, _PROJECTS + 1)
    of_evidence = [each.project_id for each in found.parts if each.project_id]
    names = {each.id: each.name for each in projects.projects_by_id(tx, of_evidence)} if of_evidence else {}
    at = f"/organizations/{organization_id}/export"
    view = ExportView(
        organization_id=organization_id, name=found.name, at=at, filters=(_format_filter(chosen),),
        rows=tuple(_row(organization_id, each, names) for each in found.parts), missing=found.missing,
        ready=sum(each.report is not None and each.report.state == "ready" for each in found.parts),
        live=f"{at}/live?format={chosen}", under_way=found.is_being_made,
        withheld=tuple(KIND_FACTS[kind].title for kind in found.withheld), today=found.today,
        projects=tuple((each.name, each.environment, f"/projects/{each.id}/shape/file") for each in declared[:_PROJECTS]),
        more_projects=len(declared) > _PROJECTS, form=form,
    )  # fmt: skip
    return frame(tx, call, "organization", organization_id), view


def _row(organization_id: str, part: Part, names: dict[str, str]) -> ExportRow:
    facts, report = KIND_FACTS[part.parameters.kind], part.report
    owner = f"projects/{part.project_id}" if part.project_id else f"organizations/{organization_id}"
    href = f"/{owner}/reports/{report.id}" if report else ""
    return ExportRow(
        title=facts.title, detail=facts.detail, period=period_of(part.parameters), days=days_of(part.parameters),
        of=names.get(part.project_id or "", ""), state=report.state if report else "missing",
        reason=(report.reason if report else None) or "", done=report.done if report else 0,
        rows=report.rows if report else None, size=size_of(report.bytes if report else None),
        sha256=(report.sha256 if report else None) or "", expires_at=report.expires_at if report else None,
        href=href, file=f"{href}/file" if report and report.state == "ready" else "",
    )  # fmt: skip


def _format_of(call: Call) -> str:
    """What the form or the address says; another word is no format of ours, and means the usual one."""
    given = call.field("format") or call.query_value("format")
    return given if given in rules.FORMATS else rules.FORMATS[0]


def _format_filter(chosen: str) -> Filter:
    choices = tuple((each.value, each.label) for each in FORMAT_CHOICES if each.value in rules.FORMATS)
    return Filter(name="format", label="As", value=chosen, choices=choices)


def _address(organization_id: str, form: str) -> str:
    return f"/organizations/{organization_id}/export" + (f"?format={form}" if form != rules.FORMATS[0] else "")
