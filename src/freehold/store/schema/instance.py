"""What the instance has once: its row, the epoch, verifiers, throttles, kept answers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Table, Text

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant

instance = Table(
    "instance", metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("created_at", Instant, nullable=False),
    # Set once, by the first-run setup: the row's own lock decides between two people at one instant.
    Column("set_up_at", Instant),
    Column("setup_token_digest", LargeBinary),
    # One counter for all configuration that the gate decides by. Its row lock orders the commits.
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    # A digest derived from the instance's secret: a database opened with another secret is refused.
    Column("secret_check", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)  # fmt: skip

changes = Table(
    "changes", metadata,
    Column("epoch", BigInteger, primary_key=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("subject_kind IN ('api', 'project', 'key', 'token')", name="subject_kind"),
)  # fmt: skip

verifiers = Table(
    "verifiers", metadata,
    Column("id", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)  # fmt: skip

throttles = Table(
    "throttles", metadata,
    Column("name", Text, primary_key=True),
    # The theoretical arrival time of the generic cell rate algorithm.
    Column("arrival_at", Instant, nullable=False),
    Index("ix_throttles_arrival_at", "arrival_at"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    # The answer, encrypted because some answers hold a secret that is shown once.
    Column("status", SmallInteger),
    Column("answer", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)  # fmt: skip
