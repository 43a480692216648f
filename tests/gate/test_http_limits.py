"""Bounds on size, number, time and connections; order under pipelining; the end of the process."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.gate.gate_process import GateProcess, eventually, receive, statuses
from tests.gate.instance import Instance
from tests.gate.upstream import Upstream

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def strict(instance: Instance) -> Iterator[GateProcess]:
    """A gate with little patience and small bounds."""
    bounds = {
        "FREEHOLD_GATE_HEAD_S": "0.4", "FREEHOLD_GATE_IDLE_S": "0.9", "FREEHOLD_HEAD_BYTES_MAX": "4096",
        "FREEHOLD_GATE_CONNECTIONS_MAX": "12", "FREEHOLD_UPSTREAM_ANSWER_S": "0.5", "FREEHOLD_UPSTREAM_CONNECT_S": "0.5",
        "FREEHOLD_UPSTREAM_IDLE_S": "2",
    }  # fmt: skip
    with GateProcess(instance.data, bounds) as running:
        yield running


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (GET + b"X: " + b"x" * 5000 + b"\r\n\r\n", 431),
        (GET + b"X: " + b"x" * 50_000, 431),
        (GET + b"X: x\r\n" * 1000 + b"\r\n", 431),
        (GET + b"X: x\r\n" * 101 + b"\r\n", 431),
        (GET + b"X" * 5000, 431),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"x" * 30_000, 414),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 20_000, 431),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " + b"x" * 20_000, 431),
    ],
)
def test_what_is_too_large_is_refused(strict: GateProcess, request_bytes: bytes, status: int) -> None:
    for parts in ([request_bytes], [request_bytes[at : at + 1000] for at in range(0, len(request_bytes), 1000)]):
        answer = strict.raw(*parts, until_close=True)
        assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_what_is_just_small_enough_is_read(strict: GateProcess) -> None:
    request = GET + b"X: " + b"x" * 3900 + b"\r\n\r\n"
    assert strict.raw(request * 3 + GET + b"Connection: close\r\n\r\n", until_close=True).count(b'{"status":"ok"}') == 4


@pytest.mark.parametrize("begun", [b"GET /hea", GET + b"X: ", b"\r\n\r\nGET /"])
def test_a_head_that_trickles_is_ended(strict: GateProcess, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=10) as client:
        client.sendall(begun)
        stop = threading.Event()
        trickle = threading.Thread(target=_trickle, args=(client, stop))
        trickle.start()
        answer = client.recv(65536)
        stop.set()
        trickle.join()
    assert answer.startswith(b"HTTP/1.1 408 ")


def _trickle(client: socket.socket, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        try:
            client.sendall(b"x")
        except OSError:
            return


def test_a_body_that_does_not_come_is_ended(strict: GateProcess) -> None:
    answer = strict.raw(b"POST /v1/keys/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", until_close=True)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_silent_connection_is_closed_without_a_word(strict: GateProcess) -> None:
    assert strict.raw(b"", until_close=True) == b""
    answer = strict.raw(GET + b"\r\n", until_close=True)
    assert statuses(answer) == [200]


def test_a_busy_connection_is_not_closed(strict: GateProcess) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=10) as client:
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            # Every turn ends in the middle of a head.
            client.sendall(GET + b"\r\n" + GET)
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
            client.sendall(b"\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_one_connection_too_many_is_told_so(strict: GateProcess) -> None:
    held = [socket.create_connection(("127.0.0.1", strict.port), timeout=10) for _ in range(12)]
    try:
        for each in held:
            each.sendall(GET + b"\r\n")
            assert each.recv(4096).startswith(b"HTTP/1.1 200 ")
        refused = strict.raw(b"", until_close=True)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1" in refused
    finally:
        for each in held:
            each.close()
    eventually(lambda: strict.raw(GET + b"\r\n").startswith(b"HTTP/1.1 200 "))


def test_an_upstream_that_takes_too_long(strict: GateProcess, instance: Instance) -> None:
    key = instance.issue()
    with Upstream(hold=threading.Event()) as slow:
        instance.set_upstreams(slow.url)
        instance.settled()
        answer = strict.client.get("/gateway/example/v1/countries", headers={"X-Api-Key": key.text})
        assert (answer.status_code, answer.json()["code"]) == (504, "upstream_timeout")
        assert instance.event(answer.headers["X-Freehold-Request-Id"]).status == 504
        assert slow.hold is not None
        slow.hold.set()


def test_an_answer_that_has_begun_may_be_silent_for_longer(strict: GateProcess, instance: Instance) -> None:
    """Server-sent events, say: the bound on the beginning (0.5 s here) is not that on the pauses (2 s here)."""
    key = instance.issue()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    parts = [b"data: one\n\n", b"data: two\n\n"]
    with Upstream(answer=head, parts=parts, between_parts=threading.Semaphore(0), close=True) as upstream:
        instance.set_upstreams(upstream.url)
        instance.settled()
        assert upstream.between_parts is not None
        with strict.client.stream("GET", "/gateway/example/v1/countries", headers={"X-Api-Key": key.text}) as answer:
            lines = answer.iter_lines()
            for expected in ("data: one", "data: two"):
                time.sleep(0.8)
                upstream.between_parts.release()
                assert next(line for line in lines if line) == expected


def test_an_upstream_that_stops_in_the_middle(strict: GateProcess, instance: Instance) -> None:
    key = instance.issue()
    with Upstream(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") as slow:
        instance.set_upstreams(slow.url)
        instance.settled()
        with pytest.raises(httpx.RemoteProtocolError):
            strict.client.get("/gateway/example/v1/countries", headers={"X-Api-Key": key.text})


# --- order ----------------------------------------------------------------------------------------


def test_many_pipelined_requests_are_answered_in_order(gate: GateProcess, instance: Instance, token: str) -> None:
    """Known and unknown keys, errors and health, thousands at once, cut anywhere."""
    known, fresh = instance.issue(), [instance.issue() for _ in range(20)]
    asked = []
    for turn in range(1500):
        if turn % 7 == 0:
            asked.append((200, GET + b"\r\n"))
        elif turn % 11 == 0:
            asked.append((404, b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"))
        else:
            key = fresh[turn % 20] if turn % 75 == 1 else known
            asked.append((204, _authorize(key.text)))
    stream = b"".join(each for _, each in asked) + GET + b"Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as client:
        sender = threading.Thread(target=client.sendall, args=(stream,))
        sender.start()
        answers = receive(client)
        sender.join()
    assert statuses(answers) == [each for each, _ in asked] + [200]


def _authorize(key: str) -> bytes:
    lines = f"Authorization: Bearer {key}", "X-Original-Method: GET", "X-Original-URI: /v1/countries"
    return "\r\n".join(("GET /v1/authorize HTTP/1.1", "Host: x", *lines, "", "")).encode()


def test_a_client_that_only_half_closes_hears_its_answer(gate: GateProcess, instance: Instance) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as client:
        client.sendall(_authorize(instance.issue().text))
        client.shutdown(socket.SHUT_WR)
        assert receive(client).startswith(b"HTTP/1.1 204 ")


def test_a_client_that_does_not_read_does_not_fill_the_gate(gate: GateProcess) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=0.5) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += client.send(GET * 1 + b"\r\n")
        except TimeoutError:
            pass
    assert sent < 64 << 20
    assert gate.client.get("/healthz").status_code == 200


# --- the end --------------------------------------------------------------------------------------


def test_a_drain_lets_what_runs_come_to_its_end(instance: Instance) -> None:
    with Upstream(hold=threading.Event()) as upstream, GateProcess(instance.data) as gate:
        instance.set_upstreams(upstream.url)
        instance.settled()
        key = instance.issue()
        idle = socket.create_connection(("127.0.0.1", gate.port), timeout=10)
        idle.sendall(GET + b"\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200 ")
        busy = socket.create_connection(("127.0.0.1", gate.port), timeout=10)
        busy.sendall(f"GET /gateway/example/v1/countries HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.text}\r\n\r\n".encode())
        eventually(lambda: upstream.received)
        gate.processes[0].terminate()
        assert idle.recv(4096) == b""
        assert upstream.hold is not None
        upstream.hold.set()
        answer = receive(busy)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"Connection: close" in answer
        assert gate.processes[0].wait(15) == 0
        idle.close()
        busy.close()
    assert [each.status for each in instance.events() if each.key_id == key.id] == [200]


def test_a_drain_has_a_bound(own_instance: Instance) -> None:
    with (
        Upstream(hold=threading.Event()) as upstream,
        GateProcess(own_instance.data, {"FREEHOLD_DRAIN_S": "0.3"}) as gate,
    ):
        own_instance.set_upstreams(upstream.url)
        own_instance.settled()
        key = own_instance.issue()
        busy = socket.create_connection(("127.0.0.1", gate.port), timeout=10)
        busy.sendall(f"GET /gateway/example/v1/countries HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.text}\r\n\r\n".encode())
        eventually(lambda: upstream.received)
        assert gate.stop() == 0
        assert receive(busy) == b""
        busy.close()
        assert upstream.hold is not None
        upstream.hold.set()
    assert [each.status for each in own_instance.events()] == [499]
    assert own_instance.verifiers() == []
