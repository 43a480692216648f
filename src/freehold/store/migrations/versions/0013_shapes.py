"""Shapes: slots by which siblings mean the same, templates of keys, revisions, and the lock of production projects."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("projects", sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _give_slots("webhook_endpoints", ("description", "url"), lambda row: row.description or urlsplit(row.url).hostname)
    _give_slots("alert_rules", ("name",), lambda row: row.name)
    _give_slots("alert_channels", ("name",), lambda row: row.name)
    op.create_table(
        "key_templates",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("allowed_cidrs", sa.Text()),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"], ["projects.id", "projects.environment"],
            name=op.f("fk_key_templates_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_key_templates")),
        sa.UniqueConstraint("key_id", name=op.f("uq_key_templates_key_id")),
    )  # fmt: skip
    _make_revisions()


def _make_revisions() -> None:
    op.create_table(
        "shape_heads",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_shape_heads_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_shape_heads")),
    )
    op.create_table(
        "shape_revisions",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('edit', 'clone', 'promotion', 'revert', 'restoration', 'file')",
            name=op.f("ck_shape_revisions_cause"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_shape_revisions_number")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_shape_revisions_project_id")),
        sa.PrimaryKeyConstraint("project_id", "number", name=op.f("pk_shape_revisions")),
    )
    op.create_index("ix_shape_revisions_at", "shape_revisions", ["project_id", "at"])
    op.create_table(
        "shape_marks",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "number"], ["shape_revisions.project_id", "shape_revisions.number"],
            name=op.f("fk_shape_marks_project_id_number"),
        ),
        sa.PrimaryKeyConstraint("project_id", "path", name=op.f("pk_shape_marks")),
    )  # fmt: skip


def _give_slots(table: str, read: tuple[str, ...], name_of: Callable[[Any], str | None]) -> None:
    """Add the column, and name what is there after what it says of itself; oldest first, so that it keeps the plain name."""
    op.add_column(table, sa.Column("slot", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    taken: defaultdict[str, set[str]] = defaultdict(set)
    rows = connection.execute(
        sa.text(f"SELECT id, project_id, deleted_at, {', '.join(read)} FROM {table} ORDER BY id")  # noqa: S608 — names of ours
    ).all()
    for row in rows:
        slot = _free(_slug(name_of(row) or ""), taken[row.project_id])
        if row.deleted_at is None:
            taken[row.project_id].add(slot)
        connection.execute(
            sa.text(f"UPDATE {table} SET slot = :slot WHERE id = :id"),  # noqa: S608 — a name of ours
            {"slot": slot, "id": row.id},
        )
    op.create_index(
        f"uq_{table}_slot", table, ["project_id", "slot"], unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"), postgresql_where=sa.text("deleted_at IS NULL"),
    )  # fmt: skip


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].strip("-") or "x"


def _free(wanted: str, taken: set[str]) -> str:
    number, slot = 2, wanted
    while slot in taken:
        slot, number = f"{wanted}-{number}", number + 1
    return slot
