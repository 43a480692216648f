"""The table of a project's keys."""

from typing import Any, Final

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.keys import (
    KeyRow,
    KeysView,
)
from freehold.keys import actions
from freehold.keys.actions import KeyDetail
from freehold.overview.pages.keys.presenting import identifier_of
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.limit_pages import limits_shown
from freehold.projects.records import Project
from freehold.usage import glances
from freehold.usage.records import Counts
from freehold.web.call import Call
from freehold.web.pages import page

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
        shown = [_row(each, days.get(each.key.id), project, brand) for each in rows if _matches(each, query, state)]
    view = KeysView(
        project_id=project_id, rows=tuple(shown), query=query, state=state,
        issue_blocked=blocked_for(call.actor, "keys.issue", project),
    )  # fmt: skip
    return page("keys/list.html.j2", shell, view)


def _matches(detail: KeyDetail, query: str, state: str) -> bool:
    text = f"{detail.key.name} {detail.key.workload or ''}".lower()
    return query.lower() in text and state in ("", detail.key.state)


def _row(detail: KeyDetail, day: glances.Day | None, project: Project, brand: str) -> KeyRow:
    total = day.total if day else Counts()
    key, used = detail.key, [secret.last_used_at for secret in detail.secrets if secret.last_used_at]
    return KeyRow(
        id=key.id, name=key.name, workload=key.workload or "", identifier=identifier_of(brand, project, detail.secrets),
        state=key.state,
        endpoints="Whole scope" if key.endpoints is None else words.plural(len(key.endpoints), "endpoint"),
        limits=limits_shown(key.rate_limits, key.quota, detail.quota).words, requests=total.requests, denied=total.denied + total.throttled,
        hourly=day.hourly if day else (0,) * 24, last_used_at=max(used, default=None), expires_at=key.expires_at,
    )  # fmt: skip
