"""Messages, deliveries and attempts as the HTTP API shows them. Presents, decides nothing."""

from datetime import datetime
from typing import Any

import msgspec

from freehold.kit import clock
from freehold.kit.paging import Cursor
from freehold.webhooks.delivery_actions import DeliveryDetail, MessageDetail
from freehold.webhooks.outgoing import signed_text
from freehold.webhooks.records import (
    BODY_BYTES_MAX,
    Attempt,
    Delivery,
    DeliveryState,
    HeaderPairs,
    Message,
    Origin,
    Outcome,
    Probe,
    Timing,
)


class HeaderView(msgspec.Struct, kw_only=True):
    """One header."""

    name: str
    value: str


class SentRequestView(msgspec.Struct, kw_only=True):
    """A request as it was sent. `signed_content` is what the signature covers: id, timestamp and body."""

    url: str
    headers: list[HeaderView]
    body: str
    signed_content: str


class ReceivedResponseView(msgspec.Struct, kw_only=True):
    """An answer as far as it came: its head, and the start of its body as text (up to 16 KiB, `body_cut` when reached)."""

    status: int
    headers: list[HeaderView]
    body: str
    body_cut: bool


class AttemptView(msgspec.Struct, kw_only=True):
    """One HTTP try, in full. `error` says in one sentence why it was not accepted."""

    id: str
    number: int
    at: datetime
    outcome: Outcome
    error: str | None
    address: str | None
    duration_us: int
    timing: Timing
    request: SentRequestView
    response: ReceivedResponseView | None


class AttemptDetailView(AttemptView, kw_only=True):
    """An attempt by itself, with the delivery that it was of."""

    delivery: str
    message: str
    webhook: str
    project: str


class DeliveryView(msgspec.Struct, kw_only=True):
    """One message to one endpoint. Pending without `next_attempt_at`, it waits for its endpoint to be resumed.

    `probe`: which one of a webhook check it is, null for all others. Probes are never retried and count in no rate.
    """

    id: str
    message: str
    webhook: str
    project: str
    event_type: str
    origin: Origin
    probe: Probe | None
    state: DeliveryState
    attempt_count: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class DeliveryDetailView(DeliveryView, kw_only=True):
    """A delivery with its message's payload and all its attempts, in order."""

    payload: Any
    attempts: list[AttemptView]


class MessageView(msgspec.Struct, kw_only=True):
    """One event for one project. `delivery_count` 0: no endpoint subscribes to it, or the scope does not declare it."""

    id: str
    project: str
    event_type: str
    dedup_id: str | None
    origin: Origin
    request_id: str | None
    delivery_count: int
    created_at: datetime


class MessageDetailView(MessageView, kw_only=True):
    """A message with its payload and its deliveries."""

    payload: Any
    deliveries: list[DeliveryView]


def attempt_view(attempt: Attempt) -> AttemptView:
    """An attempt as the HTTP API shows it with its delivery."""
    return AttemptView(**_attempt_fields(attempt))


def attempt_detail_view(attempt: Attempt, delivery: Delivery) -> AttemptDetailView:
    """An attempt as the HTTP API shows it by itself."""
    return AttemptDetailView(
        delivery=delivery.id, message=delivery.message_id, webhook=delivery.webhook_endpoint_id,
        project=delivery.project_id, **_attempt_fields(attempt),
    )  # fmt: skip


def _attempt_fields(attempt: Attempt) -> dict[str, Any]:
    request = SentRequestView(
        url=attempt.url,
        headers=_header_views(attempt.request_headers),
        body=attempt.request_body,
        signed_content=signed_text(attempt),
    )
    return {
        "id": attempt.id, "number": attempt.number, "at": attempt.at, "outcome": attempt.outcome,
        "error": attempt.error, "address": attempt.address, "duration_us": attempt.duration_us,
        "timing": attempt.timing, "request": request, "response": _response_view(attempt),
    }  # fmt: skip


def _response_view(attempt: Attempt) -> ReceivedResponseView | None:
    if attempt.status is None:
        return None
    body = attempt.response_body or b""
    return ReceivedResponseView(
        status=attempt.status, headers=_header_views(attempt.response_headers or ()),
        body=body.decode("utf-8", "replace"), body_cut=len(body) >= BODY_BYTES_MAX,
    )  # fmt: skip


def _header_views(pairs: HeaderPairs) -> list[HeaderView]:
    return [HeaderView(name=name, value=value) for name, value in pairs]


def delivery_view(delivery: Delivery) -> DeliveryView:
    """A delivery as the HTTP API shows it in lists."""
    return DeliveryView(**_delivery_fields(delivery))


def delivery_detail_view(detail: DeliveryDetail) -> DeliveryDetailView:
    """A delivery as the HTTP API shows it by itself."""
    attempts = [attempt_view(attempt) for attempt in detail.attempts]
    return DeliveryDetailView(payload=detail.message.payload, attempts=attempts, **_delivery_fields(detail.delivery))


def _delivery_fields(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id, "message": delivery.message_id, "webhook": delivery.webhook_endpoint_id,
        "project": delivery.project_id, "event_type": delivery.event_type, "origin": delivery.origin, "probe": delivery.probe,
        "state": delivery.state, "attempt_count": delivery.attempts, "next_attempt_at": delivery.due_at,
        "created_at": delivery.created_at, "finished_at": delivery.finished_at,
    }  # fmt: skip


def message_view(message: Message) -> MessageView:
    """A message as the HTTP API shows it in lists."""
    return MessageView(**_message_fields(message))


def message_detail_view(detail: MessageDetail) -> MessageDetailView:
    """A message as the HTTP API shows it by itself."""
    deliveries = [delivery_view(delivery) for delivery in detail.deliveries]
    return MessageDetailView(payload=detail.message.payload, deliveries=deliveries, **_message_fields(detail.message))


def _message_fields(message: Message) -> dict[str, Any]:
    return {
        "id": message.id, "project": message.project_id, "event_type": message.event_type, "dedup_id": message.dedup_id,
        "origin": message.origin, "request_id": message.request_id, "delivery_count": message.deliveries,
        "created_at": message.created_at,
    }  # fmt: skip


def place_of(row: Message | Delivery) -> Cursor:
    """Where a list goes on after a row: by time, then id."""
    return Cursor(clock.to_ms(row.created_at), row.id)
