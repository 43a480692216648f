"""Price lists: each row is one whole version, which nobody changes."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

_INSTANCES = text("organization_id IS NULL AND withdrawn_at IS NULL")
_ORGANIZATIONS = text("organization_id IS NOT NULL AND withdrawn_at IS NULL")

price_lists = Table(
    "price_lists", metadata,
    Column("id", Text, primary_key=True),
    # NULL: the instance's, for every organization without one of its own.
    Column("organization_id", Text, ForeignKey("organizations.id")),
    # The first instant of the UTC day from which on it holds.
    Column("takes_effect_at", Instant, nullable=False),
    # ISO 4217; its prices are in the currency's minor units.
    Column("currency", Text, nullable=False),
    Column("sandbox", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("items", JsonText, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    CheckConstraint("sandbox IN ('free', 'priced')", name="sandbox"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint("takes_effect_at % 86400000 = 0", name="takes_effect_at"),
    # What has taken effect stays.
    CheckConstraint("withdrawn_at IS NULL OR withdrawn_at < takes_effect_at", name="withdrawn_at"),
    # One list a day and owner.
    Index("uq_price_lists_instance", "takes_effect_at", unique=True, sqlite_where=_INSTANCES, postgresql_where=_INSTANCES),
    Index("uq_price_lists_organization", "organization_id", "takes_effect_at", unique=True,
          sqlite_where=_ORGANIZATIONS, postgresql_where=_ORGANIZATIONS),
    Index("ix_price_lists_owner", "organization_id", "id"),
)  # fmt: skip
