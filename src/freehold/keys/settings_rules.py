"""What makes a key's name, expiry, networks and limits acceptable. Pure."""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from freehold.errors import FieldError
from freehold.organizations.rules import check_expiry, check_text
from freehold.projects.limit_rules import check_limits
from freehold.projects.limits import Quota, RateLimit

NETWORKS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class KeySettings:
    """All of a key that its owners choose. `endpoints` None: the project's whole scope."""

    name: str
    workload: str | None = None
    endpoints: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    allowed_cidrs: tuple[str, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    quota: Quota | None = None


def check_settings(
    settings: KeySettings, scope: Collection[str], now: datetime, old: KeySettings | None = None
) -> list[FieldError]:
    """What is wrong with a key's settings. An expiry that did not change may have passed."""
    errors = [
        *check_text("name", settings.name),
        *check_text("workload", settings.workload or "", required=False),
        *_check_endpoints(settings.endpoints, scope),
        *_check_networks(settings.allowed_cidrs),
        *check_limits(settings.rate_limits, settings.quota),
    ]
    if settings.expires_at is not None and (old is None or settings.expires_at != old.expires_at):
        errors += check_expiry("expires_at", settings.expires_at, now)
    return errors


def normal_network(text: str) -> str:
    """A network as it is kept: an address becomes one of its own, host bits are cleared; ValueError where it is none."""
    if "%" in text:
        raise ValueError("a network that callers come from has no zone of our own machine")
    return str(ipaddress.ip_network(text.strip(), strict=False))


def _check_endpoints(endpoints: Sequence[str] | None, scope: Collection[str]) -> list[FieldError]:
    return [
        FieldError(
            f"endpoints.{index}", f"{item!r} is not in the project's scope. Declare it there first.", "not_in_scope"
        )
        for index, item in enumerate(endpoints or ())
        if item not in scope
    ]


def _check_networks(networks: Sequence[str]) -> list[FieldError]:
    if len(networks) > NETWORKS_MAX:
        return [FieldError("allowed_cidrs", f"At most {NETWORKS_MAX} networks.", "too_many")]
    errors = []
    for index, text in enumerate(networks):
        try:
            normal_network(text)
        except ValueError:
            message = f"{text!r} is not a network. Write it like 203.0.113.0/24 or 2001:db8::/32."
            errors.append(FieldError(f"allowed_cidrs.{index}", message, "invalid_network"))
    return errors
