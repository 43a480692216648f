"""`freehold up` with a certificate for the gate."""

from pathlib import Path

import httpx

from tests.gate.certificates import self_made
from tests.supervisor import commands
from tests.supervisor.instances import running


def test_the_gate_of_a_whole_instance_speaks_tls(tmp_path: Path) -> None:
    pair = self_made("one")
    with running(tmp_path / "data", FREEHOLD_WORKERS="2", **pair.write(tmp_path)) as instance:
        assert instance.gate_url.startswith("https://")
        assert httpx.get(f"{instance.gate_url}/readyz", verify=pair.trusted()).status_code == 200
        # The dashboard is not the gate: what stands before it is the operator's choice.
        assert httpx.get(f"{instance.url}/readyz").status_code == 200
        assert instance.stop() == 0


def test_a_certificate_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    settings = self_made("one").write(tmp_path)
    (tmp_path / "gate.key").write_bytes(self_made("other").key)
    refused = commands.run("up", "--data", tmp_path / "data", **settings)
    assert refused.returncode == 2
    assert f"The TLS certificate in {tmp_path / 'gate.crt'} and the key in" in refused.stderr
    assert not (tmp_path / "data").exists()
