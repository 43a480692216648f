"""What an API is, what its catalogue holds, and what an import changes. No behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

Environment = Literal["sandbox", "production"]
ENVIRONMENTS: Final[tuple[Environment, ...]] = ("sandbox", "production")

# What an upstream begins with that Freehold serves itself; the environment follows.
BUNDLED: Final = "bundled:example/"

# Freehold's own events (api.md, "Webhook requests"): a catalogue may not give these names another meaning.
FREEHOLD_EVENT_TYPES: Final[frozenset[str]] = frozenset(
    {
        "key.rotated", "key.revoked", "key.expiring", "alert.opened", "alert.resolved", "report.ready", "report.failed",
        "access_request.decided", "webhook_endpoint.disabled", "drift.detected", "webhook.check",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Api:
    """One API that the operator protects. An upstream is a base URL, `bundled:example/<environment>`, or None."""

    id: str
    slug: str
    name: str
    upstream_sandbox: str | None
    upstream_production: str | None
    document_digest: str | None
    imported_at: datetime | None
    revision: int
    created_at: datetime
    # Whether a gate that cannot hear the database goes on allowing the keys that it knows.
    fail_open: bool = False
    # Whether the gateway sends the caller's key on to the upstream.
    pass_key: bool = False

    @property
    def upstreams(self) -> dict[Environment, str | None]:
        """The upstream of each environment."""
        return {"sandbox": self.upstream_sandbox, "production": self.upstream_production}

    @property
    def is_bundled(self) -> bool:
        """Whether Freehold itself serves this API, in one environment at least: its catalogue is then Freehold's."""
        return any((upstream or "").startswith(BUNDLED) for upstream in self.upstreams.values())


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint of a catalogue. `path` is a template, as callers use it at the API's own host.

    `example` is a call of it that can be tried: `path` filled in, `query`, and `body` (JSON) or None.
    """

    operation_id: str
    method: str
    path: str
    summary: str
    example: Mapping[str, Any] | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type of a catalogue. `schema` is a self-contained JSON Schema 2020-12 of the payload, or None."""

    name: str
    summary: str
    schema: dict[str, Any] | bool | None
    example: Any
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Endpoints and event types in their document's order. `warnings` are whole sentences for the operator."""

    endpoints: tuple[EndpointRow, ...]
    event_types: tuple[EventType, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document that was read: its text, the SHA-256 of its bytes in hexadecimal, its catalogue."""

    text: str
    digest: str
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import does to one kind of row: names, and for the changed ones which fields."""

    added: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import adds, changes and removes."""

    endpoints: Difference
    event_types: Difference

    @property
    def is_empty(self) -> bool:
        """Whether the catalogue stays as it is."""
        kinds = (self.endpoints, self.event_types)
        return not any(each.added or each.changed or each.removed for each in kinds)


@dataclass(frozen=True, slots=True)
class TouchedProject:
    """A project whose scope names something that an import changed or removed."""

    id: str
    name: str
    organization_id: str
    environment: Environment
    endpoints: tuple[str, ...]
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, what it touches, and what the operator should look at."""

    api: Api
    plan: ImportPlan
    projects: tuple[TouchedProject, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewApi:
    """What it takes to register an API. The slug is made from the name where it is None."""

    name: str
    slug: str | None = None
    upstreams: Mapping[Environment, str | None] | None = None


@dataclass(frozen=True, slots=True)
class ApiEdit:
    """What to change of an API. What is absent stays: None, or an environment that is not in `upstreams`."""

    name: str | None = None
    upstreams: Mapping[Environment, str | None] | None = None
    fail_open: bool | None = None
    pass_key: bool | None = None
