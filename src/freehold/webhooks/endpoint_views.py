"""What the API takes and shows of webhook endpoints. No IO."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from freehold.projects.records import Environment
from freehold.web.inputs import Body, number, text
from freehold.webhooks import actions, headers, rules
from freehold.webhooks.check_api import CheckStandingView
from freehold.webhooks.delivery_views import (
    AttemptView,
)
from freehold.webhooks.records import (
    EndpointSettings,
    EndpointState,
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
