"""The list of projects: a row for a sandbox project and its production sibling."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.projects import (
    ProjectRow,
    ProjectSide,
    ProjectsView,
)
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.organizations.permissions import blocked
from freehold.organizations.records import Actor
from freehold.projects import postures, queries
from freehold.projects.next_step_views import next_step_view
from freehold.projects.records import Posture
from freehold.store.engine import Transaction
from freehold.usage import glances
from freehold.web.call import Call
from freehold.web.cursors import foreign_cursor, read_cursor
from freehold.web.pages import page

_SHOWN: Final = 50


def show_projects(call: Call, organization_id: str) -> Response[Any]:
    """The projects of an organization, page by page: a row for a sandbox project and its production sibling."""
    query, archived = call.query_value("query").strip(), call.query_value("archived") == "yes"
    with call.read() as tx:
        shell = frame(tx, call, "projects", organization_id)
        view = projects_view(tx, call.actor, organization_id, shell.now, query, archived, call.query_value("cursor"))
    return page("projects/list.html.j2", shell, view)


def projects_view(
    tx: Transaction, actor: Actor, organization_id: str, now: datetime, query: str = "", archived: bool = False,
    cursor: str = "",
) -> ProjectsView:  # fmt: skip
    """A page of an organization's projects by pairs, those that need attention first, in a fixed number of queries."""
    found = postures.list_by_attention(
        tx, actor, organization_id, _SHOWN + 1, _place(cursor), query or None, with_archived=archived
    )
    cut = cut_page(found, _SHOWN, lambda each: Cursor(int(each[1]), each[0].project.id))
    sandboxes = [posture for posture, _ in cut.data]
    totals = queries.count_projects(tx, organization_id)
    siblings = [posture.sibling.id for posture in sandboxes if posture.sibling]
    productions = {each.project.id: each for each in postures.postures(tx, actor, siblings)}
    days = glances.days_of_projects(tx, [*(each.project.id for each in sandboxes), *siblings], now)
    return ProjectsView(
        organization_id=organization_id, rows=tuple(_project_row(each, productions, days) for each in sandboxes), total=totals[0],
        query=query, show_archived=archived, archived=totals[1],
        pager=_pager(f"/organizations/{organization_id}/projects", query, archived, cursor, cut.next_cursor),
        create_blocked=blocked(actor, "projects.create", organization_id),
    )  # fmt: skip


def _place(cursor: str) -> tuple[bool, str] | None:
    if not cursor:
        return None
    place = read_cursor(cursor)
    if place.value not in (0, 1):
        raise foreign_cursor()
    return bool(place.value), place.id


def _pager(here: str, query: str, archived: bool, cursor: str, next_cursor: str | None) -> Pager:
    kept = {"query": query, "archived": "yes" if archived else ""}

    def address(place: str) -> str:
        said = urlencode({name: value for name, value in {**kept, "cursor": place}.items() if value})
        return f"{here}?{said}" if said else here

    return Pager(older=address(next_cursor) if next_cursor else None, newest=address("") if cursor else None)


def _project_row(posture: Posture, productions: dict[str, Posture], days: dict[str, glances.Day]) -> ProjectRow:
    project = posture.project
    production = productions.get(posture.sibling.id) if posture.sibling else None
    return ProjectRow(
        name=project.name, purpose=project.purpose, product_line=project.product_line or "", use_case=project.use_case or "",
        owners=tuple(dict.fromkeys(owner.name for owner in posture.owners)),
        sandbox=_side(posture, days[project.id]),
        production=_side(production, days[production.project.id]) if production else None,
        next_step=next_step_view(posture.next_step) if posture.next_step else None,
        attention=_attention(posture) or (_attention(production) if production else "") or _drift_attention(posture),
        readiness=(posture.readiness.passed, posture.readiness.total, posture.readiness.blocking) if posture.readiness else None,
        drift=(posture.drift.differences, posture.drift.unaccepted) if posture.drift else None,
    )  # fmt: skip


def _side(posture: Posture, day: glances.Day) -> ProjectSide:
    total = day.total
    return ProjectSide(
        id=posture.project.id, environment=posture.project.environment, archived=posture.project.state == "archived",
        serving_keys=posture.counts.serving_keys, webhook_endpoints=posture.counts.webhook_endpoints,
        webhooks_failing=posture.counts.failing_webhook_endpoints, requests=total.requests,
        denied=total.denied + total.throttled, hourly=day.hourly,
    )  # fmt: skip


def _drift_attention(posture: Posture) -> str:
    unaccepted = posture.drift.unaccepted if posture.drift else 0
    return (
        f"Sandbox and production differ in {words.plural(unaccepted, 'field')} that nobody accepted."
        if unaccepted
        else ""
    )


def _attention(posture: Posture) -> str:
    failing = posture.counts.failing_webhook_endpoints
    if failing:
        return f"{words.plural(failing, 'webhook endpoint')} in {posture.project.environment} {'fails' if failing == 1 else 'fail'}."
    return ""
