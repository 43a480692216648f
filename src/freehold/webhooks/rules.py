"""What follows from an attempt, when the next one is due, and what may be sent next. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from freehold.errors import FieldError
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.records import (
    AttemptResult,
    DeliveryState,
    EndpointState,
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
# Answers that ask for less of everything: what they say in Retry-After goes for the endpoint.
_OVERLOADED: Final = frozenset({429, 503})
# Longer than any attempt can take, so that a lease that has run out means that its holder is gone.
LEASE: Final = timedelta(seconds=60)
# So many failed attempts in a row, and an endpoint is left alone but for probes.
FAILING_AFTER: Final = 10
# Failing for so long, it is disabled.
DISABLED_AFTER: Final = timedelta(days=5)
# A probe waits for a quarter of the time that the endpoint has been failing for, within these bounds.
PROBE_S_MIN: Final = 5.0
PROBE_S_MAX: Final = 300.0
MAX_PER_SECOND_MAX: Final = 1000
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


# --- how an endpoint fares ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint fares: failed attempts since it last accepted one, since when, and until when it is left alone."""

    state: EndpointState
    failures: int = 0
    failing_since_at: datetime | None = None
    held_until_at: datetime | None = None


def health_after(before: Health, result: AttemptResult, origin: Origin, now: datetime, jitter: float) -> Health:
    """How an endpoint fares after an attempt; `jitter` is drawn evenly from -1 to 1.

    An acceptance heals, a test's too. A test that fails says nothing: a person may try what must be refused.
    """
    if result.outcome == "accepted":
        return Health("active" if before.state == "failing" else before.state)
    if origin == "test":
        return before
    failures, since = before.failures + 1, before.failing_since_at or now
    asked = retry_after(result.response_headers, now) if result.status in _OVERLOADED else None
    holds = [before.held_until_at, min(asked, now + timedelta(seconds=RETRY_AFTER_S_MAX)) if asked else None]
    state = before.state
    if state in {"active", "failing"} and failures >= FAILING_AFTER:
        state = "failing"
        holds.append(now + timedelta(seconds=probe_after_s(since, now) * (1 + JITTER * jitter)))
    return Health(state, failures, since, max(filter(None, holds), default=None))


def probe_after_s(since: datetime, now: datetime) -> float:
    """In how many seconds an endpoint that has been failing since an instant is tried again."""
    return min(PROBE_S_MAX, max(PROBE_S_MIN, (now - since).total_seconds() / 4))


def is_to_be_disabled(health: Health, now: datetime) -> bool:
    """Whether an endpoint has been failing for so long that it is given up until a person resumes it."""
    since = health.failing_since_at
    return health.state == "failing" and since is not None and now - since >= DISABLED_AFTER


def slots(paced_at: datetime | None, now: datetime, max_per_second: int, wanted: int) -> tuple[int, datetime]:
    """How many requests an endpoint with a rate of its own may be sent now, and its next slot after them.

    The generic cell rate algorithm: evenly spread, at most a tenth of a second's worth (or one) at once.
    """
    step = timedelta(seconds=1 / max_per_second)
    at_once = max(1, max_per_second // 10)
    first = max(paced_at or now, now - step * (at_once - 1))
    free = 0 if first > now else int((now - first) / step) + 1
    count = min(wanted, free, at_once)
    return count, first + step * count


def max_per_second_fault(max_per_second: int | None) -> FieldError | None:
    """What is wrong with an endpoint's rate, if anything is."""
    if max_per_second is None or 1 <= max_per_second <= MAX_PER_SECOND_MAX:
        return None
    return FieldError("max_per_second", f"From 1 to {MAX_PER_SECOND_MAX}, or null for no limit.", "out_of_range")


# --- what people and publishers say ---------------------------------------------------------------


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
