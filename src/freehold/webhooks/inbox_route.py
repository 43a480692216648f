"""The one way to an address of our own: the sender may reach a hosted inbox, and nothing else of this machine.

A request to an inbox's URL does not go by its name: it goes to where the control plane listens, over plain HTTP,
through a pool of connections of its own that reaches that address and port alone. What is asked for there is the
inbox's path and no other, so no URL that a person can type leads to another page, or to another server.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final, Self

from freehold.settings import Settings
from freehold.webhooks.addresses import AddressPolicy

ADDRESS: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{32}")
_PATH: Final = "/inbox/"
# A wildcard address is reached on loopback.
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — compared, not bound


def inbox_url(settings: Settings, address: str) -> str:
    """The URL of an inbox, as endpoints have it."""
    return f"{settings.control_url}{_PATH}{address}"


def inbox_address(settings: Settings, url: str) -> str | None:
    """The address in an inbox's URL; None for every URL that is none of ours, to the letter."""
    return _address_after(inbox_url(settings, ""), url)


def _address_after(prefix: str, url: str) -> str | None:
    address = url.removeprefix(prefix)
    return address if url.startswith(prefix) and ADDRESS.fullmatch(address) else None


def is_about_inboxes(settings: Settings, url: str) -> bool:
    """Whether a URL is of our own inboxes, rightly written or not."""
    return url.startswith(inbox_url(settings, ""))


@dataclass(frozen=True, slots=True)
class InboxRoute:
    """Where this machine's control plane listens, and which URLs are sent there."""

    prefix: str
    host: str
    port: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The way that the operator's settings describe."""
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][4]
        host = str(found[0])
        return cls(inbox_url(settings, ""), _WILDCARDS.get(host, host), settings.port)

    @property
    def policy(self) -> AddressPolicy:
        """This address on this port, and nothing else."""
        return AddressPolicy(allowed=(ip_network(self.host),), ports=(range(self.port, self.port + 1),))

    def target(self, url: str) -> str | None:
        """Where an inbox's URL is really sent to; None for all others."""
        address = _address_after(self.prefix, url)
        if address is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{_PATH}{address}"
