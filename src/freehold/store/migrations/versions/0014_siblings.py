"""Siblings: bindings given for production, accepted differences, and how many differences there are."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "production_bindings",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("environment = 'sandbox'", name=op.f("ck_production_bindings_environment")),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"], ["projects.id", "projects.environment"],
            name=op.f("fk_production_bindings_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("project_id", "slot", name=op.f("pk_production_bindings")),
    )  # fmt: skip
    op.create_table(
        "drift_acceptances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sandbox_digest", sa.Text(), nullable=False),
        sa.Column("production_digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_why", sa.Text()),
        sa.CheckConstraint("expires_at > at", name=op.f("ck_drift_acceptances_expires_at")),
        sa.CheckConstraint(
            "(ended_at IS NULL AND ended_why IS NULL) OR (ended_at IS NOT NULL AND ended_why IS NOT NULL"
            " AND ended_why IN ('withdrawn', 'expired', 'changed', 'replaced'))",
            name=op.f("ck_drift_acceptances_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["sandbox_id"], ["projects.sandbox_id"], name=op.f("fk_drift_acceptances_sandbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_acceptances")),
    )  # fmt: skip
    op.create_index(
        "uq_drift_acceptances_standing", "drift_acceptances", ["sandbox_id", "path"], unique=True,
        sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_drift_acceptances_expires_at", "drift_acceptances", ["expires_at"], unique=False,
        sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "drift_heads",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("production_id", sa.Text(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("unaccepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("owes_mail", sa.Boolean(), nullable=False),
        sa.Column("mailed_at", sa.BigInteger()),
        sa.CheckConstraint("unaccepted BETWEEN 0 AND differences", name=op.f("ck_drift_heads_unaccepted")),
        sa.ForeignKeyConstraint(["sandbox_id"], ["projects.sandbox_id"], name=op.f("fk_drift_heads_sandbox_id")),
        sa.ForeignKeyConstraint(["production_id"], ["projects.id"], name=op.f("fk_drift_heads_production_id")),
        sa.PrimaryKeyConstraint("sandbox_id", name=op.f("pk_drift_heads")),
    )
    op.create_index("uq_drift_heads_production_id", "drift_heads", ["production_id"], unique=True)
    op.create_index(
        "ix_drift_heads_owes_mail", "drift_heads", ["changed_at"], unique=False,
        sqlite_where=sa.text("owes_mail"), postgresql_where=sa.text("owes_mail"),
    )  # fmt: skip
