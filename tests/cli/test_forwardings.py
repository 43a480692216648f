"""The commands of forwardings against a running instance: entries reach a receiver by themselves, in order."""

import json
import time
from pathlib import Path

from tests.cli.conftest import Commands
from tests.forwarding.syslog_receiver import streams
from tests.gate.certificates import self_made
from tests.webhooks.receivers import served

_PATIENCE_S = 30.0


def test_forwardings(cli: Commands, tmp_path: Path) -> None:
    with served() as there:
        added = cli.json(
            "audit",
            "forwardings",
            "add",
            "archive",
            "--url",
            there.url("/accept"),
            "--header",
            "X-Tenant=7",
            "--after",
            "0",
        )
        assert added["signing_secret"].startswith("whsec_")
        until = time.monotonic() + _PATIENCE_S
        while cli.json("audit", "forwardings", "show", added["id"])["lag_entries"] and time.monotonic() < until:
            time.sleep(0.1)
        heard = [json.loads(each.body)["data"]["position"] for each in there.requests]
        assert heard == list(range(1, len(heard) + 1))
        assert there.requests[0].by_name["x-tenant"] == "7"
        assert "took the test entry" in cli("audit", "forwardings", "test", added["id"])
        assert "paused" in cli("audit", "forwardings", "pause", added["id"])
        assert cli.json("audit", "forwardings", "resume", added["id"], "--after", "1")["state"] == "active"
        edited = cli.json("audit", "forwardings", "edit", added["id"], "--name", "old", "--url", there.url("/500"))
        assert (edited["name"], edited["to"]) == ("old", f"http://127.0.0.1:{there.port}/…")
        assert "answered 500" in cli.fails("audit", "forwardings", "test", added["id"])
    assert cli.json("audit", "forwardings", "rotate-secret", added["id"])["signing_secret"] != added["signing_secret"]
    assert "archive" not in cli("audit", "forwardings", "list")
    assert "Say what changes" in cli.fails("audit", "forwardings", "edit", added["id"])
    assert "NAME=VALUE" in cli.fails("audit", "forwardings", "add", "x", "--header", "x")
    assert "removed" in cli("audit", "forwardings", "remove", added["id"], "--yes")


def test_the_whole_instance_to_syslog_over_tls(cli: Commands, tmp_path: Path) -> None:
    pair = self_made("logs")
    with streams(pair, tmp_path) as there:
        where = (
            "--kind",
            "syslog",
            "--host",
            "127.0.0.1",
            "--port",
            str(there.port),
            "--authorities",
            str(tmp_path / "gate.crt"),
        )
        added = cli.json("audit", "forwardings", "add", "siem", "--instance", *where)
        assert "took the test entry" in cli("audit", "forwardings", "test", added["id"])
        assert added["id"] in cli("audit", "forwardings", "list", "--instance")
    cli("audit", "forwardings", "remove", added["id"], "--yes")
    everything = cli.json("audit", "list", "--instance", "--subject-kind", "forwarding")["data"]
    assert {each["action"] for each in everything} >= {"forwarding.created", "forwarding.tested", "forwarding.deleted"}
    request = everything[0]["request_id"]
    assert [each["request_id"] for each in cli.json("audit", "list", "--instance", "--request", request)["data"]] == [
        request
    ]
