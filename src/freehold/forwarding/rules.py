"""When a receiver that fails is tried again, and what a forwarding may be. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.errors import FieldError
from freehold.forwarding.records import KINDS, TRANSPORTS, Forwarding, ForwardingKind, Outage, Place
from freehold.organizations.rules import clean_name
from freehold.webhooks.addresses import AddressPolicy
from freehold.webhooks.headers import header_faults
from freehold.webhooks.urls import BadUrl, Target, check_url, read_url

NAME_MAX: Final = 80
HOST_MAX: Final = 253
AUTHORITIES_MAX: Final = 32 * 1024
FORWARDINGS_MAX: Final = 10
RETRY_S_MIN: Final = 5.0
RETRY_S_MAX: Final = 300.0
_JITTER: Final = 0.2
# Most outages are shorter: a restart, a certificate that is renewed. Nobody is called for them.
TELLS_AFTER: Final = timedelta(minutes=30)
_WAIT_MAX: Final = timedelta(hours=1)
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")
_LOGS_PATH: Final = "/v1/logs"
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


def next_try_at(failures: int, now: datetime, wait_until: datetime | None, jitter: float) -> datetime:
    """When a receiver is tried again after so many failures in a row: 5 s, doubled to 5 min; `jitter` is from -1 to 1.

    `wait_until` is what the receiver asked for: honoured where it is later, to an hour.
    """
    seconds = min(RETRY_S_MAX, RETRY_S_MIN * 2 ** min(failures - 1, 10))
    due_at = now + timedelta(seconds=seconds * (1 + _JITTER * jitter))
    return max(due_at, min(wait_until, now + _WAIT_MAX)) if wait_until else due_at


def outage_turn(before: Forwarding, after: Forwarding, now: datetime) -> Outage | None:
    """What people are to be told of, if anything: each outage once, and the end of one that they were told of."""
    if after.state != "failing":
        return "ended" if before.told_at else None
    lasts = after.failing_since_at is not None and now - after.failing_since_at >= TELLS_AFTER
    return "began" if lasts and not before.told_at else None


def faults_of(name: str, place: Place, whole_instance: bool, policy: AddressPolicy) -> list[FieldError]:
    """Everything that is wrong with a forwarding, by field. `policy`: where an organization's may go."""
    faults = []
    if not (1 <= len(clean_name(name)) <= NAME_MAX and clean_name(name).isprintable()):
        faults.append(FieldError("name", f"A name is 1 to {NAME_MAX} printable characters.", "bad_name"))
    if place.kind not in KINDS or (place.kind != "webhook" and not whole_instance):
        known = KINDS if whole_instance else ("webhook",)
        return [*faults, FieldError("kind", f"One of {', '.join(known)}.", "unknown_kind")]
    if place.kind == "syslog":
        return faults + _syslog_faults(place)
    return faults + _url_faults(place.url, whole_instance, policy) + _header_faults(place.headers)


def safe_url(kind: ForwardingKind, text: str) -> str:
    """A URL in its one form; that of a collector without a path gets OTLP's own (`/v1/logs`). BadUrl as `read_url`."""
    target = read_url(text)
    if kind == "otlp" and target.path == "/":
        target = Target(target.scheme, target.host, target.port, _LOGS_PATH)
    return target.url


def shown_place(place: Place) -> str:
    """Where a forwarding goes, without what may be secret: of a URL the host alone."""
    if place.kind == "syslog":
        host = f"[{place.host}]" if ":" in place.host else place.host
        return f"{place.transport}://{host}:{place.port}"
    target = read_url(place.url)
    return Target(target.scheme, target.host, target.port, "/…").url


def facts_of(forwarding: Forwarding, place: Place) -> dict[str, Any]:
    """What may be read of a forwarding's place: of its URL the host, of its headers the names."""
    facts: dict[str, Any] = {"kind": forwarding.kind, "name": forwarding.name, "to": forwarding.shown}
    if place.kind != "syslog":
        return facts | {"headers": sorted(place.headers)}
    return facts | {"facility": place.facility, "own_authorities": bool(place.authorities)}


def _url_faults(url: str, whole_instance: bool, policy: AddressPolicy) -> list[FieldError]:
    try:
        if whole_instance:
            read_url(url)
            return []
        target = check_url(url, "sandbox", policy)
    except BadUrl as bad:
        return [FieldError("url", str(bad), "bad_url")]
    if target.scheme == "https" or _is_here(target):
        return []
    words = "Audit entries need https://: they would cross the network in the clear."
    return [FieldError("url", words, "bad_url")]


def _is_here(target: Target) -> bool:
    return target.host == "localhost" or (target.address is not None and target.address.is_loopback)


def _header_faults(headers: Mapping[str, str]) -> list[FieldError]:
    return [
        FieldError(f"headers.{name}" if name else "headers", words, "bad_header")
        for name, words in header_faults(headers)
    ]


def _syslog_faults(place: Place) -> list[FieldError]:
    faults = []
    if not (1 <= len(place.host) <= HOST_MAX and _HOST.fullmatch(place.host)):
        faults.append(FieldError("host", "A host is a name or an IP address, without brackets.", "bad_host"))
    if not 1 <= place.port <= 65535:
        faults.append(FieldError("port", "A port is a number from 1 to 65535.", "out_of_range"))
    if place.transport not in TRANSPORTS:
        faults.append(FieldError("transport", f"One of {', '.join(TRANSPORTS)}.", "unknown_transport"))
    if not 0 <= place.facility <= 23:
        faults.append(FieldError("facility", "A facility is a number from 0 to 23 (RFC 5424).", "out_of_range"))
    given = place.authorities
    if given and (len(given) > AUTHORITIES_MAX or _CERTIFICATE not in given or not given.isascii()):
        words = f"Certificates in PEM, as they begin with {_CERTIFICATE}, of at most {AUTHORITIES_MAX} characters."
        faults.append(FieldError("authorities", words, "bad_certificate"))
    return faults
