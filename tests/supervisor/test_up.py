"""`freehold up`, whole: what an operator sees, and what is left when it ends in any way."""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor import commands
from tests.supervisor.instances import Instance, running
from tests.supervisor.test_watch import alive, eventually

NAMES = {"control", "gate", "tasks", "example"}


def processes_of(instance: Instance) -> dict[str, int]:
    """The instance's processes by name, as the system lists them."""
    supervisor = instance.process.pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    found = {}
    for child in children:
        # One that has ended, or is only beginning, has no arguments to show; one that was waited for has no place either.
        try:
            arguments = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if len(arguments) > 3:
            found[arguments[3]] = int(child)
    return found


def answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=commands.PATIENCE_S) as response:
        assert response.status == 200
        return bytes(response.read())


def connects(url: str) -> bool:
    try:
        answer(f"{url}/healthz")
    except OSError:
        return False
    return True


SECRET = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for all tests that leave it as it was."""
    with running(tmp_path_factory.mktemp("instance") / "data", FREEHOLD_SECRET=SECRET) as started:
        eventually(lambda: set(processes_of(started)) == NAMES)
        yield started


def test_it_serves(instance: Instance) -> None:
    assert set(processes_of(instance)) == NAMES
    answer(f"{instance.url}/readyz")
    answer(f"{instance.gate_url}/healthz")
    assert instance.errors == []


def test_the_setup_token_is_in_no_processs_environment(instance: Instance) -> None:
    assert instance.setup_token is not None
    for pid in processes_of(instance).values():
        assert instance.setup_token.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_the_instances_secret_is_kept_from_the_example_api(instance: Instance) -> None:
    processes = processes_of(instance)
    assert SECRET.encode() in Path(f"/proc/{processes['control']}/environ").read_bytes()
    assert SECRET.encode() not in Path(f"/proc/{processes['example']}/environ").read_bytes()
    assert not (instance.data / "secret.key").exists()


def test_what_is_kept_is_for_its_owner_alone(instance: Instance) -> None:
    for path in [instance.data, *instance.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_start_on_the_same_data_is_refused_and_harms_nothing(instance: Instance) -> None:
    done = commands.run("up", "--data", instance.data, "--port", "0", "--gate-port", "0")
    assert done.returncode == 2
    assert f"already (process {instance.process.pid})" in done.stderr
    answer(f"{instance.url}/readyz")
    answer(f"{instance.gate_url}/healthz")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "data") as instance:
        left = processes_of(instance)
        assert instance.stop(number) == 0
        assert not any(map(alive, left.values()))
        assert not connects(instance.url)
        assert not connects(instance.gate_url)
    assert instance.errors == []


def test_processes_that_are_killed_come_back(tmp_path: Path) -> None:
    with running(tmp_path / "data") as instance:
        # The tasks begin once the rest is ready.
        eventually(lambda: set(processes_of(instance)) == NAMES)
        before = processes_of(instance)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: set(processes_of(instance)) == NAMES and not any(map(alive, before.values())))
        # Whoever calls meanwhile waits: the supervisor holds the listening sockets.
        answer(f"{instance.url}/readyz")
        answer(f"{instance.gate_url}/healthz")
        assert instance.stop() == 0
    said = {line for line in instance.errors if line.startswith("freehold: ")}
    ended = "freehold: The {} process ended with signal SIGKILL; starting it again in 0.5 s.\n"
    assert said == {ended.format(name) for name in NAMES}


def test_after_the_supervisor_is_killed_nothing_is_left_and_the_setup_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "data") as first:
        old, left = first.setup_token, processes_of(first)
        first.process.kill()
        eventually(lambda: not any(map(alive, left.values())))
    with running(tmp_path / "data") as second:
        assert second.setup_token not in (None, old)
        assert set_up(second, old) == 422
        assert set_up(second, second.setup_token) == 201
        second.stop()
    with running(tmp_path / "data") as third:
        assert third.setup_token is None


def set_up(instance: Instance, token: str | None) -> int:
    """Do the first-run setup over HTTP; the answer's status."""
    body = {"setup_token": token, "email": "ada@example.com", "name": "Ada", "organization": "Acme"}
    content = json.dumps(body | {"password": "correct horse battery"}).encode()
    request = urllib.request.Request(f"{instance.url}/v1/setup", content, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_several_gates_share_the_port_and_the_log_is_one_line_a_record(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--verbose", FREEHOLD_WORKERS="2") as instance:
        eventually(lambda: set(processes_of(instance)) == {"control", "gate 1", "gate 2", "tasks", "example"})
        for _ in range(8):
            answer(f"{instance.gate_url}/healthz")
        assert instance.stop() == 0
    assert instance.errors
    for line in instance.errors:
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning) [a-z0-9-]+ \S+ \S", line), line
