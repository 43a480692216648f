"""Whose request it is: the client's network address, as far as it can be believed.

`X-Forwarded-For` is a list that every proxy appends to, so only its end is known: it is read from
the right, past the proxies that the operator trusts, to the first address that is none of them. From
a peer that is not trusted it is not read at all.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from freehold.settings import BadSetting

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# A longer list is somebody's game; each entry costs time.
_HOPS_MAX: Final = 32


def trusted_networks(setting: str) -> tuple[Network, ...]:
    """The networks of FREEHOLD_TRUSTED_PROXIES; BadSetting where it is no list of CIDRs."""
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in setting.split(",") if each.strip())
    except ValueError as error:
        raise BadSetting(f"FREEHOLD_TRUSTED_PROXIES should be CIDRs with commas: {error}.") from None


@lru_cache(maxsize=8192)
def parse_address(text: str) -> Address | None:
    """An address from its text, or None where it is none. IPv4 inside IPv6 is the IPv4 address that it stands for."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class ProxyTrust:
    """Which peers are believed about whom they speak for."""

    __slots__ = ("_networks", "_seen")

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks
        self._seen: dict[str, bool] = {}

    def trusts(self, text: str) -> bool:
        """Whether this address is one of the operator's proxies."""
        known = self._seen.get(text)
        if known is None:
            address = parse_address(text)
            known = address is not None and any(address in network for network in self._networks)
            if len(self._seen) >= 8192:
                self._seen.clear()
            self._seen[text] = known
        return known

    def client(self, peer: str, headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]) -> str:
        """The client's address as text: the peer's, or the one that trusted proxies vouch for."""
        if b"x-forwarded-for" not in fields or not self.trusts(peer):
            return peer
        said = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
        client = peer
        for hop in said.rsplit(",", _HOPS_MAX)[:0:-1] if said.count(",") >= _HOPS_MAX else said.split(",")[::-1]:
            address = parse_address(_without_port(hop.strip()))
            if address is None:
                break
            client = str(address)
            if not self.trusts(client):
                break
        return client


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
