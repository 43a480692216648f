"""What a forwarding is, and the closed sets of its kinds and states. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from freehold.organizations.records import AuditEntry

ForwardingKind = Literal["webhook", "syslog", "otlp"]
ForwardingState = Literal["active", "failing", "paused"]
Transport = Literal["tls", "tcp", "udp"]
# What people are told of a receiver that fails for long.
Outage = Literal["began", "ended"]

KINDS: Final[tuple[ForwardingKind, ...]] = get_args(ForwardingKind)
TRANSPORTS: Final[tuple[Transport, ...]] = get_args(Transport)
# What a forwarding of the whole instance stands under, where others have their organization's id.
INSTANCE: Final = "instance"
# RFC 5424, section 6.2.1: "log audit".
FACILITY: Final = 13


@dataclass(frozen=True, slots=True)
class Place:
    """Where a forwarding sends to, whole: what is secret of it too.

    `url`, `headers`: of webhook and otlp. `signing_secrets`: of webhook, newest first; those after it sign until
    `overlap_until_ms` (Unix milliseconds). `host` to `authorities`: of syslog;
    `authorities` are certificates in PEM that its certificate is checked against, the system's where empty.
    """

    kind: ForwardingKind
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    overlap_until_ms: int = 0
    host: str = ""
    port: int = 0
    transport: Transport = "tls"
    facility: int = FACILITY
    authorities: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One place that audit entries are sent on to. `organization_id` None: those of the whole instance.

    `shown`: the place without what is secret of it. `error`: why it is failing, in one sentence. `failing_since_at`: since
    when no batch was taken whole. `told_at`: when people were told of this outage. `refused`: entries that a collector said
    it would never take. `sealed` holds the Place.
    """

    id: str
    organization_id: str | None
    kind: ForwardingKind
    name: str
    shown: str
    sealed: bytes = field(repr=False)
    state: ForwardingState
    error: str | None
    failures: int
    failing_since_at: datetime | None
    told_at: datetime | None
    due_at: datetime
    sent: int
    refused: int
    last_sent_at: datetime | None
    created_by: str
    created_at: datetime
    revision: int

    @property
    def scope(self) -> str:
        """The organization's id, or `instance`."""
        return self.organization_id or INSTANCE


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a forwarding is behind: entries, and since when the oldest of them has been waiting."""

    entries: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that one process has claimed for a forwarding, in each chain's order. `lease` names the claim."""

    forwarding: Forwarding
    lease: str
    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a batch: how many of its entries were taken, from the first on, and why not the next one.

    `refused`: of those, entries that the receiver said it would never take. `wait_until`: what the receiver asked for.
    """

    taken: int
    error: str | None = None
    wait_until: datetime | None = None
    refused: int = 0
