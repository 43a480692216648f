"""What stands around a page: who is signed in, which organization, which project.

For the slices' pages; reads, never writes. The one module of the dashboard that knows slices: it names the
organization and the project that a page belongs to, and the projects that the jump menu offers.
"""

from freehold.dashboard.policy import new_nonce
from freehold.dashboard.views.shell import Jump, OrganizationFrame, Person, ProjectFrame, Shell
from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations import actions as organizations
from freehold.organizations import queries as accounts
from freehold.organizations.closing import deleted_on
from freehold.organizations.records import User
from freehold.projects import queries
from freehold.projects.posture_queries import counts_of, drift_of, reviews_waiting
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.pages import notice

_JUMPS: int = 30


def bare_frame(call: Call) -> Shell:
    """Around a page before sign-in."""
    return Shell(now=clock.now(), csrf_token=call.csrf_token, nonce=new_nonce(), notice=notice(call.query_values()))


def frame(
    tx: Transaction, call: Call, here: str, organization_id: str | None = None, project: Project | None = None
) -> Shell:
    """Around a page of a person who is signed in: of an organization, of a project, or of neither.

    Problem `forbidden` for a service token: pages are for people.
    """
    user = call.caller.user
    if user is None:
        raise Problem("forbidden", "Pages are for people; service tokens use the API.")
    shown = organization_id or (project.organization_id if project else None) or _first_organization(tx, user)
    visible = organizations.list_organizations(tx, call.actor)
    current = next((each for each in visible if each.id == shown), None)
    return Shell(
        now=clock.now(), csrf_token=call.csrf_token, nonce=new_nonce(), here=here,
        person=_person(call, user, shown),
        organization=OrganizationFrame(id=current.id, name=current.name, deleted_on=deleted_on(tx, current.id)) if current else None,
        organizations=tuple(OrganizationFrame(id=each.id, name=each.name) for each in visible),
        project=_project(tx, project) if project else None,
        jumps=_jumps(tx, shown) if current else (),
        reviews_waiting=reviews_waiting(tx) if call.actor.reviews else 0,
        notice=notice(call.query_values()),
    )  # fmt: skip


def _first_organization(tx: Transaction, user: User) -> str | None:
    own = accounts.memberships_of(tx, user.id)
    return own[0].organization.id if own else None


def _person(call: Call, user: User, organization_id: str | None) -> Person:
    roles = call.actor.roles.get(organization_id or "", frozenset())
    role = ", ".join(sorted(roles)).capitalize() if roles else "Operator" if user.is_operator else "No organization"
    return Person(name=user.name, email=user.email, role=role, is_operator=user.is_operator)


def _project(tx: Transaction, project: Project) -> ProjectFrame:
    sibling = queries.find_sibling(tx, project)
    counts = counts_of(tx, [project.id], clock.now())[project.id]
    drift = drift_of(tx, [project.id]).get(project.id)
    return ProjectFrame(
        id=project.id, name=project.name, environment=project.environment, archived=project.state == "archived",
        sibling_id=sibling.id if sibling else None, keys=counts.serving_keys,
        webhooks_failing=counts.failing_webhook_endpoints, alerts_firing=counts.alerts_firing,
        drift=drift.unaccepted if drift else 0,
    )  # fmt: skip


def _jumps(tx: Transaction, organization_id: str | None) -> tuple[Jump, ...]:
    rows = queries.projects_of(tx, organization_id or "", _JUMPS, archived=False)
    return tuple(Jump(label=row.name, href=f"/projects/{row.id}", hint=row.environment.capitalize()) for row in rows)
