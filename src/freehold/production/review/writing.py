"""What changes a request, whoever does: its row, its history and the log together. Decides nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from freehold.errors import invalid
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.records import Actor, By
from freehold.production.review import entries, queries, rules
from freehold.production.review.records import AccessRequest, Entry, EntryKind
from freehold.production.review.rules import clean_words
from freehold.projects import queries as projects
from freehold.store.engine import Transaction

BY_FREEHOLD: Final = By("system", "freehold", "Freehold", "")
SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
ASKED: Final = ("use_case", "requests_a_day_from", "requests_a_day_to", "peak_a_second", "launch_on")
NOT_DECIDED: Final[dict[str, Any]] = dict.fromkeys(
    (
        "reviewer_id", "decided_by", "decided_at", "reason", "approved_fingerprint", "approved_number",
        "covered_fingerprint", "expires_at", "ended_at", "ended_why",
    )
) | {"revision": 1}  # fmt: skip


def end(
    tx: Transaction, actor: Actor, request: AccessRequest, state: EntryKind, why: str, revision: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """End a request whose row is held otherwise than by a decision."""
    change(
        tx, request, revision, {"state": state, "waiting_on": None, "ended_at": clock.now(), "ended_why": why or None}
    )
    add_entry(tx, actor, request, state, why, facts)
    record(
        tx, actor, request, f"access_request.{state}", {"state": request.state}, {"state": state, "why": why or None}
    )


def add_entry(
    tx: Transaction, actor: Actor, request: AccessRequest, kind: EntryKind, said: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add to a request's history; its people are told after the commit."""
    order = entries.count_entries(tx, request.id)
    entries.insert_entry(tx, Entry(
        ids.ordered_id("ace", order), request.id, request.project_id, kind, actor.kind, actor.name, actor.user_id, clock.now(), said,
        dict(facts or {}),
    ))  # fmt: skip


def record(
    tx: Transaction, actor: Actor, request: AccessRequest, action: str, before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    """Write a change of a request into its organization's log."""
    project = projects.find_project(tx, request.project_id)
    audit.record(
        tx, actor, action, organization_id=request.organization_id, subject_kind="access_request", subject_id=request.id,
        subject_name=project.name if project else request.project_id, project_id=request.project_id, before=before,
        after=after,
    )  # fmt: skip


def change(tx: Transaction, request: AccessRequest, revision: int | None, values: Mapping[str, Any]) -> None:
    """Change a request whose row is held. `revision`: the one that the caller saw, None for any."""
    if not queries.change_request(tx, request.id, request.revision if revision is None else revision, values):
        raise changed_meanwhile("access request")


def is_expired(request: AccessRequest, now: datetime) -> bool:
    """Whether an approval's time is over, be it that nobody has said so yet."""
    return request.state == "approved" and request.expires_at is not None and request.expires_at <= now


def said_of(field: str, said: str, *, required: bool = True) -> str:
    """What somebody says, as it is kept; Problem `invalid` where it is nothing, or too much."""
    said = clean_words(said)
    if faults := rules.check_words(field, said, required=required):
        raise invalid(*faults)
    return said


def again(tx: Transaction, request: AccessRequest) -> AccessRequest:
    """A request as this transaction has left it."""
    return queries.find_request(tx, request.id) or request
