"""Reading a request as the application's server gives it: which paths are left alone, what it costs, who calls. Pure."""

from collections.abc import Callable, Collection, Mapping
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import quote

from freehold.gate.addresses import ProxyTrust

# What a cost and an exemption are asked with: the ASGI scope or the WSGI environ.
Request = Mapping[str, Any]
Cost = int | Callable[[Request], int]
Exempt = Collection[str] | Callable[[Request], bool]

COST_MAX: Final = 1_000_000
_PATH_SAFE: Final = "/!$&'()*+,=:@~"


class Options:
    """How one middleware reads requests.

    `exempt`: paths (below `root_path`) that anybody may call without a decision, or a function of the
    request that says so. `cost`: what a request spends of its limits, or a function that says so; whole
    and at least 1. `trusted_proxies`: networks whose X-Forwarded-For is believed. `base_path`: stands
    before every path, for an application that is mounted below its API's root.
    """

    def __init__(self, exempt: Exempt, cost: Cost, trusted_proxies: Collection[str], base_path: str) -> None:
        if base_path and (not base_path.startswith("/") or base_path.endswith("/")):
            raise ValueError("base_path begins with a slash and does not end with one")
        self.is_exempt: Final = _exemption(exempt)
        self.base_path: Final = base_path
        self._cost = cost
        self.fixed_cost: Final = cost if isinstance(cost, int) else None
        if self.fixed_cost is not None:
            _checked(self.fixed_cost)
        self.trust: Final = ProxyTrust(tuple(ip_network(each, strict=False) for each in trusted_proxies))

    def cost_of(self, request: Request) -> int:
        """What a request spends; ValueError where the application's function says no sensible number."""
        return self._cost if isinstance(self._cost, int) else _checked(self._cost(request))

    def client(self, peer: str, forwarded_for: bytes | None) -> str | None:
        """The caller's address: the peer's, or the one that trusted proxies vouch for."""
        if forwarded_for is None:
            return peer or None
        headers = [(b"x-forwarded-for", forwarded_for)]
        return self.trust.client(peer, headers, dict(headers)) or None


def path_as_sent(decoded: str) -> str:
    """A path that a server has decoded, in the form in which it can have been sent: escapes again where they belong."""
    if decoded.isascii() and "%" not in decoded and decoded.isprintable() and " " not in decoded:
        return decoded
    return quote(decoded.encode("utf-8", "surrogateescape"), safe=_PATH_SAFE)


def _exemption(exempt: Exempt) -> Callable[[Request, str], bool] | None:
    if callable(exempt):
        return lambda request, _path: exempt(request)
    if isinstance(exempt, str):
        raise TypeError("exempt is a collection of paths, not one path")
    paths = frozenset(exempt)
    return (lambda _request, path: path in paths) if paths else None


def _checked(cost: int) -> int:
    if not 1 <= int(cost) <= COST_MAX:
        raise ValueError(f"a cost is a whole number from 1 to {COST_MAX}, not {cost!r}")
    return cost
