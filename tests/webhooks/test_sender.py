"""The sender against real receivers of every temper: always one honest result, never an exception."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from freehold.projects.records import Environment
from freehold.webhooks.addresses import AddressPolicy, read_networks
from freehold.webhooks.connector import GuardedResolver, guard
from freehold.webhooks.records import BODY_BYTES_MAX, AttemptResult, Outgoing
from freehold.webhooks.sender import Sender
from tests.webhooks.receivers import Receiver, receiver

OPEN = AddressPolicy(loopback=True)
CLOSED = AddressPolicy()


def post(
    path: str,
    body: bytes = b"{}",
    policy: AddressPolicy = OPEN,
    connect_s: float = 5,
    answer_s: float = 20,
    headers: tuple[tuple[str, str], ...] = (("webhook-id", "msg_1"),),
) -> tuple[AttemptResult, Receiver]:
    """One request to a receiver, in an event loop of its own."""

    async def run() -> tuple[AttemptResult, Receiver]:
        async with receiver() as there, Sender({"sandbox": policy}, connect_s=connect_s, answer_s=answer_s) as sender:
            return await sender.send(Outgoing(there.url(path), headers, body), "sandbox"), there

    return asyncio.run(run())


def test_a_2xx_is_accepted_and_kept_with_its_head_body_address_and_timing() -> None:
    result, there = post("/accept?a=%41", b'{"a":1}')
    assert (result.outcome, result.status, result.error) == ("accepted", 200, None)
    assert result.response_body == b"thanks"
    assert ("x-seen", "yes") in (result.response_headers or ())
    assert result.address == "127.0.0.1"
    timing = result.timing
    assert timing.dns_us is None
    assert timing.tls_us is None
    assert timing.connect_us is not None
    assert timing.first_byte_us is not None
    assert timing.total_us >= timing.connect_us + timing.first_byte_us
    request = there.requests[0]
    assert request.line == "POST /accept?a=%41 HTTP/1.1"
    assert request.body == b'{"a":1}'


def test_what_goes_out_is_what_was_given_and_the_framing() -> None:
    _, there = post("/accept", headers=(("webhook-id", "msg_1"), ("content-type", "application/json"), ("X-Own", "1")))
    assert sorted(name.lower() for name, _ in there.requests[0].headers) == [
        "content-length",
        "content-type",
        "host",
        "webhook-id",
        "x-own",
    ]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/500", 500, "answered 500"),
        ("/410", 410, "410 Gone"),
        ("/429", 429, "answered 429"),
        ("/redirect", 302, "redirects"),
    ],
)
def test_another_answer_is_refused(path: str, status: int, words: str) -> None:
    result, there = post(path)
    assert (result.outcome, result.status) == ("refused", status)
    assert words in (result.error or "")
    assert len(there.requests) == 1  # A redirect is not followed.


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/reset", "connection"),
        ("/close", "without an answer"),
        ("/garbage", "no HTTP"),
        ("/huge-head", "no HTTP"),
        ("/many-headers", "no HTTP"),
        ("/broken-off", "broke off"),
    ],
)
def test_no_complete_answer_is_unreachable(path: str, words: str) -> None:
    result, _ = post(path)
    assert result.outcome == "unreachable"
    assert words in (result.error or "")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/slow", None, "No answer within 0.4 s."),
        ("/drip", 200, "not complete within 0.4 s."),
        ("/drip-head", None, "No answer within 0.4 s."),
        ("/endless-interim", None, "No answer within 0.4 s."),
    ],
)
def test_an_answer_that_takes_too_long_is_given_up(path: str, status: int | None, words: str) -> None:
    result, _ = post(path, answer_s=0.4)
    assert (result.outcome, result.status) == ("unreachable", status)
    assert words in (result.error or "")


def test_of_an_endless_body_only_the_start_is_taken_and_the_status_counts() -> None:
    result, _ = post("/endless")
    assert (result.outcome, result.status) == ("accepted", 200)
    assert len(result.response_body or b"") == BODY_BYTES_MAX


def test_nothing_is_unpacked() -> None:
    result, _ = post("/gzip-bomb")
    assert result.outcome == "accepted"
    assert (result.response_body or b"").startswith(b"\x1f\x8b")


def test_a_receiver_that_answers_without_reading_a_large_body_is_heard() -> None:
    async def run() -> AttemptResult:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(3600)
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1024)
        port = server.sockets[0].getsockname()[1]
        async with server, Sender({"sandbox": OPEN}) as sender:
            return await sender.send(Outgoing(f"http://127.0.0.1:{port}/", (), b"x" * 900_000), "sandbox")

    result = asyncio.run(run())
    assert (result.outcome, result.status) == ("refused", 413)


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    async def run() -> AttemptResult:
        async with Sender({"sandbox": OPEN}) as sender:
            return await sender.send(Outgoing(f"http://127.0.0.1:{port}/", (), b""), "sandbox")

    result = asyncio.run(run())
    assert (result.outcome, result.error) == ("unreachable", "No connection: Connection refused.")
    assert result.address == "127.0.0.1"


def test_connections_are_kept_and_one_that_died_in_between_is_replaced() -> None:
    async def run() -> tuple[list[AttemptResult], int]:
        async with receiver() as there, Sender({"sandbox": OPEN}) as sender:
            results = [await sender.send(Outgoing(there.url("/accept"), (), b""), "sandbox") for _ in range(2)]
            kept = there.connections
            # The next answer on the kept connection is a hang-up, as of a receiver whose patience just ended.
            there.hang_up_next = True
            results.append(await sender.send(Outgoing(there.url("/accept"), (), b""), "sandbox"))
            return results, kept

    results, kept = asyncio.run(run())
    assert [result.outcome for result in results] == ["accepted"] * 3
    assert kept == 1
    assert results[1].timing.connect_us is None
    assert results[1].address == "127.0.0.1"


def test_no_cookie_is_kept_and_no_proxy_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def run() -> Receiver:
        async with receiver() as there, Sender({"sandbox": OPEN}) as sender:
            for _ in range(2):
                result = await sender.send(Outgoing(there.url("/cookie"), (), b""), "sandbox")
                assert result.outcome == "accepted"
            return there

    assert all("cookie" not in request.by_name for request in asyncio.run(run()).requests)


# --- where it must not go -------------------------------------------------------------------------


def names(table: dict[str, list[str]]) -> Callable[[str, int], list[tuple[Any, ...]]]:
    """A resolver that takes each name's addresses from a table, one row a question: the last stays."""

    def lookup(host: str, port: int) -> list[tuple[Any, ...]]:
        rows = table[host]
        addresses = (rows.pop(0) if len(rows) > 1 else rows[0]).split()
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    return lookup


