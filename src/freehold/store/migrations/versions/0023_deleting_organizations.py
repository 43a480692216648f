"""Deleting organizations: what waits for its time, and what is left. The audit log of one that is being deleted may go."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_OPEN = sa.text("state <> 'deleted'")
_LOGS = ("audit_entries", "audit_seals", "audit_erasures")
_GOES = "EXISTS (SELECT 1 FROM organization_deletions d WHERE d.organization_id = OLD.chain AND d.state = 'deleting')"


def upgrade() -> None:
    op.create_table(
        "organization_deletions",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.Text(), nullable=False),
        sa.Column("reminded_at", sa.BigInteger()),
        sa.Column("emptied_at", sa.BigInteger()),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("last_seal", sa.Text()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.CheckConstraint("state IN ('waiting', 'deleting', 'deleted')", name=op.f("ck_organization_deletions_state")),
        sa.CheckConstraint(
            "(state = 'deleted') = (finished_at IS NOT NULL)", name=op.f("ck_organization_deletions_finished_at")
        ),
        sa.CheckConstraint("state <> 'deleted' OR name = ''", name=op.f("ck_organization_deletions_name")),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_deletions")),
    )
    op.create_index(
        "ix_organization_deletions_ends_at", "organization_deletions", ["ends_at"], sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        for table in _LOGS:
            op.execute(f"DROP TRIGGER {table}_no_delete")
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {_GOES}"
                " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_removal() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {_GOES} THEN RETURN OLD; END IF; RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    for table in _LOGS:
        acts = "TRUNCATE" if table == "audit_entries" else "UPDATE OR TRUNCATE"
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE {acts} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_goes_whole BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_audit_removal()"
        )
