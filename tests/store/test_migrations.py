"""Bringing a database up to date: from nothing, again, by several at one instant, and never from the future."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import inspect, text

from freehold.settings import Settings
from freehold.store import schema, schema_version
from freehold.store.engine import Store, open_postgresql, open_sqlite
from freehold.store.migrate import NewerSchema, bring_up_to_date
from freehold.supervisor import instance
from freehold.supervisor.refusals import CannotStart
from tests.conftest import EngineName
from tests.databases import PostgresServer, is_partition

Opening = Callable[[], Store]


@pytest.fixture
def empty(request: pytest.FixtureRequest, engine_name: EngineName, tmp_path: Path) -> Iterator[Opening]:
    """A way to open an empty database."""
    if engine_name == "sqlite":
        yield lambda: open_sqlite(tmp_path / "empty.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgresql")
        with server.database(template="template0") as url:
            yield lambda: open_postgresql(url)


def versions(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(text("SELECT version_num FROM alembic_version")).scalars())


def become(store: Store, version: str) -> None:
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_an_empty_database_is_brought_up_to_date_once(empty: Opening) -> None:
    store = empty()
    assert not schema_version.is_newest(store)
    assert bring_up_to_date(store) is True
    assert schema_version.is_newest(store)
    assert versions(store) == [schema_version.newest()]
    made = {name for name in inspect(store.engine).get_table_names() if not is_partition(name)}
    assert made == {*schema.metadata.tables, "alembic_version"}
    assert bring_up_to_date(store) is False
    store.close()


def test_two_that_start_at_one_instant_migrate_one_after_the_other(empty: Opening) -> None:
    ready = Barrier(3)

    def start(_: int) -> bool:
        store = empty()
        ready.wait()
        try:
            return bring_up_to_date(store)
        finally:
            store.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(start, range(3))) == [False, False, True]
    store = empty()
    assert versions(store) == [schema_version.newest()]
    store.close()


@pytest.mark.parametrize("future", ["9999", "0002_from_a_later_release"])
def test_a_newer_schema_is_refused_and_left_alone(store: Store, settings: Settings, future: str) -> None:
    become(store, future)
    with pytest.raises(NewerSchema):
        bring_up_to_date(store)
    assert not schema_version.is_newest(store)
    with pytest.raises(CannotStart, match="was written by a newer Freehold"):
        instance.prepare(store, settings)
    assert versions(store) == [future]


def test_a_migration_that_fails_leaves_nothing(empty: Opening) -> None:
    """Something foreign is in the way of one table: none of those that were made before it stays."""
    store = empty()
    with store.write() as tx:
        tx.execute(text("CREATE TABLE usage_rollups (foreign_thing INTEGER)"))
    with pytest.raises(Exception, match="usage_rollups"):
        bring_up_to_date(store)
    assert inspect(store.engine).get_table_names() == ["usage_rollups"]
    store.close()