def send_to(
    url: str, lookup: Callable[[str, int], list[tuple[Any, ...]]], policy: AddressPolicy = CLOSED
) -> AttemptResult:
    async def run() -> AttemptResult:
        async with Sender({"sandbox": policy}, lookup=lookup) as sender:
            return await sender.send(Outgoing(url, (), b""), "sandbox")

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[64:ff9b::7f00:1]", "0.1.2.3"]
)
def test_an_address_written_in_the_url_is_checked_like_a_resolved_one(host: str) -> None:
    result = send_to(f"http://{host}:8080/", names({}))
    assert result.outcome == "blocked"
    assert result.address is None
    assert "Not sent" in (result.error or "")


def test_a_loopback_receiver_never_hears_from_a_closed_policy() -> None:
    result, there = post("/accept", policy=CLOSED)
    assert result.outcome == "blocked"
    assert there.connections == 0


@pytest.mark.parametrize(
    "addresses", ["127.0.0.1", "::1", "::ffff:10.1.2.3", "127.0.0.1 93.184.215.14", "93.184.215.14 10.0.0.1", "fe80::1"]
)
def test_a_name_with_any_refused_address_is_not_contacted(addresses: str) -> None:
    result = send_to("http://receiver.example/", names({"receiver.example": [addresses]}))
    assert result.outcome == "blocked"
    assert not any(address in (result.error or "") for address in addresses.split())


