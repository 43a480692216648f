"""The short way of a verification: it answers what the long way answers, and takes nothing that is not to the byte the same."""

import contextlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.gate.express import KnownHead
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance

BEFORE = b"POST /v1/keys/verify HTTP/1.1\r\nHost: x\r\nContent-Length: "
BEHIND = b"\r\nAuthorization: Bearer fho_x\r\n\r\n"


def request(body: bytes, length: bytes | None = None) -> bytes:
    return BEFORE + (b"%d" % len(body) if length is None else length) + BEHIND + body


# --- what is recognised ---------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=200), min_size=1))
def test_bodies_of_any_length_are_found_behind_the_head(bodies: list[bytes]) -> None:
    head = KnownHead(BEFORE, BEHIND, 1000)
    assert [head.body_of(request(body)) for body in bodies] == bodies


@pytest.mark.parametrize(
    "data",
    [
        b"",
        request(b"x")[:-1],
        request(b"x") + b"y",
        request(b"x") * 2,
        request(b"x", b"2"),
        request(b"x", b"+1"),
        request(b"x", b" 1"),
        request(b"x", b"1 "),
        request(b"x", b"0x1"),
        request(b"x", b"\xb9"),
        request(b"x", b""),
        request(b"x", b"1\n"),
        request(b"x", b"000000001"),
        request(b"x" * 1001),
        request(b"x").replace(b"POST", b"post"),
        request(b"x").replace(b"fho_x", b"fho_y"),
        request(b"x").replace(b"\r\n\r\n", b"\r\nX: y\r\n\r\n"),
        request(b"x").replace(b"\r\n", b"\n"),
    ],
)
def test_anything_else_takes_the_long_way(data: bytes) -> None:
    head = KnownHead(BEFORE, BEHIND, 1000)
    assert head.body_of(data) is None
    assert head.body_of(request(b"x")) == b"x"
    assert head.body_of(data) is None


@given(st.integers(0, 400), st.binary(max_size=3), st.booleans())
def test_a_head_with_a_change_anywhere_is_another_head(at: int, put: bytes, replacing: bool) -> None:
    whole = request(b"0123456789")
    at %= len(whole) - 10
    data = whole[:at] + put + whole[at + (len(put) if replacing else 0) :]
    head = KnownHead(BEFORE, BEHIND, 1000)
    head.body_of(whole)
    body = head.body_of(data)
    # Only a number that says the body's length in other digits is read as the same head (leading zeros).
    assert body is None or (len(body) == 10 and int(data[len(BEFORE) : data.index(b"\r", len(BEFORE))]) == 10)


# --- at a real gate -------------------------------------------------------------------------------


class Client:
    """One connection, over which requests are sent one after the other."""

    def __init__(self, gate: GateProcess) -> None:
        self.socket = socket.create_connection(("127.0.0.1", gate.port), timeout=20)
        self.buffer = b""

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def answer(self) -> tuple[int, dict[str, Any]]:
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        while len(rest) < int(length[1]):
            self._receive()
            rest = self.buffer.partition(b"\r\n\r\n")[2]
        self.buffer = rest[int(length[1]) :]
        return int(head.split()[1]), json.loads(rest[: int(length[1])])

    def ask(self, *parts: bytes) -> tuple[int, dict[str, Any]]:
        self.send(*parts)
        return self.answer()

    def _receive(self) -> None:
        received = self.socket.recv(65536)
        assert received, "the gate closed the connection"
        self.buffer += received


