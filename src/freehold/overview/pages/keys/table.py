"""The table of a project's keys."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.keys import (
    DeclaredRow,
    KeyRow,
    KeysView,
)
from freehold.errors import not_found
from freehold.keys import actions, declaring
from freehold.keys.actions import KeyDetail
from freehold.keys.templates import KeyTemplate
from freehold.kit import clock
from freehold.overview.pages.keys.presenting import identifier_of
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.limit_pages import limits_shown
from freehold.projects.records import Project
from freehold.usage import glances
from freehold.usage.records import Counts
from freehold.web.call import Call
from freehold.web.pages import page, see_other

_KEYS_SHOWN: Final = 200


def show_keys(call: Call, project_id: str) -> Response[Any]:
    """A project's keys."""
    query, state = call.query_value("query").strip(), call.query_value("state")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        rows = actions.list_keys(tx, call.actor, project_id, _KEYS_SHOWN)
        shell = frame(tx, call, "keys", project=project)
        days = glances.days_of_keys(tx, project_id, shell.now)
        brand = call.settings.brand
        declared = declaring.list_declared(tx, call.actor, project_id)
        shown = [_row(each, days.get(each.key.id), project, brand) for each in rows if _matches(each, query, state)]
    view = KeysView(
        project_id=project_id, rows=tuple(shown), query=query, state=state,
        issue_blocked=blocked_for(call.actor, "keys.issue", project),
        declared=() if query or state else tuple(map(_declared_row, declared)),
    )  # fmt: skip
    return page("keys/list.html.j2", shell, view)


def withdraw_declared(call: Call, project_id: str, declared_key_id: str) -> Response[Any]:
    """Take a declared key of this project back."""
    with call.write() as tx:
        if declaring.withdraw_declared(tx, call.actor, declared_key_id).project_id != project_id:
            raise not_found("declared key")
    return see_other(f"/projects/{project_id}/keys", "key-undeclared")


def _declared_row(declared: KeyTemplate) -> DeclaredRow:
    settings = declaring.issued_settings(declared, clock.now())
    days = declared.settings["expires_after_days"]
    return DeclaredRow(
        id=declared.key_id, name=declared.name, workload=settings.workload or "", endpoints=_reach(settings.endpoints),
        limits=limits_shown(settings.rate_limits, settings.quota, None).words,
        expires=f"{words.plural(days, 'day')} after it is issued" if days else "Never", networks=len(settings.allowed_cidrs),
    )  # fmt: skip


def _reach(endpoints: Sequence[str] | None) -> str:
    return "Whole scope" if endpoints is None else words.plural(len(endpoints), "endpoint")


def _matches(detail: KeyDetail, query: str, state: str) -> bool:
    text = f"{detail.key.name} {detail.key.workload or ''}".lower()
    return query.lower() in text and state in ("", detail.key.state)


def _row(detail: KeyDetail, day: glances.Day | None, project: Project, brand: str) -> KeyRow:
    total = day.total if day else Counts()
    key, used = detail.key, [secret.last_used_at for secret in detail.secrets if secret.last_used_at]
    return KeyRow(
        id=key.id, name=key.name, workload=key.workload or "", identifier=identifier_of(brand, project, detail.secrets),
        state=key.state,
        endpoints=_reach(key.endpoints),
        limits=limits_shown(key.rate_limits, key.quota, detail.quota).words, requests=total.requests, denied=total.denied + total.throttled,
        hourly=day.hourly if day else (0,) * 24, last_used_at=max(used, default=None), expires_at=key.expires_at,
    )  # fmt: skip
