"""What follows from an attempt, when the next one is due, and what may be sent next. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from freehold.errors import FieldError
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import (
    AttemptResult,
    DeliveryState,
    HeaderPairs,
    Message,
    Origin,
    Outcome,
    WebhookEndpoint,
)

# After the first attempt, then after each further one (api.md, "Webhook requests").
RETRY_AFTER_S: Final = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
JITTER: Final = 0.2
RETRY_AFTER_S_MAX: Final = 86_400
GONE: Final = 410
DEDUP_ID: Final = re.compile(r"[!-~]{1,128}")


def judge(status: int) -> tuple[Outcome, str | None]:
    """Outcome and words of a complete answer: only a 2xx accepts."""
    if 200 <= status < 300:
        return "accepted", None
    if 300 <= status < 400:
        return (
            "refused",
            f"The receiver redirects ({status}), and redirects are not followed: give the endpoint its final URL.",
        )
    if status == GONE:
        return "refused", "The receiver answered 410 Gone: it wants no more events."
    return "refused", f"The receiver answered {status}, not a 2xx."


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an attempt makes of its delivery. `disables`: why the endpoint is disabled by it, or None."""

    state: DeliveryState
    due_at: datetime | None
    disables: str | None = None


def consequence(result: AttemptResult, attempts: int, origin: Origin, now: datetime, jitter: float) -> Consequence:
    """What follows from the `attempts`-th attempt; `jitter` is drawn evenly from -1 to 1.

    A test is tried once: a person waits for its answer and can send another.
    """
    if result.outcome == "accepted":
        return Consequence("delivered", None)
    if result.status == GONE:
        return Consequence("failed", None, "The receiver answered 410 Gone.")
    if origin == "test":
        return Consequence("failed", None)
    due_at = next_attempt_at(attempts, now, retry_after(result.response_headers, now), jitter)
    return Consequence("pending" if due_at else "failed", due_at)


def next_attempt_at(attempts: int, now: datetime, wait_until: datetime | None, jitter: float) -> datetime | None:
    """When a delivery is due again after so many attempts, or None when they are spent.

    `wait_until` is what the receiver asked for, if it did: honoured where it is later, up to a day.
    """
    if attempts > len(RETRY_AFTER_S):
        return None
    due_at = now + timedelta(seconds=RETRY_AFTER_S[attempts - 1] * (1 + JITTER * jitter))
    if wait_until is None:
        return due_at
    return max(due_at, min(wait_until, now + timedelta(seconds=RETRY_AFTER_S_MAX)))


def retry_after(headers: HeaderPairs | None, now: datetime) -> datetime | None:
    """The instant that an answer's Retry-After names: seconds or a date (RFC 9110, section 10.2.3)."""
    text = next((value.strip() for name, value in headers or () if name.lower() == "retry-after"), "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return now + timedelta(seconds=int(text))
    try:
        instant = parsedate_to_datetime(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def may_send(endpoint: WebhookEndpoint, message: Message) -> bool:
    """Whether a message may be sent to an endpoint now: a test in any state, for it asks whether one works again."""
    return endpoint.state in {"active", "failing"} or message.origin == "test"


def fair_share(
    waiting: Iterable[tuple[str, str]], room: int, running: Mapping[str, int], per_endpoint: int
) -> list[str]:
    """Which of the waiting (delivery, endpoint) pairs to take now, in order: no endpoint more than its share."""
    taken: list[str] = []
    busy = Counter(running)
    for delivery_id, endpoint_id in waiting:
        if len(taken) >= room:
            break
        if busy[endpoint_id] < per_endpoint:
            busy[endpoint_id] += 1
            taken.append(delivery_id)
    return taken


def subscription_faults(event_types: Sequence[str], declared: Collection[str]) -> list[FieldError]:
    """Why an endpoint may not subscribe to these: each must be declared in the project's scope, or Freehold's own."""
    faults = [
        FieldError(
            f"event_types.{place}",
            f"{name[:100]!r} is not among the project's declared event types: add it to the scope first.",
            "not_in_scope",
        )
        for place, name in enumerate(event_types)
        if name not in declared and name not in OWN_EVENTS
    ]
    if len(set(event_types)) != len(event_types):
        faults.append(FieldError("event_types", "An event type is named twice.", "repeated"))
    if not event_types:
        faults.append(FieldError("event_types", "Name at least one event type.", "required"))
    return faults


def description_fault(description: str | None) -> FieldError | None:
    """What is wrong with an endpoint's description, if anything is."""
    if description is None or (len(description) <= 200 and description.isprintable()):
        return None
    return FieldError("description", "A description is at most 200 printable characters on one line.")


def dedup_id_fault(dedup_id: str | None) -> FieldError | None:
    """What is wrong with a publisher's name for a message, if anything is."""
    if dedup_id is None or DEDUP_ID.fullmatch(dedup_id):
        return None
    return FieldError("id", "A message's id is 1 to 128 printable ASCII characters without spaces.")


def same_message(before: Message, event_type: str, payload: Any) -> bool:
    """Whether a message published again under one id is the one that is there."""
    return before.event_type == event_type and bool(before.payload == payload)
