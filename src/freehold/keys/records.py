"""What a key is, what a request is, and what can be decided of it. No behaviour."""

import enum
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Final, Literal, NamedTuple

import msgspec

from freehold.projects.limits import Quota, RateLimit

Environment = Literal["sandbox", "production"]
KeyState = Literal["active", "revoked", "expired"]
SecretState = Literal["active", "retiring", "retired", "revoked"]
Via = Literal["verify", "authorize", "gateway", "sdk"]


class Reason(enum.StrEnum):
    """Why a request was denied: the closed set that API, usage and docs share."""

    MALFORMED_KEY = "malformed_key"
    UNKNOWN_KEY = "unknown_key"
    REVOKED = "revoked"
    EXPIRED = "expired"
    WRONG_ENVIRONMENT = "wrong_environment"
    PROJECT_ARCHIVED = "project_archived"
    ENDPOINT_UNKNOWN = "endpoint_unknown"
    ENDPOINT_NOT_IN_SCOPE = "endpoint_not_in_scope"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    UNAVAILABLE = "unavailable"


ALLOWED: Final = "allowed"

# Which HTTP status the gateway answers each denial with (api.md, "The gate").
DENIAL_STATUS: Final[dict[Reason, int]] = {
    Reason.MALFORMED_KEY: 401,
    Reason.UNKNOWN_KEY: 401,
    Reason.REVOKED: 401,
    Reason.EXPIRED: 401,
    Reason.WRONG_ENVIRONMENT: 403,
    Reason.PROJECT_ARCHIVED: 403,
    Reason.ENDPOINT_UNKNOWN: 404,
    Reason.ENDPOINT_NOT_IN_SCOPE: 403,
    Reason.ADDRESS_NOT_ALLOWED: 403,
    Reason.RATE_LIMITED: 429,
    Reason.QUOTA_EXHAUSTED: 429,
    Reason.UNAVAILABLE: 503,
}

# What each denial means, in words for a person, and what lets the request pass.
DENIAL_WORDS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.MALFORMED_KEY: (
        "The credential does not have a key's form, or its checksum is wrong.",
        "Send the key exactly as it was issued.",
    ),
    Reason.UNKNOWN_KEY: ("No key has this secret.", "Use a key of this instance, or issue one."),
    Reason.REVOKED: (
        "The key, or this secret of it, was revoked or has retired.",
        "Use the key's current secret, or issue another key.",
    ),
    Reason.EXPIRED: ("The key has expired.", "Move its expiry, or issue another key."),
    Reason.WRONG_ENVIRONMENT: (
        "The key belongs to the other environment.",
        "Use a key of the environment that was asked for.",
    ),
    Reason.PROJECT_ARCHIVED: ("The key's project is archived.", "Restore the project."),
    Reason.ENDPOINT_UNKNOWN: (
        "The API's catalogue has no endpoint with this method and path.",
        "Check method and path against the catalogue.",
    ),
    Reason.ENDPOINT_NOT_IN_SCOPE: (
        "The endpoint is outside what the project, or this key, declares.",
        "Add the endpoint to the project's scope, or to the key.",
    ),
    Reason.ADDRESS_NOT_ALLOWED: (
        "The caller's address is outside the key's allowed networks.",
        "Call from an allowed network, or add this one.",
    ),
    Reason.RATE_LIMITED: (
        "A rate limit of the key or of its project is spent for the moment.",
        "Wait as long as Retry-After says, or raise the limit.",
    ),
    Reason.QUOTA_EXHAUSTED: (
        "The quota of the key or of its project is spent for this period.",
        "Wait for the next period, or raise the quota.",
    ),
    Reason.UNAVAILABLE: (
        "The gate cannot hear its database and will not guess.",
        "Try again; the operator sees which gate is cut off.",
    ),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the catalogue: an operation id and the route it stands for."""

    operation_id: str
    method: str
    path: str


class Meter(NamedTuple):
    """A rate limit in the form that a decision counts by. `label` says whose it is: `key:requests`.

    `interval_ns`: how long a cost of one takes to be regained, rounded up; `tolerance_ns`: the whole limit.
    """

    label: str
    limit: int
    window_s: int
    interval_ns: int
    tolerance_ns: int


class ProjectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All of a project that its keys are decided by. `endpoints`: its scope."""

    id: str
    name: str
    state: Literal["active", "archived"]
    environment: Environment
    organization_id: str
    api_id: str
    endpoints: frozenset[str]
    meters: tuple[Meter, ...] = ()
    quota: Quota | None = None


class SecretRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that the gate knows of one secret and its key: what a decision needs beside the project, and nothing else.

    There may be a million of these in memory: what many share (meters, networks, sets) is one object,
    and none of them can be part of a cycle, so the collector of cycles need not look at them.

    `endpoints`: the part of the scope that the key is narrowed to; None for the whole scope.
    `allowed_networks`: none means any address. `expires_at_ms`, `retires_at_ms`: Unix milliseconds or None.
    """

    selector: str
    digest: bytes
    secret_state: SecretState
    retires_at_ms: int | None = None
    key_id: str
    key_name: str
    key_state: Literal["active", "revoked"]
    expires_at_ms: int | None = None
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    endpoints: frozenset[str] | None = None
    meters: tuple[Meter, ...] = ()
    quota: Quota | None = None
    project_id: str


class LimitState(msgspec.Struct, frozen=True, gc=False):
    """One limit as a decision left it. `reset_s`: seconds until it is whole again.

    `retry_after_s`: seconds until the request that was denied would pass; 0 where it passed.
    `window_s`: of the rate limit, or the length of the quota's period.
    """

    name: str
    limit: int
    remaining: int
    reset_s: float
    retry_after_s: float = 0.0
    window_s: int = 0


class Decision(msgspec.Struct, frozen=True, gc=False):
    """May this request pass. `reason` is None where it may. `rule` names the check that decided.

    `limits` are the limits as they stand after this request.
    """

    reason: Reason | None
    rule: str
    limits: tuple[LimitState, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return self.reason is None

    @property
    def outcome(self) -> str:
        """`allowed` or the reason: what usage counts by."""
        return self.reason or ALLOWED


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its owners see it."""

    id: str
    project_id: str
    organization_id: str
    environment: Environment
    name: str
    workload: str | None
    state: KeyState
    endpoints: list[str] | None
    allowed_cidrs: list[str]
    rate_limits: tuple[RateLimit, ...]
    quota: Quota | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Secret:
    """One version of a key's secret, as its owners see it: never the secret itself."""

    selector: str
    version: int
    last4: str
    state: SecretState
    created_at: datetime
    retires_at: datetime | None
    last_used_at: datetime | None
    last_address: str | None
    requests: int
    # Retiring: whether it waits while it is still in use.
    held: bool = False
    # When the version after it was made; None for the newest.
    superseded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called with a secret: an address and what it calls itself, when last, and how often."""

    address: str | None
    user_agent: str | None
    last_at: datetime
    requests: int
