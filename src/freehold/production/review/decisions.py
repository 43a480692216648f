"""What reviewers do: ask for changes, approve, deny. Never whoever asked, nor by a shape that nobody has looked at.

One function is one use case and one transaction, which the caller opens.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.production.readiness import queries as readiness_queries
from freehold.production.review import entries, evidence, rules
from freehold.production.review.reading import blockers_of, head_of, locked, subject_of, viewer_of
from freehold.production.review.records import AccessRequest
from freehold.production.review.rules import Decision
from freehold.production.review.writing import add_entry, again, change, record, said_of
from freehold.production.shape.records import Head
from freehold.projects.actions import require_active
from freehold.store import announcements
from freehold.store.engine import Transaction


def ask_for_changes(
    tx: Transaction, actor: Actor, request_id: str, said: str, revision: int | None = None
) -> AccessRequest:
    """Say what has to change first: it stays requested, and waits for the requester."""
    request, said = _reviewed(tx, actor, request_id, "asked_for_changes", said)
    change(tx, request, revision, {"waiting_on": "requester", "reviewer_id": actor.user_id})
    add_entry(tx, actor, request, "asked_for_changes", said)
    record(tx, actor, request, "access_request.changes_asked", None, {"text": said})
    return again(tx, request)


def approve_request(
    tx: Transaction, actor: Actor, request_id: str, fingerprint: str, said: str = "", revision: int | None = None
) -> AccessRequest:
    """Approve the shape that the reviewer looked at, named by its fingerprint.

    Problem `shape_changed` where it is another one by now; `conflict` where it is not open, or blocking checks fail.
    """
    request, said = _reviewed(tx, actor, request_id, "approved", said, required=False)
    head, now = _head_seen(tx, request, fingerprint), clock.now()
    expires_at = now + timedelta(days=_approval_days(tx, request)) if request.kind == "access" else None
    _decide(tx, actor, request, revision, {
        "state": "approved", "reason": said or None, "approved_fingerprint": head.fingerprint, "approved_number": head.number,
        "covered_fingerprint": head.fingerprint, "expires_at": expires_at, "ended_at": None if expires_at else now,
    })  # fmt: skip
    return _decided(tx, actor, request)


def deny_request(
    tx: Transaction, actor: Actor, request_id: str, said: str, revision: int | None = None
) -> AccessRequest:
    """Say no, and why. The project can ask again; an edit of production is then taken back on the drift page."""
    request, said = _reviewed(tx, actor, request_id, "denied", said)
    _decide(tx, actor, request, revision, {"state": "denied", "reason": said, "ended_at": clock.now()})
    return _decided(tx, actor, request)


def _reviewed(
    tx: Transaction, actor: Actor, request_id: str, decision: Decision, said: str, *, required: bool = True
) -> tuple[AccessRequest, str]:
    """A request that the actor may decide so, its row held; and what they say."""
    request = locked(tx, actor, request_id)
    viewer = viewer_of(actor, request.organization_id)
    if hindrance := rules.review_hindrance(viewer, request, entries.authors_of(tx, request)):
        raise Problem("forbidden", hindrance)
    said = said_of("text" if decision == "asked_for_changes" else "reason", said, required=required)
    if hindrance := rules.decision_hindrance(request, decision, []):
        raise Problem("conflict", hindrance)
    return request, said


def _head_seen(tx: Transaction, request: AccessRequest, fingerprint: str) -> Head:
    """The shape to approve: as it is now, which must be the one that was looked at, with no blocking check failing."""
    subject = subject_of(tx, request)
    require_active(subject)
    head = head_of(tx, subject)
    if head.fingerprint != fingerprint:
        raise Problem(
            "shape_changed", f"The shape has changed since you looked: it is revision {head.number} now. Look at what"
            " changed, and decide anew.",
        )  # fmt: skip
    blockers = blockers_of(tx, subject) if request.kind == "access" else []
    if hindrance := rules.decision_hindrance(request, "approved", blockers):
        raise Problem("conflict", hindrance)
    return head


def _approval_days(tx: Transaction, request: AccessRequest) -> int:
    return readiness_queries.policy_of(tx, subject_of(tx, request).api_id).approval_days


def _decide(
    tx: Transaction, actor: Actor, request: AccessRequest, revision: int | None, values: Mapping[str, Any]
) -> None:
    decided = {"waiting_on": None, "reviewer_id": actor.user_id, "decided_by": actor.user_id, "decided_at": clock.now()}
    change(tx, request, revision, {**decided, **values})


def _decided(tx: Transaction, actor: Actor, request: AccessRequest) -> AccessRequest:
    """Write down what was decided, and tell the project's webhook endpoints."""
    now = again(tx, request)
    evidence.keep(tx, now)
    facts = {
        "fingerprint": now.approved_fingerprint or head_of(tx, subject_of(tx, now)).fingerprint,
        "number": now.approved_number, "expires_at": clock.to_text(now.expires_at) if now.expires_at else None,
    }  # fmt: skip
    add_entry(tx, actor, now, "approved" if now.state == "approved" else "denied", now.reason or "", facts)
    record(
        tx,
        actor,
        now,
        f"access_request.{now.state}",
        {"state": "requested"},
        {"state": now.state, "reason": now.reason, **facts},
    )
    payload = {
        "access_request": now.id, "kind": now.kind, "decision": now.state, "reason": now.reason,
        "decided_by": now.decided_name, **facts,
    }  # fmt: skip
    announcements.announce(tx, subject_of(tx, now).id, "access_request.decided", payload, clock.now())
    return now
