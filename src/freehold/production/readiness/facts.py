"""What the checks of a project are decided by, as it was found at one moment. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from freehold.production.readiness.records import Attestation, HttpResult, KeyFinding, OwnCheck, Policy


@dataclass(frozen=True, slots=True)
class OwnerFact:
    """An owner of the project: whether their role lets them rotate keys."""

    user_id: str
    name: str
    duty: str
    rotates: bool


@dataclass(frozen=True, slots=True)
class DayUse:
    """What the days' sums say of a project's traffic within the policy's bounds. Days begin at midnight UTC."""

    # The last day of an allowed request of each endpoint.
    exercised: Mapping[str, datetime]
    allowed_on: datetime | None
    denied_on: datetime | None
    requests: int
    failed: int
    # The busiest day's requests, of the days of the failure rate.
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class EndpointFact:
    """A webhook endpoint, and how its check stands."""

    id: str
    url: str
    standing: str
    check_id: str | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key that serves: how old its current secret is, since when it is unused, when it expires."""

    id: str
    name: str
    secret_at: datetime
    used_since: datetime
    expires_at: datetime | None
    accepted: frozenset[KeyFinding]


@dataclass(frozen=True, slots=True)
class Told:
    """The newest notification of an alert rule, or its test, that reached somebody."""

    rule_id: str
    rule_name: str
    way: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The last comparison of all sums: when, and how many differences it found in the project's."""

    at: datetime
    differences: int


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that was seen, with its outcome."""

    id: str
    endpoint: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """A published event that an endpoint accepted at the URL that it has now, and when."""

    delivery_id: str
    event_type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Band:
    """The traffic that is expected in production, in requests a day, and the request that says so."""

    request_id: str
    least: int
    most: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the checks of one project are decided by, at one moment."""

    now: datetime
    policy: Policy
    project_id: str
    organization_id: str
    purpose: str
    product_line: str | None
    owners: tuple[OwnerFact, ...]
    # The organization's members with the role `billing`: id and name.
    billing: tuple[tuple[str, str], ...]
    endpoints: tuple[str, ...]
    event_types: tuple[str, ...]
    use: DayUse
    webhooks: tuple[EndpointFact, ...]
    delivered: Delivered | None
    keys: tuple[KeyFact, ...]
    alert_rules: int
    told: Told | None
    reconciled: Reconciled | None
    # Of the project's shape, where an HTTP check is asked of it.
    fingerprint: str = ""
    # None: nobody asks for bindings yet. Otherwise the labels of those that are missing.
    missing_bindings: tuple[str, ...] | None = None
    band: Band | None = None
    own: tuple[OwnCheck, ...] = ()
    # By the own check's id: the newest that stands.
    attestations: Mapping[str, Attestation] = field(default_factory=dict)
    http_results: Mapping[str, HttpResult] = field(default_factory=dict)
    # The newest requests that prove it, where evidence was asked for.
    lookup: SeenRequest | None = None
    denial: SeenRequest | None = None
