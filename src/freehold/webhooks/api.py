"""HTTP of webhook endpoints, messages and deliveries. Thin: parse, one action, present."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from freehold.kit.paging import Cursor, Page, page
from freehold.projects.records import Environment
from freehold.store.engine import Transaction
from freehold.web import nul
from freehold.web.call import Call, checked_limit, etag
from freehold.web.cursors import after_id, after_instant
from freehold.web.inputs import Body, CursorText, Limit, number, text, with_time_zone
from freehold.webhooks import actions, check_actions, delivery_actions, headers, rules, testing
from freehold.webhooks.check_api import CheckStandingView, standing_view
from freehold.webhooks.check_records import CheckStanding
from freehold.webhooks.delivery_queries import DeliveryFilter, MessageFilter
from freehold.webhooks.delivery_views import (
    AttemptDetailView,
    AttemptView,
    DeliveryDetailView,
    DeliveryView,
    MessageDetailView,
    MessageView,
    attempt_detail_view,
    attempt_view,
    delivery_detail_view,
    delivery_view,
    message_detail_view,
    message_view,
    place_of,
)
from freehold.webhooks.records import (
    DeliveryState,
    EndpointSettings,
    EndpointState,
    NewMessage,
    Origin,
    SecretVersion,
    WebhookEndpoint,
)
from freehold.webhooks.urls import URL_CHARACTERS_MAX

UrlText = Annotated[str, text("https://example.com/hooks/freehold", minimum=1, maximum=URL_CHARACTERS_MAX)]


_FIFO: Final = (
    "One at a time, in the order of publication; the next only once the one before is delivered or has failed."
)
_V1A: Final = "Sign by ed25519 (`v1a`) besides HMAC-SHA256 (`v1`). The public keys stand with the signing secrets."
MaxPerSecond = Annotated[
    int, number(50, "How many requests a second at most; null for no limit.", 1, rules.MAX_PER_SECOND_MAX)
]


SlotName = Annotated[
    str,
    text(
        "orders",
        "The name by which siblings and files mean it, for good; made from its name where absent.",
        minimum=1,
        maximum=60,
    ),
]


class WebhookBody(Body, frozen=True):
    """A new webhook endpoint. `event_types`: of the project's scope, or Freehold's own."""

    url: UrlText
    event_types: Annotated[
        list[str], msgspec.Meta(examples=[["lookup.completed", "key.revoked"]], extra_json_schema={"minItems": 1})
    ]
    description: Annotated[str | None, text("The receiver in Frankfurt", maximum=200)] = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    fifo: Annotated[bool, msgspec.Meta(description=_FIFO)] = False
    max_per_second: MaxPerSecond | None = None
    v1a: Annotated[bool, msgspec.Meta(description=_V1A)] = False
    slot: SlotName | None = None


class WebhookPatch(Body, frozen=True):
    """New values; what is absent stays. In `headers`, null removes one and the others stay (RFC 7396)."""

    url: UrlText | UnsetType = UNSET
    event_types: list[str] | UnsetType = UNSET
    description: Annotated[str, text("The receiver in Frankfurt", maximum=200)] | UnsetType | None = UNSET
    headers: dict[str, str | None] | UnsetType | None = UNSET
    fifo: Annotated[bool, msgspec.Meta(description=_FIFO)] | UnsetType = UNSET
    max_per_second: MaxPerSecond | UnsetType | None = UNSET
    v1a: Annotated[bool, msgspec.Meta(description=_V1A)] | UnsetType = UNSET


class SigningRotationBody(Body, frozen=True):
    """How long requests are signed by the old secret too, in seconds: a day unless given."""

    overlap_s: Annotated[
        int, number(actions.OVERLAP_S, "For how many seconds both secrets sign.", 0, actions.OVERLAP_S_MAX)
    ] = actions.OVERLAP_S


class TestEventBody(Body, frozen=True):
    """What to send: the example of a subscribed event type, or `webhook.check` without one."""

    event_type: Annotated[str | None, text("lookup.completed", maximum=200)] = None


class MessageBody(Body, frozen=True):
    """An event to publish. `id` is the publisher's own name for it: sent twice, it is one message."""

    event_type: Annotated[str, text("lookup.completed", "Of the API's catalogue.", minimum=1, maximum=200)]
    payload: Annotated[Any, msgspec.Meta(description="Fits the event type's schema.", examples=[{"id": "lkp_17"}])]
    id: Annotated[str | None, text("lkp_17-completed", minimum=1, maximum=128)] = None

    def __post_init__(self) -> None:
        """Any JSON may be in a payload, NUL too: it is kept escaped."""
        nul.refuse_in_body(self, ("event_type", "id"))


class SigningSecretView(msgspec.Struct, kw_only=True):
    """One version of a signing secret: never the secret itself. `retires_at` is null for the current one.

    `public_key` (`whpk_…`) verifies the `v1a` signatures; null where the endpoint does not sign by ed25519.
    """

    version: int
    created_at: datetime
    retires_at: datetime | None
    public_key: str | None


