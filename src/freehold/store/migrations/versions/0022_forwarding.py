"""Where audit entries are sent on to; and two ways to find one: the newest of all chains, and by the request that made it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "forwardings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text()),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text()),
        sa.Column("leased_until_at", sa.BigInteger()),
        sa.Column("sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_sent_at", sa.BigInteger()),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('webhook', 'syslog', 'otlp')", name=op.f("ck_forwardings_kind")),
        sa.CheckConstraint("state IN ('active', 'failing', 'paused')", name=op.f("ck_forwardings_state")),
        sa.CheckConstraint(
            "organization_id IS NULL OR kind = 'webhook'", name=op.f("ck_forwardings_organization_kind")
        ),
        sa.CheckConstraint("scope = COALESCE(organization_id, 'instance')", name=op.f("ck_forwardings_scope")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_forwardings_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwardings")),
        sa.UniqueConstraint("id", "scope", name=op.f("uq_forwardings_id_scope")),
    )
    op.create_index("ix_forwardings_scope", "forwardings", ["scope", "id"])
    op.create_table(
        "forwarding_cursors",
        sa.Column("forwarding_id", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope = 'instance' OR chain = scope", name=op.f("ck_forwarding_cursors_chain")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_forwarding_cursors_position")),
        sa.ForeignKeyConstraint(
            ["forwarding_id", "scope"], ["forwardings.id", "forwardings.scope"],
            name=op.f("fk_forwarding_cursors_forwarding_id_scope"),
        ),
        sa.PrimaryKeyConstraint("forwarding_id", "chain", name=op.f("pk_forwarding_cursors")),
    )  # fmt: skip
    op.create_index("ix_audit_entries_at", "audit_entries", ["at", "id"])
    op.create_index("ix_audit_entries_request", "audit_entries", ["request_id"])
