"""The scope: what a project declares, beside what was observed of it."""

from typing import Any

from litestar import Response

from freehold.apis import queries as apis
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.projects import (
    ScopeEndpoint,
    ScopeEventType,
    ScopeView,
    UndeclaredCall,
)
from freehold.errors import Problem
from freehold.kit import clock
from freehold.projects import actions, postures, queries
from freehold.projects.next_step_views import next_step_view
from freehold.projects.pages import head_of
from freehold.projects.records import NextStep, Project, Scope
from freehold.store.engine import Transaction
from freehold.usage.pages.declared import undeclared_href
from freehold.usage.scope_queries import scope_use, undeclared_use
from freehold.web.call import Call
from freehold.web.pages import page, see_other
from freehold.webhooks import observations


def show_scope(call: Call, project_id: str) -> Response[Any]:
    """What a project declares, and what was observed of each item."""
    return _scope(call, project_id, None, 200)


def save_scope(call: Call, project_id: str) -> Response[Any]:
    """Declare what a project uses; go on to its first key where it has none."""
    wanted = Scope(call.fields("endpoints"), call.fields("event_types"))

    def act(tx: Transaction) -> NextStep | None:
        actions.set_scope(tx, call.actor, project_id, wanted)
        return postures.posture_of(tx, call.actor, project_id).next_step

    try:
        step, confirmation = call.confirmed(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _scope(call, project_id, problem, problem.status)
    if step is not None and step.action == "issue_key":
        return see_other(step.href, "scope-saved", confirmation)
    return see_other(f"/projects/{project_id}/scope", "scope-saved", confirmation)


def _scope(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    with call.read() as tx:
        posture = postures.posture_of(tx, call.actor, project_id)
        project = posture.project
        shell = frame(tx, call, "scope", project=project)
        scope = queries.scope_of(tx, project_id)
        shown = scope if problem is None else Scope(call.fields("endpoints"), call.fields("event_types"))
        step = posture.next_step
        view = ScopeView(
            project_id=project_id, api_name=head_of(tx, project).api_name,
            endpoints=_scope_endpoints(tx, project, scope, shown), event_types=_scope_event_types(tx, project, scope, shown),
            undeclared_calls=_undeclared(tx, project),
            next_step=next_step_view(step) if step and step.action not in ("declare_scope", "restore") else None,
            form=_scope_form(call, project, problem),
        )  # fmt: skip
    return page("projects/scope.html.j2", shell, view, status)


def _undeclared(tx: Transaction, project: Project) -> tuple[UndeclaredCall, ...]:
    return tuple(
        UndeclaredCall(
            method=each.method or "", path=each.path or each.endpoint or "", known=each.endpoint is not None,
            requests=each.requests, last_at=each.last_at, href=undeclared_href(project.id, each),
        )
        for each in undeclared_use(tx, project.id, clock.now())
    )  # fmt: skip


def _scope_form(call: Call, project: Project, problem: Problem | None) -> Form:
    if problem is not None:
        return refused(problem, {})
    return Form(blocked=actions.blocked_for(call.actor, "scope.edit", project))


def _scope_endpoints(tx: Transaction, project: Project, scope: Scope, shown: Scope) -> tuple[ScopeEndpoint, ...]:
    observed = scope_use(tx, project.id, clock.now())
    rows = apis.endpoints_of(tx, project.api_id, include_removed=True)
    return tuple(
        ScopeEndpoint(
            operation_id=row.operation_id, method=row.method, path=row.path, summary=row.summary,
            declared=row.operation_id in shown.endpoints, requests=seen.allowed if (seen := observed.get(row.operation_id)) else 0,
            denied=seen.denied if seen else 0, last_at=seen.last_at if seen else None, keys=seen.keys if seen else 0,
            removed=row.removed_at is not None,
        )
        for row in rows
        if row.removed_at is None or row.operation_id in scope.endpoints
    )  # fmt: skip


def _scope_event_types(tx: Transaction, project: Project, scope: Scope, shown: Scope) -> tuple[ScopeEventType, ...]:
    observed = observations.event_types_of(tx, project.id, clock.now())
    rows = apis.event_types_of(tx, project.api_id, include_removed=True)
    return tuple(
        ScopeEventType(
            name=row.name, summary=row.summary, declared=row.name in shown.event_types,
            messages=seen.messages if (seen := observed.get(row.name)) else 0, endpoints=seen.endpoints if seen else 0,
            last_at=seen.last_at if seen else None, removed=row.removed_at is not None,
        )
        for row in rows
        if row.removed_at is None or row.name in scope.event_types
    )  # fmt: skip
