"""What tests of reports share."""

from pathlib import Path

import pytest

from freehold.settings import Settings
from freehold.store.engine import Store
from tests.conftest import TestClock
from tests.reports.small_world import World, make_world


@pytest.fixture
def world(store: Store, settings: Settings, tmp_path: Path, test_clock: TestClock) -> World:
    """A day of usage that is over."""
    return make_world(store, settings, tmp_path, test_clock)