def test_a_name_that_changes_its_address_is_checked_at_every_connection() -> None:
    """DNS rebinding: allowed at first, then the answer turns to an address that is not."""

    async def run() -> tuple[list[AttemptResult], int]:
        async with receiver() as there:
            policy = AddressPolicy(allowed=read_networks("127.0.0.1/32"))
            lookup = names({"receiver.example": ["127.0.0.1", "127.0.0.2"]})
            async with Sender({"sandbox": policy}, lookup=lookup, names_cached_s=0) as sender:
                url = f"http://receiver.example:{there.port}"
                results = [await sender.send(Outgoing(url + "/close", (), b""), "sandbox")]
                results.append(await sender.send(Outgoing(url + "/accept", (), b""), "sandbox"))
            return results, there.connections

    (first, second), connections = asyncio.run(run())
    assert first.address == "127.0.0.1"
    assert second.outcome == "blocked"
    assert connections == 1


def test_a_kept_connection_of_sandbox_is_never_used_for_production() -> None:
    async def run() -> tuple[AttemptResult, AttemptResult]:
        policies: dict[Environment, AddressPolicy] = {"sandbox": OPEN, "production": CLOSED}
        async with receiver() as there, Sender(policies) as sender:
            outgoing = Outgoing(there.url("/accept"), (), b"")
            return await sender.send(outgoing, "sandbox"), await sender.send(outgoing, "production")

    sandbox, production = asyncio.run(run())
    assert (sandbox.outcome, production.outcome) == ("accepted", "blocked")


def test_a_port_outside_the_list_is_not_contacted() -> None:
    result, there = post("/accept", policy=AddressPolicy(ports=(range(443, 444),), loopback=True))
    assert result.outcome == "blocked"
    assert there.connections == 0


# --- TLS ------------------------------------------------------------------------------------------


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A self-signed certificate for a host and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A receiver")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem", folder / "key.pem"


def post_over_tls(tmp_path: Path, host: str) -> AttemptResult:
    chain, key = certificate(tmp_path, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)

    async def run() -> AttemptResult:
        async with receiver(context) as there, Sender({"sandbox": OPEN}) as sender:
            return await sender.send(Outgoing(f"https://127.0.0.1:{there.port}/accept", (), b"{}"), "sandbox")

    return asyncio.run(run())


def test_tls_is_verified_and_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    result = post_over_tls(tmp_path, "127.0.0.1")
    assert (result.outcome, result.error) == ("accepted", None)
    assert result.timing.tls_us is not None
    assert result.timing.connect_us is not None


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    result = post_over_tls(tmp_path, "127.0.0.1")
    assert result.outcome == "unreachable"
    assert "certificate is not valid" in (result.error or "")


def test_a_certificate_for_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    result = post_over_tls(tmp_path, "127.0.0.9")
    assert result.outcome == "unreachable"
    assert "certificate is not valid" in (result.error or "")


def test_a_receiver_that_does_not_speak_tls_is_unreachable() -> None:
    async def run() -> AttemptResult:
        async with receiver() as there, Sender({"sandbox": OPEN}, answer_s=2) as sender:
            return await sender.send(Outgoing(f"https://127.0.0.1:{there.port}/garbage", (), b"{}"), "sandbox")

    result = asyncio.run(run())
    assert result.outcome == "unreachable"


def test_a_receiver_that_never_finishes_the_handshake_is_given_up() -> None:
    async def run() -> AttemptResult:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Sender({"sandbox": OPEN}, connect_s=0.3) as sender:
            return await sender.send(Outgoing(f"https://127.0.0.1:{port}/", (), b"{}"), "sandbox")

    result = asyncio.run(run())
    assert (result.outcome, result.error) == ("unreachable", "No connection within 0.3 s.")


def test_the_client_asks_the_guard_for_every_address_of_a_name() -> None:
    """A contract with aiohttp: even were the resolver to let them pass, no socket is made for a refused address."""

    async def run() -> tuple[Exception | None, int]:
        async with receiver() as there:
            addresses = names({"receiver.example": ["127.0.0.1 127.0.0.2 ::1"]})
            with ThreadPoolExecutor(1) as threads:
                connector = aiohttp.TCPConnector(
                    resolver=GuardedResolver(OPEN, addresses, threads), socket_factory=guard(CLOSED)
                )
                async with aiohttp.ClientSession(connector=connector) as session:
                    try:
                        await session.get(f"http://receiver.example:{there.port}/accept")
                    except aiohttp.ClientConnectorError as error:
                        return error, there.connections
            return None, there.connections

    error, connections = asyncio.run(run())
    assert error is not None
    assert connections == 0
