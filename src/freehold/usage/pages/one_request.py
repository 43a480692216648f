"""One request with its whole explanation, and where to do what a denial asks for."""

import math
from dataclasses import replace
from typing import Any

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.requests import CheckedRule, LimitRow, RequestView
from freehold.errors import Problem, not_found
from freehold.keys.explanation import Explanation, checked_rules, is_quota, limit_words
from freehold.keys.records import LimitState
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.settings import Settings
from freehold.store.engine import Transaction
from freehold.usage import actions
from freehold.usage.actions import ExplainedRequest
from freehold.usage.archive import archive_of
from freehold.usage.glances import request_row
from freehold.usage.pages.address import Query, last
from freehold.web.call import Call
from freehold.web.pages import page, part


def show_request(call: Call, project_id: str, request_id: str) -> Response[Any]:
    """One request with its whole explanation; with `pane=yes`, the part of it that a list puts beside itself."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        found = actions.read_request(tx, call.actor, request_id, archive_of(call.settings))
        if found.request.project_id != project_id:
            raise not_found("request")
        shell = frame(tx, call, "requests", project=project)
        shown = _explained(tx, found, project, call.settings)
    if call.query_value("pane") == "yes":
        return part("usage/request.html.j2", "pane", shell, shown)
    return page("usage/request.html.j2", shell, shown)


def opened_request(tx: Transaction, call: Call, project: Project, query: Query, close_href: str) -> RequestView | None:
    """The request that a list's address opens beside it; None where it opens none, or one that is not the project's."""
    request_id = last(query, "request")
    if not request_id:
        return None
    try:
        found = actions.read_request(tx, call.actor, request_id, archive_of(call.settings))
    except Problem:
        return None
    if found.request.project_id != project.id:
        return None
    return replace(_explained(tx, found, project, call.settings), close_href=close_href)


def _explained(tx: Transaction, found: ExplainedRequest, project: Project, settings: Settings) -> RequestView:
    request, why, again = found.request, found.explanation, actions.repeat_of(tx, found.request, settings.gate_base_url)
    prefix = "test" if project.environment == "sandbox" else "live"
    changed = " The project or the key has changed since." if found.changed_since else ""
    return RequestView(
        project_id=project.id, request=request_row(request), why=why.meaning + changed, remedy=why.remedy,
        fix=_fix(why, project.id, request.key_id), endpoint=request.endpoint or "",
        key_identifier=f"{settings.brand}_{prefix}_…{found.secret.last4}" if found.secret else "",
        secret_version=found.secret.version if found.secret else None, via=request.via, cost=request.cost,
        address=request.address or "", user_agent=request.user_agent or "", epoch=found.epoch,
        rules=tuple(CheckedRule(name=each.title, state=each.state, detail=each.words) for each in checked_rules(why.rule)),
        limits=tuple(_limit_row(each) for each in why.limits), close_href=f"/projects/{project.id}/requests",
        curl=again.command if again else "", curl_note=again.note if again else "",
        cost_before=found.reported.cost_before if found.reported else None, cost_reported_at=found.reported.reported_at if found.reported else None,
    )  # fmt: skip


def _limit_row(limit: LimitState) -> LimitRow:
    name = limit_words(limit.name).removeprefix("the ")
    if is_quota(limit.name):
        resets = f"next period in {words.span(math.ceil(limit.reset_s))}"
    else:
        resets = f"whole again in {limit.reset_s:,.1f} s" if limit.reset_s else "whole"
    return LimitRow(name=f"{name[0].upper()}{name[1:]}", limit=limit.limit, remaining=limit.remaining, resets=resets)


def _fix(why: Explanation, project_id: str, key_id: str | None) -> Link | None:
    """Where what a denial asks for is done."""
    here = f"/projects/{project_id}"
    key = f"{here}/keys/{key_id}"
    places = {
        "revoked": Link(label="Issue another key", href=f"{here}/keys/new"),
        "expired": Link(label="Move its expiry", href=key),
        "project_archived": Link(label="Restore the project", href=f"{here}/settings#restore"),
        "endpoint_not_in_scope": Link(label="Open the scope", href=f"{here}/scope"),
        "address_not_allowed": Link(label="Change its networks", href=key),
        "rate_limited": Link(label="Change the key's limits", href=key),
        "quota_exhausted": Link(label="Change the key's limits", href=key),
    }
    if why.rule in ("project.rate_limits", "project.quota"):
        return Link(label="Change the project's limits", href=f"{here}/settings#limits")
    return places.get(why.reason or "")
