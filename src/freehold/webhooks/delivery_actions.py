"""Messages and deliveries: publish and fan out, prepare a test, read.

One function is one transaction, which the caller opens; none of them sends. What the dispatcher does
with the queue is in `queue`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from freehold.apis import queries as apis
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store import announcements
from freehold.store.engine import Transaction
from freehold.webhooks import delivery_queries, queries, queue_queries, rules
from freehold.webhooks.actions import read_endpoint
from freehold.webhooks.delivery_queries import DeliveryFilter, MessageFilter
from freehold.webhooks.own_events import CHECK_EVENT, OWN_EVENTS
from freehold.webhooks.payloads import payload_faults
from freehold.webhooks.records import (
    Attempt,
    Delivery,
    Dispatch,
    Message,
    NewMessage,
    WebhookEndpoint,
)

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
    rows = [
        replace(
            _pending(message, each.endpoint_id, message.created_at if each.served else None),
            place=queue_queries.take_place(tx, each.endpoint_id) if each.fifo else None,
        )
        for each in found
    ]
    delivery_queries.insert_deliveries(tx, rows)
    return replace(message, deliveries=len(rows))


def _pending(
    message: Message, endpoint_id: str, due_at: datetime | None, leased_until_at: datetime | None = None
) -> Delivery:
    return Delivery(
        id=ids.new_id("dlv"), message_id=message.id, webhook_endpoint_id=endpoint_id, project_id=message.project_id,
        event_type=message.event_type, origin=message.origin, state="pending", attempts=0, due_at=due_at,
        leased_until_at=leased_until_at, created_at=message.created_at, finished_at=None,
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
    until = now + rules.LEASE
    delivery = _pending(message, endpoint.id, now, until)
    delivery_queries.insert_message(tx, message)
    delivery_queries.insert_deliveries(tx, [delivery])
    audit.record(
        tx, actor, "webhook_endpoint.tested", organization_id=endpoint.organization_id, subject_kind="webhook_endpoint",
        subject_id=endpoint.id, subject_name=endpoint.url, project_id=endpoint.project_id,
        after={"event_type": wanted, "message": message.id},
    )  # fmt: skip
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


# --- reading --------------------------------------------------------------------------------------


def list_messages(
    tx: Transaction,
    actor: Actor,
    project_id: str,
    limit: int,
    after: Place | None = None,
    wanted: MessageFilter | None = None,
) -> list[Message]:
    """A project's messages, those that fit a filter or all, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "messages.read", project.organization_id)
    return delivery_queries.messages_of(tx, project.id, limit, after, wanted)


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


def read_attempt(tx: Transaction, actor: Actor, attempt_id: str) -> tuple[Attempt, Delivery]:
    """One attempt in full and the delivery that it was of; Problem `not_found` where it is none of the actor's business."""
    attempt = delivery_queries.find_attempt(tx, attempt_id)
    delivery = delivery_queries.find_delivery(tx, attempt.delivery_id) if attempt else None
    if attempt is None or delivery is None or not _may_read(tx, actor, delivery.project_id, "webhooks.read"):
        raise not_found("attempt")
    return attempt, delivery


def _may_read(tx: Transaction, actor: Actor, project_id: str, permission: Any) -> bool:
    """Whether an actor may read of a project; Problem `forbidden` where it is theirs but the role lacks it."""
    project = projects.find_project(tx, project_id)
    if project is None or not (
        may(actor, permission, project.organization_id) or project.organization_id in actor.roles
    ):
        return False
    require(actor, permission, project.organization_id)
    return True
