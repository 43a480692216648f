"""What is HAProxy's alone: it goes on after an action that has failed, unless the configuration says otherwise."""

from pathlib import Path

import pytest

from tests.proxies import servers
from tests.proxies.world import Server, World

pytestmark = pytest.mark.skipif(
    servers.program("haproxy") is None, reason="HAProxy is not installed (scripts/haproxy installs it)"
)


def test_a_question_that_fails_lets_nothing_pass(world: World, tmp_path: Path) -> None:
    def command(ports: servers.Ports, folder: Path) -> list[str]:
        return servers.haproxy(
            ports, folder, lambda lua: lua.replace("local request =", 'error("broken")\n  local request =')
        )

    key, before = world.instance.issue(), len(world.api.seen)
    with servers.running(command, world.door.port, world.api.port, tmp_path, ready=503) as url:
        assert Server("haproxy", url).ask(key.text).status == 503
    assert world.api.seen[before:] == []
    assert "broken" in (tmp_path / "log").read_text()
