"""Ids and names in rows of usage become numbers of `usage_names`; what a request's project says is not said with each request."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

# By table, what becomes a number, and what goes.
_NUMBERS = {
    "usage_events": ("journal_id", "project_id", "key_id"),
    "usage_rollups": ("project_id", "key_id", "secret", "endpoint"),
    "usage_totals": ("project_id", "key_id", "secret", "endpoint"),
}
_GONE = {
    "usage_events": ("organization_id", "environment", "api_id"),
    "usage_rollups": ("organization_id",),
    "usage_totals": (),
}
_CHECK = {
    "usage_events": "journal_id > 0 AND project_id > 0 AND key_id > 0",
    **dict.fromkeys(("usage_rollups", "usage_totals"), "project_id > 0 AND key_id > 0 AND secret > 0 AND endpoint > 0"),
}
_GRAIN = "grain = 'minute' OR grain = 'hour' OR grain = 'day' OR grain = 'month'"
_UNDECLARED = sa.text("outcome IN ('endpoint_unknown', 'endpoint_not_in_scope')")


def upgrade() -> None:
    op.create_table(
        "usage_names",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_usage_names")),
        sa.UniqueConstraint("name", name=op.f("uq_usage_names_name")),
        sqlite_autoincrement=True,
    )
    _give_numbers()
    if op.get_bind().dialect.name == "postgresql":
        _rewrite_in_place()
    else:
        _copy_events()
        _copy_sums()


def _give_numbers() -> None:
    columns = [(column, table) for table, columns in _NUMBERS.items() for column in columns]
    every = " UNION ".join(f"SELECT {column} AS name FROM {table}" for column, table in columns)  # noqa: S608 — names of this file
    op.execute(
        "INSERT INTO usage_names (name) SELECT name FROM"  # noqa: S608
        f" ({every}) AS known WHERE name IS NOT NULL ORDER BY name"
    )


def _rewrite_in_place() -> None:
    # A table is rewritten once for all of its columns, partition by partition; such an expression may call a function, not ask.
    op.execute("""CREATE FUNCTION usage_number(given text) RETURNS integer LANGUAGE sql STABLE
                  AS 'SELECT number FROM usage_names WHERE name = given'""")
    for table, columns in _NUMBERS.items():
        changes = [f"ALTER COLUMN {column} TYPE integer USING usage_number({column})" for column in columns]
        changes += [f"DROP COLUMN {column}" for column in _GONE[table]]
        changes.append(f"ADD CONSTRAINT ck_{table}_named CHECK ({_CHECK[table]})")
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    op.execute("DROP FUNCTION usage_number(text)")


def _copy_events() -> None:
    for index in ("journal", "project_at", "key_at", "undeclared"):
        op.drop_index(f"ix_usage_events_{index}", "usage_events")
    op.rename_table("usage_events", "old_usage_events")
    texts = ("secret", "endpoint", "method", "path")
    op.create_table(
        "usage_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Integer()),
        sa.Column("key_id", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in texts),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("latency_us", sa.BigInteger()),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("address", "user_agent", "explanation")),
        sa.CheckConstraint(
            "via = 'verify' OR via = 'authorize' OR via = 'gateway' OR via = 'sdk'", name=op.f("ck_usage_events_via")
        ),
        sa.CheckConstraint(_CHECK["usage_events"], name=op.f("ck_usage_events_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
    )
    _carry_over("usage_events", "rowid")
    op.create_index("ix_usage_events_journal", "usage_events", ["journal_id", "position"])
    op.create_index("ix_usage_events_project_at", "usage_events", ["project_id", "at"])
    op.create_index("ix_usage_events_key_at", "usage_events", ["key_id", "at"])
    op.create_index("ix_usage_events_undeclared", "usage_events", ["project_id", "at"], sqlite_where=_UNDECLARED)


def _copy_sums() -> None:
    part = ("key_id", "secret", "endpoint", "outcome")
    _copy(
        "usage_rollups",
        ("project_id", "grain", "bucket_at", *part, "status_class"),
        ("requests", "cost", "latency_us_sum", "latency_count"),
        {},
    )
    _copy(
        "usage_totals",
        ("project_id", "division", "grain", "bucket_at", *part),
        ("requests", "cost", "allowed", "served", "throttled", "denied", "failed"),
        {
            "division": "division = 'whole' OR (grain = 'hour' AND (division = 'key' OR division = 'endpoint' OR division = 'outcome'))",
            "kinds": "requests = served + throttled + denied + failed",
        },
    )


def _copy(table: str, key: tuple[str, ...], sums: tuple[str, ...], checks: dict[str, str]) -> None:
    kinds = dict.fromkeys(_NUMBERS[table], sa.Integer) | {"bucket_at": sa.BigInteger, "status_class": sa.SmallInteger}
    every = {"grain": _GRAIN, **checks, "named": _CHECK[table]}
    op.rename_table(table, f"old_{table}")
    op.create_table(
        table,
        *(sa.Column(name, kinds.get(name, sa.Text)(), nullable=False) for name in key),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in sums),
        sa.Column("latency", sa.LargeBinary()),
        *(sa.CheckConstraint(check, name=op.f(f"ck_{table}_{name}")) for name, check in every.items()),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )
    # In the order that its tree has from now on, that its pages are full.
    _carry_over(table, ", ".join(key))


def _carry_over(table: str, order: str) -> None:
    columns = [each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)]
    given = [_number(name) if name in _NUMBERS[table] else f'old."{name}"' for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    op.execute(f"INSERT INTO {table} ({names}) SELECT {', '.join(given)} FROM old_{table} AS old ORDER BY {order}")  # noqa: S608
    op.drop_table(f"old_{table}")


def _number(column: str) -> str:
    return f"(SELECT number FROM usage_names WHERE name = old.{column}) AS {column}"  # noqa: S608
