"""Bringing a database to this program's schema, forward only.

`bring_up_to_date` is called by `freehold up` before anything else opens the database. A schema that
is newer than this program is refused, because an older program would read it wrongly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text

from freehold.store.engine import Store, Transaction

_FOLDER: Final = Path(__file__).parent / "migrations"
# Any number will do; it names "migrating Freehold" among PostgreSQL's advisory locks.
_LOCK: Final = 0x667265656866


class BrokenReferences(Exception):
    """A migration left rows that refer to nothing; it was taken back."""


class NewerSchema(Exception):
    """The database was written by a newer Freehold."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def bring_up_to_date(store: Store, revision: str = "head") -> bool:
    """Migrate to a revision in one transaction; whether anything was done. NewerSchema where we are too old."""
    scripts = ScriptDirectory.from_config(configuration())
    with _migrating(store) as tx:
        if not store.is_sqlite:
            # Two nodes that start at one instant migrate one after the other.
            tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        at = MigrationContext.configure(tx).get_current_revision()
        if at is not None:
            try:
                scripts.get_revision(at)
            except (ResolutionError, CommandError) as error:
                raise NewerSchema(at) from error
        if at == scripts.as_revision_number(revision):
            return False
        command.upgrade(configuration(tx), revision)
    return True


@contextmanager
def _migrating(store: Store) -> Iterator[Transaction]:
    """A write transaction that may rebuild tables which others refer to.

    SQLite can only change a constraint or drop a column by making the table anew, and its foreign keys
    would take the old table's rows for deleted ones. So they are off for the length of the migration,
    and looked through as a whole before it is committed (SQLite, "Making Other Kinds Of Table Schema
    Changes", steps 1 and 10 to 12).
    """
    if not store.is_sqlite:
        with store.write() as tx:
            yield tx
        return
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise BrokenReferences(f"{len(broken)} rows, the first in {broken[0][0]}")
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
