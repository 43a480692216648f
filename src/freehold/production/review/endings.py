"""What becomes of requests by itself: a change of the shape, the end of an approval's time.

`follow_change` runs in the transaction of every change of a shape, before its commit: nothing that changes a shape,
by whichever way, leaves an approval of another shape behind.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from freehold.kit import canonical_json, ids
from freehold.organizations import audit, tokens
from freehold.organizations.records import Actor, ActorKind
from freehold.production.readiness import queries as readiness_queries
from freehold.production.review import entries as review_entries
from freehold.production.review import queries
from freehold.production.review import rules as review_rules
from freehold.production.review.records import AccessRequest
from freehold.production.review.writing import NOT_DECIDED, SYSTEM, add_entry, end, is_expired, record
from freehold.production.shape import revisions, rules
from freehold.production.shape.records import Change
from freehold.projects.records import Project
from freehold.store.engine import Transaction

# What does not edit production directly: it comes from the sandbox, or brings back what both had.
_NOT_DIRECT: Final = ("clone", "promotion", "revert")


# --- a shape has changed --------------------------------------------------------------------------


def follow_change(tx: Transaction, change: Change) -> None:
    """Let what rests on a project's shape follow a change of it. A first revision changes nothing that was looked at."""
    if change.before is None:
        return
    if change.project.environment == "sandbox":
        _follow_sandbox(tx, change)
    else:
        _follow_production(tx, change)


def _follow_sandbox(tx: Transaction, change: Change) -> None:
    """While it is requested a change shows on the request; an approval ends by a material one, and covers others."""
    request = queries.lock_open_request(tx, change.project.id)
    if request is None or request.kind == "change":
        return
    material = review_rules.material_items(_items(change), _material(tx, change.project))
    if request.state == "approved" and material:
        why = f"The shape has changed since it was approved: {', '.join(material)}."
        end(tx, _author(change), request, "lapsed", why, facts=_facts(change, material))
        return
    if request.state == "approved":
        covered = {"covered_fingerprint": change.fingerprint}
        queries.change_request(tx, request.id, request.revision, covered)
    add_entry(tx, _author(change), request, "shape_changed", facts=_facts(change, material))


def _follow_production(tx: Transaction, change: Change) -> None:
    """A material direct edit of live production asks for review; taken back, the request ends by itself."""
    request = queries.lock_open_request(tx, change.project.sandbox_id or "")
    material = review_rules.material_items(_items(change), _material(tx, change.project))
    if request is None:
        if material and change.cause not in _NOT_DIRECT:
            _ask_for_review(tx, change, material)
    elif request.kind == "change":
        _follow_review(tx, change, request, material)


def _ask_for_review(tx: Transaction, change: Change, material: Sequence[str]) -> None:
    author = _author(change)
    request = AccessRequest(
        id=ids.new_id("acr"), project_id=change.project.sandbox_id or "",
        organization_id=change.project.organization_id, kind="change", asked=None,
        requested_by=_person_behind(tx, author), requested_name=author.name, requested_at=change.at,
        fingerprint=change.fingerprint, number=change.number,
        base_fingerprint=canonical_json.fingerprint(change.before), state="requested", waiting_on="reviewer",
        **NOT_DECIDED,
    )  # fmt: skip
    queries.insert_request(tx, request)
    add_entry(tx, author, request, "requested", facts=_facts(change, material) | {"base_number": change.number - 1})
    facts = {"kind": "change", "fingerprint": request.fingerprint, "base_fingerprint": request.base_fingerprint}
    record(tx, author, request, "access_request.made", None, facts)


def _follow_review(tx: Transaction, change: Change, request: AccessRequest, material: Sequence[str]) -> None:
    if _is_taken_back(tx, change, request):
        why = "Production is again as it was before the edit, as far as it is material."
        end(tx, _author(change), request, "withdrawn", why, facts=_facts(change, material))
        return
    now = {"fingerprint": change.fingerprint, "number": change.number}
    queries.change_request(tx, request.id, request.revision, now)
    add_entry(tx, _author(change), request, "shape_changed", facts=_facts(change, material))


def _is_taken_back(tx: Transaction, change: Change, request: AccessRequest) -> bool:
    """Whether nothing material is left of the edits that a request is about."""
    # By what it says, not by its place: a clock may have stepped back since.
    entries = review_entries.entries_of(tx, request.id)
    base_number = next(each.facts["base_number"] for each in entries if "base_number" in each.facts)
    base = revisions.shape_at(tx, change.project.id, base_number)
    if base is None:
        return False
    left = [difference.item for difference in rules.differences(change.after, base)]
    return not review_rules.material_items(left, _material(tx, change.project))


def _material(tx: Transaction, project: Project) -> Collection[str]:
    return readiness_queries.policy_of(tx, project.api_id).material


def _items(change: Change) -> list[str]:
    return [difference.item for difference in change.differences]


def _facts(change: Change, material: Sequence[str]) -> dict[str, Any]:
    return {
        "number": change.number, "fingerprint": change.fingerprint, "cause": change.cause,
        "items": sorted(set(_items(change))), "material": list(material),
    }  # fmt: skip


def _author(change: Change) -> Actor:
    """Who made a change, as far as it is kept with it: enough to name them, and to keep them from reviewing it."""
    by = change.by
    kind: ActorKind = "user" if by.kind == "user" else "token" if by.kind == "token" else "system"
    person = by.id if kind == "user" else None
    return Actor(kind, by.id, by.name, person, is_operator=False, roles={}, request_id=by.request_id)


def _person_behind(tx: Transaction, actor: Actor) -> str | None:
    """Who answers for an edit: the person, or whoever made the service token; None for Freehold itself."""
    if actor.user_id is not None or actor.kind != "token":
        return actor.user_id
    return tokens.maker_of_token(tx, actor.id)


# --- time ---------------------------------------------------------------------------------------


def expire_due(tx: Transaction, now: datetime, limit: int) -> int:
    """End approvals whose time is over; how many."""
    ended = 0
    for request_id in queries.expired(tx, now, limit):
        found = queries.find_request(tx, request_id)
        if found is None:
            continue
        audit.hold(tx, found.organization_id)
        request = queries.lock_request(tx, request_id)
        if request is not None and is_expired(request, now):
            end(tx, SYSTEM, request, "expired", "Nobody cloned the project in time.")
            ended += 1
    return ended
