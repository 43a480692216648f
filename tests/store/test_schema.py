"""The schema itself: the tables that queries see are those that the migrations make, and tenancy holds in them.

The queries are left out on purpose: whatever they come to do wrong, the database refuses what crosses
organizations, projects or environments.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Engine, Inspector, Table, create_engine, insert, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from freehold.store import schema
from freehold.store.engine import Store, Transaction
from tests.databases import is_partition

NOW: Final = datetime(2027, 1, 15, 8, tzinfo=UTC)
LATER: Final = NOW + timedelta(days=1)

# --- the tables equal the migrations ------------------------------------------------------------


def described(inspector: Inspector, namespace: str | None) -> dict[str, Any]:
    """All that a database says of its tables, in an order of ours."""
    names = {name for name in inspector.get_table_names(schema=namespace) if not is_partition(name)} - {
        "alembic_version"
    }
    return {name: _table(inspector, name, namespace) for name in sorted(names)}


def _table(inspector: Inspector, name: str, namespace: str | None) -> dict[str, Any]:
    columns = {
        # A counter's own name says which schema it is in.
        each["name"]: (str(each["type"]), each["nullable"], (each["default"] or "").replace("made.", ""))
        for each in inspector.get_columns(name, schema=namespace)
    }
    foreign_keys = {
        each["name"]: (
            each["constrained_columns"], each["referred_table"], each["referred_columns"], each.get("options", {}).get("ondelete"),
        )
        for each in inspector.get_foreign_keys(name, schema=namespace)
    }  # fmt: skip
    indexes = {
        each["name"]: (each["column_names"], bool(each["unique"]), _condition(each.get("dialect_options", {})))
        for each in inspector.get_indexes(name, schema=namespace)
    }
    return {
        "columns": columns,
        "primary key": inspector.get_pk_constraint(name, schema=namespace)["constrained_columns"],
        "foreign keys": foreign_keys,
        "indexes": indexes,
        "unique": {
            each["name"]: each["column_names"] for each in inspector.get_unique_constraints(name, schema=namespace)
        },
        "checks": {each["name"]: each["sqltext"] for each in inspector.get_check_constraints(name, schema=namespace)},
    }


def _condition(options: dict[str, Any]) -> str:
    where = options.get("sqlite_where", options.get("postgresql_where"))
    return "" if where is None else str(where)


def made_from_metadata(engine: Engine) -> dict[str, Any]:
    """What the same database says of the tables made straight from store/schema."""
    if engine.dialect.name == "sqlite":
        other = create_engine("sqlite://", poolclass=StaticPool)
        schema.metadata.create_all(other)
        found = described(inspect(other), None)
        other.dispose()
        return found
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA made"))
        schema.metadata.create_all(connection.execution_options(schema_translate_map={None: "made"}))
    return described(inspect(engine), "made")


def test_the_migrations_make_the_tables_that_queries_see(store: Store) -> None:
    migrated, made = described(inspect(store.engine), None), made_from_metadata(store.engine)
    assert set(migrated) == set(schema.metadata.tables)
    for name in made:
        assert migrated[name] == made[name], name


# --- tenancy --------------------------------------------------------------------------------------


@pytest.fixture
def tenants(store: Store) -> Store:
    """Two organizations, each with a member, a sandbox project with a scope, and a key with its secret."""
    with store.write() as tx:
        put(tx, schema.apis, id="api", slug="api", name="API", created_at=NOW)
        put(tx, schema.apis, id="other_api", slug="other", name="Other", created_at=NOW)
        for api in ("api", "other_api"):
            for position, operation in enumerate(("read", "write", "spare")):
                put(
                    tx,
                    schema.endpoints,
                    api_id=api,
                    operation_id=f"{operation}_{api}",
                    method="GET",
                    path=f"/{operation}",
                    summary="",
                    position=position,
                )
            put(tx, schema.event_types, api_id=api, name=f"moved_{api}", summary="", position=0)
        for who in ("a", "b"):
            fill(tx, who)
        for api in ("api", "other_api"):
            put(tx, schema.readiness_own_checks, **own_check(id=f"check_{api}", api_id=api))
    return store


def put(tx: Transaction, table: Table, **values: Any) -> None:
    tx.execute(insert(table).values(**values))


def fill(tx: Transaction, who: str) -> None:
    put(tx, schema.users, id=f"user_{who}", email=f"{who}@x", name=who, password_hash="x", created_at=NOW)
    put(tx, schema.organizations, id=f"org_{who}", name=who, slug=who, is_operator=who == "a", created_at=NOW)
    put(tx, schema.members, organization_id=f"org_{who}", user_id=f"user_{who}", role="owner", joined_at=NOW)
    put(tx, schema.projects, **project(id=f"project_{who}", organization_id=f"org_{who}", slug="first"))
    put(tx, schema.scope_endpoints, project_id=f"project_{who}", operation_id="read_api", api_id="api")
    put(tx, schema.keys, **key(id=f"key_{who}", project_id=f"project_{who}", name="first"))
    put(tx, schema.key_secrets, **secret(selector=f"first_{who}", key_id=f"key_{who}", project_id=f"project_{who}"))
    put(tx, schema.webhook_endpoints, **webhook(id=f"hook_{who}", project_id=f"project_{who}", slot="first"))
    put(tx, schema.messages, **message(id=f"message_{who}", project_id=f"project_{who}"))


def project(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "organization_id": "org_a", "api_id": "api", "environment": "sandbox", "name": "x", "slug": "new",
        "purpose": "x", "state": "active", "created_by": "x", "created_at": NOW, **more,
    }  # fmt: skip


def sibling(**more: Any) -> dict[str, Any]:
    return project(environment="production", sandbox_id="project_a", sandbox_environment="sandbox") | more


def key(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "project_id": "project_a", "environment": "sandbox", "name": "new", "state": "active",
        "narrowed": False, "created_by": "x", "created_at": NOW, **more,
    }  # fmt: skip


def secret(**more: Any) -> dict[str, Any]:
    return {
        "selector": "new", "key_id": "key_a", "project_id": "project_a", "environment": "sandbox", "version": 1,
        "digest": b"x", "last4": "abcd", "state": "active", "created_at": NOW, **more,
    }  # fmt: skip


def webhook(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "project_id": "project_a", "environment": "sandbox", "slot": "new", "url": "https://x", "headers": {},
        "state": "active", "created_by": "x", "created_at": NOW, **more,
    }  # fmt: skip


def message(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "project_id": "project_a", "event_type": "moved_api", "payload": {}, "origin": "published",
        "created_at": NOW, **more,
    }  # fmt: skip


def delivery(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "message_id": "message_a", "webhook_endpoint_id": "hook_a", "project_id": "project_a",
        "state": "pending", "attempts": 0, "created_at": NOW, **more,
    }  # fmt: skip


def token(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "kind": "personal", "user_id": "user_a", "name": "x", "roles": [], "digest": b"new", "last4": "abcd",
        "created_at": NOW, **more,
    }  # fmt: skip


def scope(**more: Any) -> dict[str, Any]:
    return {"project_id": "project_a", "operation_id": "write_api", "api_id": "api", **more}


def owner(**more: Any) -> dict[str, Any]:
    return {"project_id": "project_a", "user_id": "user_a", "duty": "technical", "organization_id": "org_a", **more}


def own_check(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "api_id": "api", "kind": "attestation", "code": "review", "title": "x", "instruction": "",
        "blocking": True, "role": "auditor", "valid_days": 30, "created_by": "x", "created_at": NOW, "asked_at": NOW,
    } | more  # fmt: skip


def attestation(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "project_id": "project_a", "api_id": "api", "check_id": "check_api", "user_id": "user_a",
        "user_name": "a", "role": "auditor", "words": "x", "at": NOW, "expires_at": LATER,
    } | more  # fmt: skip


def acceptance(**more: Any) -> dict[str, Any]:
    return {
        "id": "new", "project_id": "project_a", "key_id": "key_a", "finding": "unused", "reason": "x", "accepted_by": "x",
        "at": NOW, "expires_at": LATER,
    } | more  # fmt: skip


def narrowing(**more: Any) -> dict[str, Any]:
    return {"key_id": "key_a", "operation_id": "read_api", "project_id": "project_a", **more}


def subscription(**more: Any) -> dict[str, Any]:
    return {"webhook_endpoint_id": "hook_a", "event_type": "moved_api", "project_id": "project_a", **more}


# A table, a row that it takes, and rows that differ by what crosses a border or breaks a rule.
CASES: Final[tuple[tuple[Table, dict[str, Any], tuple[dict[str, Any], ...]], ...]] = (
    (schema.projects, project(), (
        {"environment": "production"}, {"environment": "staging"}, {"state": "deleted"}, {"organization_id": "nobody"},
        {"api_id": "nothing"}, {"slug": "first"}, {"sandbox_id": "project_a"}, {"sandbox_environment": "sandbox"},
        {"sandbox_id": "project_a", "sandbox_environment": "sandbox"}, {"quota": 5}, {"quota_period": "hour"},
        {"quota": -1, "quota_period": "hour"}, {"quota": 5, "quota_period": "year"},
    )),
    (schema.projects, sibling(), (
        {"organization_id": "org_b"}, {"sandbox_id": "project_b"}, {"api_id": "other_api"}, {"environment": "sandbox"},
        {"sandbox_environment": "production"}, {"sandbox_id": None}, {"sandbox_environment": None}, {"sandbox_id": "nothing"},
    )),
    (schema.keys, key(), (
        {"environment": "production"}, {"project_id": "nothing"}, {"name": "first"}, {"state": "expired"},
        {"state": "revoked"}, {"revoked_at": NOW}, {"quota": 5}, {"quota_period": "day"},
        {"quota": 0, "quota_period": "day"}, {"quota": 5, "quota_period": "week"},
    )),
    (schema.key_secrets, secret(version=2, state="retired"), (
        {"environment": "production"}, {"project_id": "project_b"}, {"key_id": "key_b"}, {"key_id": "nothing"},
        {"state": "active"}, {"version": 1}, {"state": "retiring"}, {"state": "lost"}, {"selector": "first_b"},
    )),
    (schema.scope_endpoints, scope(), (
        {"operation_id": "nothing"}, {"api_id": "other_api"}, {"api_id": "other_api", "operation_id": "write_other_api"},
        {"operation_id": "write_other_api"}, {"project_id": "nothing"},
    )),
    (schema.scope_event_types, {"project_id": "project_a", "event_type": "moved_api", "api_id": "api"}, (
        {"event_type": "nothing"}, {"api_id": "other_api", "event_type": "moved_other_api"}, {"event_type": "moved_other_api"},
    )),
    (schema.key_endpoints, narrowing(), (
        {"operation_id": "write_api"}, {"operation_id": "nothing"}, {"project_id": "project_b"}, {"key_id": "key_b"},
    )),
    (schema.project_owners, owner(), (
        {"user_id": "user_b"}, {"organization_id": "org_b"}, {"organization_id": "org_b", "user_id": "user_b"},
        {"duty": "moral"}, {"project_id": "project_b"},
    )),
    (schema.organizations, {"id": "new", "name": "x", "slug": "new", "is_operator": False, "created_at": NOW}, (
        {"is_operator": True}, {"slug": "a"},
    )),
    (schema.members, {"organization_id": "org_a", "user_id": "user_b", "role": "admin", "joined_at": NOW}, (
        {"role": "king"}, {"user_id": "user_a"}, {"user_id": "nobody"}, {"organization_id": "nobody"},
    )),
    (schema.tokens, token(), (
        {"organization_id": "org_a"}, {"user_id": None}, {"kind": "service"}, {"kind": "instance"}, {"kind": "magic"},
        {"kind": "service", "user_id": None}, {"user_id": "nobody"},
    )),
    (schema.users, {"id": "new", "email": "new@x", "name": "x", "password_hash": "x", "created_at": NOW}, ({"email": "a@x"},)),
    (schema.webhook_endpoints, webhook(), ({"environment": "production"}, {"project_id": "nothing"}, {"state": "gone"}, {"slot": "first"})),
    (schema.webhook_subscriptions, subscription(), ({"project_id": "project_b"}, {"webhook_endpoint_id": "hook_b"})),
    (schema.deliveries, delivery(), (
        {"project_id": "project_b"}, {"message_id": "message_b"}, {"webhook_endpoint_id": "hook_b"}, {"state": "lost"},
        {"message_id": "message_b", "webhook_endpoint_id": "hook_b"},
    )),
    (schema.apis, {"id": "new", "slug": "new", "name": "x", "upstream_sandbox": "http://s", "upstream_production": "http://p", "created_at": NOW}, (
        {"upstream_production": "http://s"}, {"slug": "api"},
    )),
    (schema.readiness_own_checks, own_check(code="privacy"), (
        {"code": "review"}, {"kind": "http"}, {"role": None}, {"role": "king"}, {"url": "https://x"}, {"kind": "magic"},
        {"valid_days": 0}, {"api_id": "nothing"},
    )),
    (schema.readiness_attestations, attestation(), (
        {"check_id": "check_other_api"}, {"api_id": "other_api"}, {"api_id": "other_api", "check_id": "check_other_api"},
        {"user_id": "nobody"}, {"expires_at": NOW}, {"withdrawn_at": NOW}, {"role": "king"},
    )),
    (schema.readiness_calls, {"project_id": "project_a", "check_id": "check_api", "api_id": "api", "asked_by": "x", "asked_at": NOW}, (
        {"check_id": "check_other_api"}, {"api_id": "other_api", "check_id": "check_other_api"}, {"project_id": "nothing"},
    )),
    (schema.readiness_acceptances, acceptance(), (
        {"key_id": "key_b"}, {"project_id": "project_b"}, {"finding": "ugly"}, {"expires_at": NOW}, {"withdrawn_by": "x"},
    )),
    (schema.readiness_results, {"project_id": "project_a", "code": "x", "state": "passed", "blocking": True, "since_at": NOW}, (
        {"state": "fine"}, {"project_id": "nothing"},
    )),
    (schema.instance, {"id": 1, "created_at": NOW, "secret_check": b"x"}, ({"id": 2},)),
)  # fmt: skip


@pytest.mark.parametrize(
    "case", range(len(CASES)), ids=[f"{number}-{case[0].name}" for number, case in enumerate(CASES)]
)
def test_the_database_refuses_what_crosses_a_border(tenants: Store, case: int) -> None:
    table, right, changes = CASES[case]
    if table is schema.instance:
        with tenants.write() as tx:
            tx.execute(table.delete())
    taken = [change for change in changes if takes(tenants, table, right | change)]
    assert taken == []
    assert takes(tenants, table, right)


def takes(store: Store, table: Table, row: dict[str, Any]) -> bool:
    """Whether a table takes a row."""
    try:
        with store.write() as tx:
            tx.execute(insert(table).values(**row))
    except IntegrityError:
        return False
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects SET organization_id = 'org_b', slug = 'moved' WHERE id = 'project_a'",
        "UPDATE projects SET environment = 'production', sandbox_id = 'project_b', sandbox_environment = 'sandbox' WHERE id = 'project_a'",
        "UPDATE projects SET api_id = 'other_api' WHERE id = 'project_a'",
        "UPDATE keys SET project_id = 'project_b', name = 'moved' WHERE id = 'key_a'",
        "UPDATE keys SET environment = 'production' WHERE id = 'key_a'",
        "UPDATE key_secrets SET key_id = 'key_b', version = 9, state = 'retired' WHERE selector = 'first_a'",
        "UPDATE webhook_endpoints SET project_id = 'project_b' WHERE id = 'hook_a'",
        "UPDATE organizations SET is_operator = true WHERE id = 'org_b'",
        "DELETE FROM members WHERE user_id = 'user_a'",
        "DELETE FROM projects WHERE id = 'project_a'",
        "DELETE FROM keys WHERE id = 'key_a'",
        "DELETE FROM endpoints WHERE operation_id = 'read_api'",
    ],
)
def test_nothing_that_is_owned_can_be_moved_or_lose_its_owner(tenants: Store, statement: str) -> None:
    with tenants.write() as tx:
        put(tx, schema.project_owners, **owner())
        put(tx, schema.key_endpoints, **narrowing())
        put(tx, schema.webhook_subscriptions, **subscription())
    with pytest.raises(IntegrityError), tenants.write() as tx:
        tx.execute(text(statement))


def test_what_leaves_the_scope_leaves_the_keys(tenants: Store) -> None:
    with tenants.write() as tx:
        put(tx, schema.key_endpoints, **narrowing())
        tx.execute(text("DELETE FROM scope_endpoints WHERE project_id = 'project_a'"))
        assert tx.execute(text("SELECT count(*) FROM key_endpoints")).scalar_one() == 0
