"""Request smuggling through a real nginx with kept connections, in front of the real gateway.

nginx and the gate each count requests. Nothing that nginx took for one may be two to the gate, and
nobody may be answered with what is another's: beside every case, an honest client asks over the same
connections between nginx and the gate.
"""

import contextlib
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.gate_process import eventually
from tests.proxies import servers
from tests.proxies.smuggling_corpus import GET, Case, corpus
from tests.proxies.world import Server, World

_TOKEN = re.compile(rb"\b[ch]\d{3}\b")
# Longer than anything takes here; who is still silent then waits for bytes that will not come.
_ANSWERED_S = 1.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("smuggling")


@pytest.fixture(scope="module")
def gateway(world: World, folder: Path) -> Iterator[Server]:
    with servers.running(servers.nginx_gateway, world.door.port, world.api.port, folder, ready=404) as url:
        yield Server("nginx", url)


def test_no_request_is_two_and_no_answer_another_clients(world: World, gateway: Server, folder: Path) -> None:
    key = world.instance.issue()
    cases = list(corpus(key.text))
    assert len(cases) >= 100
    connections, decided_before = [], len(world.instance.events())
    seen_before, log_before = len(world.api.seen), (folder / "access.log").stat().st_size
    for number, case in enumerate(cases):
        connections.append(send(gateway, case))
        honest = f"h{number:03}"
        answer = gateway.ask(key.text, target=f"{GET}/{honest}")
        assert answer.status == 200, case.name
        assert set(_TOKEN.findall(answer.body)) == {honest.encode()}, case.name
    answers = read(connections)

    for case, answered in zip(cases, answers, strict=True):
        assert set(_TOKEN.findall(answered)) <= {case.token.encode()}, case.name
    # nginx logs a request at its end, which for those that wait for more bytes is now.
    eventually(lambda: not decided(world, decided_before) - proxied(folder, log_before))
    eventually(lambda: not seen(world, seen_before) - decided(world, decided_before))
    taken = decided(world, decided_before)
    # Enough of them were taken for the comparison to mean something.
    assert sum(count for (_, path), count in taken.items() if "/c" in path) > 50


def send(gateway: Server, case: Case) -> socket.socket:
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    with contextlib.suppress(ConnectionError):  # refused before all of it was sent
        connection.sendall(case.data)
    return connection


def read(connections: list[socket.socket]) -> list[bytes]:
    """What each was answered by the end of the time, or of the connection."""
    until = time.monotonic() + _ANSWERED_S
    answers = []
    for connection in connections:
        answer = b""
        while True:
            connection.settimeout(max(0.001, until - time.monotonic()))
            try:
                part = connection.recv(65536)
            except (TimeoutError, ConnectionResetError):
                break
            if not part:
                break
            answer += part
        connection.close()
        answers.append(answer)
    return answers


def decided(world: World, since: int) -> Counter[tuple[str, str]]:
    """Method and path of each request that the gate has decided."""
    return Counter((event.method or "", event.path or "") for event in world.instance.events()[since:])


def seen(world: World, since: int) -> Counter[tuple[str, str]]:
    """Method and path of each request that has reached the API."""
    return Counter((each.method, path_of(each.target)) for each in world.api.seen[since:])


def proxied(folder: Path, since: int) -> Counter[tuple[str, str]]:
    """Method and path of each request that nginx has passed on."""
    found: Counter[tuple[str, str]] = Counter()
    for line in (folder / "access.log").read_text("latin-1")[since:].splitlines():
        upstream, _, request = line.partition(" ")
        method, _, rest = request.partition(" ")
        if upstream != "-":
            found[method, path_of(rest.rpartition(" HTTP/")[0] or rest)] += 1
    return found


def path_of(target: str) -> str:
    """A target's path below the gateway's, without host, query and spaces around it."""
    path = re.sub(r"^https?://[^/]*", "", target.strip()).partition("?")[0]
    return path.strip().removeprefix("/gateway/example")
