"""Messages and deliveries: publish and fan out, claim, record what came back, read.

One function is one transaction, which the caller opens; none of them sends. Claim and commit, send,
record and commit: a crash in between leaves a lease that runs out, and the message is sent again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.apis import queries as apis
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store import announcements
from freehold.store.engine import Transaction
from freehold.webhooks import delivery_queries, queries, rules
from freehold.webhooks.actions import disable_endpoint, read_endpoint
from freehold.webhooks.delivery_queries import DeliveryFilter
from freehold.webhooks.outgoing import attempt_of
from freehold.webhooks.own_events import CHECK_EVENT, DISABLED_EVENT, OWN_EVENTS
from freehold.webhooks.payloads import payload_faults
from freehold.webhooks.records import (
    Attempt,
    AttemptResult,
    Delivery,
    Dispatch,
    Message,
    NewMessage,
    Outgoing,
    WebhookEndpoint,
)

# Longer than any attempt can take, so that a lease that has run out means that its holder is gone.
LEASE: Final = timedelta(seconds=60)
# An archived project's deliveries wait: looked at again this often, sent once it is restored.
_ARCHIVED_WAIT: Final = timedelta(minutes=5)
_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})

Place = tuple[datetime, str]

# --- publishing -----------------------------------------------------------------------------------


def publish_message(tx: Transaction, actor: Actor, project_id: str, new: NewMessage) -> Message:
    """Accept an event for a project and fan it out; under a `dedup_id` that is there, the message that is there.

    Problem `conflict` where the `dedup_id` names a message of another type or payload.
    """
    project = read_project(tx, actor, project_id)
    require(actor, "messages.publish", project.organization_id)
    require_active(project)
    if errors := _message_faults(tx, project, new):
        raise invalid(*errors)
    message = Message(
        ids.new_id("msg"),
        project.id,
        new.event_type,
        new.dedup_id,
        new.payload,
        actor.request_id or None,
        "published",
        clock.now(),
    )
    if not delivery_queries.insert_message(tx, message):
        return _same_message(tx, project, new)
    return _fan_out(tx, message, declared=True)


def publish_own_event(tx: Transaction, project_id: str, event_type: str, payload: Mapping[str, Any]) -> Message:
    """Send one of Freehold's own events to a project's endpoints that subscribe to it, with this transaction."""
    if event_type not in OWN_EVENTS:
        raise ValueError(f"{event_type} is none of Freehold's own events")
    return _publish_own(
        tx, Message(ids.new_id("msg"), project_id, event_type, None, dict(payload), None, "freehold", clock.now())
    )


def publish_announced(tx: Transaction, limit: int) -> int:
    """Make messages of what other slices announced, each once, up to so many; how many."""
    taken = announcements.take(tx, limit)
    for each in taken:
        _publish_own(
            tx, Message(each.id, each.project_id, each.event_type, None, each.payload, None, "freehold", each.at)
        )
    return len(taken)


def _publish_own(tx: Transaction, message: Message) -> Message:
    delivery_queries.insert_message(tx, message)
    return _fan_out(tx, message, declared=False)


def _message_faults(tx: Transaction, project: Project, new: NewMessage) -> list[FieldError]:
    faults = [fault] if (fault := rules.dedup_id_fault(new.dedup_id)) else []
    event_type = apis.find_event_type(tx, project.api_id, new.event_type)
    if event_type is None or event_type.removed_at is not None:
        words = f"The API's catalogue has no event type {new.event_type[:100]!r}."
        return [*faults, FieldError("event_type", words, "unknown_event_type")]
    return faults + payload_faults(new.payload, event_type.schema)


def _same_message(tx: Transaction, project: Project, new: NewMessage) -> Message:
    there = delivery_queries.find_message_by_dedup_id(tx, project.id, new.dedup_id or "")
    if there is None or not rules.same_message(there, new.event_type, new.payload):
        raise Problem(
            "conflict", "This id names a message with another event type or payload. Publish another under another id."
        )
    return there


def _fan_out(tx: Transaction, message: Message, *, declared: bool) -> Message:
    found = delivery_queries.subscribers(tx, message.project_id, message.event_type, declared)
    rows = [_pending(message, each.endpoint_id, message.created_at if each.served else None) for each in found]
    delivery_queries.insert_deliveries(tx, rows)
    return _with_count(message, len(rows))


def _pending(
    message: Message, endpoint_id: str, due_at: datetime | None, leased_until_at: datetime | None = None
) -> Delivery:
    return Delivery(
        id=ids.new_id("dlv"), message_id=message.id, webhook_endpoint_id=endpoint_id, project_id=message.project_id,
        event_type=message.event_type, origin=message.origin, state="pending", attempts=0, due_at=due_at,
        leased_until_at=leased_until_at, created_at=message.created_at, finished_at=None,
    )  # fmt: skip


def _with_count(message: Message, count: int) -> Message:
    return Message(
        message.id, message.project_id, message.event_type, message.dedup_id, message.payload, message.request_id,
        message.origin, message.created_at, count,
    )  # fmt: skip


# --- testing --------------------------------------------------------------------------------------


def prepare_test(tx: Transaction, actor: Actor, endpoint_id: str, event_type: str | None = None) -> Dispatch:
    """Make a test message for one endpoint and claim its delivery: `webhook.check`, or the example of a subscribed type.

    A paused or disabled endpoint can be tested too: that is how a person sees whether it works again.
    """
    endpoint = read_endpoint(tx, actor, endpoint_id, "webhooks.test")
    project = projects.find_project(tx, endpoint.project_id)
    if project is None:
        raise not_found("project")
    require_active(project)
    wanted = event_type or CHECK_EVENT
    payload = _example(tx, project, endpoint, wanted)
    now = clock.now()
    message = Message(ids.new_id("msg"), project.id, wanted, None, payload, actor.request_id or None, "test", now, 1)
    until = now + LEASE
    delivery = _pending(message, endpoint.id, now, until)
    delivery_queries.insert_message(tx, message)
    delivery_queries.insert_deliveries(tx, [delivery])
    return Dispatch(delivery.id, until, endpoint, queries.secrets_of(tx, [endpoint.id])[endpoint.id], message)


def _example(tx: Transaction, project: Project, endpoint: WebhookEndpoint, event_type: str) -> Any:
    if event_type == CHECK_EVENT:
        return OWN_EVENTS[CHECK_EVENT].example
    if event_type not in endpoint.event_types:
        raise invalid(FieldError("event_type", "The endpoint does not subscribe to this event type.", "not_subscribed"))
    if event_type in OWN_EVENTS:
        return OWN_EVENTS[event_type].example
    found = apis.find_event_type(tx, project.api_id, event_type)
    if found is None or found.example is None:
        words = f"The catalogue has no example of {event_type}. Test with {CHECK_EVENT} instead."
        raise invalid(FieldError("event_type", words, "no_example"))
    return found.example


# --- the queue ------------------------------------------------------------------------------------


def claim_due(
    tx: Transaction, now: datetime, room: int, running: Mapping[str, int], per_endpoint: int
) -> list[Dispatch]:
    """Claim up to `room` due deliveries, no endpoint more than its share beside what is `running` (by endpoint id)."""
    busy = [endpoint_id for endpoint_id, count in running.items() if count >= per_endpoint]
    waiting = delivery_queries.due_deliveries(tx, now, room * 4, busy)
    taken = rules.fair_share(waiting, room, running, per_endpoint)
    if not taken:
        return []
    until = now + LEASE
    delivery_queries.lease(tx, taken, until)
    return _sendable(tx, taken, until, now)


def _sendable(tx: Transaction, taken: Sequence[str], until: datetime, now: datetime) -> list[Dispatch]:
    """The claimed deliveries that can be sent now; the others are given back to wait."""
    rows = delivery_queries.claimed(tx, taken)
    endpoint_ids = sorted({endpoint_id for _, endpoint_id, _, _ in rows})
    endpoints = queries.endpoints_by_id(tx, endpoint_ids)
    secrets = queries.secrets_of(tx, endpoint_ids)
    archived, parked, dispatches = [], [], []
    for delivery_id, endpoint_id, is_archived, message in rows:
        endpoint = endpoints.get(endpoint_id)
        if endpoint is None or not rules.may_send(endpoint, message):
            parked.append(delivery_id)
        elif is_archived:
            archived.append(delivery_id)
        else:
            dispatches.append(Dispatch(delivery_id, until, endpoint, secrets[endpoint_id], message))
    delivery_queries.postpone(tx, parked, None)
    delivery_queries.postpone(tx, archived, now + _ARCHIVED_WAIT)
    return dispatches


def record_attempt(
    tx: Transaction, dispatch: Dispatch, sent: Outgoing, at: datetime, result: AttemptResult, jitter: float
) -> Attempt:
    """Keep what came of an attempt sent at an instant, and what follows from it. `jitter` is drawn evenly from -1 to 1."""
    now = clock.now()
    if result.status == rules.GONE:
        queries.lock_endpoint(tx, dispatch.endpoint.id)
    number, tries = delivery_queries.count_attempt(tx, dispatch.delivery_id)
    attempt = attempt_of(dispatch.delivery_id, number, at, sent, result)
    delivery_queries.insert_attempt(tx, attempt)
    follows = rules.consequence(result, tries, dispatch.message.origin, now, jitter)
    delivery_queries.settle(tx, dispatch.delivery_id, dispatch.leased_until_at, follows, now)
    if follows.disables:
        _disable(tx, dispatch.endpoint, follows.disables)
    return attempt


def _disable(tx: Transaction, endpoint: WebhookEndpoint, reason: str) -> None:
    there = queries.find_endpoint(tx, endpoint.id)
    # A person may have deleted or changed it since it was claimed: another URL never said that it is gone.
    if there is None or there.url != endpoint.url or there.state == "disabled":
        return
    disable_endpoint(tx, _SYSTEM, there, reason)
    publish_own_event(tx, there.project_id, DISABLED_EVENT, {"webhook": there.id, "url": there.url, "reason": reason})


# --- reading --------------------------------------------------------------------------------------


def list_messages(
    tx: Transaction,
    actor: Actor,
    project_id: str,
    limit: int,
    after: Place | None = None,
    event_type: str | None = None,
) -> list[Message]:
    """A project's messages, of one event type or of all, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "messages.read", project.organization_id)
    return delivery_queries.messages_of(tx, project.id, limit, after, event_type)


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """A message with its deliveries."""

    message: Message
    deliveries: list[Delivery]


