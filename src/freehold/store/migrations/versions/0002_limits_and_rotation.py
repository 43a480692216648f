"""Named rate limits and quotas of keys and projects, leases of quota, held retirements, APIs that fail open."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_QUOTA = (
    "(quota IS NULL AND quota_period IS NULL) OR (quota IS NOT NULL AND quota > 0"
    " AND quota_period IS NOT NULL AND quota_period IN ('hour', 'day', 'month'))"
)


def upgrade() -> None:
    op.add_column("apis", sa.Column("fail_open", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("key_secrets", sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("projects", sa.Column("rate_limits", sa.Text()))
    op.add_column("projects", sa.Column("quota", sa.BigInteger()))
    op.add_column(
        "projects",
        sa.Column("quota_period", sa.Text(), sa.CheckConstraint(_QUOTA, name=op.f("ck_projects_quota"))),
    )
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_keys()
    else:
        _alter_keys()
    _make_quota_tables()


def _alter_keys() -> None:
    op.add_column("keys", sa.Column("rate_limits", sa.Text()))
    op.add_column("keys", sa.Column("quota", sa.BigInteger()))
    op.add_column("keys", sa.Column("quota_period", sa.Text()))
    _name_the_limits()
    op.drop_constraint(op.f("ck_keys_rate_limit"), "keys", type_="check")
    op.drop_column("keys", "rate_limit")
    op.drop_column("keys", "rate_window_s")
    op.create_check_constraint(op.f("ck_keys_quota"), "keys", _QUOTA)


def _name_the_limits() -> None:
    """A key's one limit becomes the one that is named `requests`."""
    rows = op.get_bind().execute(sa.text("SELECT id, rate_limit, rate_window_s FROM keys WHERE rate_limit IS NOT NULL"))
    for key_id, limit, window_s in rows.all():
        named = [{"name": "requests", "limit": limit, "window_s": window_s}]
        op.get_bind().execute(
            sa.text("UPDATE keys SET rate_limits = :named WHERE id = :id"),
            {"named": json.dumps(named, separators=(",", ":")), "id": key_id},
        )


def _rebuild_keys() -> None:
    """SQLite drops no column that a constraint names: the table is made anew and takes the old one's place."""
    op.create_table(
        "new_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("workload", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("narrowed", sa.Boolean(), nullable=False),
        sa.Column("allowed_cidrs", sa.Text()),
        sa.Column("rate_limits", sa.Text()),
        sa.Column("quota", sa.BigInteger()),
        sa.Column("quota_period", sa.Text()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.CheckConstraint("state IN ('active', 'revoked')", name=op.f("ck_keys_state")),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_keys_revoked_at")),
        sa.CheckConstraint(_QUOTA, name=op.f("ck_keys_quota")),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_keys_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_keys_id_project_id")),
        sa.UniqueConstraint("id", "project_id", "environment", name=op.f("uq_keys_id_project_id_environment")),
    )
    op.execute(
        "INSERT INTO new_keys (id, project_id, environment, name, workload, state, narrowed, allowed_cidrs, rate_limits,"
        " expires_at, revision, created_by, created_at, revoked_at)"
        " SELECT id, project_id, environment, name, workload, state, narrowed, allowed_cidrs,"
        " CASE WHEN rate_limit IS NULL THEN NULL ELSE"
        ' \'[{"name":"requests","limit":\' || rate_limit || \',"window_s":\' || rate_window_s || \'}]\' END,'
        " expires_at, revision, created_by, created_at, revoked_at FROM keys"
    )
    op.drop_table("keys")
    op.rename_table("new_keys", "keys")
    op.create_index(
        "uq_keys_name", "keys", ["project_id", "name"], unique=True, sqlite_where=sa.text("state = 'active'")
    )


def _make_quota_tables() -> None:
    op.create_table(
        "quota_counters",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("period_at", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("granted >= 0", name=op.f("ck_quota_counters_granted")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_quota_counters_project_id")),
        sa.PrimaryKeyConstraint("owner_id", "period_at", name=op.f("pk_quota_counters")),
    )
    op.create_index("ix_quota_counters_period_at", "quota_counters", ["period_at"])
    op.create_table(
        "quota_leases",
        sa.Column("verifier_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("period_at", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("granted >= 0", name=op.f("ck_quota_leases_granted")),
        sa.ForeignKeyConstraint(
            ["owner_id", "period_at"],
            ["quota_counters.owner_id", "quota_counters.period_at"],
            name=op.f("fk_quota_leases_owner_id_period_at"),
        ),
        sa.PrimaryKeyConstraint("verifier_id", "owner_id", "period_at", name=op.f("pk_quota_leases")),
    )
    op.create_index("ix_quota_leases_counter", "quota_leases", ["owner_id", "period_at"])