Connect = Callable[[GateProcess], Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes connections, and closes them at the end."""
    with contextlib.ExitStack() as stack:

        def make(gate: GateProcess) -> Client:
            client = Client(gate)
            stack.enter_context(client.socket)
            return client

        yield make


def verification(token: str, **asked: Any) -> bytes:
    body = json.dumps(asked).encode()
    return (
        b"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %b\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (token.encode(), len(body), body)
    )


def told(answer: tuple[int, dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """An answer without what no two have in common."""
    status, body = answer
    return status, {name: value for name, value in body.items() if name != "request_id"}


def test_on_one_connection_every_answer_is_that_of_a_fresh_one(
    gate: GateProcess, instance: Instance, token: str, connect: Connect
) -> None:
    keys = [instance.issue(), instance.issue(environment="production"), instance.issue(endpoints=["getCountry"])]
    right = {"method": "GET", "path": "/v1/countries/NO"}
    asked: list[dict[str, Any]] = [
        *({"key": key.text, **right} for key in keys),
        *({"key": key.text, "method": "PUT", "path": "/v1/files/a.csv", "environment": "sandbox"} for key in keys),
        {"key": keys[0].text[:-1] + "0", **right},
        {"key": "nonsense", "endpoint": "getCountry"},
        {"key": keys[0].text, "endpoint": "getCountry", "address": "10.0.0.1", "cost": 3},
        {"key": keys[0].text},
        {"key": keys[0].text, **right, "unknown": 1},
        {"key": keys[0].text, **right, "address": "nowhere"},
        {"key": keys[0].text, "endpoint": "nothing"},
    ]
    same = connect(gate)
    for _ in range(2):
        for each in asked:
            message = verification(token, **each)
            assert told(same.ask(message)) == told(connect(gate).ask(message))
    for broken in (b"not json", b"[]", b'{"key": "\xff"}'):
        message = verification(token, **asked[0])
        head, _, body = message.partition(b"\r\n\r\n")
        message = (
            head.replace(b"Content-Length: %d" % len(body), b"Content-Length: %d" % len(broken)) + b"\r\n\r\n" + broken
        )
        assert same.ask(message)[0] in (400, 422)
        assert same.ask(verification(token, **asked[0]))[1]["allowed"] is True


def test_a_request_in_pieces_or_several_at_once_are_answered_in_order(
    gate: GateProcess, instance: Instance, token: str, connect: Connect
) -> None:
    key = instance.issue()
    client = connect(gate)
    asked = [verification(token, key=key.text, endpoint=name) for name in ("getCountry", "nothing", "getCountry")]
    expected = [None, "endpoint_unknown", None]
    for _ in range(3):
        client.send(b"".join(asked))
        assert [client.answer()[1]["reason"] for _ in asked] == expected
        for message, reason in zip(asked, expected, strict=True):
            assert client.ask(message[:40], message[40:-7], message[-7:])[1]["reason"] == reason
            assert client.ask(message)[1]["reason"] == reason


def test_a_token_that_is_revoked_asks_in_vain_in_the_same_words(
    gate: GateProcess, instance: Instance, connect: Connect
) -> None:
    token, key = instance.service_token(), instance.issue()
    client = connect(gate)
    message = verification(token, key=key.text, endpoint="getCountry")
    assert [client.ask(message)[0] for _ in range(3)] == [200, 200, 200]
    instance.revoke_token(token)
    eventually(lambda: client.ask(message)[0] == 401)


def test_a_key_that_is_revoked_is_denied_in_the_same_words(
    gate: GateProcess, instance: Instance, token: str, connect: Connect
) -> None:
    key = instance.issue()
    client = connect(gate)
    message = verification(token, key=key.text, endpoint="getCountry")
    assert [client.ask(message)[1]["allowed"] for _ in range(3)] == [True, True, True]
    instance.revoke(key)
    eventually(lambda: client.ask(message)[1]["reason"] == "revoked")


def test_each_answer_is_in_the_journal(own_instance: Instance, connect: Connect) -> None:
    token, key = own_instance.service_token(), own_instance.issue()
    with GateProcess(own_instance.data) as running:
        client = connect(running)
        message = verification(token, key=key.text, endpoint="getCountry")
        heard = {client.ask(message)[1]["request_id"] for _ in range(50)}
    written = b"".join(path.read_bytes() for path in (own_instance.data / "journal").glob("jrn_*/*.seg"))
    assert len(heard) == 50
    assert all(request_id.encode() in written for request_id in heard)
