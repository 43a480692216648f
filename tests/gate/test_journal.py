"""What is answered is written down, and what cannot be written down is not answered."""

import json
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.gate.gate_process import GateProcess, eventually, receive, statuses
from tests.gate.instance import Instance
from tests.gate.upstream import Upstream

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


def test_every_decision_that_was_answered_survives_a_kill(own_instance: Instance) -> None:
    """SIGKILL under load: what any client has heard is in the journal, once."""
    gate = GateProcess(own_instance.data)
    heard: list[str] = []
    with gate:
        token, key = own_instance.service_token(), own_instance.issue()
        body = json.dumps({"key": key.text, **COUNTRY})
        request = (
            f"POST /v1/keys/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        threads = [threading.Thread(target=_ask_until_killed, args=(gate.port, request * 5, heard)) for _ in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(heard) > 500)
        gate.processes[0].send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    written = [event.id for event in own_instance.events()]
    assert len(written) == len(set(written))
    assert set(heard) <= set(written)


def _ask_until_killed(port: int, requests: bytes, heard: list[str]) -> None:
    data = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            while True:
                client.sendall(requests)
                part = client.recv(65536)
                if not part:
                    break
                data += part
                *whole, data = data.split(b'"request_id":"')
                heard += [each[:30].decode() for each in whole[1:] if len(each) >= 30]
    except OSError:
        pass


def _break(journal: Path) -> None:
    """As good as a full disk: no further segment can be made in it."""
    journal.rename(journal.with_name("gone"))


def _mend(journal: Path) -> None:
    journal.with_name("gone").rename(journal)


@pytest.fixture
def small_segments(own_instance: Instance) -> dict[str, str]:
    return {"FREEHOLD_SEGMENT_BYTES": "4096"}


def test_a_gate_that_cannot_write_answers_503_until_it_can(
    own_instance: Instance, small_segments: dict[str, str]
) -> None:
    with Upstream() as upstream, GateProcess(own_instance.data, small_segments) as gate:
        own_instance.set_upstreams(upstream.url)
        token, key = own_instance.service_token(), own_instance.issue()
        authorize = {
            "Authorization": f"Bearer {key.text}",
            "X-Original-Method": "GET",
            "X-Original-URI": "/v1/countries",
        }
        verify = {"key": key.text, **COUNTRY}
        bearer = {"Authorization": f"Bearer {token}"}
        assert gate.verify(token, **verify)["allowed"] is True
        [journal] = (own_instance.data / "journal").glob("jrn_*")
        _break(journal)
        answered: list[str] = []
        # A segment holds some twenty of these; the next one cannot be made.
        answer = gate.client.post("/v1/keys/verify", json=verify, headers=bearer)
        while answer.status_code == 200 and len(answered) < 200:
            answered.append(answer.json()["request_id"])
            answer = gate.client.post("/v1/keys/verify", json=verify, headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert gate.client.get("/readyz").status_code == 503
        refused = gate.client.get("/v1/authorize", headers=authorize)
        assert (refused.status_code, refused.headers["X-Freehold-Reason"], refused.content) == (503, "unavailable", b"")
        through = gate.client.get("/gateway/example/v1/countries", headers={"X-Api-Key": key.text})
        assert (through.status_code, through.json()["code"]) == (503, "unavailable")
        assert upstream.received == []
        pipelined = (
            b"".join(_authorize(key.text) for _ in range(3))
            + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert statuses(gate.raw(pipelined, until_close=True)) == [503, 503, 503, 200]
        _mend(journal)
        eventually(lambda: gate.client.post("/v1/keys/verify", json=verify, headers=bearer).status_code == 200)
        assert gate.client.get("/gateway/example/v1/countries", headers={"X-Api-Key": key.text}).status_code == 200
        assert gate.client.get("/readyz").status_code == 200
    written = {event.id for event in own_instance.events()}
    assert set(answered) <= written


def test_an_answer_of_an_upstream_that_cannot_be_recorded_is_not_passed_on(
    own_instance: Instance, small_segments: dict[str, str]
) -> None:
    with Upstream(hold=threading.Event()) as upstream, GateProcess(own_instance.data, small_segments) as gate:
        own_instance.set_upstreams(upstream.url)
        own_instance.settled()
        key, filler = own_instance.issue(), own_instance.issue()
        with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as client:
            client.sendall(
                f"GET /gateway/example/v1/countries HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.text}\r\n\r\n".encode()
            )
            eventually(lambda: upstream.received)
            [journal] = (own_instance.data / "journal").glob("jrn_*")
            # Fill the segment to its last event, so that the next one needs a new segment.
            while sum(path.stat().st_size for path in journal.glob("*.seg")) < 4096:
                assert gate.raw(_authorize(filler.text)).startswith(b"HTTP/1.1 204 ")
            _break(journal)
            assert upstream.hold is not None
            upstream.hold.set()
            answer = receive(client)
        assert statuses(answer) == [503]
        assert b'"code":"unavailable"' in answer
        _mend(journal)
    assert [event.status for event in own_instance.events() if event.key_id == key.id] == []


def _authorize(key: str) -> bytes:
    lines = f"Authorization: Bearer {key}", "X-Original-Method: GET", "X-Original-URI: /v1/countries"
    return "\r\n".join(("GET /v1/authorize HTTP/1.1", "Host: x", *lines, "", "")).encode()
