"""The events that Freehold itself sends to endpoints that subscribe to them, with their examples.

Closed: an operator's API can neither publish these nor declare event types of the same names.
"""

from dataclasses import dataclass
from typing import Any, Final

CHECK_EVENT: Final = "webhook.check"
DISABLED_EVENT: Final = "webhook_endpoint.disabled"


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """One kind of event that Freehold sends, in words, with an example of its data."""

    name: str
    summary: str
    example: dict[str, Any]


_PROJECT: Final = "proj_01jd9x00000000000000000000"
_DECIDED: Final = {
    "access_request": "acr_01jd9x00000000000000000000",
    "kind": "access",
    "decision": "approved",
    "reason": None,
    "decided_by": "Ada Lindqvist",
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "number": 12,
    "expires_at": "2026-12-23T14:06:00.000Z",
}
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_REPORT: Final = {
    "report": "rep_01jd9x00000000000000000000",
    "kind": "usage_summary",
    "format": "csv",
    "from": "2026-11-01",
    "to": "2026-12-01",
    "schedule": "sch_01jd9x00000000000000000000",
    "missed": 0,
    "url": f"https://freehold.example.com/projects/{_PROJECT}/reports/rep_01jd9x00000000000000000000",
}
_ALERT: Final = {
    "alert": "alr_01jd9x00000000000000000000",
    "firing": "fir_01jd9x00000000000000000000",
    "name": "Denials over 5 %",
    "severity": "warning",
    "value": 7.2,
    "threshold": 5,
}

OWN_EVENTS: Final[dict[str, OwnEvent]] = {
    event.name: event
    for event in (
        OwnEvent(CHECK_EVENT, "A test that a person sends to see whether an endpoint receives.", {"message": "A test from Freehold: nothing happened."}),
        OwnEvent("key.rotated", "A key was given a new secret.", {"key": "key_01jd9x00000000000000000000", "name": "Checkout", "version": 2, "overlap_ends_at": "2026-11-23T14:06:00.000Z"}),
        OwnEvent("key.revoked", "A key was revoked.", {"key": "key_01jd9x00000000000000000000", "name": "Checkout"}),
        OwnEvent("key.expiring", "A key expires soon.", {"key": "key_01jd9x00000000000000000000", "name": "Checkout", "expires_at": "2026-11-29T00:00:00.000Z"}),
        OwnEvent("alert.opened", "A threshold was crossed.", _ALERT),
        OwnEvent("alert.resolved", "A crossed threshold is kept again.", _ALERT | {"value": 1.4}),
        OwnEvent("report.ready", "A report can be downloaded.", _REPORT | {"rows": 1204, "bytes": 98_304, "sha256": _SHA256, "restates": None}),
        OwnEvent("report.failed", "A report could not be made.", _REPORT | {"reason": "Its file cannot be written: No space left on device."}),
        OwnEvent("access_request.decided", "A request for production access was decided.", _DECIDED),
        OwnEvent(DISABLED_EVENT, "An endpoint was disabled by rule.", {"webhook": "whe_01jd9x00000000000000000000", "url": "https://example.com/hooks", "reason": "The receiver answered 410 Gone."}),
        OwnEvent("drift.detected", "Sandbox and production began to differ.", {"sibling": _PROJECT, "differences": 2, "unaccepted": 1, "new": ["/webhooks/orders/event_types"]}),
    )
}  # fmt: skip
