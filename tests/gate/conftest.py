"""A real gate process over a real SQLite store, with a small organization in it, and a real upstream behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.gate.upstream import Upstream


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance.create(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture
def gate(instance: Instance) -> Iterator[GateProcess]:
    with GateProcess(instance.data) as running:
        yield running
