"""What all tests share: databases, settings, a clock to set, and the guards.

The guards are for every test: nothing connects to another machine, and no test leaves a thread or a
process behind. Warnings are errors (pyproject.toml).
"""

import atexit
import gc
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import hypothesis
import pytest

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql, open_sqlite
from tests.databases import (
    SECRET,
    PostgresServer,
    copy_sqlite,
    make_sqlite_template,
    postgres_server,
    quick_folder,
    sharing_statements,
)
from tests.gate.certificates import self_made

EngineName = Literal["sqlite", "postgresql"]
_LEAVE_S: Final = 5.0

# No test asserts a time: a property that is slow on a busy machine is not thereby wrong.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


# --- files ----------------------------------------------------------------------------------------


def _work_in_memory() -> None:
    """Keep what the run writes in memory, where there is room.

    SQLite and the journals force what they write to the disk, thousands of times in a run, so that it outlives a power
    loss. Tests kill our processes, never the machine: what the kernel has taken is there afterwards, wherever it lies.
    """
    os.environ["TMPDIR"] = str(quick_folder())
    tempfile.tempdir = None


# TMPDIR in the environment names another place, say a disk.
if not os.environ.get("TMPDIR"):
    _work_in_memory()


# --- memory ---------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """Set aside what was imported and collected: it stays to the end.

    The garbage collector would look through these hundreds of thousands of objects again and again: that took it 67 of the
    216 seconds of tests/http and tests/store.
    """
    gc.collect()
    gc.freeze()


# --- certificates ---------------------------------------------------------------------------------


def _trust_one_authority() -> None:
    """Let every client of the run, and of the processes it starts, trust one made-up authority instead of the world's.

    Nothing here speaks to the world, and reading its hundred and fifty authorities takes a client longer than what it is
    then used for.
    """
    folder = Path(tempfile.mkdtemp(prefix="freehold-authority-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "authority.pem").write_bytes(self_made("nobody.invalid").certificate)
    os.environ["SSL_CERT_FILE"] = str(folder / "authority.pem")


if not os.environ.get("SSL_CERT_FILE"):
    _trust_one_authority()


# --- databases ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    return make_sqlite_template(tmp_path_factory.mktemp("template") / "template.db")


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The run's PostgreSQL server, started when the first test asks for it and shared by all workers."""
    with postgres_server(os.environ.get("PYTEST_XDIST_TESTRUNUID")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """Which database: a test that asks for `settings` or `store` runs once on each."""
    name: EngineName = request.param
    return name


@pytest.fixture
def settings(request: pytest.FixtureRequest, engine_name: EngineName, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an instance of its own: an empty data directory and a migrated, empty database."""
    data = tmp_path / "data"
    secret = SECRET.to_hex()
    if engine_name == "sqlite":
        copy_sqlite(request.getfixturevalue("sqlite_template"), data).close()
        yield Settings(data=data, secret=secret)
    else:
        data.mkdir()
        with request.getfixturevalue("postgresql").database() as url:
            yield Settings(data=data, secret=secret, database_url=url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The database of `settings`, open."""
    opened = open_sqlite(settings.data / "freehold.db") if settings.embedded else open_postgresql(settings.database_url)
    yield sharing_statements(opened)
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty SQLite database, for tests to which the engine does not matter."""
    opened = copy_sqlite(sqlite_template, tmp_path / "data")
    yield sharing_statements(opened)
    opened.close()


@pytest.fixture
def secret() -> InstanceSecret:
    """The secret of every test's instance."""
    return SECRET


# --- time -----------------------------------------------------------------------------------------


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def move(self, seconds: float) -> None:
        """Let so many seconds pass (or come back)."""
        self.ms += round(seconds * 1000)


@pytest.fixture
def test_clock() -> Iterator[TestClock]:
    """Freehold's clock, standing at 2027-01-15 08:00:00 UTC."""
    fake = TestClock(1_800_000_000_000)
    # Half a millisecond more, so that no rounding of seconds falls below the millisecond that is meant.
    clock.set_source(lambda: (fake.ms + 0.5) / 1000)
    yield fake
    clock.set_source(None)


# --- guards ---------------------------------------------------------------------------------------


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or arguments[0].family == socket.AF_UNIX:
        return
    host = arguments[1][0]
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise RuntimeError(f"a test tried to connect to {host}")


sys.addaudithook(_refuse_other_machines)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread or a process running."""
    threads, children = set(threading.enumerate()), _children()
    yield
    _wait_until_none(lambda: [thread.name for thread in threading.enumerate() if thread not in threads], "threads")
    _wait_until_none(lambda: _children() - children, "processes")


def _children() -> set[str]:
    """The process ids of this process's children."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.update((task / "children").read_text().split())
        except OSError:  # the thread has ended in between
            continue
    return found


def _wait_until_none(left: Callable[[], Any], what: str) -> None:
    until = time.monotonic() + _LEAVE_S
    while left() and time.monotonic() < until:
        time.sleep(0.02)
    if still := left():
        pytest.fail(f"the test left {what} behind: {still}")
