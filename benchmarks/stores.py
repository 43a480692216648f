"""Both databases for figures about usage, on a real disk, each forcing every commit to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freehold.store.engine import Store, open_postgresql, open_sqlite
from tests.databases import PostgresServer, make_sqlite_template


@contextmanager
def durable_stores(folder: Path) -> Iterator[dict[str, Store]]:
    """A fresh, migrated database of each kind under a folder, by the kind's name; both are gone afterwards.

    The tests' PostgreSQL lives in memory and forces nothing: here it is set up as a careful operator's.
    """
    server = PostgresServer(folder / "postgresql")
    try:
        server.force_to_disk()
        with server.database() as url:
            stores = {
                "SQLite": open_sqlite(make_sqlite_template(folder / "freehold.db")),
                "PostgreSQL": open_postgresql(url),
            }
            try:
                yield stores
            finally:
                for store in stores.values():
                    store.close()
    finally:
        server.stop()


def open_at(place: str) -> Store:
    """The same database again, from another process, by its engine's URL."""
    if place.startswith("sqlite:///"):
        return open_sqlite(Path(place.removeprefix("sqlite:///")))
    return open_postgresql(place)
