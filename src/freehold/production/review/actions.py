"""What teams do with requests for production access: ask, comment, answer, withdraw; and the door that a clone goes through.

One function is one use case and one transaction, which the caller opens. Whoever changes a request holds its
organization's log first and the request's row then, as a change of the shape does: of two at one instant the second
sees what the first has done.
"""

from dataclasses import replace
from typing import Any

from freehold.errors import Problem, invalid
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require, require_signed_in_person
from freehold.organizations.records import Actor
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness import queries as readiness_queries
from freehold.production.review import entries, queries, rules
from freehold.production.review.reading import blockers_of, head_of, locked, viewer_of
from freehold.production.review.records import AccessRequest, NewRequest
from freehold.production.review.rules import clean_words
from freehold.production.review.writing import (
    ASKED,
    NOT_DECIDED,
    SYSTEM,
    add_entry,
    again,
    change,
    end,
    is_expired,
    record,
    said_of,
)
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


def request_access(tx: Transaction, actor: Actor, project_id: str, new: NewRequest) -> AccessRequest:
    """Ask for production access of a sandbox project. Blocking checks that fail are shown on it, and hinder only approving."""
    project = _sandbox(tx, actor, project_id)
    user_id = require_signed_in_person(actor)
    new = _checked(new)
    audit.hold(tx, project.organization_id)
    if projects.find_sibling(tx, project) is not None and not _promotion_needs_approval(tx, project):
        raise Problem(
            "conflict", "The project is live already, and what has changed since is promoted without approval."
        )
    _end_expired(tx, project.id)
    head, now = head_of(tx, project), clock.now()
    request = AccessRequest(
        id=ids.new_id("acr"), project_id=project.id, organization_id=project.organization_id, kind="access", asked=new,
        requested_by=user_id, requested_name=actor.name, requested_at=now, fingerprint=head.fingerprint,
        number=head.number, base_fingerprint=None, state="requested", waiting_on="reviewer", **NOT_DECIDED,
    )  # fmt: skip
    with broken_constraint_means(Problem("already_exists", "The project has an open request already.")):
        queries.insert_request(tx, request)
    # So that lists show at once what blocks it.
    readiness_actions.refresh(tx, project)
    add_entry(tx, actor, request, "requested", facts={"blocking": blockers_of(tx, project), "number": head.number})
    record(tx, actor, request, "access_request.made", None, {"fingerprint": head.fingerprint, "use_case": new.use_case})
    return again(tx, request)


def comment(tx: Transaction, actor: Actor, request_id: str, said: str) -> AccessRequest:
    """Say something to the other side, on a request that is open or over. A reviewer who does has taken it up."""
    request = locked(tx, actor, request_id)
    said = said_of("text", said)
    reviewer = rules.review_hindrance(
        viewer_of(actor, request.organization_id), request, entries.authors_of(tx, request)
    )
    if reviewer is not None:
        require(actor, "production.edit", request.organization_id)
        require_signed_in_person(actor)
    elif request.reviewer_id != actor.user_id:
        change(tx, request, None, {"reviewer_id": actor.user_id})
    add_entry(tx, actor, request, "commented", said)
    record(tx, actor, request, "access_request.commented", None, {"text": said})
    return again(tx, request)


def answer(
    tx: Transaction, actor: Actor, request_id: str, said: str, new: NewRequest | None = None, revision: int | None = None
) -> AccessRequest:  # fmt: skip
    """Answer a reviewer who asked for changes: it waits for the reviewer again. `new`: what was asked, corrected."""
    request = locked(tx, actor, request_id)
    require(actor, "production.edit", request.organization_id)
    require_signed_in_person(actor)
    said = said_of("text", said)
    if request.state != "requested":
        raise Problem("conflict", rules.over(request))
    values: dict[str, Any] = {"waiting_on": "reviewer"}
    if new is not None and request.kind == "access":
        new = _checked(new)
        values |= {name: getattr(new, name) for name in ASKED}
    change(tx, request, revision, values)
    add_entry(tx, actor, request, "answered", said)
    record(tx, actor, request, "access_request.answered", None, {"text": said})
    return again(tx, request)


def withdraw_request(
    tx: Transaction, actor: Actor, request_id: str, said: str = "", revision: int | None = None
) -> AccessRequest:
    """Take a request back, also once it is approved and while it is not live."""
    request = locked(tx, actor, request_id)
    require(actor, "production.edit", request.organization_id)
    require_signed_in_person(actor)
    said = said_of("text", said, required=False)
    if hindrance := rules.withdraw_hindrance(request):
        raise Problem("conflict", hindrance)
    end(tx, actor, request, "withdrawn", said, revision)
    return again(tx, request)


# --- going live -----------------------------------------------------------------------------------


def may_clone(tx: Transaction, project: Project) -> AccessRequest:
    """The living approval of a sandbox project's shape as it is now, its row held until the commit.

    Problem `not_approved` where there is none: not asked for, not decided, expired, or of another shape.
    """
    audit.hold(tx, project.organization_id)
    request = queries.lock_open_request(tx, project.id) or queries.latest_request(tx, project.id)
    head = head_of(tx, project)
    if hindrance := rules.clone_hindrance(request, head.fingerprint, clock.now()):
        raise Problem("not_approved", hindrance)
    if request is None:
        raise LookupError(project.id)
    return request


def went_live(
    tx: Transaction, request: AccessRequest, production_project: Project, actor: Actor = SYSTEM
) -> AccessRequest:
    """Note, in the clone's own transaction, that what was approved is live."""
    sandbox = projects.find_project(tx, request.project_id)
    if sandbox is None or production_project.sandbox_id != sandbox.id:
        raise LookupError(request.id)
    end(tx, actor, request, "live", "", facts={"production": production_project.id})
    return queries.find_request(tx, request.id) or request


def _end_expired(tx: Transaction, project_id: str) -> None:
    """An approval whose time is over stands in nobody's way, though the tasks have not come by yet."""
    held = queries.lock_open_request(tx, project_id)
    if held is not None and is_expired(held, clock.now()):
        end(tx, SYSTEM, held, "expired", "Nobody cloned the project in time.")


def _promotion_needs_approval(tx: Transaction, project: Project) -> bool:
    return readiness_queries.policy_of(tx, project.api_id).promotion_needs_approval


def _sandbox(tx: Transaction, actor: Actor, project_id: str) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "production.edit", project.organization_id)
    require_active(project)
    if project.environment != "sandbox":
        raise Problem("conflict", "Production access is asked for from the sandbox project.")
    return project


def _checked(new: NewRequest) -> NewRequest:
    new = replace(new, use_case=clean_words(new.use_case), launch_on=new.launch_on.strip())
    if faults := rules.check_request(new, clock.now().date()):
        raise invalid(*faults)
    return new
