"""Access requests and their history."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

# An approval of a change is over as it is given: what it approves is live already.
_OPEN = "state = 'requested' OR (state = 'approved' AND kind = 'access')"

access_requests = Table(
    "access_requests", metadata,
    Column("id", Text, primary_key=True),
    # The sandbox project that it belongs to: also where it asks whether a direct edit of its production sibling may stay.
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("organization_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # What only the team knows; not asked for a change.
    Column("use_case", Text),
    Column("requests_a_day_from", BigInteger),
    Column("requests_a_day_to", BigInteger),
    Column("peak_a_second", Integer),
    # A date, as YYYY-MM-DD.
    Column("launch_on", Text),
    # Who asked; of a change, who edited: for a service token the person who made it, NULL where nobody did.
    Column("requested_by", Text, ForeignKey("users.id")),
    Column("requested_name", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    # The shape as it was then: of the sandbox; of a change, production's as it was edited to.
    Column("fingerprint", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    # Of a change: production's before the edit.
    Column("base_fingerprint", Text),
    Column("state", Text, nullable=False),
    Column("waiting_on", Text),
    # The reviewer who has taken it up: who commented, asked for changes or decided last.
    Column("reviewer_id", Text, ForeignKey("users.id")),
    Column("decided_by", Text, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("reason", Text),
    Column("approved_fingerprint", Text),
    Column("approved_number", BigInteger),
    # The newest shape that the approval holds for: what it approved, and what has changed since without being material.
    Column("covered_fingerprint", Text),
    Column("expires_at", Instant),
    Column("ended_at", Instant),
    # One sentence: why it ended otherwise than by a decision.
    Column("ended_why", Text),
    Column("revision", Integer, nullable=False, server_default="1"),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    CheckConstraint("kind IN ('access', 'change')", name="kind"),
    CheckConstraint(
        "state IN ('requested', 'approved', 'denied', 'withdrawn', 'lapsed', 'expired', 'live')", name="state"
    ),
    # CHECKs say IS NOT NULL of each: one that is unknown passes.
    CheckConstraint(
        "(state = 'requested' AND waiting_on IS NOT NULL AND waiting_on IN ('reviewer', 'requester'))"
        " OR (state <> 'requested' AND waiting_on IS NULL)",
        name="waiting_on",
    ),
    CheckConstraint(
        "(kind = 'access' AND base_fingerprint IS NULL AND requested_by IS NOT NULL AND use_case IS NOT NULL"
        " AND requests_a_day_from IS NOT NULL AND requests_a_day_to IS NOT NULL AND peak_a_second IS NOT NULL"
        " AND launch_on IS NOT NULL AND requests_a_day_from >= 0 AND requests_a_day_to >= requests_a_day_from"
        " AND peak_a_second > 0)"
        " OR (kind = 'change' AND base_fingerprint IS NOT NULL)",
        name="asked",
    ),
    # Four eyes: whoever asked does not decide, and does not review.
    CheckConstraint("requested_by IS NULL OR decided_by IS NULL OR decided_by <> requested_by", name="four_eyes"),
    CheckConstraint("requested_by IS NULL OR reviewer_id IS NULL OR reviewer_id <> requested_by", name="reviewer"),
    CheckConstraint(
        "(decided_by IS NULL AND decided_at IS NULL AND state NOT IN ('approved', 'denied', 'live'))"
        " OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="decided",
    ),
    CheckConstraint(
        "(approved_fingerprint IS NULL AND approved_number IS NULL AND covered_fingerprint IS NULL"
        " AND state NOT IN ('approved', 'lapsed', 'expired', 'live'))"
        " OR (approved_fingerprint IS NOT NULL AND approved_number IS NOT NULL AND covered_fingerprint IS NOT NULL"
        " AND decided_by IS NOT NULL AND state <> 'denied')",
        name="approved",
    ),
    CheckConstraint("state <> 'denied' OR (reason IS NOT NULL AND reason <> '')", name="reason"),
    CheckConstraint("state <> 'approved' OR kind = 'change' OR expires_at IS NOT NULL", name="expires_at"),
    CheckConstraint(f"({_OPEN}) = (ended_at IS NULL)", name="ended_at"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    ForeignKeyConstraint(["project_id", "organization_id"], ["projects.id", "projects.organization_id"]),
    # One open request a project.
    Index("uq_access_requests_open", "project_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
    Index("ix_access_requests_project", "project_id", "id"),
    Index("ix_access_requests_organization", "organization_id", "id"),
    Index("ix_access_requests_state", "state", "id"),
    Index("ix_access_requests_expires_at", "expires_at", sqlite_where=text("state = 'approved'"),
          postgresql_where=text("state = 'approved'")),
)  # fmt: skip

# What happened to a request, in order; also the queue of the letters that tell of it.
access_request_entries = Table(
    "access_request_entries", metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    Column("at", Instant, nullable=False),
    # What was said: a comment, a reason; a sentence of Freehold's own where a rule acted.
    Column("text", Text, nullable=False),
    Column("facts", JsonText, nullable=False),
    # When its letters were written; NULL: they are still to be.
    Column("told_at", Instant),
    CheckConstraint(
        "kind IN ('requested', 'commented', 'asked_for_changes', 'answered', 'shape_changed', 'approved', 'denied',"
        " 'withdrawn', 'lapsed', 'expired', 'live')",
        name="kind",
    ),
    CheckConstraint("actor_kind IN ('user', 'token', 'system')", name="actor_kind"),
    ForeignKeyConstraint(
        ["request_id", "project_id"], ["access_requests.id", "access_requests.project_id"]
    ),
    Index("ix_access_request_entries_request", "request_id", "id"),
    Index("ix_access_request_entries_untold", "id", sqlite_where=text("told_at IS NULL"),
          postgresql_where=text("told_at IS NULL")),
)  # fmt: skip

# What a request's decision rested on, as it was at that moment: written with the decision, never changed.
access_request_evidence = Table(
    "access_request_evidence", metadata,
    Column("request_id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    # The checks with their evidence, the plan of the clone, and the shape's fingerprint and revision.
    Column("evidence", JsonText, nullable=False),
    ForeignKeyConstraint(
        ["request_id", "project_id"], ["access_requests.id", "access_requests.project_id"]
    ),
)  # fmt: skip
