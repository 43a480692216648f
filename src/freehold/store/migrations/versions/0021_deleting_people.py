"""Deleting people: what of them is still to be taken out of history, and what was taken out of the audit log.

An entry of the audit log may be changed in its words alone, and only once an erasure of it is on record.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_OPEN = sa.text("finished_at IS NULL")
_KEPT = ("id", "chain", "position", "at", "actor_kind", "actor_id", "action", "subject_kind", "subject_id", "project_id",
         "address", "request_id", "on_behalf_of", "previous_hash", "hash")  # fmt: skip
_ON_RECORD = "EXISTS (SELECT 1 FROM audit_erasures e WHERE e.chain = OLD.chain AND e.position = OLD.position)"


def upgrade() -> None:
    op.create_table(
        "person_deletions",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_by", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("passed_table", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.CheckConstraint("(sealed IS NULL) = (finished_at IS NOT NULL)", name=op.f("ck_person_deletions_sealed")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_person_deletions")),
    )
    op.create_index(
        "ix_person_deletions_due", "person_deletions", ["due_at"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "audit_erasures",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "position", "number", name=op.f("pk_audit_erasures")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        _on_postgresql()


def _on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for act in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER audit_erasures_no_{act.lower()} BEFORE {act} ON audit_erasures {refuse}")
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
    op.execute("DROP TRIGGER audit_entries_no_update")
    op.execute(
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries"
        f" WHEN NOT ({same} AND {_ON_RECORD}) {refuse}"
    )


def _on_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER audit_erasures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_erasures"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _KEPT)
    op.execute(
        "CREATE FUNCTION refuse_audit_rewriting() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {same} AND {_ON_RECORD} THEN RETURN NEW; END IF;"
        " RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute("DROP TRIGGER audit_entries_append_only ON audit_entries")
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_words_only BEFORE UPDATE ON audit_entries"
        " FOR EACH ROW EXECUTE FUNCTION refuse_audit_rewriting()"
    )
