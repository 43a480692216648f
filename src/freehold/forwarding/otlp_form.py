"""Entries as log records of OpenTelemetry: OTLP/HTTP in JSON (OpenTelemetry Protocol 1.x, logs/v1). Pure.

In OTLP's JSON, 64-bit numbers are strings, and names are in lowerCamelCase (its section "JSON Protobuf Encoding").
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from freehold import __version__
from freehold.forwarding.entry_form import facts_of, organization_of
from freehold.forwarding.records import Place
from freehold.forwarding.webhook_form import EVENT_TYPE, OUR_HEADERS, TEST_TYPE
from freehold.kit import clock
from freehold.organizations.records import AuditEntry
from freehold.webhooks.records import Outgoing

# Logs data model, "SeverityNumber": INFO.
_INFO: Final = 9
_RECORDED: Final = ("before", "after")


def request_of(place: Place, entries: Sequence[AuditEntry], instance: str, now_ms: int) -> Outgoing:
    """The request of a batch. `instance`: what names this instance; `now_ms`: when it is handed on."""
    records = [_record(entry, now_ms) for entry in entries]
    resource = {"service.name": "freehold", "service.version": __version__, "service.instance.id": instance}
    body = {
        "resourceLogs": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeLogs": [{"scope": {"name": "freehold.audit", "version": __version__}, "logRecords": records}],
            }
        ]
    }
    return Outgoing(place.url, (*OUR_HEADERS, *place.headers.items()), msgspec.json.encode(body))


def rejected(answer: bytes | None) -> tuple[int, str]:
    """How many records a collector says it rejects for good, and why (`ExportLogsPartialSuccess`); nothing where it says nothing."""
    try:
        # A 64-bit number is a string there, and some collectors send a number.
        said = msgspec.json.decode(answer or b"{}", type=_Answer, strict=False)
    except msgspec.DecodeError:
        # An answer in another form is a 2xx all the same.
        return 0, ""
    return max(0, said.partial.rejected), said.partial.message


class _Partial(msgspec.Struct):
    rejected: int = msgspec.field(default=0, name="rejectedLogRecords")
    message: str = msgspec.field(default="", name="errorMessage")


class _Answer(msgspec.Struct):
    partial: _Partial = msgspec.field(default_factory=_Partial, name="partialSuccess")


def _record(entry: AuditEntry, now_ms: int) -> dict[str, Any]:
    subject = f"{entry.subject_kind.replace('_', ' ')} {entry.subject_name}"
    return {
        "timeUnixNano": str(clock.to_ms(entry.at) * 1_000_000), "observedTimeUnixNano": str(now_ms * 1_000_000),
        "severityNumber": _INFO, "severityText": "INFO",
        "eventName": TEST_TYPE if entry.action == TEST_TYPE else EVENT_TYPE,
        "body": {"stringValue": f"{entry.actor_name}: {entry.action}, {subject}"},
        "attributes": _attributes(_flat(entry)),
    }  # fmt: skip


def _flat(entry: AuditEntry) -> dict[str, Any]:
    facts = facts_of(entry)
    plain = {"freehold.organization.id": organization_of(entry), "client.address": entry.address}
    for name, value in facts.items():
        if name in {"actor", "subject"}:
            plain |= {f"freehold.{name}.{part}": each for part, each in value.items()}
        elif name in _RECORDED:
            plain[f"freehold.{name}"] = msgspec.json.encode(value).decode() if value is not None else None
        elif name not in {"address", "organization"}:
            plain[f"freehold.{name}"] = value
    return plain


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value not in {None, ""}]


def _value(value: Any) -> dict[str, str]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
