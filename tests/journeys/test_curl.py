"""The journey in ten lines of curl, run as it stands in the README, on both databases."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import EngineName
from tests.supervisor import commands
from tests.supervisor.instances import Instance, running
from tests.webhooks.receivers import served

DOCUMENT: Final = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def instance(request: pytest.FixtureRequest, engine_name: EngineName, tmp_path: Path) -> Iterator[Instance]:
    """An instance just started for the first time, on each database."""
    if engine_name == "sqlite":
        with running(tmp_path / "data") as started:
            yield started
    else:
        # template1 is PostgreSQL's own: an empty database, which the start has to fill.
        with request.getfixturevalue("postgresql").database("template1") as url:
            # Beside PostgreSQL, loopback is a private network like others: it has to be allowed.
            settings = {"FREEHOLD_DATABASE_URL": url, "FREEHOLD_WEBHOOK_ALLOW": "127.0.0.1/32"}
            with running(tmp_path / "data", **settings) as started:
                yield started
            assert not (tmp_path / "data" / "freehold.db").exists()


def shown() -> str:
    """The shell block of the journey: the one that begins with where Freehold is."""
    found = re.search(r"^```sh\n(FREEHOLD=.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_journey(instance: Instance) -> None:
    assert instance.setup_token
    with served() as receiver:
        settings = {
            "FREEHOLD": instance.url, "GATE": instance.gate_url,
            "SETUP_TOKEN": instance.setup_token, "RECEIVER": receiver.url(),
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", shown()],
            env={"PATH": os.environ["PATH"], **settings},
            capture_output=True, text=True, timeout=commands.PATIENCE_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    scope, country, tested, usage, request = answers
    assert scope["endpoints"] == ["get_country"]
    assert country["name"] == "Norway"
    assert (tested["accepted"], tested["attempt"]["response"]["status"]) == (True, 200)
    assert usage["totals"]["requests"] == 1
    assert (request["outcome"], request["status"], request["path"]) == ("allowed", 200, "/v1/countries/NO")
    assert [received.line for received in receiver.requests] == ["POST /accept HTTP/1.1"]
