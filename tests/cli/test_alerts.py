"""The commands of alerts against a running instance: made, shown, changed, tested, removed."""

from collections.abc import Callable
from typing import Any

from tests.cli.conftest import Commands

NewProject = Callable[..., dict[str, Any]]


def test_alerts(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    made = cli.json(
        "alerts", "create", "-p", project, "--name", "Failures", "--metric", "failure_rate", "-t", "5:2", "-t", "20",
        "--window-s", "300", "--minimum-count", "20", "--owner", "ada@example.com", "--notify", "email",
    )  # fmt: skip
    assert made["thresholds"] == [{"at": 5, "resolve_below": 2}, {"at": 20, "resolve_below": None}]
    assert "failure rate of 5 % or more" in cli("alerts", "show", made["id"])
    assert made["id"] in cli("alerts", "list", "-p", project)
    changed = cli.json("alerts", "edit", made["id"], "-t", "7.5", "--mute-until", "2030-01-01T00:00:00Z", "--disable")
    assert (changed["thresholds"][0]["at"], changed["enabled"]) == (7.5, False)
    assert cli.json("alerts", "edit", made["id"], "--mute-until", "", "--enable")["muted_until"] is None
    assert "7.5:x" in cli.fails("alerts", "edit", made["id"], "-t", "7.5:x", status=2)
    assert cli.json("alerts", "test", made["id"])["notifications"][0]["target"] == "ada@example.com"
    assert "Nothing has fired" in cli("alerts", "firings", "-p", project, "--state", "open")
    assert "not yours to see" in cli.fails("alerts", "firing", "fir_0000000000000000000000000a")
    assert "not yours to see" in cli.fails("alerts", "acknowledge", "fir_0000000000000000000000000a")
    cli("alerts", "delete", made["id"], "--yes")
    assert "not yours to see" in cli.fails("alerts", "show", made["id"])


def test_chat_channels(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    made = cli.json("alerts", "add-channel", "-p", project, "--name", "#ops", "--url", "http://127.0.0.1:1024/s3cret")
    listed = cli("alerts", "channels", "-p", project)
    assert "http://127.0.0.1:1024/…" in listed
    assert "s3cret" not in listed
    cli("alerts", "remove-channel", made["id"], "--yes")
    assert "no chat channel yet" in cli("alerts", "channels", "-p", project)