class WebhookView(msgspec.Struct, kw_only=True):
    """A webhook endpoint. Header values that look like credentials are masked.

    `failing`: ten attempts in a row failed. It is then tried ever more rarely, up to every five minutes, until it
    accepts one; after five days it is `disabled`. `next_probe_at`: until when it is left alone.
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
    state: EndpointState
    state_reason: str | None
    failing_since: datetime | None
    next_probe_at: datetime | None
    signing_secrets: list[SigningSecretView]
    check: CheckStandingView
    created_by: str
    created_at: datetime
    etag: str


class WebhookWithSecretView(WebhookView, kw_only=True):
    """A webhook endpoint with its new signing secret, which is shown this once."""

    signing_secret: str


class TestEventView(msgspec.Struct, kw_only=True):
    """A test event: whether it was accepted, what was sent and what came back."""

    accepted: bool
    webhook: str
    message: str
    delivery: str
    event_type: str
    attempt: AttemptView


def list_webhooks(call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[WebhookView]:
    """A project's webhook endpoints, newest first."""
    with call.read() as tx:
        rows = actions.list_endpoints(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
        cut = page(rows, limit, lambda row: Cursor(0, row.id))
        fields = _fields(tx, call, cut.data)
    return Page([WebhookView(**each) for each in fields], cut.next_cursor)


def create_webhook(call: Call, project_id: str, data: WebhookBody) -> Response[WebhookWithSecretView]:
    """Add a webhook endpoint; its signing secret is in this answer and nowhere else."""
    wanted = EndpointSettings(
        data.url,
        tuple(data.event_types),
        data.description,
        data.headers,
        data.fifo,
        data.max_per_second,
        data.v1a,
        data.slot,
    )

    def act(tx: Transaction) -> WebhookWithSecretView:
        made = actions.create_endpoint(tx, call.actor, call.secret, call.settings, project_id, wanted)
        return _with_secret(tx, call, made)

    return call.create(act)


def read_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """One webhook endpoint."""
    with call.read() as tx:
        return _view(tx, call, actions.read_endpoint(tx, call.actor, endpoint_id))


def edit_webhook(call: Call, endpoint_id: str, data: WebhookPatch) -> WebhookView:
    """Change a webhook endpoint (RFC 7396)."""
    with call.write() as tx:
        changed = actions.edit_endpoint(
            tx, call.actor, call.secret, call.settings, endpoint_id, lambda old: patched(old, data), call.revision()
        )
        return _view(tx, call, changed)


def delete_webhook(call: Call, endpoint_id: str) -> None:
    """Remove a webhook endpoint; what is pending for it is dropped, what was sent stays on record."""
    with call.write() as tx:
        actions.delete_endpoint(tx, call.actor, endpoint_id, call.revision())


def pause_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """Stop sending to an endpoint; what arrives for it meanwhile is kept."""
    with call.write() as tx:
        return _view(tx, call, actions.pause_endpoint(tx, call.actor, endpoint_id, call.revision()))


def resume_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """Send to a paused or disabled endpoint again, first what was kept for it."""
    with call.write() as tx:
        return _view(tx, call, actions.resume_endpoint(tx, call.actor, endpoint_id, call.revision()))


def rotate_webhook_secret(
    call: Call, endpoint_id: str, data: SigningRotationBody | None = None
) -> Response[WebhookWithSecretView]:
    """Give an endpoint a new signing secret; until the overlap ends, the old one signs too."""
    overlap_s = actions.OVERLAP_S if data is None else data.overlap_s

    def act(tx: Transaction) -> WebhookWithSecretView:
        return _with_secret(
            tx, call, actions.rotate_signing_secret(tx, call.actor, call.secret, endpoint_id, overlap_s)
        )

    return call.create(act, status=200)


def send_test_event(call: Call, endpoint_id: str, data: TestEventBody | None = None) -> TestEventView:
    """Send a signed test event now and answer with what came back."""
    event_type = None if data is None else data.event_type
    tested = testing.send_test(call.store, call.settings, call.secret, call.actor, endpoint_id, event_type)
    message = tested.dispatch.message
    return TestEventView(
        accepted=tested.attempt.outcome == "accepted", webhook=endpoint_id, message=message.id,
        delivery=tested.dispatch.delivery_id, event_type=message.event_type, attempt=attempt_view(tested.attempt),
    )  # fmt: skip


def publish_message(call: Call, project_id: str, data: MessageBody) -> Response[MessageView]:
    """Publish an event to a project; it is delivered to every endpoint that subscribes to its type."""
    new = NewMessage(data.event_type, data.payload, data.id)
    return call.create(
        lambda tx: message_view(delivery_actions.publish_message(tx, call.actor, project_id, new)), status=202
    )


def list_messages(
    call: Call,
    project_id: str,
    *,
    event_type: Annotated[str | None, QueryParameter(description="Only of this event type.", max_length=200)] = None,
    origin: Annotated[Origin | None, QueryParameter(description="Only from there.")] = None,
    matched: Annotated[
        bool | None,
        QueryParameter(description="Whether an endpoint received it: `false` finds those that matched none."),
    ] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[MessageView]:
    """A project's messages, newest first, also those that no endpoint received."""
    wanted = MessageFilter(event_type, origin, with_time_zone("from", since), with_time_zone("to", until), matched)
    with call.read() as tx:
        rows = delivery_actions.list_messages(
            tx, call.actor, project_id, checked_limit(limit) + 1, after_instant(cursor), wanted
        )
    cut = page(rows, limit, place_of)
    return Page([message_view(row) for row in cut.data], cut.next_cursor)


def read_message(call: Call, message_id: str) -> MessageDetailView:
    """One message with its payload and deliveries."""
    with call.read() as tx:
        return message_detail_view(delivery_actions.read_message(tx, call.actor, message_id))


def list_deliveries(
    call: Call,
    endpoint_id: str,
    *,
    # The framework keeps the name `state` for itself.
    in_state: Annotated[DeliveryState | None, QueryParameter(name="state", description="Only in this state.")] = None,
    event_type: Annotated[str | None, QueryParameter(description="Only of this event type.", max_length=200)] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    message: Annotated[str | None, QueryParameter(description="Only of this message.", max_length=100)] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[DeliveryView]:
    """An endpoint's deliveries, newest first."""
    wanted = DeliveryFilter(in_state, event_type, with_time_zone("from", since), with_time_zone("to", until), message)
    with call.read() as tx:
        rows = delivery_actions.list_deliveries(
            tx, call.actor, endpoint_id, wanted, checked_limit(limit) + 1, after_instant(cursor)
        )
    cut = page(rows, limit, place_of)
    return Page([delivery_view(row) for row in cut.data], cut.next_cursor)


def read_delivery(call: Call, delivery_id: str) -> DeliveryDetailView:
    """One delivery with its attempts in full: what was sent, what came back, how long each step took."""
    with call.read() as tx:
        return delivery_detail_view(delivery_actions.read_delivery(tx, call.actor, delivery_id))


def read_attempt(call: Call, attempt_id: str) -> AttemptDetailView:
    """One attempt in full: what was sent, what came back, how long each step took."""
    with call.read() as tx:
        return attempt_detail_view(*delivery_actions.read_attempt(tx, call.actor, attempt_id))


def patched(old: EndpointSettings, patch: WebhookPatch) -> EndpointSettings:
    """An endpoint's settings with a patch merged into them."""
    new = old
    if patch.url is not UNSET:
        new = replace(new, url=patch.url)
    if patch.event_types is not UNSET:
        new = replace(new, event_types=tuple(patch.event_types))
    if patch.description is not UNSET:
        new = replace(new, description=patch.description)
    if patch.headers is not UNSET:
        new = replace(new, headers={} if patch.headers is None else headers.merged(old.headers, patch.headers))
    if patch.fifo is not UNSET:
        new = replace(new, fifo=patch.fifo)
    if patch.max_per_second is not UNSET:
        new = replace(new, max_per_second=patch.max_per_second)
    if patch.v1a is not UNSET:
        new = replace(new, v1a=patch.v1a)
    return new


def _with_secret(tx: Transaction, call: Call, made: actions.NewSecret) -> WebhookWithSecretView:
    return WebhookWithSecretView(signing_secret=made.text, **_fields(tx, call, [made.endpoint])[0])


def _view(tx: Transaction, call: Call, endpoint: WebhookEndpoint) -> WebhookView:
    return WebhookView(**_fields(tx, call, [endpoint])[0])


def _fields(tx: Transaction, call: Call, endpoints: list[WebhookEndpoint]) -> list[dict[str, Any]]:
    secrets, standings = actions.signing_secrets_of(tx, endpoints), check_actions.standings_of(tx, endpoints)
    return [_fields_of(call, each, secrets[each.id], standings[each.id]) for each in endpoints]


def _fields_of(
    call: Call, endpoint: WebhookEndpoint, secrets: tuple[SecretVersion, ...], standing: CheckStanding
) -> dict[str, Any]:
    keys = actions.public_keys_of(call.secret, endpoint, secrets)
    versions = [
        SigningSecretView(
            version=each.version,
            created_at=each.created_at,
            retires_at=each.retires_at,
            public_key=keys.get(each.version),
        )
        for each in secrets
    ]
    return {
        "id": endpoint.id, "project": endpoint.project_id, "environment": endpoint.environment, "slot": endpoint.slot, "url": endpoint.url,
        "event_types": list(endpoint.event_types), "description": endpoint.description, "headers": endpoint.headers,
        "fifo": endpoint.fifo, "max_per_second": endpoint.max_per_second, "v1a": endpoint.v1a,
        "failing_since": endpoint.failing_since_at, "next_probe_at": endpoint.held_until_at,
        "state": endpoint.state, "state_reason": endpoint.state_reason, "signing_secrets": versions,
        "check": standing_view(standing),
        "created_by": endpoint.created_by, "created_at": endpoint.created_at, "etag": etag(endpoint.revision),
    }  # fmt: skip
