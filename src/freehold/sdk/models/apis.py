# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about apis."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import Environment


class Upstreams(Model, frozen=True, kw_only=True):
    """Where each environment's requests go."""

    sandbox: str | None
    production: str | None


class Api(Model, frozen=True, kw_only=True):
    """An API, with how much its catalogue holds."""

    id: str
    slug: str
    name: str
    upstreams: Upstreams
    endpoints: int
    event_types: int
    bundled: bool
    fail_open: bool
    pass_key: bool
    imported_at: datetime | None
    created_at: datetime
    etag: str


class ConfirmedApi(Api, frozen=True, kw_only=True):
    """An API that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for APIs
    that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class Change(Model, frozen=True, kw_only=True):
    """One thing that changed, and which of its fields."""

    name: str
    fields: list[str]


class Difference(Model, frozen=True, kw_only=True):
    """What an import did to endpoints (by operation id) or event types (by name)."""

    added: list[str]
    changed: list[Change]
    removed: list[str]


class TouchedProject(Model, frozen=True, kw_only=True):
    """A project whose scope names what was changed or removed."""

    id: str
    name: str
    organization: str
    environment: Environment
    endpoints: list[str]
    event_types: list[str]


class Imported(Model, frozen=True, kw_only=True):
    """What an import did. `warnings` are whole sentences for the operator."""

    api: Api
    endpoints: Difference
    event_types: Difference
    projects: list[TouchedProject]
    warnings: list[str]


class Endpoint(Model, frozen=True, kw_only=True):
    """One endpoint of the catalogue."""

    operation_id: str
    method: str
    path: str
    summary: str
    removed_at: datetime | None


class EventType(Model, frozen=True, kw_only=True):
    """One event type of the catalogue. `schema` is the payload's JSON Schema 2020-12, standing alone."""

    name: str
    summary: str
    schema: dict[str, Any] | bool | None
    example: Any
    removed_at: datetime | None
