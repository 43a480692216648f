# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about webhooks."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import (
    AttemptOutcome,
    CheckStandingState,
    DeliveryState,
    Environment,
    InboxAnswer,
    InboxRequestVerdict,
    MessageOrigin,
    ProbeProbe,
    ReplayFilterState,
    ReplayKind,
    ReplayState,
    WebhookCheckState,
    WebhookState,
)


class SigningSecret(Model, frozen=True, kw_only=True):
    """One version of a signing secret: never the secret itself.

    `retires_at` is null for the current one. `public_key` (`whpk_…`) verifies the `v1a` signatures; null where
    the endpoint does not sign by ed25519.
    """

    version: int
    created_at: datetime
    retires_at: datetime | None
    public_key: str | None


class CheckStanding(Model, frozen=True, kw_only=True):
    """What is known of an endpoint's receiver now, and the check that it is known from.

    `passed`, `failed` and `unclear` count until `expires_at`. `outdated`: URL or secret changed since;
    `expired`: 30 days are over; `interrupted`: the check was broken off; `never`: there is no check, and the
    rest is null.
    """

    state: CheckStandingState
    id: str | None
    at: datetime | None
    expires_at: datetime | None


class Webhook(Model, frozen=True, kw_only=True):
    """A webhook endpoint.

    Header values that look like credentials are masked. `failing`: ten attempts in a row failed. It is then
    tried ever more rarely, up to every five minutes, until it accepts one; after five days it is `disabled`.
    `next_probe_at`: until when it is left alone.
    """

    id: str
    project: str
    environment: Environment
    slot: str
    url: str
    event_types: list[str]
    description: str | None
    headers: dict[str, str]
    fifo: bool
    max_per_second: int | None
    v1a: bool
    state: WebhookState
    state_reason: str | None
    failing_since: datetime | None
    next_probe_at: datetime | None
    signing_secrets: list[SigningSecret]
    check: CheckStanding
    created_by: str
    created_at: datetime
    etag: str


class WebhookWithSecret(Webhook, frozen=True, kw_only=True):
    """A webhook endpoint with its new signing secret, which is shown this once."""

    SECRETS = frozenset({"signing_secret"})

    signing_secret: str


class Timing(Model, frozen=True, kw_only=True):
    """Where an attempt's time went, in microseconds; None for a step that did not take place.

    `first_byte_us` runs from the sent request to the answer's complete head. A kept-alive connection has
    neither DNS nor connect nor TLS.
    """

    dns_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    total_us: int | None = None


class Header(Model, frozen=True, kw_only=True):
    """One header."""

    name: str
    value: str


class SentRequest(Model, frozen=True, kw_only=True):
    """A request as it was sent. `signed_content` is what the signature covers: id, timestamp and body."""

    url: str
    headers: list[Header]
    body: str
    signed_content: str


class ReceivedResponse(Model, frozen=True, kw_only=True):
    """An answer as far as it came: its head, and the start of its body as text (up to 16 KiB, `body_cut` when reached).."""

    status: int
    headers: list[Header]
    body: str
    body_cut: bool


class Attempt(Model, frozen=True, kw_only=True):
    """One HTTP try, in full. `error` says in one sentence why it was not accepted."""

    id: str
    number: int
    at: datetime
    outcome: AttemptOutcome
    error: str | None
    address: str | None
    duration_us: int
    timing: Timing
    request: SentRequest
    response: ReceivedResponse | None


class TestEvent(Model, frozen=True, kw_only=True):
    """A test event: whether it was accepted, what was sent and what came back."""

    accepted: bool
    webhook: str
    message: str
    delivery: str
    event_type: str
    attempt: Attempt


class Probe(Model, frozen=True, kw_only=True):
    """One probe. `passed` is null where what came back does not tell; `attempt` decided, `attempts` are all of it."""

    probe: ProbeProbe
    passed: bool | None
    detail: str
    delivery: str
    attempt: str
    attempts: list[str]


class WebhookCheck(Model, frozen=True, kw_only=True):
    """A webhook check, with a probe for each that was answered.

    It counts until `expires_at`, for this URL and secret.
    """

    id: str
    webhook: str
    project: str
    state: WebhookCheckState
    url: str
    secret_version: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    probes: list[Probe]


class Advance(Model, frozen=True, kw_only=True):
    """By how much an endpoint's clock was moved, how many deliveries are due now, and when the next one is."""

    webhook: str
    advanced_s: float
    due_count: int
    next_attempt_at: datetime | None
    failing_since: datetime | None


