"""Reading requests as an actor may, the shape that is decided on, and what blocks it."""

from freehold.errors import not_found
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.production.readiness import actions as readiness_actions
from freehold.production.review import queries, rules
from freehold.production.review.records import AccessRequest, RequestFilter
from freehold.production.review.writing import BY_FREEHOLD
from freehold.production.shape import revisions
from freehold.production.shape.noting import note_shape
from freehold.production.shape.records import Head
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.projects.records import Project, Viewer
from freehold.store.engine import Transaction


def viewer_of(actor: Actor, organization_id: str) -> Viewer:
    """What decides whether an actor may do something with a request."""
    return Viewer(actor.user_id, actor.reviews, may(actor, "production.edit", organization_id))


def read_request(tx: Transaction, actor: Actor, request_id: str) -> AccessRequest:
    """One request; Problem `not_found` where it is none of the actor's business."""
    request = queries.find_request(tx, request_id)
    if request is None or not (may(actor, "production.read", request.organization_id) or _is_of(actor, request)):
        raise not_found("access request")
    require(actor, "production.read", request.organization_id)
    return request


def list_project_requests(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[AccessRequest]:
    """A project's requests, newest first; a production project's are its sandbox sibling's."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return queries.requests_of_project(tx, project.sandbox_id or project.id, limit, after_id)


def list_requests(
    tx: Transaction, actor: Actor, wanted: RequestFilter, limit: int, after_id: str | None = None,
    *, oldest_first: bool = False,
) -> list[AccessRequest]:  # fmt: skip
    """Every request for those who review, those of their organizations for others; newest first unless said otherwise."""
    if wanted.organization_id is not None:
        require(actor, "production.read", wanted.organization_id)
    everywhere = actor.looks_everywhere or actor.kind == "system"
    own = None if everywhere else [each for each in actor.roles if may(actor, "production.read", each)]
    return queries.requests(tx, wanted, own, clock.now(), limit, after_id, oldest_first=oldest_first)


def subject_of(tx: Transaction, request: AccessRequest) -> Project:
    """The project whose shape is decided on: the sandbox, or of a change its production sibling."""
    project = projects.find_project(tx, request.project_id)
    if project is not None and request.kind == "change":
        project = projects.find_sibling(tx, project)
    if project is None:
        raise not_found("project")
    return project


def head_of(tx: Transaction, project: Project) -> Head:
    """The newest revision of a project's shape, in a transaction that may write: the first is written where none is."""
    head = revisions.head_of(tx, project.id)
    if head is None:
        note_shape(tx, project.id, BY_FREEHOLD)
        head = revisions.head_of(tx, project.id)
    if head is None:
        raise LookupError(project.id)
    return head


def clone_hindrance_of(tx: Transaction, project: Project) -> str | None:
    """Why a sandbox project's shape may not reach production now, for a page; None where it may."""
    request = queries.open_request(tx, project.id) or queries.latest_request(tx, project.id)
    head = revisions.head_of(tx, project.id)
    return rules.clone_hindrance(request, head.fingerprint if head else "", clock.now())


def blockers_of(tx: Transaction, project: Project) -> list[str]:
    """The titles of a sandbox project's blocking readiness checks that fail now."""
    return [check.title for check in readiness_actions.checks_of(tx, project) if check.blocks]


def locked(tx: Transaction, actor: Actor, request_id: str) -> AccessRequest:
    """A request that the actor may see, as it is now, the rows that decide about it held until the commit."""
    request = read_request(tx, actor, request_id)
    audit.hold(tx, request.organization_id)
    return queries.lock_request(tx, request_id) or request


def _is_of(actor: Actor, request: AccessRequest) -> bool:
    return bool(actor.roles.get(request.organization_id)) or bool(actor.everywhere)
