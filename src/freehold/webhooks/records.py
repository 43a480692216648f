"""What endpoints, messages, deliveries and attempts are, and the closed sets of their states. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from freehold.projects.records import Environment

EndpointState = Literal["active", "paused", "failing", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed", "dropped"]
Origin = Literal["published", "test", "freehold"]
# accepted: a 2xx. refused: another complete answer. unreachable: no complete answer.
# blocked: not sent, because the address is none that webhooks may go to.
Outcome = Literal["accepted", "refused", "unreachable", "blocked"]

# The probes of a webhook check (check_records.PROBES).
Probe = Literal["signed", "forged", "stale", "repeated"]

HeaderPairs = tuple[tuple[str, str], ...]

# How much of an answer is kept.
BODY_BYTES_MAX: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """What a person chooses of an endpoint. A header whose value is the mask keeps the value it has."""

    url: str
    event_types: tuple[str, ...]
    description: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    # One at a time, in the order of publication; the next only once the one before has ended.
    fifo: bool = False
    # How many requests a second at most, over all of its deliveries; None for no limit.
    max_per_second: int | None = None
    # Whether requests are signed by ed25519 (`v1a`) besides HMAC-SHA256 (`v1`).
    v1a: bool = False
    # The name by which siblings and files mean it; None: made from the description or the host.
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """A URL of one project that receives its events.

    `headers` are a person's own with secret values masked; `sealed_headers` holds them whole, encrypted.
    """

    id: str
    project_id: str
    organization_id: str
    environment: Environment
    url: str
    description: str | None
    headers: dict[str, str]
    sealed_headers: str = field(repr=False)
    event_types: tuple[str, ...]
    state: EndpointState
    state_reason: str | None
    revision: int
    created_by: str
    created_at: datetime
    fifo: bool = False
    max_per_second: int | None = None
    v1a: bool = False
    # How it fares since it last accepted anything: failed attempts, since when, and until when it is left alone.
    failures: int = 0
    failing_since_at: datetime | None = None
    held_until_at: datetime | None = None
    # The name by which siblings and files mean it, unique in its project.
    slot: str = ""


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One signing secret of an endpoint, sealed. The newest has no `retires_at`."""

    version: int
    encrypted: bytes = field(repr=False)
    created_at: datetime
    retires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What an operator's API publishes. `dedup_id`: its own name for the message, which makes it one."""

    event_type: str
    payload: Any
    dedup_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One event to be delivered to one project. `deliveries` counts the endpoints that it is for."""

    id: str
    project_id: str
    event_type: str
    dedup_id: str | None
    payload: Any
    request_id: str | None
    origin: Origin
    created_at: datetime
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint. `due_at` None while pending: it waits for the endpoint to be resumed.

    `probe`: which one of a webhook check it is, if any.
    """

    id: str
    message_id: str
    webhook_endpoint_id: str
    project_id: str
    event_type: str
    origin: Origin
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    leased_until_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    probe: Probe | None = None
    # Its place in the line of an endpoint that receives in order.
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Where an attempt's time went, in microseconds; None for a step that did not take place.

    `first_byte_us` runs from the sent request to the answer's complete head. A kept-alive
    connection has neither DNS nor connect nor TLS.
    """

    dns_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    total_us: int = 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will be sent: the sender adds nothing but `host` and `content-length`."""

    url: str
    headers: HeaderPairs = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What came of one request. `error` says in one sentence why it was not accepted."""

    outcome: Outcome
    status: int | None
    error: str | None
    address: str | None
    timing: Timing
    response_headers: HeaderPairs | None
    response_body: bytes | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP try of a delivery, as it is on record. Request headers have secret values masked."""

    id: str
    delivery_id: str
    number: int
    at: datetime
    outcome: Outcome
    error: str | None
    status: int | None
    address: str | None
    duration_us: int
    timing: Timing
    url: str
    request_headers: HeaderPairs
    request_body: str
    response_headers: HeaderPairs | None
    response_body: bytes | None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A claimed delivery with all that sending it needs. `leased_until_at` is the claim's token."""

    delivery_id: str
    leased_until_at: datetime
    endpoint: WebhookEndpoint
    secrets: tuple[SecretVersion, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to be recorded: what was claimed, what was sent when, what came of it.

    `jitter` is drawn evenly from -1 to 1, once: recording again decides the same.
    """

    dispatch: Dispatch
    sent: Outgoing
    at: datetime
    result: AttemptResult
    jitter: float
