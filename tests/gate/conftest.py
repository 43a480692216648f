"""A real gate process over a real SQLite store, with a small organization in it, and a real upstream behind it.

One process and one database serve all tests of a file; each test issues keys of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.gate.upstream import Upstream


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Instance]:
    made = Instance.create(sqlite_template, tmp_path_factory.mktemp("instance") / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def gate(instance: Instance) -> Iterator[GateProcess]:
    with GateProcess(instance.data) as running:
        yield running


@pytest.fixture
def own_instance(tmp_path: Path, sqlite_template: Path) -> Iterator[Instance]:
    """An instance for a test that breaks something."""
    made = Instance.create(sqlite_template, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def token(instance: Instance) -> str:
    """The operator's service token."""
    return instance.service_token()


@pytest.fixture
def upstream(instance: Instance) -> Iterator[Upstream]:
    """What the example API's sandbox is, for one test."""
    with Upstream() as running:
        instance.set_upstreams(running.url)
        yield running
