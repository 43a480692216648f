"""An entry as a signed request (Standard Webhooks 1.0): `audit.entry`, under the entry's own id. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from freehold import __version__
from freehold.forwarding.entry_form import facts_of, organization_of
from freehold.forwarding.records import Place
from freehold.kit import clock
from freehold.organizations.records import AuditEntry
from freehold.webhooks import signing
from freehold.webhooks.records import Outgoing

EVENT_TYPE: Final = "audit.entry"
TEST_TYPE: Final = "audit.test"
OUR_HEADERS: Final = (
    ("content-type", "application/json"), ("accept", "*/*"), ("accept-encoding", "identity"), ("user-agent", f"Freehold/{__version__}"),
)  # fmt: skip


def request_of(place: Place, entry: AuditEntry, at: datetime) -> Outgoing:
    """The request of one entry at an instant; the same body each time, signed anew."""
    body = body_of(entry)
    texts = place.signing_secrets if clock.to_ms(at) < place.overlap_until_ms else place.signing_secrets[:1]
    signed = signing.signature_headers([signing.secret_bytes(each) for each in texts], entry.id, at, body)
    return Outgoing(place.url, (*signed.items(), *OUR_HEADERS, *place.headers.items()), body)


def body_of(entry: AuditEntry) -> bytes:
    """What is sent of an entry."""
    event_type = TEST_TYPE if entry.action == TEST_TYPE else EVENT_TYPE
    return msgspec.json.encode(
        {
            "id": entry.id, "type": event_type, "timestamp": clock.to_text(entry.at),
            "organization": organization_of(entry), "data": facts_of(entry),
        }
    )  # fmt: skip
