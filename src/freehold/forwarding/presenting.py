"""What pages and forms of forwardings show, and what typed forms say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from freehold.dashboard.views.audit import ForwardingRow
from freehold.dashboard.views.form import Choice
from freehold.errors import FieldError, invalid
from freehold.forwarding import queries
from freehold.forwarding.records import FACILITY, INSTANCE, KINDS, Forwarding, ForwardingKind, Lag, Place, Transport
from freehold.organizations.permissions import blocked
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.webhooks.endpoint_forms import read_headers

FIELDS: Final = ("name", "kind", "url", "headers", "host", "port", "transport", "facility", "authorities", "after")
KIND_CHOICES: Final = (
    Choice("webhook", "HTTPS endpoint", "One signed request an entry, in order (Standard Webhooks)."),
    Choice("syslog", "Syslog", "RFC 5424, over TLS, TCP or UDP."),
    Choice("otlp", "OpenTelemetry", "Log records to a collector: OTLP over HTTP, in JSON."),
)
TRANSPORT_CHOICES: Final = (Choice("tls", "TLS"), Choice("tcp", "TCP"), Choice("udp", "UDP: entries can be lost"))
_DIGITS_MAX: Final = 16


def typed(call: Call) -> dict[str, str]:
    """The form as it was typed, without what is a credential of it: that does not come back on a page."""
    return {name: "" if name in {"url", "headers"} else call.field(name) for name in FIELDS}


def place_typed(call: Call, kind: str) -> Place:
    """The place that a form names, of its kind alone. Problem `invalid` where a number or a header is none."""
    known: ForwardingKind | None = next((each for each in KINDS if each == kind), None)
    if known is None:
        raise invalid(FieldError("kind", "Choose what receives the entries.", "unknown_kind"))
    if known == "syslog":
        return Place(known, **_syslog_typed(call))
    return Place(known, call.field("url").strip(), read_headers(call.field("headers")))


def change_typed(call: Call, old: Place) -> Mapping[str, Any]:
    """What an edit form changes of a place: an empty URL stays as it is, and headers where none were typed."""
    if old.kind == "syslog":
        return _syslog_typed(call)
    given: dict[str, Any] = {"url": url} if (url := call.field("url").strip()) else {}
    if text := call.field("headers"):
        given["headers"] = read_headers(text)
    return given | ({"headers": {}} if call.field("no_headers") else {})


def _syslog_typed(call: Call) -> dict[str, Any]:
    transport: Transport = (
        "udp" if call.field("transport") == "udp" else "tcp" if call.field("transport") == "tcp" else "tls"
    )
    return {
        "host": call.field("host").strip(), "port": number_typed(call, "port", 6514), "transport": transport,
        "facility": number_typed(call, "facility", FACILITY), "authorities": call.field("authorities").strip().replace("\r\n", "\n"),
    }  # fmt: skip


def number_typed(call: Call, name: str, usual: int) -> int:
    """A whole number that was typed; the usual one where nothing was. Problem `invalid` where it is none."""
    text = call.field(name).strip().replace(",", "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise invalid(FieldError(name, "Write a whole number.", "not_a_number"))
    return int(text)


def position_typed(call: Call, name: str = "after") -> int | None:
    """A position that was typed, or None."""
    return number_typed(call, name, 0) if call.field(name).strip() else None


def rows_of(tx: Transaction, organization_id: str | None, found: list[Forwarding]) -> tuple[ForwardingRow, ...]:
    """Forwardings of one scope as pages show them."""
    lags = queries.lags_of(tx, organization_id or INSTANCE)
    return tuple(_row(tx, each, lags.get(each.id, Lag(0, None))) for each in found)


def _row(tx: Transaction, each: Forwarding, lag: Lag) -> ForwardingRow:
    position = queries.cursors_of(tx, each.id).get(each.organization_id, 0) if each.organization_id else None
    return ForwardingRow(
        id=each.id, name=each.name, kind=next(choice.label for choice in KIND_CHOICES if choice.value == each.kind), to=each.shown,
        state=each.state, error=each.error or "", failing_since=each.failing_since_at, told_at=each.told_at,
        next_try_at=each.due_at if each.state == "failing" else None, lag=lag.entries, lag_since=lag.oldest_at, sent=each.sent,
        refused=each.refused, position=position, last_sent_at=each.last_sent_at, created_by=each.created_by, created_at=each.created_at,
    )  # fmt: skip


def without_secrets(place: Place) -> Place:
    """A place as pages may have it: of its headers the names."""
    return replace(place, url="", headers=dict.fromkeys(place.headers, ""), signing_secrets=())


def at_of(organization_id: str | None) -> str:
    """The address of the audit log that forwardings are of."""
    return f"/organizations/{organization_id}/audit" if organization_id else "/audit"


def why_blocked(call: Call, organization_id: str | None) -> str | None:
    """Why whoever looks cannot change forwardings, in words; None where they may."""
    return blocked(call.actor, "organization.edit", organization_id) if organization_id else None


def here_of(organization_id: str | None) -> str:
    """Which entry of the navigation these pages stand under."""
    return "audit" if organization_id else "audit-of-instance"
