"""Webhook checks: begin one, keep what each probe showed, end it, and say what is known of a receiver now.

One function is one transaction, which the caller opens; none of them sends. A probe's message and delivery
are written together with its attempts: there is never one that the dispatcher could take up and send again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.errors import Problem, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import require_active
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks import check_queries, check_rules, delivery_queries, queries
from freehold.webhooks.actions import read_endpoint
from freehold.webhooks.check_records import (
    COUNTS_FOR,
    ENDS_WITHIN,
    BegunCheck,
    CheckStanding,
    CheckState,
    Verdict,
    WebhookCheck,
)
from freehold.webhooks.outgoing import attempt_of
from freehold.webhooks.records import AttemptResult, Delivery, Message, Outgoing, Probe, WebhookEndpoint

Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a probe as it was sent, and what came of it."""

    at: datetime
    outgoing: Outgoing
    result: AttemptResult


def begin_check(tx: Transaction, actor: Actor, endpoint_id: str) -> BegunCheck:
    """Begin a check of an endpoint, in whatever state that is; Problem `conflict` while one is running."""
    endpoint = read_endpoint(tx, actor, endpoint_id, "webhooks.test")
    project = projects.find_project(tx, endpoint.project_id)
    if project is None:
        raise not_found("project")
    require_active(project)
    now = clock.now()
    secrets = queries.secrets_of(tx, [endpoint_id])[endpoint_id]
    check = WebhookCheck(
        id=ids.new_id("wck"), webhook_endpoint_id=endpoint_id, project_id=project.id, url=endpoint.url,
        secret_version=secrets[0].version, state="running", started_by=actor.name, started_at=now,
        ends_by_at=now + ENDS_WITHIN, finished_at=None, expires_at=None,
    )  # fmt: skip
    check_queries.end_abandoned(tx, endpoint_id, now)
    running = Problem("conflict", "A check of this endpoint is running: wait for what it finds.")
    with broken_constraint_means(running):
        check_queries.insert_check(tx, check)
    audit.record(
        tx, actor, "webhook_endpoint.checked", organization_id=endpoint.organization_id,
        subject_kind="webhook_endpoint", subject_id=endpoint.id, subject_name=endpoint.url,
        project_id=endpoint.project_id, after={"check": check.id},
    )  # fmt: skip
    return BegunCheck(check, endpoint, secrets)


def record_probe(
    tx: Transaction, begun: BegunCheck, probe: Probe, message: Message, sent: Sequence[Sent], verdict: Verdict
) -> None:
    """Keep what was sent as a probe, what came back, and what that shows."""
    now = clock.now()
    delivered = sent[-1].result.outcome == "accepted"
    delivery = Delivery(
        id=ids.new_id("dlv"), message_id=message.id, webhook_endpoint_id=begun.endpoint.id,
        project_id=message.project_id, event_type=message.event_type, origin=message.origin,
        state="delivered" if delivered else "failed", attempts=len(sent), due_at=None, leased_until_at=None,
        created_at=message.created_at, finished_at=now, probe=probe,
    )  # fmt: skip
    delivery_queries.insert_message(tx, message)
    delivery_queries.insert_deliveries(tx, [delivery])
    tried = [
        attempt_of(delivery.id, number, each.at, each.outgoing, each.result) for number, each in enumerate(sent, 1)
    ]
    delivery_queries.insert_attempts(tx, tried)
    check_queries.insert_probe(tx, begun.check.id, probe, delivery.id, verdict)


def finish_check(tx: Transaction, check_id: str, state: CheckState) -> None:
    """End a check with what its probes came to, which counts for 30 days."""
    now = clock.now()
    check_queries.finish(tx, check_id, state, now, None if state == "interrupted" else now + COUNTS_FOR)


# --- reading --------------------------------------------------------------------------------------


def list_checks(
    tx: Transaction, actor: Actor, endpoint_id: str, limit: int, after: Place | None = None
) -> list[WebhookCheck]:
    """An endpoint's checks, newest first."""
    read_endpoint(tx, actor, endpoint_id)
    return check_queries.checks_of(tx, endpoint_id, limit, after)


def read_check(tx: Transaction, actor: Actor, check_id: str) -> WebhookCheck:
    """One check; Problem `not_found` where it is none of the actor's business, or its endpoint is gone."""
    check = check_queries.find_check(tx, check_id)
    if check is None:
        raise not_found("webhook check")
    try:
        read_endpoint(tx, actor, check.webhook_endpoint_id)
    except Problem as problem:
        raise not_found("webhook check") if problem.status == 404 else problem from None
    return check


def standings_of(tx: Transaction, endpoints: Sequence[WebhookEndpoint]) -> dict[str, CheckStanding]:
    """What is known of the receiver of each endpoint now, with the check it is known from: for lists and readiness."""
    endpoint_ids = [each.id for each in endpoints]
    latest = check_queries.latest_checks(tx, endpoint_ids)
    secrets = queries.secrets_of(tx, endpoint_ids)
    now = clock.now()
    return {
        each.id: check_rules.standing_of(latest.get(each.id), each.url, secrets[each.id][0].version, now)
        for each in endpoints
    }
