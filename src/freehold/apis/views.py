"""What the API takes and shows of APIs and their catalogue. No IO."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from freehold.apis.records import (
    Api,
    Difference,
    EndpointRow,
    Environment,
    EventType,
    Imported,
    TouchedProject,
)
from freehold.apis.rules import SLUG_LENGTH_MAX, UPSTREAM_LENGTH_MAX
from freehold.web.call import etag
from freehold.web.inputs import Body, text

UpstreamText = Annotated[str, text("https://payments.example.com", maximum=UPSTREAM_LENGTH_MAX)]
_SENDS_KEY_ON = (
    "Whether the gateway sends the caller's key on to the upstream, as it came; else no upstream ever sees a key."
)
_FAIL_OPEN = (
    "Off: a gate that cannot hear the database refuses every key as `unavailable`. On: it goes on allowing the keys "
    "that it knows, revoked ones too, until it hears again."
)


class UpstreamsBody(Body, frozen=True):
    """Where the gateway sends each environment's requests: http(s) base URLs, or null for none."""

    sandbox: UpstreamText | UnsetType | None = UNSET
    production: UpstreamText | UnsetType | None = UNSET


class ApiBody(Body, frozen=True):
    """A new API. Without a slug one is made from the name."""

    name: Annotated[str, text("Payments", minimum=1)]
    slug: Annotated[str | None, text("payments", minimum=1, maximum=SLUG_LENGTH_MAX)] = None
    upstreams: UpstreamsBody = UpstreamsBody()


class ApiPatch(Body, frozen=True):
    """New values; what is absent stays, a null upstream is cleared."""

    name: Annotated[str, text("Payments", minimum=1)] | UnsetType = UNSET
    upstreams: UpstreamsBody = UpstreamsBody()
    fail_open: Annotated[bool | UnsetType, msgspec.Meta(description=_FAIL_OPEN, examples=[False])] = UNSET
    pass_key: Annotated[bool | UnsetType, msgspec.Meta(description=_SENDS_KEY_ON, examples=[False])] = UNSET


class UpstreamsView(msgspec.Struct, kw_only=True):
    """Where each environment's requests go."""

    sandbox: str | None
    production: str | None


class ApiView(msgspec.Struct, kw_only=True):
    """An API, with how much its catalogue holds."""

    id: str
    slug: str
    name: str
    upstreams: UpstreamsView
    endpoints: int
    event_types: int
    bundled: bool
    fail_open: bool
    pass_key: bool
    imported_at: datetime | None
    created_at: datetime
    etag: str


class ConfirmedApiView(ApiView, kw_only=True):
    """An API that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for APIs
    that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class EndpointView(msgspec.Struct, kw_only=True):
    """One endpoint of the catalogue."""

    operation_id: str
    method: str
    path: str
    summary: str
    removed_at: datetime | None


class EventTypeView(msgspec.Struct, kw_only=True):
    """One event type of the catalogue. `schema` is the payload's JSON Schema 2020-12, standing alone."""

    name: str
    summary: str
    schema: dict[str, Any] | bool | None
    example: Any
    removed_at: datetime | None


class ChangeView(msgspec.Struct, kw_only=True):
    """One thing that changed, and which of its fields."""

    name: str
    fields: list[str]


class DifferenceView(msgspec.Struct, kw_only=True):
    """What an import did to endpoints (by operation id) or event types (by name)."""

    added: list[str]
    changed: list[ChangeView]
    removed: list[str]


class TouchedProjectView(msgspec.Struct, kw_only=True):
    """A project whose scope names what was changed or removed."""

    id: str
    name: str
    organization: str
    environment: Environment
    endpoints: list[str]
    event_types: list[str]


class ImportedView(msgspec.Struct, kw_only=True):
    """What an import did. `warnings` are whole sentences for the operator."""

    api: ApiView
    endpoints: DifferenceView
    event_types: DifferenceView
    projects: list[TouchedProjectView]
    warnings: list[str]


def api_view(api: Api, counts: tuple[int, int]) -> ApiView:
    """An API as the HTTP API shows it; counts of its endpoints and event types."""
    return ApiView(
        id=api.id, slug=api.slug, name=api.name,
        upstreams=UpstreamsView(sandbox=api.upstream_sandbox, production=api.upstream_production),
        endpoints=counts[0], event_types=counts[1], bundled=api.is_bundled, fail_open=api.fail_open, pass_key=api.pass_key,
        imported_at=api.imported_at, created_at=api.created_at, etag=etag(api.revision),
    )  # fmt: skip


def endpoint_view(row: EndpointRow) -> EndpointView:
    """An endpoint as the HTTP API shows it."""
    return EndpointView(
        operation_id=row.operation_id, method=row.method, path=row.path, summary=row.summary, removed_at=row.removed_at
    )


def event_type_view(row: EventType) -> EventTypeView:
    """An event type as the HTTP API shows it."""
    return EventTypeView(
        name=row.name, summary=row.summary, schema=row.schema, example=row.example, removed_at=row.removed_at
    )


def imported_view(done: Imported, api: ApiView) -> ImportedView:
    """What an import did to a catalogue, as the API shows it."""
    return ImportedView(
        api=api,
        endpoints=_difference_view(done.plan.endpoints),
        event_types=_difference_view(done.plan.event_types),
        projects=[_touched_view(each) for each in done.projects],
        warnings=list(done.warnings),
    )


def _difference_view(difference: Difference) -> DifferenceView:
    return DifferenceView(
        added=list(difference.added),
        changed=[ChangeView(name=name, fields=list(fields)) for name, fields in difference.changed.items()],
        removed=list(difference.removed),
    )


def _touched_view(project: TouchedProject) -> TouchedProjectView:
    return TouchedProjectView(
        id=project.id, name=project.name, organization=project.organization_id, environment=project.environment,
        endpoints=list(project.endpoints), event_types=list(project.event_types),
    )  # fmt: skip
