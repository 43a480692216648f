"""What the journeys share: a browser for each module, and a fresh instance for each journey."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.browsers import chromium
from tests.supervisor.instances import Instance, running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the module's tests."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance just started for the first time, before its setup."""
    with running(tmp_path / "data") as started:
        yield started
