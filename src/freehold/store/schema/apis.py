"""The operator's APIs and their catalogue."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

apis = Table(
    "apis", metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # A base URL, or `bundled:example/<environment>` for the example API that Freehold serves itself.
    Column("upstream_sandbox", Text),
    Column("upstream_production", Text),
    # True: a gate that cannot hear the database goes on allowing the keys that it knows. The operator's choice.
    Column("fail_open", Boolean, nullable=False, server_default=text("false")),
    # True: the gateway sends the caller's key on to the upstream. The operator's choice.
    Column("pass_key", Boolean, nullable=False, server_default=text("false")),
    Column("document", Text),
    Column("document_digest", Text),
    Column("imported_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    # Sandbox traffic must not reach the production upstream, nor the other way round.
    CheckConstraint("upstream_sandbox IS NULL OR upstream_production IS NULL OR upstream_sandbox <> upstream_production",
                    name="upstreams_differ"),
)  # fmt: skip

endpoints = Table(
    "endpoints", metadata,
    Column("api_id", Text, ForeignKey("apis.id"), primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("summary", Text, nullable=False),
    # A call of it that can be tried: {"path", "query", "body"}.
    Column("example", JsonText),
    Column("position", Integer, nullable=False),
    # No longer in the document: kept, because scopes and usage name it; requests to it are endpoint_unknown.
    Column("removed_at", Instant),
    Index("uq_endpoints_route", "api_id", "method", "path", unique=True,
          sqlite_where=text("removed_at IS NULL"), postgresql_where=text("removed_at IS NULL")),
)  # fmt: skip

event_types = Table(
    "event_types", metadata,
    Column("api_id", Text, ForeignKey("apis.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("summary", Text, nullable=False),
    Column("schema", JsonText),
    Column("example", JsonText),
    Column("position", Integer, nullable=False),
    Column("removed_at", Instant),
)  # fmt: skip
