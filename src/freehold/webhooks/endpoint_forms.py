"""Between the forms of webhook endpoints and their settings: fields read, choices offered. Decides nothing."""

from collections.abc import Mapping
from typing import Final

from freehold.apis import queries as apis
from freehold.dashboard.views.form import Choice, Values
from freehold.errors import FieldError, invalid
from freehold.projects import queries as projects
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.webhooks.actions import OVERLAP_S
from freehold.webhooks.own_events import CHECK_EVENT, OWN_EVENTS
from freehold.webhooks.records import EndpointSettings, WebhookEndpoint

OVERLAPS: Final = (
    Choice("0", "At once"),
    Choice("3600", "For 1 hour"),
    Choice(str(OVERLAP_S), "For 1 day"),
    Choice("604800", "For 7 days"),
)

SENDING: Final = (
    Choice("fifo", "In order", "One at a time, as they were published. One that is retried holds up those behind it."),
    Choice("v1a", "Sign by ed25519 too", "A public key verifies (v1a), besides the signing secret (v1)."),
)


def settings_of(call: Call) -> EndpointSettings:
    """An endpoint's settings as the form has them; Problem `invalid` where its headers cannot be read."""
    return EndpointSettings(
        call.field("url").strip(), tuple(call.fields("event_types")), call.field("description").strip() or None,
        read_headers(call.field("headers")), "fifo" in call.fields("sending"),
        read_rate(call.field("max_per_second")), "v1a" in call.fields("sending"),
        call.field("slot").strip() or None,
    )  # fmt: skip


def typed_values(call: Call) -> Values:
    """What was typed, for the form that comes back."""
    fields = {name: call.field(name) for name in ("url", "description", "headers", "max_per_second", "slot")}
    return {**fields, "event_types": call.fields("event_types"), "sending": call.fields("sending")}


def values_of(endpoint: WebhookEndpoint) -> Values:
    """What the form of an endpoint holds. Masked header values, sent back as they are, stay what they were."""
    return {
        "url": endpoint.url, "description": endpoint.description or "", "event_types": endpoint.event_types,
        "headers": "\n".join(f"{name}: {value}" for name, value in endpoint.headers.items()),
        "max_per_second": str(endpoint.max_per_second or ""),
        "sending": tuple(name for name in ("fifo", "v1a") if getattr(endpoint, name)),
    }  # fmt: skip


def read_headers(text: str) -> Mapping[str, str]:
    """Headers written one a line as `Name: value`; Problem `invalid` for a line that is none, or a name that comes twice."""
    headers: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            raise invalid(FieldError("headers", "Write one header a line, as Name: value.", "not_a_header"))
        if name in headers:
            raise invalid(FieldError("headers", f"The header {name[:64]} is named twice.", "repeated"))
        headers[name] = value
    return headers


def read_rate(text: str) -> int | None:
    """A rate as it is typed, none where nothing is; Problem `invalid` for what is no number."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(FieldError("max_per_second", "Write a whole number, or nothing for no limit.", "not_a_number"))
    return int(text)


def overlap_s(call: Call) -> int:
    """How long the old secret goes on signing, as the form has it; Problem `invalid` for what is no number."""
    text = call.field("overlap_s")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(FieldError("overlap_s", "Choose how long the old secret goes on signing.", "not_a_number"))
    return int(text)


def event_type_choices(tx: Transaction, project: Project, subscribed: tuple[str, ...] = ()) -> tuple[Choice, ...]:
    """What an endpoint may receive: what the scope declares, what it receives already, then Freehold's own events."""
    declared = projects.scope_of(tx, project.id).event_types
    summaries = {each.name: each.summary for each in apis.event_types_of(tx, project.api_id, include_removed=True)}
    left = [name for name in subscribed if name not in declared and name not in OWN_EVENTS]
    return (
        *(Choice(name, name, summaries.get(name, ""), code=True) for name in declared),
        *(Choice(name, name, "No longer in the scope: nothing is sent.", code=True) for name in left),
        *(Choice(event.name, event.name, event.summary, code=True) for event in OWN_EVENTS.values()),
    )


def first_choice(tx: Transaction, project: Project) -> list[str]:
    """What a new endpoint receives unless changed: all that the scope declares, else at least the tests."""
    return list(projects.scope_of(tx, project.id).event_types) or [CHECK_EVENT]


def testable_choices(tx: Transaction, project: Project, endpoint: WebhookEndpoint) -> tuple[Choice, ...]:
    """What a test can send: the check, and each received event type that has an example."""
    examples = {each.name for each in apis.event_types_of(tx, project.api_id, include_removed=True) if each.example}
    received = [
        name for name in endpoint.event_types if name != CHECK_EVENT and (name in OWN_EVENTS or name in examples)
    ]
    return tuple(Choice(name, name) for name in (CHECK_EVENT, *received))
