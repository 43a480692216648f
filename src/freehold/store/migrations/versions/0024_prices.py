"""Price lists, and what the decisions of access requests rested on."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_INSTANCES = sa.text("organization_id IS NULL AND withdrawn_at IS NULL")
_ORGANIZATIONS = sa.text("organization_id IS NOT NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "price_lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text()),
        sa.Column("takes_effect_at", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.CheckConstraint("sandbox IN ('free', 'priced')", name=op.f("ck_price_lists_sandbox")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_price_lists_currency")),
        sa.CheckConstraint("takes_effect_at % 86400000 = 0", name=op.f("ck_price_lists_takes_effect_at")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at < takes_effect_at", name=op.f("ck_price_lists_withdrawn_at")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_price_lists_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lists")),
    )
    op.create_index(
        "uq_price_lists_instance", "price_lists", ["takes_effect_at"], unique=True, sqlite_where=_INSTANCES,
        postgresql_where=_INSTANCES,
    )  # fmt: skip
    op.create_index(
        "uq_price_lists_organization", "price_lists", ["organization_id", "takes_effect_at"], unique=True,
        sqlite_where=_ORGANIZATIONS, postgresql_where=_ORGANIZATIONS,
    )  # fmt: skip
    op.create_index("ix_price_lists_owner", "price_lists", ["organization_id", "id"])
    op.create_table(
        "access_request_evidence",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "project_id"], ["access_requests.id", "access_requests.project_id"],
            name=op.f("fk_access_request_evidence_request_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_access_request_evidence")),
    )  # fmt: skip
