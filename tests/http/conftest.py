"""A served instance on each database, and on SQLite alone where the database does not matter."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from freehold.app import create_app
from freehold.overview.instance_metrics import InstanceMetrics
from freehold.production.watching import watch
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.web.call import Shared
from freehold.web.middleware import Outermost
from tests.databases import copy_sqlite
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


@pytest.fixture
def instance_on_each(application: Outermost, settings: Settings, store: Store) -> Iterator[Instance]:
    """The same, once on each database: for what locks and constraints decide."""
    # Webhooks to loopback on PostgreSQL too, where they are otherwise refused.
    watch(store)
    made = Instance("", store, replace(settings, webhook_allow="127.0.0.0/8"))
    fill(made)
    yield from _served(application, made)
