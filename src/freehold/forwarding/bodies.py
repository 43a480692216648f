"""What requests say of forwardings, field by field."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from freehold.forwarding.records import FACILITY, ForwardingKind, Place, Transport
from freehold.forwarding.rules import AUTHORITIES_MAX, HOST_MAX, NAME_MAX
from freehold.web.inputs import Body, number, text
from freehold.webhooks.urls import URL_CHARACTERS_MAX

_POSITION_MAX = 2**53 - 1
NameText = Annotated[str, text("Security archive", "What it is called.", minimum=1, maximum=NAME_MAX)]
UrlText = Annotated[
    str,
    text(
        "https://logs.example.com/freehold",
        "A credential: shown by its host alone.",
        minimum=1,
        maximum=URL_CHARACTERS_MAX,
    ),
]
HostText = Annotated[str, text("logs.example.com", "Of syslog: a name or an address.", minimum=1, maximum=HOST_MAX)]
PortNumber = Annotated[int, number(6514, "Of syslog.", 1, 65535)]
FacilityNumber = Annotated[
    int, number(FACILITY, "Of syslog: 13 is the log audit, 16 to 23 are local (RFC 5424).", 0, 23)
]
AuthoritiesText = Annotated[
    str,
    text(
        "",
        "Certificates in PEM that a syslog receiver's is checked by; the system's where empty.",
        maximum=AUTHORITIES_MAX,
    ),
]
PositionNumber = Annotated[
    int, number(0, "Send on from the entry after this position; 0 from the first.", 0, _POSITION_MAX)
]


class ForwardingBody(Body, frozen=True):
    """A new forwarding. `url` and `headers` are a webhook's or a collector's (otlp), the rest is of syslog.

    Without `after` it sends what comes from now on. Of an organization the kind is `webhook`.
    """

    name: NameText
    kind: ForwardingKind = "webhook"
    url: Annotated[str, text("https://logs.example.com/freehold", maximum=URL_CHARACTERS_MAX)] = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    host: Annotated[str, text("logs.example.com", maximum=HOST_MAX)] = ""
    port: PortNumber = 6514
    transport: Transport = "tls"
    facility: FacilityNumber = FACILITY
    authorities: AuthoritiesText = ""
    after: PositionNumber | None = None


class ForwardingPatch(Body, frozen=True):
    """New values; what is absent stays. In `headers`, null removes one and the others stay (RFC 7396)."""

    name: NameText | UnsetType = UNSET
    url: UrlText | UnsetType = UNSET
    headers: dict[str, str | None] | UnsetType | None = UNSET
    host: HostText | UnsetType = UNSET
    port: PortNumber | UnsetType = UNSET
    transport: Transport | UnsetType = UNSET
    facility: FacilityNumber | UnsetType = UNSET
    authorities: AuthoritiesText | UnsetType = UNSET


class ForwardingResumeBody(Body, frozen=True):
    """Where to go on: from where it stood, unless `after` says otherwise."""

    after: PositionNumber | None = None


def place_of(data: ForwardingBody) -> Place:
    """The place that a body names, of its kind alone."""
    if data.kind == "syslog":
        return Place(
            "syslog",
            host=data.host,
            port=data.port,
            transport=data.transport,
            facility=data.facility,
            authorities=data.authorities,
        )
    return Place(data.kind, data.url, data.headers)
