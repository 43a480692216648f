"""Real servers in front of a real gate, once for all tests of a run's worker."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proxies import servers
from tests.proxies.world import Server, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    with World.made(sqlite_template, tmp_path_factory.mktemp("world") / "data") as made:
        yield made


@pytest.fixture(scope="session")
def started(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Every server that is installed, by name."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name, command in servers.SERVERS.items():
            if servers.program(name) is not None:
                folder = tmp_path_factory.mktemp(name)
                url = stack.enter_context(servers.running(command, world.door.port, world.api.port, folder))
                found[name] = Server(name, url)
        yield found


@pytest.fixture(params=list(servers.SERVERS))
def server(request: pytest.FixtureRequest, started: dict[str, Server]) -> Server:
    """Each server in turn. All come with the development dependencies but HAProxy, which scripts/haproxy installs."""
    name: str = request.param
    if name not in started:
        pytest.skip(f"{name} is not installed here")
    return started[name]
