"""Access requests and their review."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_OPEN = "state = 'requested' OR (state = 'approved' AND kind = 'access')"
_APPROVED = sa.text("state = 'approved'")
_UNTOLD = sa.text("told_at IS NULL")


def upgrade() -> None:
    _requests()
    _entries()


def _requests() -> None:
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("use_case", sa.Text()),
        sa.Column("requests_a_day_from", sa.BigInteger()),
        sa.Column("requests_a_day_to", sa.BigInteger()),
        sa.Column("peak_a_second", sa.Integer()),
        sa.Column("launch_on", sa.Text()),
        sa.Column("requested_by", sa.Text()),
        sa.Column("requested_name", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("base_fingerprint", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting_on", sa.Text()),
        sa.Column("reviewer_id", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("approved_fingerprint", sa.Text()),
        sa.Column("approved_number", sa.BigInteger()),
        sa.Column("covered_fingerprint", sa.Text()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_why", sa.Text()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        *_checks(),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_access_requests_project_id_environment"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "organization_id"],
            ["projects.id", "projects.organization_id"],
            name=op.f("fk_access_requests_project_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_access_requests_requested_by")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_access_requests_reviewer_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_access_requests_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_access_requests_id_project_id")),
    )
    op.create_index(
        "uq_access_requests_open", "access_requests", ["project_id"], unique=True,
        sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN),
    )  # fmt: skip
    op.create_index("ix_access_requests_project", "access_requests", ["project_id", "id"])
    op.create_index("ix_access_requests_organization", "access_requests", ["organization_id", "id"])
    op.create_index("ix_access_requests_state", "access_requests", ["state", "id"])
    op.create_index(
        "ix_access_requests_expires_at", "access_requests", ["expires_at"],
        sqlite_where=_APPROVED, postgresql_where=_APPROVED,
    )  # fmt: skip


def _checks() -> list[sa.CheckConstraint]:
    found = {
        "environment": "environment = 'sandbox'",
        "kind": "kind IN ('access', 'change')",
        "state": "state IN ('requested', 'approved', 'denied', 'withdrawn', 'lapsed', 'expired', 'live')",
        "waiting_on": "(state = 'requested' AND waiting_on IS NOT NULL AND waiting_on IN ('reviewer', 'requester'))"
        " OR (state <> 'requested' AND waiting_on IS NULL)",
        "asked": "(kind = 'access' AND base_fingerprint IS NULL AND requested_by IS NOT NULL AND use_case IS NOT NULL"
        " AND requests_a_day_from IS NOT NULL AND requests_a_day_to IS NOT NULL AND peak_a_second IS NOT NULL"
        " AND launch_on IS NOT NULL AND requests_a_day_from >= 0 AND requests_a_day_to >= requests_a_day_from"
        " AND peak_a_second > 0)"
        " OR (kind = 'change' AND base_fingerprint IS NOT NULL)",
        "four_eyes": "requested_by IS NULL OR decided_by IS NULL OR decided_by <> requested_by",
        "reviewer": "requested_by IS NULL OR reviewer_id IS NULL OR reviewer_id <> requested_by",
        "decided": "(decided_by IS NULL AND decided_at IS NULL AND state NOT IN ('approved', 'denied', 'live'))"
        " OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        "approved": "(approved_fingerprint IS NULL AND approved_number IS NULL AND covered_fingerprint IS NULL"
        " AND state NOT IN ('approved', 'lapsed', 'expired', 'live'))"
        " OR (approved_fingerprint IS NOT NULL AND approved_number IS NOT NULL AND covered_fingerprint IS NOT NULL"
        " AND decided_by IS NOT NULL AND state <> 'denied')",
        "reason": "state <> 'denied' OR (reason IS NOT NULL AND reason <> '')",
        "expires_at": "state <> 'approved' OR kind = 'change' OR expires_at IS NOT NULL",
        "ended_at": f"({_OPEN}) = (ended_at IS NULL)",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_access_requests_{name}")) for name, rule in found.items()]


def _entries() -> None:
    op.create_table(
        "access_request_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.CheckConstraint(
            "kind IN ('requested', 'commented', 'asked_for_changes', 'answered', 'shape_changed', 'approved', 'denied',"
            " 'withdrawn', 'lapsed', 'expired', 'live')",
            name=op.f("ck_access_request_entries_kind"),
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'token', 'system')", name=op.f("ck_access_request_entries_actor_kind")
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "project_id"],
            ["access_requests.id", "access_requests.project_id"],
            name=op.f("fk_access_request_entries_request_id_project_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_request_entries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request_entries")),
    )
    op.create_index("ix_access_request_entries_request", "access_request_entries", ["request_id", "id"])
    op.create_index(
        "ix_access_request_entries_untold", "access_request_entries", ["id"],
        sqlite_where=_UNTOLD, postgresql_where=_UNTOLD,
    )  # fmt: skip
