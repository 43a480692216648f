"""A served instance on each database, and on SQLite alone where the database does not matter."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from freehold.app import create_app
from freehold.overview.instance_metrics import InstanceMetrics
from freehold.production.watching import watch
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql
from freehold.web.call import Shared
from freehold.web.middleware import Outermost
from tests.conftest import EngineName
from tests.databases import SECRET, PostgresServer, copy_sqlite
from tests.http.served import Instance, fill, serve


@pytest.fixture(scope="session")
def application() -> Outermost:
    """The application, put together once: each test gives it a database of its own."""
    nothing: Any = None
    made = create_app(Settings(), nothing, nothing)
    assert isinstance(made, Outermost)
    return made


@pytest.fixture(scope="session")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """What `instance` is a copy of: a filled SQLite file, not served."""
    data = tmp_path_factory.mktemp("filled")
    store = copy_sqlite(sqlite_template, data)
    watch(store)
    instance = Instance("", store, Settings(data=data))
    fill(instance)
    store.close()
    return instance


def _served(application: Outermost, instance: Instance) -> Iterator[Instance]:
    app: Any = application.app
    watch(instance.store)
    app.state.shared = Shared(instance.store, instance.settings, instance.secret)
    app.state.metrics = InstanceMetrics()
    with serve(application) as url:
        instance.url = url
        yield instance
        for client in instance.clients:
            client.close()


@pytest.fixture
def fresh(application: Outermost, sqlite_store: Store, tmp_path: Path) -> Iterator[Instance]:
    """A served instance before its first-run setup, on SQLite."""
    yield from _served(application, Instance("", sqlite_store, Settings(data=tmp_path / "data")))


@pytest.fixture
def instance(application: Outermost, filled: Instance, tmp_path: Path) -> Iterator[Instance]:
    """A served instance with people, organizations, projects and keys, on SQLite."""
    data = tmp_path / "data"
    store = copy_sqlite(filled.settings.data / "freehold.db", data)
    yield from _served(application, replace(filled, store=store, settings=Settings(data=data), clients=[]))
    store.close()


@pytest.fixture(scope="session")
def filled_postgresql(postgresql: PostgresServer) -> Iterator[tuple[str, Instance]]:
    """The same on PostgreSQL: the name of a database to copy, and what is in it."""
    with postgresql.database() as url:
        store = open_postgresql(url)
        watch(store)
        instance = Instance("", store, Settings())
        fill(instance)
        # Only what nobody is connected to can be copied.
        store.close()
        yield str(conninfo_to_dict(url)["dbname"]), instance


@pytest.fixture
def instance_on_each(
    request: pytest.FixtureRequest, application: Outermost, engine_name: EngineName, tmp_path: Path
) -> Iterator[Instance]:
    """The same as `instance`, once on each database: for what locks and constraints decide."""
    # Webhooks to loopback on PostgreSQL too, where they are otherwise refused.
    settings = Settings(data=tmp_path / "data", secret=SECRET.to_hex(), webhook_allow="127.0.0.0/8")
    with ExitStack() as stack:
        if engine_name == "sqlite":
            made = request.getfixturevalue("filled")
            store = copy_sqlite(made.settings.data / "freehold.db", settings.data)
        else:
            settings.data.mkdir()
            template, made = request.getfixturevalue("filled_postgresql")
            url = stack.enter_context(request.getfixturevalue("postgresql").database(template))
            settings = replace(settings, database_url=url)
            store = open_postgresql(url)
        stack.callback(store.close)
        yield from _served(application, replace(made, store=store, settings=settings, clients=[]))
