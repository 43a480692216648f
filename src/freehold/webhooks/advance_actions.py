"""The sandbox clock: an endpoint's retries, its disabling and its expiries come sooner, for a team that tries them out.

Never in production: what is owed there comes at its real time. Held here in words, and by a constraint.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import require_active
from freehold.store.engine import Transaction
from freehold.webhooks import advance_queries, queries
from freehold.webhooks.actions import read_endpoint
from freehold.webhooks.advance_queries import Clock
from freehold.webhooks.records import WebhookEndpoint

BY_S_MAX: Final = 30 * 86_400
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Advanced:
    """By how much an endpoint's clock was moved, and what waits for it now."""

    endpoint: WebhookEndpoint
    by: timedelta
    due: int
    clock: Clock
    at: datetime


def advance_endpoint(tx: Transaction, actor: Actor, endpoint_id: str, by_s: float | None = None) -> Advanced:
    """Move a sandbox endpoint's clock on, by so many seconds or to its next attempt.

    Problem `conflict` in production, and where there is no next attempt to move to. Where that is due already,
    nothing is moved.
    """
    endpoint = _sandbox_endpoint(tx, actor, endpoint_id)
    if by_s is not None and not 1 <= by_s <= BY_S_MAX:
        raise invalid(FieldError("by_s", f"From 1 to {BY_S_MAX} seconds.", "out_of_range"))
    # The log before the row, as whoever changes the endpoint takes them.
    audit.hold(tx, endpoint.organization_id)
    queries.lock_endpoint(tx, endpoint_id)
    now = clock.now()
    by = timedelta(seconds=by_s) if by_s is not None else _to_next_attempt(tx, endpoint, now)
    if by:
        advance_queries.move(tx, endpoint_id, by)
        advance_queries.insert_advance(tx, ids.new_id("wad"), endpoint, by, actor.name, now)
        audit.record(
            tx, actor, "webhook_endpoint.advanced", organization_id=endpoint.organization_id,
            subject_kind="webhook_endpoint", subject_id=endpoint.id, subject_name=endpoint.url,
            project_id=endpoint.project_id, after={"advanced_ms": by // _MILLISECOND},
        )  # fmt: skip
    due = advance_queries.count_due(tx, endpoint_id, now)
    return Advanced(endpoint, by, due, advance_queries.clock_of(tx, endpoint_id), now)


def _sandbox_endpoint(tx: Transaction, actor: Actor, endpoint_id: str) -> WebhookEndpoint:
    endpoint = read_endpoint(tx, actor, endpoint_id, "webhooks.edit")
    project = projects.find_project(tx, endpoint.project_id)
    if project is None:
        raise not_found("project")
    require_active(project)
    if endpoint.environment != "sandbox":
        raise Problem(
            "conflict",
            "Only a sandbox endpoint's clock can be moved. In production, retries and endings come at their real time; "
            "replay a delivery to have it sent now.",
        )
    return endpoint


def _to_next_attempt(tx: Transaction, endpoint: WebhookEndpoint, now: datetime) -> timedelta:
    """How long it is to the next attempt, in whole milliseconds and at most 30 days; 0 where it is due."""
    there = advance_queries.clock_of(tx, endpoint.id)
    if there.next_due_at is None:
        waits = "It is not served now: resume it first." if endpoint.state in {"paused", "disabled"} else ""
        raise Problem("conflict", f"Nothing waits to be sent to this endpoint. {waits}".strip())
    at = max(there.next_due_at, there.held_until_at or there.next_due_at)
    return min(max(at - now, timedelta()), timedelta(seconds=BY_S_MAX)) // _MILLISECOND * _MILLISECOND
