"""Which URLs a webhook endpoint may have. Pure; refuses rather than repairs.

A URL that passes has one reading: what is checked here is what the sender connects to. So anything
that programs read differently (odd number forms, escapes in the host, user info, backslashes, white
space) is refused with a sentence that says what to write instead.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, Literal

from freehold.projects.records import Environment
from freehold.webhooks.addresses import Address, AddressPolicy, refusal

URL_CHARACTERS_MAX: Final = 2048
_HOST_CHARACTERS_MAX: Final = 253
_DEFAULT_PORT: Final = {"http": 80, "https": 443}

# RFC 3986: unreserved, sub-delims, `:`, `@`, `/`, `?` and whole escapes. No fragment.
_AFTER_AUTHORITY: Final = re.compile(r"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*)?"
                                     r"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?")  # fmt: skip
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")


class BadUrl(ValueError):
    """A URL that no webhook endpoint may have. The message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: the only reading that it has."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The URL in one form: lower-case scheme and host, no default port, a path at least `/`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def address(self) -> Address | None:
        """The host's address where it is written as one."""
        try:
            return IPv6Address(self.host) if ":" in self.host else IPv4Address(self.host)
        except AddressValueError:
            return None


def read_url(text: str) -> Target:
    """Take a webhook URL apart; BadUrl where it has no single safe reading."""
    if len(text) > URL_CHARACTERS_MAX:
        raise BadUrl(f"The URL is longer than {URL_CHARACTERS_MAX} characters.")
    if not text.isascii():
        raise BadUrl("Write the URL in ASCII: an international name as xn--…, other characters as %-escapes.")
    if not text.isprintable() or " " in text or "\\" in text:
        raise BadUrl("The URL holds white space, a backslash or a control character.")
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORT:
        raise BadUrl("The URL should begin with https://.")
    if "#" in rest:
        raise BadUrl("The URL has a fragment (#…), which is never sent: leave it out.")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    if not _AFTER_AUTHORITY.fullmatch(tail):
        raise BadUrl("The URL's path or query holds a character that must be written as a %-escape.")
    lower: Literal["http", "https"] = "https" if scheme.lower() == "https" else "http"
    host, port = _read_authority(authority, _DEFAULT_PORT[lower])
    return Target(lower, host, port, tail if tail.startswith("/") else "/" + tail)


def _read_authority(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise BadUrl("The URL holds a user name or password: send credentials in a header instead.")
    host, port_text = _split_authority(authority)
    if port_text is None:
        return host, default_port
    if not _PORT.fullmatch(port_text) or int(port_text) > 65535:
        raise BadUrl("The URL's port should be a number from 1 to 65535.")
    return host, int(port_text)


def _split_authority(authority: str) -> tuple[str, str | None]:
    if not authority.startswith("["):
        host, colon, port = authority.partition(":")
        return _read_host(host.lower()), port if colon else None
    literal, bracket, rest = authority[1:].partition("]")
    if not bracket or (rest and not rest.startswith(":")):
        raise BadUrl("The URL's IPv6 address should stand in brackets, as in https://[2606:4700::1111]/.")
    return _read_ipv6(literal), rest[1:] if rest else None


def _read_ipv6(literal: str) -> str:
    if "%" in literal:
        raise BadUrl("The URL's IPv6 address names a zone, which means something on one machine alone.")
    try:
        return str(IPv6Address(literal))
    except AddressValueError:
        raise BadUrl("The URL's host is no IPv6 address.") from None


def _read_host(host: str) -> str:
    if not host:
        raise BadUrl("The URL has no host.")
    labels = host.split(".")
    if len(host) > _HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadUrl("The URL's host should be a name of letters, digits, hyphens and full stops, or an IP address.")
    # WHATWG URL, "ends in a number": every such host is an IPv4 address to some program.
    if _NUMBER_LABEL.fullmatch(labels[-1]):
        return _read_ipv4(host)
    return host


def _read_ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        raise BadUrl("Write the URL's IPv4 address as four decimal numbers, such as 198.51.100.7.") from None


def check_url(text: str, environment: Environment, policy: AddressPolicy) -> Target:
    """A URL that an endpoint of this environment may have; BadUrl says what is wrong with another.

    What a name resolves to is checked at every connection, not here: it may change in between.
    """
    target = read_url(text)
    if environment == "production" and target.scheme != "https":
        raise BadUrl("A production endpoint needs https://: its events would cross the network in the clear.")
    if not policy.allows_port(target.port):
        raise BadUrl(f"Webhooks may not be sent to port {target.port}; the operator lists the ports that may.")
    what = _refused_host(target, policy)
    if what is not None:
        raise BadUrl(f"Webhooks may not be sent to {target.host}: it is {what}.")
    return target


_LOCAL_NAMES: Final[Sequence[str]] = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def _refused_host(target: Target, policy: AddressPolicy) -> str | None:
    address = target.address
    if address is not None:
        return refusal(address, policy)
    if target.host in _LOCAL_NAMES or target.host.endswith(".localhost"):
        return refusal(IPv4Address("127.0.0.1"), policy)
    return None
