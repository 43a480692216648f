"""TLS on the gate's port, with real certificates: spoken, renewed while it runs, and refused in words."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gate.certificates import Pair, self_made
from tests.gate.gate_process import GateProcess, eventually, receive, receive_some
from tests.gate.instance import Instance
from tests.gate.upstream import Upstream

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def pair() -> Pair:
    return self_made("one")


@pytest.fixture
def gate(own_instance: Instance, pair: Pair, tmp_path: Path) -> Iterator[GateProcess]:
    with GateProcess(own_instance.data, pair.write(tmp_path)) as running:
        yield running


def connected(gate: GateProcess, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", gate.port), timeout=10)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def served(gate: GateProcess, pair: Pair) -> bytes | None:
    """The certificate that a new connection is shown, where it is this one."""
    try:
        with connected(gate, pair.trusted()) as client:
            return client.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError:
        return None


def test_what_is_decided_and_streamed_is_the_same_by_tls(gate: GateProcess, own_instance: Instance, pair: Pair) -> None:
    token, key = own_instance.service_token(), own_instance.issue()
    with (
        Upstream() as upstream,
        httpx.Client(base_url=f"https://127.0.0.1:{gate.port}", verify=pair.trusted()) as client,
    ):
        own_instance.set_upstreams(upstream.url)
        own_instance.settled()
        asked = {"key": key.text, **COUNTRY}
        for _ in range(3):
            answer = client.post("/v1/keys/verify", json=asked, headers={"Authorization": f"Bearer {token}"})
            assert answer.json()["allowed"] is True
        body = os.urandom(3 << 20)
        through = client.put("/gateway/example/v1/files/x", content=body, headers={"X-Api-Key": key.text}, timeout=30)
        assert through.status_code == 200
        assert upstream.received[-1].body == body


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["a name", "no name"])
def test_modern_versions_are_spoken(gate: GateProcess, pair: Pair, version: ssl.TLSVersion, name: str) -> None:
    context = pair.trusted()
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connected(gate, context, name) as client:
        assert client.selected_alpn_protocol() == "http/1.1"
        client.sendall(HEALTH)
        assert receive_some(client).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_tls_is_hung_up_on_and_the_next_one_is_served(gate: GateProcess, pair: Pair) -> None:
    assert b"HTTP/1.1" not in gate.raw(HEALTH, until_close=True)
    with socket.create_connection(("127.0.0.1", gate.port)) as silent:
        silent.sendall(b"\x16\x03\x01")
        assert served(gate, pair) is not None
        silent.shutdown(socket.SHUT_WR)
        assert b"HTTP/1.1" not in receive(silent)


def test_a_version_of_yesterday_is_refused(gate: GateProcess, pair: Pair) -> None:
    context = pair.trusted()
    # The client must not be the one that refuses.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"EOF|protocol version"):
        connected(gate, context)


def test_a_renewed_certificate_is_taken_while_connections_go_on(gate: GateProcess, pair: Pair, tmp_path: Path) -> None:
    with connected(gate, pair.trusted()) as before:
        renewed = self_made("two")
        # Half of a renewal is none: the key does not belong to the certificate that is there yet.
        (tmp_path / "gate.key").write_bytes(renewed.key)
        assert served(gate, pair) is not None
        renewed.write(tmp_path)
        eventually(lambda: served(gate, renewed))
        assert served(gate, pair) is None
        before.sendall(HEALTH)
        assert receive_some(before).startswith(b"HTTP/1.1 200 ")
    (tmp_path / "gate.crt").unlink()
    assert served(gate, renewed) is not None


def _refusal(tmp_path: Path, **settings: str) -> str:
    """What a gate says that does not start with these settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "FREEHOLD_DATA": str(tmp_path),
    }
    (tmp_path / "secret.key").write_text("00" * 32)
    done = subprocess.run(
        [sys.executable, "-m", "freehold.gate"], env={**environment, "FREEHOLD_GATE_PORT": "0", **settings},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("one is missing", "FREEHOLD_GATE_TLS_CERTIFICATE and FREEHOLD_GATE_TLS_KEY belong together; set both, or neither."),
        ("no file", "FREEHOLD_GATE_TLS_KEY: {key} cannot be read: No such file or directory."),
        ("another key", "The TLS certificate in {certificate} and the key in {key} do not belong together."),
        ("encrypted", "FREEHOLD_GATE_TLS_KEY: the key in {key} is encrypted; store it without a passphrase"),
        ("no PEM", "{certificate} and {key} cannot be used"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_are_refused_in_words(tmp_path: Path, pair: Pair, broken: str, said: str) -> None:
    settings = pair.write(tmp_path)
    key = tmp_path / "gate.key"
    match broken:
        case "one is missing":
            del settings["FREEHOLD_GATE_TLS_KEY"]
        case "no file":
            key.unlink()
        case "another key":
            key.write_bytes(self_made("other").key)
        case "encrypted":
            self_made("one", b"a passphrase").write(tmp_path)
        case "no PEM":
            (tmp_path / "gate.crt").write_bytes(os.urandom(300))
    refusal = _refusal(tmp_path, **settings)
    assert said.format(certificate=tmp_path / "gate.crt", key=key) in refusal
    assert "Traceback" not in refusal
    assert "PRIVATE" not in refusal
