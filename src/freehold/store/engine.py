"""Opening the database and its transactions.

`Store.read()` and `Store.write()` are the only two ways to a transaction. SQLite runs in WAL mode:
one writer (begun IMMEDIATE, so that it never fails half-way for want of the lock) and any number of
readers, each of which sees one moment. A commit waits for the disk when the lock is released, so that
writers wait for each other's work and not for each other's disk. PostgreSQL runs READ COMMITTED for writes, where constraints
and row locks hold what must hold, and REPEATABLE READ for reads, so that a page is of one moment too.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from freehold.settings import Settings
from freehold.store import touched

Transaction = Connection
SQLITE_FILE: Final = "freehold.db"
_BUSY_S: Final = 15.0
_LOOK_S: Final = 0.02
_LOCK_LOOK_S: Final = 0.001


class Store:
    """One database and its connections. Safe to share between threads, not between processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer: of the threads of a process one asks for its lock, the others wait here without asking.
        self._turn = threading.Lock()
        # Called in order before each commit, within the transaction; one that raises rolls it back.
        self.before_commit: list[Callable[[Transaction], None]] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that sees one moment and writes nothing."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        """A transaction that commits when its block ends and rolls back when it, or who looks before the commit, raises.

        Once it is left, the commit is on the disk. Not `durable`: it waits for no disk. A kill of any process takes
        nothing back; a power loss may, with what was committed after it. For what may be lost, such as a lease.
        """
        with self.engine.connect() as connection:
            with self._begun(connection, durable), touched.afresh(connection):
                try:
                    yield connection
                    for look in self.before_commit:
                        look(connection)
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            if self.is_sqlite and durable:
                _force(f"{self.engine.url.database}-wal")

    @contextmanager
    def _begun(self, connection: Connection, durable: bool) -> Iterator[None]:
        if not self.is_sqlite:
            if not durable:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield
            return
        until = time.monotonic() + _BUSY_S
        mine = self._turn.acquire(timeout=_BUSY_S)
        try:
            _begin_immediate(connection, until)
            if not connection.in_transaction():
                # The driver was asked, not SQLAlchemy: told of nothing, it would commit nothing but what goes through it.
                connection.begin()
            yield
        finally:
            if mine:
                self._turn.release()

    def ping(self) -> bool:
        """Whether the database answers now."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            return True
        except DBAPIError:
            return False

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(settings: Settings, pool_size: int = 8, answer_s: float | None = None) -> Store:
    """The store that the settings name. Connects at the first use, not here.

    `answer_s`: how long PostgreSQL may take for one answer, after which it counts as gone; None: for ever.
    """
    if settings.embedded:
        return open_sqlite(settings.data / SQLITE_FILE, pool_size)
    return open_postgresql(settings.database_url, pool_size, answer_s)


def open_sqlite(path: Path, pool_size: int = 8) -> Store:
    """A store in one SQLite file, which is made where it is absent."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=8,
        # A statement that fails is logged without its values: password hashes and people's addresses are among them.
        hide_parameters=True,
        # The transaction's bounds are ours (BEGIN, BEGIN IMMEDIATE), never the driver's guess.
        connect_args={"timeout": _BUSY_S, "check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return Store(engine)


def open_postgresql(url: str, pool_size: int = 8, answer_s: float | None = None) -> Store:
    """A store in PostgreSQL 15 or newer."""
    # Loaded only where there is a PostgreSQL.
    from freehold.store import patience  # noqa: PLC0415

    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={**patience.KERNEL, "application_name": "freehold"},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, given: Any, named: Any) -> patience.PatientConnection:
        return patience.connect(answer_s, *given, **named)

    return Store(engine)


def _begin_immediate(connection: Connection, until: float) -> None:
    """Take SQLite's write lock, until an instant of the monotonic clock at the latest.

    SQLite itself would look again after ever longer sleeps, up to 100 ms, while others take the lock one after
    another: here whoever waits looks every millisecond.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                # An extended code tells more of it in its higher bits.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_LOCK_LOOK_S)
            else:
                return
        # Once more, for SQLAlchemy to say what is wrong.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000:.0f}")


def _force(log: str) -> None:
    """Wait until SQLite's write-ahead log is on the disk. Where there is none, its last connection wrote all of it home."""
    try:
        descriptor = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    cursor = connection.cursor()
    _become_wal(cursor)
    # Not FULL, which forces the log to the disk while the write lock is held: `Store.write` does so once it is released.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -32000")
    # What is written over or deleted is overwritten with zeros, where the page is written anyway: a name does not stay behind.
    cursor.execute("PRAGMA secure_delete = FAST")
    cursor.close()


def _become_wal(cursor: sqlite3.Cursor) -> None:
    """Turn to write-ahead logging, once for a file. Two that do so at one instant: SQLite makes one fail, and waits for nobody."""
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_S)
        else:
            return
