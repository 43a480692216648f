"""Requests that are no HTTP/1.1, or that two programs could read in two ways: refused, answered, and nothing after them believed."""

import pytest

from tests.gate.gate_process import GateProcess, statuses

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/keys/verify HTTP/1.1\r\nHost: x\r\n"
# What a smuggler hopes to get answered.
SECOND = b"GET /readyz HTTP/1.1\r\nHost: smuggled\r\n\r\n"

BROKEN: list[tuple[str, bytes, int]] = [
    ("no request line", b"hello\r\n\r\n", 400),
    ("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
    ("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("HTTP/0.9", b"GET /healthz\r\n\r\n", 505),
    ("HTTP/2.0 in words", b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ("HTTP/1.2", b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", 400),
    ("an unknown method", b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a method in small letters", b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a space in the target", b"GET /health z HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a control character in the target", b"GET /health\x01z HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("raw UTF-8 in the target", "GET /hälth HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
    ("a fragment", b"GET /healthz#x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    ("two hosts", GET + b"Host: y\r\n\r\n", 400),
    ("two equal hosts", GET + b"Host: x\r\n\r\n", 400),
    ("a host with a path", b"GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
    ("a host with a user", b"GET /healthz HTTP/1.1\r\nHost: x@y\r\n\r\n", 400),
    ("a target of another host", b"GET http://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a target that is no path", b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a tunnel", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    ("bare line feeds", b"GET /healthz HTTP/1.1\nHost: x\n\n", 400),
    ("a bare line feed in the head", b"GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
    ("a bare carriage return", b"GET /healthz HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400),
    ("a folded field", GET + b"A: b\r\n c\r\n\r\n", 400),
    ("a space before the colon", GET + b"A : b\r\n\r\n", 400),
    ("a space before the first field", b"GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    ("no colon", GET + b"nonsense\r\n\r\n", 400),
    ("a nul in a field", GET + b"A: b\x00c\r\n\r\n", 400),
    ("a control character in a field's name", GET + b"A\x01: b\r\n\r\n", 400),
    ("an empty field name", GET + b": b\r\n\r\n", 400),
    ("length and chunks", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND, 400),
    ("chunks and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SECOND, 400),
    ("two lengths", POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SECOND, 400),
    ("two equal lengths", POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    ("lengths in one field", POST + b"Content-Length: 0, 44\r\n\r\n" + SECOND, 400),
    ("a length with a sign", POST + b"Content-Length: +0\r\n\r\n", 400),
    ("a negative length", POST + b"Content-Length: -1\r\n\r\n", 400),
    ("a length in hexadecimal", POST + b"Content-Length: 0x10\r\n\r\n", 400),
    ("a length beyond 64 bits", POST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    ("an empty length", POST + b"Content-Length: \r\n\r\n", 400),
    ("another coding", POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    ("two codings", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SECOND, 501),
    ("a coding that looks like chunked", POST + b"Transfer-Encoding: xchunked\r\n\r\n" + SECOND, 501),
    ("chunked with a tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SECOND, 400),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked in two fields", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    ("chunks in HTTP/1.0", b"POST /v1/keys/verify HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND, 400),
    ("a chunk size that is none", POST + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ("a chunk size with a sign", POST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n", 400),
    ("a chunk size with a space", POST + b"Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n", 400),
    ("a chunk size beyond 64 bits", POST + b"Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nx", 400),
    ("a chunk longer than its size", POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n", 400),
    ("a chunk ended by a bare line feed", POST + b"Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n", 400),
    ("an expectation that nobody meets", POST + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", 417),
    ("a field that decides, twice", GET + b"Authorization: a\r\nAuthorization: b\r\n\r\n", 400),
    ("an upgrade with a body", POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 44\r\n\r\n" + SECOND, 501),
]  # fmt: skip


@pytest.mark.parametrize(("request_bytes", "status"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_it_is_refused_and_the_connection_ends(gate: GateProcess, request_bytes: bytes, status: int) -> None:
    answer = gate.raw(request_bytes, until_close=True)
    assert statuses(answer) == [status]
    assert b"\r\nConnection: close\r\n" in answer
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(("request_bytes", "status"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_it_is_refused_byte_by_byte_too(gate: GateProcess, request_bytes: bytes, status: int) -> None:
    pieces = [request_bytes[at : at + 7] for at in range(0, len(request_bytes), 7)]
    answer = gate.raw(*pieces, until_close=True)
    assert statuses(answer) == [status]


def test_what_was_asked_before_it_is_answered_first(gate: GateProcess) -> None:
    answer = gate.raw(GET + b"\r\n" + GET + b"\r\n" + b"nonsense\r\n\r\n", until_close=True)
    assert statuses(answer) == [200, 200, 400]


def test_nothing_behind_a_close_is_answered(gate: GateProcess) -> None:
    answer = gate.raw(GET + b"Connection: close\r\n\r\n" + GET + b"\r\n", until_close=True)
    assert statuses(answer) == [200]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n" + GET + b"\r\n",
        b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://X/healthz?a HTTP/1.1\r\nHost: x\r\n\r\n",
        GET + b"Empty:\r\nX-Latin: \xe4\r\n\r\n",
        GET + b"Accept: a\r\nAccept: b\r\n\r\n",
        GET + b"Content-Length: 2\r\n\r\n{}",
        GET + b"Transfer-Encoding: Chunked\r\n\r\n2;ext=1\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
    ],
)
def test_what_is_unusual_but_clear_is_answered(gate: GateProcess, request_bytes: bytes) -> None:
    assert gate.raw(request_bytes).startswith(b"HTTP/1.1 200 ")


def test_an_old_client_that_keeps_its_connection_is_told_so(gate: GateProcess) -> None:
    request = b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert b"\r\nConnection: keep-alive\r\n" in gate.raw(request)
    answer = gate.raw(request + b"GET /healthz HTTP/1.0\r\n\r\n", until_close=True)
    assert statuses(answer) == [200, 200]


def test_after_all_of_it_the_gate_is_well(gate: GateProcess) -> None:
    assert gate.client.get("/readyz").status_code == 200