def read_message(tx: Transaction, actor: Actor, message_id: str) -> MessageDetail:
    """One message with its deliveries; Problem `not_found` where it is none of the actor's business."""
    message = delivery_queries.find_message(tx, message_id)
    if message is None or not _may_read(tx, actor, message.project_id, "messages.read"):
        raise not_found("message")
    return MessageDetail(message, delivery_queries.deliveries_of_message(tx, message_id))


def list_deliveries(
    tx: Transaction, actor: Actor, endpoint_id: str, wanted: DeliveryFilter, limit: int, after: Place | None = None
) -> list[Delivery]:
    """An endpoint's deliveries, newest first."""
    read_endpoint(tx, actor, endpoint_id)
    return delivery_queries.deliveries_of_endpoint(tx, endpoint_id, wanted, limit, after)


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with its message and its attempts in full, in order."""

    delivery: Delivery
    message: Message
    attempts: list[Attempt]


def read_delivery(tx: Transaction, actor: Actor, delivery_id: str) -> DeliveryDetail:
    """One delivery in full; Problem `not_found` where it is none of the actor's business."""
    delivery = delivery_queries.find_delivery(tx, delivery_id)
    if delivery is None or not _may_read(tx, actor, delivery.project_id, "webhooks.read"):
        raise not_found("delivery")
    message = delivery_queries.find_message(tx, delivery.message_id)
    if message is None:
        raise not_found("delivery")
    return DeliveryDetail(delivery, message, delivery_queries.attempts_of(tx, delivery_id))


def _may_read(tx: Transaction, actor: Actor, project_id: str, permission: Any) -> bool:
    """Whether an actor may read of a project; Problem `forbidden` where it is theirs but the role lacks it."""
    project = projects.find_project(tx, project_id)
    if project is None or not (
        may(actor, permission, project.organization_id) or project.organization_id in actor.roles
    ):
        return False
    require(actor, permission, project.organization_id)
    return True