class Delivery(Model, frozen=True, kw_only=True):
    """One message to one endpoint.

    Pending without `next_attempt_at`, it waits for its endpoint to be resumed. `probe`: which one of a webhook
    check it is, null for all others. Probes are never retried and count in no rate.
    """

    id: str
    message: str
    webhook: str
    project: str
    event_type: str
    origin: MessageOrigin
    probe: ProbeProbe | None
    state: DeliveryState
    attempt_count: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class DeliveryDetail(Delivery, frozen=True, kw_only=True):
    """A delivery with its message's payload and all its attempts, in order."""

    payload: Any
    attempts: list[Attempt]


class AttemptDetail(Attempt, frozen=True, kw_only=True):
    """An attempt by itself, with the delivery that it was of."""

    delivery: str
    message: str
    webhook: str
    project: str


class ReplayFilter(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What a replay is for. Without `state`: all that was not accepted. `delivery`: that one alone."""

    state: ReplayFilterState | None
    event_type: str | None
    from_: datetime | None
    to: datetime | None
    message: str | None
    delivery: str | None


class ReplayOutcome(Model, frozen=True, kw_only=True):
    """How the deliveries that a replay sent once more stand now."""

    delivered: int
    failed: int
    pending: int
    dropped: int


class Replay(Model, frozen=True, kw_only=True):
    """A job that sends deliveries of one endpoint once more. `total` is null until they were counted."""

    id: str
    webhook: str
    project: str
    kind: ReplayKind
    filter: ReplayFilter
    state: ReplayState
    reason: str | None
    total: int | None
    replayed: int
    outcome: ReplayOutcome
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class FatesAt(ReplayOutcome, frozen=True, kw_only=True):
    """The deliveries that were made in one bucket of time, by what became of them so far."""

    at: datetime


class Fates(Model, frozen=True, kw_only=True):
    """Deliveries by what became of them so far."""

    delivered: int
    failed: int
    pending: int
    dropped: int


class Outcomes(Model, frozen=True, kw_only=True):
    """Attempts by their outcome."""

    accepted: int
    refused: int
    unreachable: int
    blocked: int


class Latency(Model, frozen=True, kw_only=True):
    """How long complete answers took, in milliseconds, by nearest rank; `of`: the newest so many attempts."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    of: int


class Pressure(Model, frozen=True, kw_only=True):
    """What is still to be sent now: `retrying` was tried in vain, `due` should be sent, `parked` waits to be resumed.."""

    pending: int
    retrying: int
    due: int
    parked: int
    next_retry_at: datetime | None
    oldest_at: datetime | None


class Accepted(Model, frozen=True, kw_only=True):
    """The last delivery that the receiver accepted."""

    delivery: str
    at: datetime


class WebhookMetrics(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """How a webhook endpoint fares: the deliveries that were made in a range, and what waits now.

    `success_rate` is the share of the finished deliveries that were delivered; null where none is finished.
    """

    webhook: str
    from_: datetime
    to: datetime
    bucket_s: int
    series: list[FatesAt]
    totals: Fates
    success_rate: float | None
    attempts: Outcomes
    latency: Latency
    pressure: Pressure
    last_accepted: Accepted | None


class Inbox(Model, frozen=True, kw_only=True):
    """A sandbox project's inbox. An endpoint of the project that has `url` is sent to it."""

    project: str
    url: str
    answer: InboxAnswer
    retry_after_s: int
    created_at: datetime


class InboxRequest(Model, frozen=True, kw_only=True):
    """A request as it came.

    `verdict`: what it is by its signature, whatever the answer was told to be. `status` is null where the
    answer was told to come too late.
    """

    id: str
    at: datetime
    address: str | None
    message: str | None
    verdict: InboxRequestVerdict
    detail: str
    status: int | None
    headers: list[Header]
    body: str
    body_bytes: int
    body_cut: bool


class Message(Model, frozen=True, kw_only=True):
    """One event for one project.

    `delivery_count` 0: no endpoint subscribes to it, or the scope does not declare it.
    """

    id: str
    project: str
    event_type: str
    dedup_id: str | None
    origin: MessageOrigin
    request_id: str | None
    delivery_count: int
    created_at: datetime


class MessageDetail(Message, frozen=True, kw_only=True):
    """A message with its payload and its deliveries."""

    payload: Any
    deliveries: list[Delivery]
