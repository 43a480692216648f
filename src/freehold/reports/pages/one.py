"""The page of one report: how far it is, its file, its manifest, and asking for it again. Thin."""

from collections.abc import Hashable
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.reports import ReportPageView
from freehold.dashboard.views.shell import Shell
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.reports import actions, serving
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.asking import typed_of
from freehold.reports.pages.owner import find, owner_of
from freehold.reports.pages.presenting import UNDER_WAY, facts_of, row_of
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other

_ONE: Final = "reports/one.html.j2"


def show_report(call: Call, report_id: str) -> Response[Any]:
    """One report."""
    return _show(call, report_id)


async def live_report(call: Call, report_id: str) -> ServerSentEvent:
    """Tell the page of a report how far it is (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _seen(tx, call, report_id)
        now = (view.row.state, view.row.done, view.row.reason)
        return (
            None if now == mark else Sight(now, render_part(_ONE, "live", shell, view), view.row.state not in UNDER_WAY)
        )

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def cancel_report(call: Call, report_id: str) -> Response[Any]:
    """End a report that is not made yet."""
    with call.read() as tx:
        at = owner_of(tx, call).at
        find(tx, call, report_id)
    try:
        with call.write() as tx:
            actions.cancel_report(tx, call.actor, report_id)
    except Problem as problem:
        if problem.code != "conflict":
            raise
        return _show(call, report_id, problem)
    return see_other(f"{at}/{report_id}", "report-canceled")


def download_report(call: Call, report_id: str) -> Response[Any]:
    """A report's file, to be saved."""
    with call.read() as tx:
        find(tx, call, report_id)
    return serving.serve_report(call, report_id)


def preview_report(call: Call, report_id: str) -> Response[Any]:
    """A report that is HTML, to be looked at: in an origin of its own, where nothing runs."""
    with call.read() as tx:
        find(tx, call, report_id)
    return serving.serve_report(call, report_id, to_look_at=True)


def _show(call: Call, report_id: str, problem: Problem | None = None) -> Response[Any]:
    with call.read() as tx:
        shell, view = _seen(tx, call, report_id, problem)
    return page(_ONE, shell, view, problem.status if problem else 200)


def _seen(tx: Transaction, call: Call, report_id: str, problem: Problem | None = None) -> tuple[Shell, ReportPageView]:
    owner, report = owner_of(tx, call), find(tx, call, report_id)
    view = ReportPageView(
        at=owner.at, row=row_of(call.actor, report), facts=facts_of(report),
        columns=tuple((each.name, each.type) for each in KIND_FACTS[report.parameters.kind].columns),
        cancel_form=Form(message=problem.detail if problem else None), again=typed_of(report.parameters, report.keep_days),
        again_form=Form(idempotency_key=new_id("req")),
    )  # fmt: skip
    return owner.shell, view
