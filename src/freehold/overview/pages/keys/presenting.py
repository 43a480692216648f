"""What the pages of keys share: reading one, and saying what it is."""

from typing import Final

from freehold.apis import queries as apis
from freehold.dashboard.views.form import Choice
from freehold.dashboard.views.keys import (
    KeyDetails,
)
from freehold.dashboard.views.parts import Snippet
from freehold.errors import not_found
from freehold.keys import actions
from freehold.keys.actions import KeyDetail
from freehold.keys.records import Secret
from freehold.organizations.permissions import require
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.projects.limit_pages import limits_shown
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call

NO_SNIPPET: Final = Snippet(language="curl", text="# This key may call no endpoint of the catalogue yet.")


def key_of_project(call: Call, project_id: str, key_id: str) -> KeyDetail:
    """A key of this project; Problem `not_found` where it is another's."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        require(call.actor, "keys.read", project.organization_id)
        detail = actions.read_key(tx, call.actor, key_id)
    if detail.key.project_id != project_id:
        raise not_found("key")
    return detail


def details_of(tx: Transaction, project: Project, detail: KeyDetail, brand: str) -> KeyDetails:
    """A key as its pages describe it."""
    key = detail.key
    called = projects.scope_of(tx, project.id).endpoints if key.endpoints is None else key.endpoints
    return KeyDetails(
        id=key.id, name=key.name, workload=key.workload or "", identifier=identifier_of(brand, project, detail.secrets),
        environment=key.environment, state=key.state, endpoints=tuple(called), narrowed=key.endpoints is not None,
        limits=limits_shown(key.rate_limits, key.quota, detail.quota), allowed_from=tuple(key.allowed_cidrs), created_by=key.created_by,
        created_at=key.created_at, expires_at=key.expires_at, revoked_at=key.revoked_at,
    )  # fmt: skip


def endpoint_choices(tx: Transaction, project: Project) -> tuple[Choice, ...]:
    """The declared endpoints, to tick."""
    known = {each.operation_id: each for each in apis.endpoints_of(tx, project.api_id, include_removed=True)}
    declared = projects.scope_of(tx, project.id).endpoints
    return tuple(
        Choice(name, f"{known[name].method} {known[name].path}", known[name].summary, code=True)
        for name in declared
        if name in known
    )


def identifier_of(brand: str, project: Project, secrets: list[Secret]) -> str:
    """A key's readable form without its secret."""
    prefix = "test" if project.environment == "sandbox" else "live"
    return f"{brand}_{prefix}_…{secrets[0].last4}" if secrets else f"{brand}_{prefix}_…"
