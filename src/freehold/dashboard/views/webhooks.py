"""Webhook endpoints, deliveries with their attempts, messages."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Filter, Link, Pager
from freehold.dashboard.views.webhook_checks import StandingView

EndpointState = Literal["active", "paused", "failing", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """One endpoint in the list. The counts are of 30 days; `latest` are its last deliveries, oldest first: accepted or not."""

    id: str
    url: str
    description: str
    state: EndpointState
    state_reason: str
    event_types: tuple[str, ...]
    delivered: int
    failed: int
    pending: int
    latest: tuple[bool, ...]
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksView:
    """The webhook endpoints of a project (`webhooks/list.html.j2`)."""

    project_id: str
    rows: tuple[WebhookRow, ...]
    declared_event_types: int
    add_blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookView:
    """A new endpoint (`webhooks/new.html.j2`). Fields: `url`, `description`, `event_types`, `headers`.

    `headers` has one `Name: value` a line. `loopback` says that this machine itself may be the receiver.
    """

    project_id: str
    event_types: tuple[Choice, ...]
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
    """One version of a signing secret that still signs. The newest has no `retires_at`."""

    version: int
    created_at: datetime
    retires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """One endpoint (`webhooks/one.html.j2`).

    `signing_secret` is there only on the answer that made it, with the endpoint or, where `rotated`, by a
    rotation. Edit form: `url`, `description`, `event_types`, `headers`, `revision`. Test form: `event_type`.
    Rotation form: `overlap_s`. Pause and resume have no fields. Delete form: `confirm` (the URL's host).
    """

    project_id: str
    endpoint: WebhookRow
    revision: int
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
    filtered: bool = False
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
    """One phase of an attempt."""

    name: str
    duration_us: int


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
    response_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery (`webhooks/delivery.html.j2`).

    The block `live` waits at `/projects/{project_id}/deliveries/{delivery.id}/live` while it is pending.
    `endpoint_id` is empty where the endpoint has been removed since.
    """

    project_id: str
    endpoint_id: str
    delivery: DeliveryRow
    attempts: tuple[AttemptView, ...]
    advice: str = ""
    fix: Link | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message (`webhooks/message.html.j2`). `payload` is its JSON text."""

    project_id: str
    message: MessageRow
    dedup_id: str
    request_id: str
    payload: str
    deliveries: tuple[DeliveryRow, ...]
