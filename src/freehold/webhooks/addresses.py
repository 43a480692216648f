"""Which network addresses a webhook may be sent to. Pure: addresses come in resolved.

Everything that is not plain public unicast is refused, unless the operator lists its network. An IPv6
address that carries an IPv4 address is judged by both, since that is where its packets end.
Never resolves a name and never connects.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Where webhooks of one environment may go beyond the public internet, and on which ports."""

    allowed: tuple[Network, ...] = ()
    ports: tuple[range, ...] = (range(80, 81), range(443, 444), range(1024, 65536))
    loopback: bool = False

    def allows_port(self, port: int) -> bool:
        """Whether the operator lets webhooks go to a port."""
        return any(port in each for each in self.ports)


def _networks(*rows: tuple[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(network), what) for network, what in rows)


# No list opens these: nothing that receives webhooks lives there, and a metadata service must never
# be asked on a tenant's word, not even where the operator allows the private network around it.
_NEVER: Final = _networks(
    ("0.0.0.0/8", "this host (RFC 1122)"),
    ("169.254.169.254/32", "a cloud metadata service"),
    ("169.254.170.2/32", "a container metadata service"),
    ("100.100.100.200/32", "a cloud metadata service"),
    ("192.0.0.192/32", "a cloud metadata service"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("255.255.255.255/32", "broadcast (RFC 919)"),
    ("::/128", "the unspecified address (RFC 4291)"),
    ("fd00:ec2::254/128", "a cloud metadata service"),
    ("fd20:ce::254/128", "a cloud metadata service"),
    ("ff00::/8", "multicast (RFC 4291)"),
)

_LOOPBACK: Final = _networks(
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("::1/128", "loopback (RFC 4291)"),
)

# IANA's special-purpose registries, and what else is no public unicast.
_SPECIAL: Final = _networks(
    ("10.0.0.0/8", "a private network (RFC 1918)"),
    ("100.64.0.0/10", "shared address space (RFC 6598)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("172.16.0.0/12", "a private network (RFC 1918)"),
    ("192.0.0.0/24", "protocol assignments (RFC 6890)"),
    ("192.0.2.0/24", "documentation (RFC 5737)"),
    ("192.31.196.0/24", "the AS112 service (RFC 7535)"),
    ("192.52.193.0/24", "automatic multicast tunnels (RFC 7450)"),
    ("192.88.99.0/24", "6to4 relays (RFC 7526)"),
    ("192.168.0.0/16", "a private network (RFC 1918)"),
    ("192.175.48.0/24", "the AS112 service (RFC 7534)"),
    ("198.18.0.0/15", "benchmarking (RFC 2544)"),
    ("198.51.100.0/24", "documentation (RFC 5737)"),
    ("203.0.113.0/24", "documentation (RFC 5737)"),
    ("240.0.0.0/4", "reserved (RFC 1112)"),
    ("64:ff9b::/96", "NAT64 (RFC 6052)"),
    ("64:ff9b:1::/48", "local NAT64 (RFC 8215)"),
    ("100::/64", "discarded (RFC 6666)"),
    ("100:0:0:1::/64", "a dummy prefix (RFC 9780)"),
    ("2001::/32", "Teredo (RFC 4380)"),
    ("2001::/23", "protocol assignments (RFC 2928)"),
    ("2001:db8::/32", "documentation (RFC 3849)"),
    ("2002::/16", "6to4 (RFC 3056)"),
    ("2620:4f:8000::/48", "the AS112 service (RFC 7534)"),
    ("3fff::/20", "documentation (RFC 9637)"),
    ("fc00::/7", "a unique local network (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("fec0::/10", "site-local (RFC 3879)"),
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_V4_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP_MARKS: Final = (0x00005EFE, 0x02005EFE)


def refusal(address: Address, policy: AddressPolicy) -> str | None:
    """None where a webhook may be sent to an address; otherwise what the address is, in words."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "an address of one link alone (RFC 4007)"
        if address.ipv4_mapped is not None:
            # The kernel sends these over IPv4: the address in it is the address (RFC 4291, 2.5.5.2).
            return refusal(address.ipv4_mapped, policy)
    outer = _refusal_of_form(address, policy)
    if outer is not None or isinstance(address, IPv4Address):
        return outer
    inner = (_refusal_of_form(each, policy) for each in _carried(address))
    return next((f"a tunnel to {what}" for what in inner if what is not None), None)


def _refusal_of_form(address: Address, policy: AddressPolicy) -> str | None:
    never = _what(address, _NEVER)
    if never is not None:
        return never
    if any(address in network for network in policy.allowed):
        return None
    loopback = _what(address, _LOOPBACK)
    if loopback is not None:
        return None if policy.loopback else loopback
    special = _what(address, _SPECIAL)
    if special is None and isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "no global unicast address (RFC 4291)"
    return special


def _what(address: Address, table: tuple[tuple[Network, str], ...]) -> str | None:
    return next((what for network, what in table if address in network), None)


def _carried(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries to a gateway or relay."""
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    carried = [each for each in (address.sixtofour, *(address.teredo or ())) if each is not None]
    if any(address in network for network in _NAT64) or (address in _V4_COMPATIBLE and number > 1):
        carried.append(last)
    if (number >> 32 & 0xFFFFFFFF) in _ISATAP_MARKS:  # RFC 5214, section 6.1
        carried.append(last)
    return carried


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks written as CIDRs with commas between; ValueError for one that is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def read_ports(text: str) -> tuple[range, ...]:
    """Ports and ranges of ports with commas between (`443,1024-65535`); ValueError where they are none."""
    return tuple(_read_range(part.strip()) for part in text.split(",") if part.strip())


def _read_range(text: str) -> range:
    first, dash, last = text.partition("-")
    ports = range(int(first), int(last if dash else first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError(f"{text} are no ports")
    return ports
