"""A filled database of the first schema is carried over whole: nothing lost, nothing loosened, read as before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from freehold.keys import queries, secret_records
from freehold.kit import clock
from freehold.kit.sketch import decode, sketch_of
from freehold.projects import queries as projects
from freehold.projects.limits import RateLimit
from freehold.store import schema_version
from freehold.store.engine import Store, open_postgresql, open_sqlite
from freehold.store.migrate import BrokenReferences, bring_up_to_date
from tests.conftest import EngineName
from tests.databases import PostgresServer, is_partition

AT = 1_800_000_000_000
HERE = {"project_id": "proj_a", "environment": "sandbox"}
DIGEST = b"d" * 32

# What an instance of the first schema holds: rows in the order in which they may be written.
ROWS: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
    ("instance", ({"id": 1, "created_at": AT, "epoch": 7, "secret_check": DIGEST},)),
    ("users", ({"id": "usr_a", "email": "ada@example.com", "name": "Ada", "password_hash": "x", "is_operator": True, "created_at": AT},)),
    ("organizations", ({"id": "org_a", "name": "A", "slug": "a", "is_operator": True, "created_at": AT},)),
    ("members", ({"organization_id": "org_a", "user_id": "usr_a", "role": "owner", "joined_at": AT},)),
    ("apis", ({"id": "api_a", "slug": "parcels", "name": "Parcels", "upstream_sandbox": "http://127.0.0.1:9", "created_at": AT},)),
    ("endpoints", ({"api_id": "api_a", "operation_id": "get_parcel", "method": "GET", "path": "/parcels/{id}", "summary": "", "position": 0},)),
    ("projects", ({"id": "proj_a", "organization_id": "org_a", "api_id": "api_a", "environment": "sandbox", "name": "Lookup", "slug": "lookup",
                   "purpose": "Looks up", "state": "active", "created_by": "Ada", "created_at": AT},
                  {"id": "proj_b", "organization_id": "org_a", "api_id": "api_a", "environment": "production", "sandbox_id": "proj_a",
                   "sandbox_environment": "sandbox", "name": "Lookup", "slug": "lookup", "purpose": "Looks up", "state": "archived",
                   "archived_at": AT, "created_by": "Ada", "created_at": AT})),
    ("project_owners", ({"project_id": "proj_a", "user_id": "usr_a", "duty": "technical", "organization_id": "org_a"},)),
    ("scope_endpoints", ({"project_id": "proj_a", "operation_id": "get_parcel", "api_id": "api_a"},)),
    ("keys", ({"id": "key_limited", **HERE, "name": "limited", "workload": "web", "state": "active", "narrowed": True, "allowed_cidrs": '["10.0.0.0/8"]',
               "rate_limit": 600, "rate_window_s": 60, "expires_at": AT + 1, "revision": 5, "created_by": "Ada", "created_at": AT},
              {"id": "key_free", **HERE, "name": "free", "state": "active", "narrowed": False, "created_by": "Ada", "created_at": AT},
              {"id": "key_ended", **HERE, "name": "free", "state": "revoked", "narrowed": False, "rate_limit": 1, "rate_window_s": 86_400,
               "created_by": "Ada", "created_at": AT, "revoked_at": AT})),
    ("key_secrets", ({"selector": "limited00001", "key_id": "key_limited", **HERE, "version": 1, "digest": DIGEST, "last4": "aaaa", "state": "active", "created_at": AT},
                     {"selector": "free00000001", "key_id": "key_free", **HERE, "version": 1, "digest": DIGEST, "last4": "bbbb", "state": "active", "created_at": AT},
                     {"selector": "ended0000001", "key_id": "key_ended", **HERE, "version": 1, "digest": DIGEST, "last4": "cccc", "state": "revoked", "created_at": AT})),
    ("key_endpoints", ({"key_id": "key_limited", "operation_id": "get_parcel", "project_id": "proj_a"},)),
    ("journals", ({"id": "jrn_a", "node": "n", "segment": 1, "offset": 9, "updated_at": AT},)),
    ("usage_events", ({"id": "req_a", "journal_id": "jrn_a", "position": 1, "at": AT, "project_id": "proj_a", "key_id": "key_limited", "outcome": "rate_limited",
                       "via": "gateway", "cost": 1, "explanation": '{"rule":"key.rate_limit","limits":[["key",600,0,0.1]],"epoch":7}'},
                      {"id": "req_b", "journal_id": "jrn_a", "position": 2, "at": AT + 1, "project_id": "proj_a", "key_id": "key_limited", "secret": "limited00001",
                       "endpoint": "get_parcel", "outcome": "allowed", "status": 200, "latency_us": 12_000, "via": "gateway", "cost": 1})),
    ("usage_rollups", ({"grain": "hour", "bucket_at": AT - AT % 3_600_000, "project_id": "proj_a", "key_id": "key_limited", "secret": "limited00001",
                        "endpoint": "get_parcel", "outcome": "allowed", "status_class": 2, "organization_id": "org_a", "requests": 1, "cost": 1,
                        "latency_us_sum": 12_000, "latency_count": 1},)),
    ("webhook_endpoints", ({"id": "whe_a", **HERE, "url": "https://example.com/", "headers": "{}", "state": "active", "created_by": "Ada", "created_at": AT},)),
    ("messages", ({"id": "msg_a", "project_id": "proj_a", "event_type": "parcel.moved", "payload": "{}", "origin": "published", "created_at": AT},)),
    ("deliveries", ({"id": "dlv_a", "message_id": "msg_a", "webhook_endpoint_id": "whe_a", "project_id": "proj_a", "state": "failed", "attempts": 8,
                     "created_at": AT, "finished_at": AT},)),
)  # fmt: skip


@pytest.fixture
def first_schema(request: pytest.FixtureRequest, engine_name: EngineName, tmp_path: Path) -> Iterator[Store]:
    """A database as the first release left it, with something in every table that the next ones touch."""
    if engine_name == "sqlite":
        store = open_sqlite(tmp_path / "first.db")
        _fill(store)
        yield store
        store.close()
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database(template="template0") as url:
        store = open_postgresql(url)
        _fill(store)
        yield store
        store.close()


def _fill(store: Store) -> None:
    bring_up_to_date(store, "0001")
    tables = _tables(store)
    with store.write() as tx:
        for name, rows in ROWS:
            for row in rows:
                tx.execute(insert(tables[name]).values(row))


# What later schemas have in another place, or say once of a project.
GONE: dict[str, set[str]] = {
    "keys": {"rate_limit", "rate_window_s"},
    "usage_events": {"organization_id", "environment", "api_id"},
    "usage_rollups": {"organization_id"},
}


def _tables(store: Store) -> dict[str, Table]:
    """The tables as they are in the database, not as the program sees them."""
    found = MetaData()
    with store.read() as tx:
        found.reflect(tx)
    return dict(found.tables)


def _content(store: Store) -> dict[str, list[dict[str, Any]]]:
    tables = _tables(store)
    with store.read() as tx:
        return {
            name: [dict(row._mapping) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in tables.items()
            if name != "alembic_version"
        }


def _spelled_out(rows: list[dict[str, Any]], names: dict[int, str]) -> list[dict[str, Any]]:
    """Rows of usage with names in the place of their numbers."""
    numbers = ("journal_id", "project_id", "key_id", "secret", "endpoint")
    return [
        {
            column: names[value] if column in numbers and isinstance(value, int) else value
            for column, value in row.items()
        }
        for row in rows
    ]


def test_every_row_is_carried_over_and_each_limit_has_its_name(first_schema: Store) -> None:
    before = _content(first_schema)
    assert bring_up_to_date(first_schema) is True
    assert schema_version.is_newest(first_schema)
    after = _content(first_schema)
    names = {row["number"]: row["name"] for row in after["usage_names"]}
    after |= {name: _spelled_out(after[name], names) for name in ("usage_events", "usage_rollups")}
    for name, rows in before.items():
        kept = [
            {column: row[column] for column in old if column in row} for old, row in zip(rows, after[name], strict=True)
        ]
        gone = GONE.get(name, set())
        assert kept == [{column: row[column] for column in row if column not in gone} for row in rows], name
    with first_schema.read() as tx:
        limits = {}
        for key_id in ("key_limited", "key_free", "key_ended"):
            key = queries.find_key(tx, key_id, clock.from_ms(AT))
            assert key
            assert key.quota is None
            limits[key_id] = key.rate_limits
        project = projects.find_project(tx, "proj_b")
    assert limits == {
        "key_limited": (RateLimit("requests", 600, 60),),
        "key_free": (),
        "key_ended": (RateLimit("requests", 1, 86_400),),
    }
    assert project
    assert (project.state, project.sandbox_id, project.rate_limits, project.quota) == ("archived", "proj_a", (), None)
    assert [decode(row["latency"]) for row in after["usage_rollups"]] == [sketch_of([12_000])]
    assert [row["fail_open"] for row in after["apis"]] == [False]
    assert {row["held"] for row in after["key_secrets"]} == {False}


def test_the_gate_reads_what_was_carried_over(first_schema: Store) -> None:
    bring_up_to_date(first_schema)
    with first_schema.read() as tx:
        records = secret_records.secret_records(tx, ["limited00001", "free00000001"])
    limited, free = records["limited00001"], records["free00000001"]
    assert [(meter.label, meter.limit, meter.window_s) for meter in limited.meters] == [("key:requests", 600, 60)]
    assert (limited.endpoints, limited.digest, limited.quota) == (frozenset({"get_parcel"}), DIGEST, None)
    assert (free.endpoints, free.meters) == (None, ())


def test_what_was_held_before_is_held_after(first_schema: Store) -> None:
    bring_up_to_date(first_schema)
    refused = (
        "UPDATE keys SET name = 'limited' WHERE id = 'key_free'", "DELETE FROM keys WHERE id = 'key_limited'",
        "UPDATE keys SET environment = 'production' WHERE id = 'key_free'", "UPDATE keys SET project_id = 'none' WHERE id = 'key_free'",
        "UPDATE keys SET state = 'revoked' WHERE id = 'key_free'", "UPDATE keys SET state = 'lost' WHERE id = 'key_free'",
        "UPDATE keys SET quota = 5 WHERE id = 'key_free'", "UPDATE keys SET quota = 0, quota_period = 'day' WHERE id = 'key_free'",
        "UPDATE projects SET quota_period = 'day'", "INSERT INTO keys SELECT * FROM keys WHERE id = 'key_free'",
        "UPDATE key_secrets SET key_id = 'key_nobody' WHERE key_id = 'key_free'",
    )  # fmt: skip
    for statement in refused:
        with pytest.raises(IntegrityError), first_schema.write() as tx:
            tx.execute(text(statement))
    with first_schema.write() as tx:
        tx.execute(text("UPDATE keys SET quota = 5, quota_period = 'month' WHERE id = 'key_free'"))
        tx.execute(text("DELETE FROM scope_endpoints"))
    # What leaves the scope still leaves the key.
    assert _content(first_schema)["key_endpoints"] == []


def test_a_migrated_database_is_like_a_new_one(first_schema: Store, store: Store) -> None:
    bring_up_to_date(first_schema)
    assert _shape(first_schema) == _shape(store)


def _shape(store: Store) -> dict[str, Any]:
    """What a table is made of, in no order."""
    seen = inspect(store.engine)
    return {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)),
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted((str(each["name"]), sorted(each["constrained_columns"]), each["referred_table"]) for each in seen.get_foreign_keys(name)),
            sorted((str(each["name"]), sorted(each["column_names"])) for each in seen.get_unique_constraints(name)),
            sorted(str(each["name"]) for each in seen.get_check_constraints(name)),
            sorted((str(each["name"]), bool(each["unique"])) for each in seen.get_indexes(name)),
        )
        for name in seen.get_table_names()
        if not is_partition(name)
    }  # fmt: skip


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_migration_that_would_leave_rows_without_what_they_refer_to_is_taken_back(first_schema: Store) -> None:
    with first_schema.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("UPDATE key_secrets SET key_id = 'key_lost' WHERE selector = 'free00000001'")
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    before = _content(first_schema)
    with pytest.raises(BrokenReferences, match="key_secrets"):
        bring_up_to_date(first_schema)
    assert _content(first_schema) == before
    assert not schema_version.is_newest(first_schema)
