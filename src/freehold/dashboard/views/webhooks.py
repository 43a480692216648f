"""Webhook endpoints, deliveries with their attempts, messages."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.charts import BarChart, Bucket
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Filter, Link, Pager
from freehold.dashboard.views.usage import Figure, Option
from freehold.dashboard.views.webhook_checks import StandingView

EndpointState = Literal["active", "paused", "failing", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """One endpoint in the list.

    The counts are of 30 days; `bars` are the last 24 hours, by when deliveries were made (delivered, failed, pending).
    `retrying` deliveries were tried in vain and wait for another try, `parked` ones for the endpoint to be resumed.
    """

    id: str
    url: str
    description: str
    state: EndpointState
    state_reason: str
    event_types: tuple[str, ...]
    delivered: int
    failed: int
    pending: int
    bars: tuple[Bucket, ...]
    last_at: datetime | None
    retrying: int = 0
    parked: int = 0
    next_retry_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_href: str = ""
    # Whether its receiver had proved by then that it verifies what it accepts, and the proof still counts.
    verified: bool = False
    check: StandingView


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksView:
    """The webhook endpoints of a project (`webhooks/list.html.j2`)."""

    project_id: str
    rows: tuple[WebhookRow, ...]
    declared_event_types: int
    add_blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookView:
    """A new endpoint (`webhooks/new.html.j2`). Fields: `url`, `description`, `event_types`, `headers`, `sending`, `max_per_second`.

    `headers` has one `Name: value` a line. `loopback` says that this machine itself may be the receiver.
    """

    project_id: str
    event_types: tuple[Choice, ...]
    sending: tuple[Choice, ...] = ()
    loopback: bool = False
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery in a list. `status` is the last attempt's HTTP status, `error` why there is none.

    `probe`: which probe of a webhook check it is, if any.
    """

    id: str
    message_id: str
    event_type: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str
    duration_us: int | None
    created_at: datetime
    due_at: datetime | None
    endpoint_url: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSecretRow:
    """One version of a signing secret that still signs. The newest has no `retires_at`. `public_key`: of its `v1a` signatures."""

    version: int
    created_at: datetime
    retires_at: datetime | None
    public_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """One endpoint (`webhooks/one.html.j2`).

    `signing_secret` is there only on the answer that made it, with the endpoint or, where `rotated`, by a
    rotation. Edit form: `url`, `description`, `event_types`, `headers`, `sending`, `max_per_second`, `revision`. Test form: `event_type`.
    Rotation form: `overlap_s`. Pause and resume have no fields. Delete form: `confirm` (the URL's host).
    """

    project_id: str
    endpoint: WebhookRow
    revision: int
    slot: str = ""
    created_by: str
    created_at: datetime
    headers: tuple[tuple[str, str], ...]
    secrets: tuple[SigningSecretRow, ...]
    event_types: tuple[Choice, ...]
    test_event_types: tuple[Choice, ...]
    overlaps: tuple[Choice, ...]
    deliveries: tuple[DeliveryRow, ...]
    filters: tuple[Filter, ...]
    pager: Pager
    delete: Danger
    check: StandingView
    sending: tuple[Choice, ...] = ()
    max_per_second: int | None = None
    fifo: bool = False
    failing_since: datetime | None = None
    next_probe_at: datetime | None = None
    filtered: bool = False
    from_text: str = ""
    to_text: str = ""
    message_text: str = ""
    range_fault: str = ""
    replay_href: str = ""
    replay_blocked: str | None = None
    signing_secret: str | None = None
    rotated: bool = False
    test_blocked: str | None = None
    edit_form: Form = field(default_factory=Form)
    test_form: Form = field(default_factory=Form)
    turn_form: Form = field(default_factory=Form)
    rotate_form: Form = field(default_factory=Form)
    delete_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One phase of an attempt: when in it the phase began, and how long it took, in microseconds."""

    name: str
    duration_us: int
    begun_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReplayRow:
    """That a delivery was sent once more: when, by whom, after how many attempts; `href` is the job's page."""

    at: datetime
    by: str
    after_attempts: int
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One HTTP try, in full. `signed_text` is what the signature is made of, without the secret."""

    id: str
    number: int
    at: datetime
    outcome: Literal["accepted", "refused", "unreachable", "blocked"]
    error: str
    status: int | None
    address: str
    duration_us: int
    timing: tuple[Timing, ...]
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    signed_text: str
    response_headers: tuple[tuple[str, str], ...]
    response_body: str
    by_hand: str = ""
    response_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery (`webhooks/delivery.html.j2`).

    The block `live` waits at `/projects/{project_id}/deliveries/{delivery.id}/live` while it is pending.
    `endpoint_id` is empty where the endpoint has been removed since. `requests_href`: what the project called
    in the minute around it.
    """

    project_id: str
    endpoint_id: str
    delivery: DeliveryRow
    attempts: tuple[AttemptView, ...]
    requests_href: str
    advice: str = ""
    fix: Link | None = None
    replays: tuple[PastReplayRow, ...] = ()
    replay_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message: `origin` says whether the API published it, a person tested, or Freehold told."""

    id: str
    event_type: str
    origin: Literal["published", "test", "freehold"]
    created_at: datetime
    delivered: int
    failed: int
    pending: int
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesView:
    """The messages of a project (`webhooks/messages.html.j2`). `filtered`: not all of them, or not the newest."""

    project_id: str
    rows: tuple[MessageRow, ...]
    filters: tuple[Filter, ...]
    pager: Pager
    filtered: bool = False
    from_text: str = ""
    to_text: str = ""
    range_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message (`webhooks/message.html.j2`). `payload` is its JSON text."""

    project_id: str
    message: MessageRow
    dedup_id: str
    request_id: str
    payload: str
    deliveries: tuple[DeliveryRow, ...]
    declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMetricsPage:
    """How one endpoint fares (`webhooks/metrics.html.j2`). `waiting` says in sentences what is still to be sent."""

    project_id: str
    endpoint_id: str
    url: str
    ranges: tuple[Option, ...]
    from_at: datetime
    to_at: datetime
    figures: tuple[Figure, ...]
    chart: BarChart
    attempts: tuple[tuple[str, int, str], ...]
    attempts_total: int
    latencies: tuple[tuple[str, int | None], ...]
    latencies_of: int
    latencies_cut: bool
    waiting: tuple[tuple[str, str], ...]
    accepted_at: datetime | None
    accepted_href: str
    log_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRow:
    """One job that sends deliveries once more. `what` says in words which ones."""

    id: str
    what: str
    state: Literal["queued", "running", "done", "canceled"]
    reason: str
    total: int | None
    replayed: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    delivered: int
    failed: int
    pending: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaysView:
    """An endpoint's replays and the forms that begin one (`webhooks/replays.html.j2`).

    Recovery form: `since` (UTC, to the minute). Filter form: `state`, `event_type`, `from`, `to`, `message`;
    `preview` says how many deliveries fit what it holds, None where that was not asked.
    """

    project_id: str
    endpoint_id: str
    url: str
    rows: tuple[ReplayRow, ...]
    pager: Pager
    states: tuple[Choice, ...]
    event_types: tuple[Choice, ...]
    preview: str | None = None
    recover_form: Form = field(default_factory=Form)
    filter_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayView:
    """One replay (`webhooks/replay.html.j2`).

    The block `live` waits at `/projects/{project_id}/replays/{replay.id}/live` while it is under way.
    """

    project_id: str
    endpoint_id: str
    url: str
    replay: ReplayRow
    wanted: tuple[tuple[str, str], ...]
    cancel_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypeRow:
    """One event type that a project can receive: of its API's catalogue, or one of Freehold's own (`own`).

    `messages` are those of 30 days; `endpoints` how many webhook endpoints subscribe to it.
    """

    name: str
    summary: str
    own: bool
    declared: bool
    endpoints: int
    messages: int
    last_at: datetime | None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypesView:
    """The event types of a project (`webhooks/event_types.html.j2`)."""

    project_id: str
    api_name: str
    rows: tuple[EventTypeRow, ...]
    own_rows: tuple[EventTypeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypeView:
    """One event type (`webhooks/event_type.html.j2`). Form: `endpoint`, the one to send the example to.

    `schema` and `example` are JSON text, empty where there is none; `body` is the example as it is sent.
    """

    project_id: str
    event_type: EventTypeRow
    schema: str
    example: str
    body: str
    subscribers: tuple[Link, ...]
    choices: tuple[Choice, ...]
    send_blocked: str | None = None
    form: Form = field(default_factory=Form)
