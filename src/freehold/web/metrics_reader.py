"""Who may read the control plane's metrics: as the gate's, whoever sends FREEHOLD_METRICS_TOKEN.

Where none is set, whoever asks from this machine itself, through no proxy that says so.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from freehold.errors import Problem
from freehold.kit.secrets import same

# What a proxy adds to a request: then it does not come from this machine, whatever the peer is.
_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def check_reader(token: str, headers: Mapping[str, str], peer: str) -> None:
    """Raise Problem where a caller may not read the metrics."""
    if token:
        sent = headers.get("authorization", "")
        if not same(sent.encode("latin-1", "replace"), b"Bearer " + token.encode()):
            raise Problem(
                "unauthenticated", "Send FREEHOLD_METRICS_TOKEN as the bearer token.",
                headers={"WWW-Authenticate": 'Bearer realm="freehold metrics"'},
            )  # fmt: skip
        return
    if not _is_loopback(peer) or any(name in headers for name in _FORWARDED):
        raise Problem(
            "forbidden", "The metrics are read on the server's own machine, or with a FREEHOLD_METRICS_TOKEN."
        )


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
