"""The page of all reports of a project or of an organization: their history, and the form that asks for one. Thin."""

from collections.abc import Hashable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.parts import Filter, Pager
from freehold.dashboard.views.reports import ReportsView
from freehold.dashboard.views.shell import Shell
from freehold.errors import Problem
from freehold.kit.ids import new_id
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.reports import actions, local_days
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages import asking
from freehold.reports.pages.owner import Owner, owner_of, place_of, reports_of
from freehold.reports.pages.presenting import UNDER_WAY, row_of
from freehold.reports.records import ASKERS, KINDS, STATES, ReportFilter
from freehold.reports.sources.registry import decided_requests
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_id
from freehold.web.idempotency import Answer
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other

_SHOWN: Final = 20
_LIST: Final = "reports/list.html.j2"
_FILTERS: Final = ("kind", "state", "asker")
_ASKERS: Final = {"person": "People and tokens", "schedule": "Schedules"}


def show_reports(call: Call) -> Response[Any]:
    """Reports, newest first, with the form that asks for one."""
    return _history(call)


async def live_reports(call: Call) -> ServerSentEvent:
    """Tell the history how far its reports are, as long as one is being made (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _seen(tx, call, None, {})
        now = tuple((row.id, row.state, row.done) for row in view.rows)
        return None if now == mark else Sight(now, render_part(_LIST, "live", shell, view), not view.under_way)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def create_report(call: Call) -> Response[Any]:
    """Ask for a report, and go on to its progress."""
    typed = {name: call.field(name) for name in asking.FIELDS}
    organization_id, project_id = place_of(call)
    with call.read() as tx:
        at = owner_of(tx, call).at

    def act(tx: Transaction) -> Answer:
        wanted = asking.parameters_of(typed)
        kept = asking.keep_days_of(typed["keep_days"])
        mail = typed["email"] == "yes"
        made = actions.request_report(tx, call.actor, organization_id, project_id, wanted, mail, kept)
        return Answer(202, made.id.encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _history(call, problem, typed)
    return see_other(f"{at}/{answer.body.decode()}", "report-requested")


def _history(call: Call, problem: Problem | None = None, typed: Mapping[str, str] | None = None) -> Response[Any]:
    with call.read() as tx:
        shell, view = _seen(tx, call, problem, typed or {})
    return page(_LIST, shell, view, problem.status if problem else 200)


def _seen(tx: Transaction, call: Call, problem: Problem | None, typed: Mapping[str, str]) -> tuple[Shell, ReportsView]:
    owner = owner_of(tx, call)
    given = {name: call.query_value(name) for name in _FILTERS}
    cursor = call.query_value("cursor")
    found = reports_of(tx, call, owner, _SHOWN + 1, after_id(cursor or None), _filter(given))
    shown = cut_page(found, _SHOWN, lambda each: Cursor(0, each.id))
    rows = tuple(row_of(call.actor, each) for each in shown.data)
    kinds = asking.kind_choices(call.actor, owner)
    requests = decided_requests(tx, owner.project_id) if owner.project_id else []
    view = ReportsView(
        at=owner.at, of=owner.name, rows=rows, filters=_offered(owner, given), filtered=any(_set(given).values()),
        live=_address(f"{owner.at}/live", given, cursor), under_way=any(row.state in UNDER_WAY for row in rows),
        pager=Pager(
            older=_address(owner.at, given, shown.next_cursor) if shown.next_cursor else None,
            newest=_address(owner.at, given, "") if cursor else None,
        ),
        kinds=kinds, requests=tuple(Choice(*each) for each in requests), formats=asking.FORMAT_CHOICES, zones=("UTC", *local_days.names()),
        form=refused(problem, typed, call.field("idempotency_key")) if problem else _blank(kinds, call.query_values()),
    )  # fmt: skip
    return owner.shell, view


def _blank(kinds: tuple[Choice, ...], given: Mapping[str, str]) -> Form:
    return Form(asking.usual(kinds, given), blocked=None if kinds else asking.NOT_YOURS, idempotency_key=new_id("req"))


def _filter(given: Mapping[str, str]) -> ReportFilter:
    """What is meant by the address; what is no filter of ours shows everything."""
    return ReportFilter(
        next((each for each in KINDS if each == given["kind"]), None),
        next((each for each in STATES if each == given["state"]), None),
        next((each for each in ASKERS if each == given["asker"]), None),
    )


def _offered(owner: Owner, given: Mapping[str, str]) -> tuple[Filter, ...]:
    kinds = [(kind, facts.title) for kind, facts in KIND_FACTS.items() if owner.reach in facts.reach]
    return (
        Filter(name="kind", label="What", value=given["kind"], choices=(("", "Everything"), *kinds)),
        Filter(name="state", label="State", value=given["state"],
               choices=(("", "Any"), *((each, each.capitalize()) for each in STATES))),
        Filter(name="asker", label="Asked for by", value=given["asker"], choices=(("", "Anybody"), *_ASKERS.items())),
    )  # fmt: skip


def _set(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _address(at: str, given: Mapping[str, str], cursor: str | None) -> str:
    query = urlencode(_set(given) | ({"cursor": cursor} if cursor else {}))
    return f"{at}?{query}" if query else at
