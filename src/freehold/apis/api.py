"""HTTP of the operator's APIs and their catalogues. Thin: parse, one action, present."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, TypeVar

import msgspec
from litestar import Response
from litestar.params import Parameter
from msgspec import UNSET, UnsetType

from freehold.apis import actions, queries
from freehold.apis.records import (
    Api,
    ApiEdit,
    Environment,
    NewApi,
)
from freehold.apis.views import (
    ApiBody,
    ApiPatch,
    ApiView,
    ConfirmedApiView,
    EndpointView,
    EventTypeView,
    ImportedView,
    UpstreamsBody,
    api_view,
    endpoint_view,
    event_type_view,
    imported_view,
)
from freehold.kit.paging import Cursor, Page, page
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id, read_cursor
from freehold.web.inputs import CursorText, Limit

T = TypeVar("T")
WithRemoved = Annotated[bool, Parameter(description="Also what the document no longer has.")]


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
        return imported_view(done, _view(tx, done.api))


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


def _view(tx: Transaction, api: Api) -> ApiView:
    return api_view(api, queries.counts_of(tx, [api.id])[api.id])


def _upstreams(body: UpstreamsBody) -> Mapping[Environment, str | None]:
    given: dict[Environment, str | UnsetType | None] = {"sandbox": body.sandbox, "production": body.production}
    return {environment: url for environment, url in given.items() if url is not UNSET}
