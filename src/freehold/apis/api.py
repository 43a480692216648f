"""HTTP of the operator's APIs and their catalogues. Thin: parse, one action, present."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response
from litestar.params import Parameter
from msgspec import UNSET, UnsetType

from freehold.apis import actions, queries
from freehold.apis.records import (
    Api,
    ApiEdit,
    Difference,
    EndpointRow,
    Environment,
    EventType,
    Imported,
    NewApi,
    TouchedProject,
)
from freehold.apis.rules import SLUG_LENGTH_MAX, UPSTREAM_LENGTH_MAX
from freehold.kit.paging import Cursor, Page, page
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit, etag
from freehold.web.cursors import after_id, read_cursor
from freehold.web.inputs import Body, CursorText, Limit, text

T = TypeVar("T")
WithRemoved = Annotated[bool, Parameter(description="Also what the document no longer has.")]


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


def create_api(call: Call, data: ApiBody) -> Response[ApiView]:
    """Register an API. Its catalogue comes with its OpenAPI document."""
    new = NewApi(data.name, data.slug, _upstreams(data.upstreams))

    def act(tx: Transaction) -> ApiView:
        return _view(tx, actions.create_api(tx, call.actor, new))

    return call.create(act)


def list_apis(call: Call, limit: Limit = 50, cursor: CursorText = None) -> Page[ApiView]:
    """The APIs, newest first."""
    with call.read() as tx:
        rows = actions.list_apis(tx, call.actor, checked_limit(limit) + 1, after_id(cursor))
        cut = page(rows, limit, lambda row: Cursor(0, row.id))
        counts = queries.counts_of(tx, [api.id for api in cut.data])
    return Page([api_view(api, counts[api.id]) for api in cut.data], cut.next_cursor)


def read_api(call: Call, api: str) -> ApiView:
    """One API, by its id or slug."""
    with call.read() as tx:
        return _view(tx, actions.read_api(tx, call.actor, api))


def edit_api(call: Call, api: str, data: ApiPatch) -> ConfirmedApiView:
    """Change an API's name, upstreams, whether it fails open, or whether its upstream gets the key (RFC 7396).

    Answers when every live gate process decides by it.
    """
    edit = ApiEdit(
        None if data.name is UNSET else data.name,
        _upstreams(data.upstreams),
        None if data.fail_open is UNSET else data.fail_open,
        None if data.pass_key is UNSET else data.pass_key,
    )
    view, confirmation = call.confirmed(
        lambda tx: _view(tx, actions.edit_api(tx, call.actor, api, edit, call.revision()))
    )
    return ConfirmedApiView(**msgspec.structs.asdict(view), **asdict(confirmation))


def import_openapi(call: Call, api: str, body: bytes) -> ImportedView:
    """Replace an API's catalogue by an OpenAPI 3.1 document's, in JSON or YAML.

    What the document no longer has stays in the scopes that name it, and is denied as `endpoint_unknown`.
    """
    document = actions.read_openapi(call.actor, body, call.headers.get("content-type"))
    with call.write() as tx:
        done = actions.import_openapi(tx, call.actor, api, document, call.revision())
        return _imported_view(done, _view(tx, done.api))


def read_openapi(call: Call, api: str) -> Response[str]:
    """An API's OpenAPI document, as it was imported."""
    with call.read() as tx:
        text = actions.read_document_text(tx, call.actor, api)
    media_type = "application/json" if text.lstrip().startswith("{") else "application/yaml"
    return Response(content=text, media_type=media_type)


def list_endpoints(
    call: Call, api: str, removed: WithRemoved = False, limit: Limit = 50, cursor: CursorText = None
) -> Page[EndpointView]:
    """An API's endpoints, in their document's order."""
    with call.read() as tx:
        rows = actions.read_endpoints(tx, call.actor, api, removed)
    return _cut([endpoint_view(row) for row in rows], limit, cursor)


def list_event_types(
    call: Call, api: str, removed: WithRemoved = False, limit: Limit = 50, cursor: CursorText = None
) -> Page[EventTypeView]:
    """An API's event types, in their document's order."""
    with call.read() as tx:
        rows = actions.read_event_types(tx, call.actor, api, removed)
    return _cut([event_type_view(row) for row in rows], limit, cursor)


def read_event_type(call: Call, api: str, event_type: str) -> EventTypeView:
    """One event type, with its payload's schema and an example: the document's, or made from the schema."""
    with call.read() as tx:
        return event_type_view(actions.read_event_type(tx, call.actor, api, event_type))


def _cut(rows: list[T], limit: int, cursor: str | None) -> Page[T]:
    """One page of a catalogue. A catalogue only changes as a whole, so a place in it is a number."""
    place = read_cursor(cursor).value if cursor else 0
    start = max(place, 0) if isinstance(place, int) else 0
    numbered = list(enumerate(rows, 1))[start : start + checked_limit(limit) + 1]
    cut = page(numbered, limit, lambda each: Cursor(each[0], ""))
    return Page([row for _, row in cut.data], cut.next_cursor)


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


def _view(tx: Transaction, api: Api) -> ApiView:
    return api_view(api, queries.counts_of(tx, [api.id])[api.id])


def _imported_view(done: Imported, api: ApiView) -> ImportedView:
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


def _upstreams(body: UpstreamsBody) -> Mapping[Environment, str | None]:
    given: dict[Environment, str | UnsetType | None] = {"sandbox": body.sandbox, "production": body.production}
    return {environment: url for environment, url in given.items() if url is not UNSET}
