"""From nothing to the first protected call through nginx: the shell blocks of docs/forward-auth/README.md, as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.gate.gate_process import eventually
from tests.proxies import servers
from tests.proxies.background import Background
from tests.proxies.existing_api import ExistingApi
from tests.supervisor.instances import running

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Countries", "version": "1"},
    "paths": {
        "/v1/countries": {"get": {"operationId": "list_countries", "responses": {"200": {"description": "All."}}}}
    },
}


def shown(beginning: str) -> str:
    """The shell block that begins with these words."""
    text = (servers.DOCS / "README.md").read_text("utf-8")
    [found] = re.findall(rf"^```sh\n({re.escape(beginning)}.*?)^```$", text, re.MULTILINE | re.DOTALL)
    block: str = found
    return block


def test_from_nothing_to_the_first_protected_call(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(OPENAPI))

    def run(script: str, **settings: str) -> str:
        own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path, env={**own, **settings}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with Background() as background, running(tmp_path / "data") as instance:
        api = ExistingApi(background)
        gate = instance.gate_url.removeprefix("http://")
        where = {
            "FREEHOLD_URL": instance.url,
            "FREEHOLD_DATA": str(tmp_path / "data"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        run(f'{shown("PATH=")}\nprintf %s "$KEY" > key', API=f"127.0.0.1:{api.port}", GATE=gate, **where)

        def command(ports: servers.Ports, folder: Path) -> list[str]:
            written = tmp_path / "proxy" / "freehold.conf"
            here = folder / "freehold.conf"
            here.write_text(written.read_text().replace("8080", str(ports.own)))
            return servers.nginx_including(here, folder)

        with servers.running(command, instance_port(gate), api.port, tmp_path) as url:
            said = run(f"KEY=$(cat key)\n{shown('CALL=')}", CALL=f"{url}/v1/countries", **where)
            eventually(lambda: "list_countries" in run("freehold requests list -p country-lookup", **where))
        api.close()
    statuses = re.findall(r"^HTTP/1\.1 (\d+)", said, re.MULTILINE)
    assert statuses == ["401", "200"]
    assert "X-Freehold-Reason: malformed_key" in said
    assert '"target": "/v1/countries"' in said
    assert "endpoint_unknown" in said


def instance_port(address: str) -> int:
    return int(address.rpartition(":")[2])
